"""Each kind of content that QQ documents ("消息事件"), as it is documented or sent, in private and in groups."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.messages import Inbound, Mention
from channels.qq.normalise import normalise
from tests.contract.content import reaching

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PICTURE = {"content_type": "image/jpeg", "filename": "a.jpg", "url": "https://multimedia.nt.qq.com.cn/a", "size": 9}
VOICE = {"content_type": "voice", "filename": "v.amr", "url": "https://multimedia.nt.qq.com.cn/v", "size": 9}
WAV = {**VOICE, "voice_wav_url": "//multimedia.nt.qq.com.cn/w.wav"}
CONTACT = {
    "ark_type": "contact",
    "ark_name": "名片",
    "prompt": "Contact: Ann",
    "fields": {"nickname": "Ann", "jump": "https://qun.qq.com/a"},
}
EMBED = {"title": "Build", "prompt": "Build 7", "fields": [{"name": "green"}]}


def face(name: str, kind: int = 1) -> str:
    ext = base64.b64encode(json.dumps({"text": name}).encode()).decode()
    return f'<faceType={kind},faceId="277",ext="{ext}">'


def element(content: str = "", **more: Any) -> dict[str, Any]:
    return {"msg_idx": "REFIDX_1", "message_type": 0, "content": content, **more}


def said(**more: Any) -> Inbound | None:
    data = {"id": "m1", "author": {"user_openid": "U1"}, "content": "", "message_type": 0, "timestamp": "x", **more}
    return normalise("qq", {"op": 0, "t": "C2C_MESSAGE_CREATE", "id": "e1", "d": data}, NOW)


ANSWERED = {"message_type": 103, "content": "and this?"}
RECORD = [element("it failed", author={"username": "Ann"}), element(attachments=[PICTURE], author={"username": "Ben"})]
KINDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "text": ({"content": "hello &lt;b&gt;"}, ["hello <b>"]),
    "faces": ({"content": f"fine {face('汪汪')}"}, ["fine [汪汪]"]),
    "a face alone": ({"content": face("[酷]", 4)}, ["[酷]"]),
    "a face that cannot be read": ({"content": '<faceType=6,faceId="0",ext="???">'}, ["[face]"]),
    "picture": ({"attachments": [PICTURE]}, ["<a.jpg|image|https://multimedia.nt.qq.com.cn/a>"]),
    "video": ({"attachments": [{**PICTURE, "content_type": "video/mp4", "filename": "a.mp4"}]}, ["a.mp4|document"]),
    "file": ({"attachments": [{**PICTURE, "content_type": "file", "filename": "a.pdf"}]}, ["a.pdf|document"]),
    "file without an address": ({"attachments": [{"content_type": "file", "filename": "a.pdf"}]}, ["hand out: a.pdf"]),
    "voice": ({"attachments": [VOICE]}, ["<v.amr|voice|https://multimedia.nt.qq.com.cn/v>"]),
    "voice that can be played": ({"attachments": [WAV]}, ["<v.wav|voice|https://multimedia.nt.qq.com.cn/w.wav>"]),
    "voice with its words": (
        {"attachments": [{**WAV, "asr_refer_text": "/approve 7QX4"}]},
        ["🎤 /approve", "|document|"],
    ),
    "card": ({"message_type": 3, "ark_data": CONTACT}, ["Contact: Ann", "https://qun.qq.com/a", "card"]),
    "card without its words": ({"message_type": 3, "message_scene": {"source": "default"}}, ["does not tell bots"]),
    "embed": ({"embeds": [EMBED]}, ["Build", "green", "card"]),
    "record": ({"message_type": 102, "msg_elements": RECORD}, ["Ann>it failed", "a.jpg|image", "passed on"]),
    "record in a record": (
        {"message_type": 102, "msg_elements": [element("outer", msg_elements=RECORD)]},
        ["Ann>it failed", ">outer"],
    ),
    "record without its messages": ({"message_type": 102}, ["passed on"]),
    "parallel messages": ({"message_type": 101, "content": "a", "msg_elements": [element("b")]}, [">b", "a"]),
    "answer": ({**ANSWERED, "msg_elements": [element("the question")]}, [">the question", "and this?"]),
    "answer to a picture": ({**ANSWERED, "msg_elements": [element(attachments=[PICTURE])]}, ["a.jpg|image", "this"]),
    "answer to a voice message": (
        {**ANSWERED, "msg_elements": [element(attachments=[{**VOICE, "asr_refer_text": "hi"}])]},
        [">🎤 hi", "and this?"],
    ),
    "answer to a card": (
        {**ANSWERED, "msg_elements": [element(message_type=3, ark_data=CONTACT)]},
        ["Contact: Ann", "and this?"],
    ),
    "answer to what is kept back": ({**ANSWERED, "msg_elements": [element()]}, [">[A message", "and this?"]),
    "answer by its name": ({"content": "and?", "message_reference": {"message_id": "m0"}}, [">[An earlier", "and?"]),
    "answer to nothing": ({"content": "hi", "message_reference": {"message_id": None}}, ["hi"]),
    "kind of next year": ({"message_type": 777}, ["777"]),
    "nothing": ({}, ["no words"]),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_content_reaches_the_agent_as_words_a_file_or_a_sentence_that_says_what_it_was(name: str) -> None:
    given, wanted = KINDS[name]
    seen = reaching(said(**given))

    for words in wanted:
        assert words in seen


def test_what_qq_only_heard_is_no_command() -> None:
    event = said(attachments=[{**VOICE, "asr_refer_text": "/approve 7QX4"}])
    assert event is not None

    assert not event.text.startswith("/")


@pytest.mark.parametrize("is_called", [True, False])
def test_in_a_group_that_a_bot_may_hear_whole_only_what_calls_it_is_for_it(is_called: bool) -> None:
    people = [{"member_openid": "M9", "username": "Ben", "is_you": False}]
    people += [{"member_openid": "B0T", "username": "Nexora", "bot": True, "is_you": True}] if is_called else []
    data = {
        "id": "m1",
        "author": {"member_openid": "M1", "username": "Ann"},
        "group_openid": "G1",
        "content": ("<@B0T> " if is_called else "") + "ask <@M9> now",
        "mentions": people,
    }
    event = normalise("qq", {"op": 0, "t": "GROUP_MESSAGE_CREATE", "id": "e1", "d": data}, NOW)
    assert event is not None

    assert event.text == "ask @Ben now"
    assert (event.to_me, event.is_direct) == (is_called, False)
    assert any(isinstance(part, Mention) and part.is_me for part in event.parts) == is_called
