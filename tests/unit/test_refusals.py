"""What each platform's refusals mean, by its documented numbers: the credentials, one kind of call, or one message."""

from typing import Any

import pytest

from channels.base import ChannelDown, ChannelError, ChannelRefused, MessageRefused
from channels.dingtalk import files as dingtalk
from channels.discord.api import told as discord
from channels.feishu.api import understood as feishu
from channels.qq.api import Api as Qq
from channels.telegram.transport import translated
from channels.wecom.app.api import understood as wecom_app
from channels.wecom.connection import _told as wecom_bot


def raised(call: Any, *arguments: Any) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        call(*arguments)
    return caught.value


def lack_of(error: ChannelError) -> str | None:
    assert isinstance(error, MessageRefused)
    return error.lack.word if error.lack else None


@pytest.mark.parametrize(
    ("code", "words", "lacks"),
    [
        (99991672, "One of the following scopes is required: [im:resource, im:a:b].", "99991672 im:resource, im:a:b"),
        (230027, "Lack of necessary permissions", "Lack of necessary permissions (230027)"),
        (230035, "Send Message Permission deny", "Send Message Permission deny (230035)"),
        (230002, "The bot can not be outside the group.", None),
        (234006, "The file size exceed the max value.", None),
        (777777, "of a new kind", None),
    ],
)
def test_feishu_refuses_a_call_for_a_scope_a_room_or_itself(code: int, words: str, lacks: str | None) -> None:
    assert lack_of(raised(feishu, 400, {}, {"code": code, "msg": words})) == lacks


@pytest.mark.parametrize("code", [99991663, 99991401, 99991662, 11205])
def test_feishu_refuses_the_credentials(code: int) -> None:
    assert isinstance(raised(feishu, 400, {}, {"code": code, "msg": "no"}), ChannelRefused)


@pytest.mark.parametrize(
    ("status", "code", "kind", "is_lacking"),
    [
        (401, 11253, MessageRefused, True),
        (200, 11254, MessageRefused, True),
        (400, 40034101, MessageRefused, False),
        (401, 11244, ChannelRefused, False),
        (401, 11298, ChannelRefused, False),
        (401, 0, ChannelRefused, False),
        (200, 11252, ChannelDown, False),
    ],
)
def test_qq_answers_401_for_an_interface_as_for_a_token_and_its_number_decides(
    status: int, code: int, kind: type[ChannelError], is_lacking: bool
) -> None:
    error = raised(Qq._understood, status, code, {"code": code, "message": "no"})

    assert isinstance(error, kind)
    assert (getattr(error, "lack", None) is not None) == is_lacking


@pytest.mark.parametrize(
    ("code", "kind", "is_lacking"),
    [
        (48002, MessageRefused, True),
        (60011, MessageRefused, True),
        (301002, MessageRefused, True),
        (81013, MessageRefused, False),
        (40001, ChannelRefused, False),
        (60020, ChannelRefused, False),
        (-1, ChannelDown, False),
    ],
)
def test_wecom_refuses_an_app_one_interface_or_all(code: int, kind: type[ChannelError], is_lacking: bool) -> None:
    error = raised(wecom_app, {"errcode": code, "errmsg": "no"})

    assert isinstance(error, kind)
    assert (getattr(error, "lack", None) is not None) == is_lacking


@pytest.mark.parametrize(
    ("code", "kind"),
    [(48002, MessageRefused), (846610, MessageRefused), (846609, ChannelDown), (853000, ChannelRefused)],
)
def test_wecom_refuses_a_bot_one_command_or_all(code: int, kind: type[ChannelError]) -> None:
    assert isinstance(raised(wecom_bot, {"errcode": code, "errmsg": "no"}), kind)


@pytest.mark.parametrize(
    ("status", "code", "words", "lacks"),
    [
        (403, 50013, "Missing Permissions", "Missing Permissions (50013)"),
        (403, 50001, "Missing Access", "Missing Access (50001)"),
        (403, 50007, "Cannot send messages to this user", None),
        (404, 10003, "Unknown Channel", None),
        (413, 40005, "Request entity too large", None),
    ],
)
def test_discord_refuses_a_call_in_one_channel(status: int, code: int, words: str, lacks: str | None) -> None:
    error = discord(status, {}, {"code": code, "message": words})

    assert lack_of(error) == lacks
    assert not lacks or (isinstance(error, MessageRefused) and error.lack and error.lack.only_here)


@pytest.mark.parametrize(
    ("told", "kind", "is_lacking"),
    [
        ({"errcode": 88, "errmsg": "ding talk error[subcode=60011,submsg=没有调用该接口的权限]"}, MessageRefused, True),
        ({"errcode": 88, "sub_code": "60011", "errmsg": "no"}, MessageRefused, True),
        ({"errcode": 88, "sub_code": "40035", "errmsg": "no"}, MessageRefused, False),
        ({"errcode": 40014, "errmsg": "不合法的access_token"}, ChannelRefused, False),
    ],
)
def test_dingtalks_older_api_wraps_one_number_in_another(
    told: dict[str, Any], kind: type[ChannelError], is_lacking: bool
) -> None:
    error = raised(dingtalk._media_id, "a.pdf", told)

    assert isinstance(error, kind)
    assert (getattr(error, "lack", None) is not None) == is_lacking


@pytest.mark.parametrize(
    ("words", "is_lacking"),
    [
        ("Not enough rights to send documents to the chat", True),
        ("not enough rights to send documents to the chat", True),
        ("CHAT_SEND_MEDIA_FORBIDDEN", True),
        ("Chat_write_forbidden", True),
        ("Topic_closed", True),
        ("Chat not found", False),
        ("Message is too long", False),
    ],
)
def test_telegram_refuses_for_a_right_in_whatever_capitals(words: str, is_lacking: bool) -> None:
    from telegram.error import BadRequest  # noqa: PLC0415  # an SDK is loaded on first use

    def call() -> None:
        with translated():
            raise BadRequest(words)

    assert (lack_of(raised(call)) is not None) == is_lacking


@pytest.mark.parametrize(
    "words",
    [
        "bot was kicked from the group chat",
        "bot was blocked by the user",
        "bot can't initiate conversation with a user",
    ],
)
def test_telegram_forbids_one_chat_and_says_nothing_of_others(words: str) -> None:
    from telegram.error import Forbidden  # noqa: PLC0415  # as above

    def call() -> None:
        with translated():
            raise Forbidden(words)

    assert lack_of(raised(call)) is None
