"""What is said of a channel: English as text, and in the language of whoever reads it, through errors and health."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest
from telegram.error import NetworkError

from channels.base import ChannelDown, ChannelState, Health
from channels.email.invitations import invitation
from channels.feishu.kinds import words_in
from channels.home import Home, settle
from channels.locales import knows, listed
from channels.sayings import ChannelSaying, saying, together, told
from channels.telegram.transport import _ours, translated

ROOT = Path(__file__).parents[2]


def test_an_error_and_a_health_keep_the_sentence_for_every_language():
    error = ChannelDown(saying("line_unreachable", platform="QQ", thing="file store", why=saying("stopped")))
    health = Health(state=ChannelState.DOWN, reason=str(error) or "nothing")

    assert str(error) == "QQ's file store cannot be reached: stopped"
    assert isinstance(health.reason, ChannelSaying)
    assert told(health.reason, "en") == str(error)
    assert told(health.reason, "zh") == "无法连接 QQ 的文件存储：已停止"
    assert told(health.reason, "de") == "QQ ist nicht zu erreichen (Ablage der Dateien): angehalten"


def test_the_words_of_a_platform_stand_as_they_are_and_are_quoted_in_ours():
    assert told("invalid_auth", "zh") == "invalid_auth"
    assert told(saying("refuses", platform="Slack", words="{odd}"), "zh") == "Slack 拒绝。平台原话：“{odd}”"
    assert told(saying("not_greeted", platform="X", thing="line of theirs"), "en").endswith(
        "line of theirs but does not greet"
    )


def test_several_are_one_and_a_time_in_them_is_told_as_the_reader_has_it():
    at = datetime(2030, 5, 6, 7, 8, tzinfo=UTC)
    text = together([saying("gap_wecom", since=at), "their words"])

    assert told(text, "zh") == "自5月6日 15:08（北京时间）起已连接；企业微信不会重发此前对机器人所说的内容。their words"
    assert together([]) == ""
    assert together(["alone"]) == "alone"


def test_names_stand_in_a_row_as_the_language_writes_them():
    assert listed(["a", "b"], "en") == "a, b"
    assert listed(["a", "b"], "zh") == "a、b"


def test_times_in_utc_of_calendars_and_todos_are_told_as_the_clocks_of_the_deployment():
    settle(Home(time_zone="Asia/Shanghai"))
    try:
        event = invitation("BEGIN:VEVENT\nSUMMARY:x\nDTSTART:20261103T200000Z\nDTEND:20261103T210000Z\nEND:VEVENT")
        todo = words_in("todo", {"summary": {"content": [[{"tag": "text", "text": "x"}]]}, "due_time": "1793736000000"})
    finally:
        settle(Home())

    assert "When: 2026-11-04 04:00 to 05:00 (" in event
    assert "UTC)" not in event
    assert "2026-11-04 04:00 " in todo


def test_whatever_ends_a_channel_is_a_sentence_of_the_catalogue_or_the_words_of_another():
    literal, unknown = [], set()
    for path in sorted((ROOT / "channels").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
                continue
            said = call.args[0]
            if call.func.id in {"ChannelDown", "ChannelRefused"} and isinstance(said, ast.Constant | ast.JoinedStr):
                literal.append(f"{path.name}:{call.lineno}")
            if call.func.id == "saying" and isinstance(said, ast.Constant) and not knows(f"health.{said.value}"):
                unknown.add(said.value)

    assert (literal, unknown) == ([], set())


def test_what_the_library_of_telegram_carries_is_still_ours():
    with pytest.raises(ChannelDown) as caught, translated():
        raise _ours(NetworkError(""), saying("no_answer", platform="Telegram"))

    assert told(str(caught.value), "zh") == "Telegram 没有应答"
