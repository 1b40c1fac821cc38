"""Each kind of content that WeCom documents for bots ("接收消息") and for apps ("接收普通消息")."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.wecom.app.events import normalise as of_app
from channels.wecom.normalise import normalise as of_bot
from tests.contract.kinds import Content, named, reaching

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FILE = {"url": "https://ww-aibot-img.cos.myqcloud.com/a", "aeskey": "KEY"}
MIXED = {
    "msg_item": [
        {"msgtype": "text", "text": {"content": "@Bot look"}},
        {"msgtype": "image", "image": FILE},
        {"msgtype": "text", "text": {"content": "@ben saw it"}},
    ]
}
BOT = (
    Content(name="text", payload={"msgtype": "text", "text": {"content": "hello"}}, says=("hello",)),
    Content(name="text of nothing", payload={"msgtype": "text", "text": {"content": ""}}, says=("without words",)),
    Content(name="image", payload={"msgtype": "image", "image": FILE}, says=("image.jpg|image|KEY https://ww",)),
    Content(
        name="image that is kept back",
        payload={"msgtype": "image", "image": {}},
        says=("'image', which WeCom does not hand out",),
    ),
    Content(
        name="mixed", payload={"msgtype": "mixed", "mixed": MIXED}, says=("look", "image.jpg|image", "@ben saw it")
    ),
    Content(name="mixed of nothing", payload={"msgtype": "mixed", "mixed": {"msg_item": []}}, says=("without words",)),
    Content(name="voice", payload={"msgtype": "voice", "voice": {"content": "restart it"}}, says=("🎤 restart it",)),
    Content(name="voice as a file", payload={"msgtype": "voice", "voice": FILE}, says=("voice.amr|voice",)),
    Content(name="file", payload={"msgtype": "file", "file": FILE}, says=("file|document|KEY",)),
    Content(name="video", payload={"msgtype": "video", "video": FILE}, says=("video.mp4|document",)),
    Content(name="kind of next year", payload={"msgtype": "hologram", "hologram": {"a": 1}}, says=("'hologram'",)),
)
QUOTES = (
    Content(name="text", payload={"msgtype": "text", "text": {"content": "the question"}}, says=(">the question",)),
    Content(name="image", payload={"msgtype": "image", "image": FILE}, says=("image.jpg|image|KEY",)),
    Content(name="mixed", payload={"msgtype": "mixed", "mixed": MIXED}, says=(">@Bot look", "image.jpg|image|KEY")),
    Content(name="voice", payload={"msgtype": "voice", "voice": {"content": "restart it"}}, says=(">🎤 restart it",)),
    Content(name="file", payload={"msgtype": "file", "file": FILE}, says=("<file|document|KEY",)),
    Content(name="video", payload={"msgtype": "video", "video": FILE}, says=("video.mp4|document|KEY",)),
    Content(name="kind of next year", payload={"msgtype": "hologram"}, says=(">[A message of the kind 'hologram'",)),
)
APP = (
    Content(name="text", payload={"MsgType": "text", "Content": "hello"}, says=("hello",)),
    Content(
        name="image", payload={"MsgType": "image", "PicUrl": "http://p", "MediaId": "M1"}, says=("image.jpg|image|M1",)
    ),
    Content(name="voice", payload={"MsgType": "voice", "MediaId": "M1", "Format": "amr"}, says=("voice.amr|voice|M1",)),
    Content(
        name="voice with its words",
        payload={"MsgType": "voice", "MediaId": "M1", "Recognition": "restart it"},
        says=("🎤 restart it",),
    ),
    Content(
        name="video",
        payload={"MsgType": "video", "MediaId": "M1", "ThumbMediaId": "T1"},
        says=("video.mp4|document|M1",),
    ),
    Content(
        name="file", payload={"MsgType": "file", "MediaId": "M1", "FileName": "a.pdf"}, says=("a.pdf|document|M1",)
    ),
    Content(
        name="file that is kept back", payload={"MsgType": "file"}, says=("'file', which WeCom does not hand out",)
    ),
    Content(
        name="location",
        payload={"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3", "Scale": "20", "Label": "Office"},
        says=("Office 23.1, 113.3",),
    ),
    Content(
        name="link",
        payload={"MsgType": "link", "Title": "T", "Description": "D", "Url": "https://x.org", "PicUrl": "u"},
        says=(">T\nD\nhttps://x.org", "link"),
    ),
    Content(name="link of nothing", payload={"MsgType": "link"}, says=("link",)),
    Content(name="kind of next year", payload={"MsgType": "hologram"}, says=("'hologram'",)),
)


def bot(content: Mapping[str, Any], *, group: bool = False) -> str:
    where = {"chattype": "group", "chatid": "C"} if group else {"chattype": "single"}
    body = {"msgid": "m", "aibotid": "b", "from": {"userid": "ann"}, **where, **content}
    return reaching(of_bot("wecom", {"headers": {"req_id": "r"}, "body": body}, NOW))


@pytest.mark.parametrize("content", BOT, ids=named)
def test_what_is_said_to_a_bot_reaches_the_agent(content: Content) -> None:
    assert content.missing_in(bot(content.payload)) == []


@pytest.mark.parametrize("quoted", QUOTES, ids=named)
def test_what_is_answered_reaches_the_agent_with_its_files(quoted: Content) -> None:
    read = bot({"msgtype": "text", "text": {"content": "@Bot and this?"}, "quote": quoted.payload}, group=True)

    assert quoted.missing_in(read) == []
    assert "and this?" in read


def test_only_the_name_by_which_the_bot_was_called_goes() -> None:
    seen = bot({"msgtype": "mixed", "mixed": MIXED}, group=True)

    assert "@Bot" not in seen
    assert "@ben saw it" in seen


@pytest.mark.parametrize("content", APP, ids=named)
def test_what_is_said_to_an_app_reaches_the_agent(content: Content) -> None:
    event = {"FromUserName": "ann", "CreateTime": "1348831860", "MsgId": "1", "AgentID": "1", **content.payload}

    assert content.missing_in(reaching(of_app("wecom", event, NOW))) == []
