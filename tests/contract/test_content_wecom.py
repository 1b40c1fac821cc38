"""Each kind of content that WeCom documents for bots ("接收消息") and for apps ("接收普通消息")."""

from datetime import UTC, datetime
from typing import Any

import pytest

from channels.wecom.app.events import normalise as of_app
from channels.wecom.normalise import normalise as of_bot
from tests.contract.content import reaching

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FILE = {"url": "https://ww-aibot-img.cos.myqcloud.com/a", "aeskey": "KEY"}
MIXED = {
    "msg_item": [
        {"msgtype": "text", "text": {"content": "@Bot look"}},
        {"msgtype": "image", "image": FILE},
        {"msgtype": "text", "text": {"content": "@ben saw it"}},
    ]
}
BOT: dict[str, tuple[dict[str, Any], list[str]]] = {
    "text": ({"msgtype": "text", "text": {"content": "hello"}}, ["hello"]),
    "text of nothing": ({"msgtype": "text", "text": {"content": ""}}, ["without words"]),
    "image": ({"msgtype": "image", "image": FILE}, ["image.jpg|image|KEY https://ww"]),
    "image that is kept back": ({"msgtype": "image", "image": {}}, ["'image', which WeCom does not hand out"]),
    "mixed": ({"msgtype": "mixed", "mixed": MIXED}, ["look", "image.jpg|image", "@ben saw it"]),
    "mixed of nothing": ({"msgtype": "mixed", "mixed": {"msg_item": []}}, ["without words"]),
    "voice": ({"msgtype": "voice", "voice": {"content": "restart it"}}, ["🎤 restart it"]),
    "voice as a file": ({"msgtype": "voice", "voice": FILE}, ["voice.amr|voice"]),
    "file": ({"msgtype": "file", "file": FILE}, ["file|document|KEY"]),
    "video": ({"msgtype": "video", "video": FILE}, ["video.mp4|document"]),
    "kind of next year": ({"msgtype": "hologram", "hologram": {"a": 1}}, ["'hologram'"]),
}
QUOTES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "text": ({"msgtype": "text", "text": {"content": "the question"}}, [">the question"]),
    "image": ({"msgtype": "image", "image": FILE}, ["image.jpg|image|KEY"]),
    "mixed": ({"msgtype": "mixed", "mixed": MIXED}, [">@Bot look", "image.jpg|image|KEY"]),
    "voice": ({"msgtype": "voice", "voice": {"content": "restart it"}}, [">🎤 restart it"]),
    "file": ({"msgtype": "file", "file": FILE}, ["<file|document|KEY"]),
    "video": ({"msgtype": "video", "video": FILE}, ["video.mp4|document|KEY"]),
    "kind of next year": ({"msgtype": "hologram"}, [">[A message of the kind 'hologram'"]),
}
APP: dict[str, tuple[dict[str, str], list[str]]] = {
    "text": ({"MsgType": "text", "Content": "hello"}, ["hello"]),
    "image": ({"MsgType": "image", "PicUrl": "http://p", "MediaId": "M1"}, ["image.jpg|image|M1"]),
    "voice": ({"MsgType": "voice", "MediaId": "M1", "Format": "amr"}, ["voice.amr|voice|M1"]),
    "voice with its words": ({"MsgType": "voice", "MediaId": "M1", "Recognition": "restart it"}, ["🎤 restart it"]),
    "video": ({"MsgType": "video", "MediaId": "M1", "ThumbMediaId": "T1"}, ["video.mp4|document|M1"]),
    "file": ({"MsgType": "file", "MediaId": "M1", "FileName": "a.pdf"}, ["a.pdf|document|M1"]),
    "file that is kept back": ({"MsgType": "file"}, ["'file', which WeCom does not hand out"]),
    "location": (
        {"MsgType": "location", "Location_X": "23.1", "Location_Y": "113.3", "Scale": "20", "Label": "Office"},
        ["Office 23.1, 113.3"],
    ),
    "link": (
        {"MsgType": "link", "Title": "T", "Description": "D", "Url": "https://x.org", "PicUrl": "u"},
        [">T\nD\nhttps://x.org", "link"],
    ),
    "link of nothing": ({"MsgType": "link"}, ["link"]),
    "kind of next year": ({"MsgType": "hologram"}, ["'hologram'"]),
}


def bot(content: dict[str, Any], *, group: bool = False) -> str:
    where = {"chattype": "group", "chatid": "C"} if group else {"chattype": "single"}
    body = {"msgid": "m", "aibotid": "b", "from": {"userid": "ann"}, **where, **content}
    return reaching(of_bot("wecom", {"headers": {"req_id": "r"}, "body": body}, NOW))


@pytest.mark.parametrize("name", BOT)
def test_what_is_said_to_a_bot_reaches_the_agent(name: str) -> None:
    content, wanted = BOT[name]

    for words in wanted:
        assert words in bot(content)


@pytest.mark.parametrize("name", QUOTES)
def test_what_is_answered_reaches_the_agent_with_its_files(name: str) -> None:
    quote, wanted = QUOTES[name]
    seen = bot({"msgtype": "text", "text": {"content": "@Bot and this?"}, "quote": quote}, group=True)

    for words in [*wanted, "and this?"]:
        assert words in seen


def test_only_the_name_by_which_the_bot_was_called_goes() -> None:
    seen = bot({"msgtype": "mixed", "mixed": MIXED}, group=True)

    assert "@Bot" not in seen
    assert "@ben saw it" in seen


@pytest.mark.parametrize("name", APP)
def test_what_is_said_to_an_app_reaches_the_agent(name: str) -> None:
    content, wanted = APP[name]
    event = {"FromUserName": "ann", "CreateTime": "1348831860", "MsgId": "1", "AgentID": "1", **content}
    seen = reaching(of_app("wecom", event, NOW))

    for words in wanted:
        assert words in seen
