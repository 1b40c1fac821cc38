"""Each kind of content that QQ documents ("消息事件"), as it is documented or sent, in private and in groups."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.messages import Inbound, Mention
from channels.qq.normalise import normalise
from tests.contract.kinds import Content, named, reaching

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
CONTENTS = (
    Content(name="text", payload={"content": "hello &lt;b&gt;"}, says=("hello <b>",)),
    Content(name="faces", payload={"content": f"fine {face('汪汪')}"}, says=("fine [汪汪]",)),
    Content(name="a face alone", payload={"content": face("[酷]", 4)}, says=("[酷]",)),
    Content(
        name="a face that cannot be read", payload={"content": '<faceType=6,faceId="0",ext="???">'}, says=("[face]",)
    ),
    Content(
        name="picture", payload={"attachments": [PICTURE]}, says=("<a.jpg|image|https://multimedia.nt.qq.com.cn/a>",)
    ),
    Content(
        name="video",
        payload={"attachments": [{**PICTURE, "content_type": "video/mp4", "filename": "a.mp4"}]},
        says=("a.mp4|document",),
    ),
    Content(
        name="file",
        payload={"attachments": [{**PICTURE, "content_type": "file", "filename": "a.pdf"}]},
        says=("a.pdf|document",),
    ),
    Content(
        name="file without an address",
        payload={"attachments": [{"content_type": "file", "filename": "a.pdf"}]},
        says=("hand out: a.pdf",),
    ),
    Content(name="voice", payload={"attachments": [VOICE]}, says=("<v.amr|voice|https://multimedia.nt.qq.com.cn/v>",)),
    Content(
        name="voice that can be played",
        payload={"attachments": [WAV]},
        says=("<v.wav|voice|https://multimedia.nt.qq.com.cn/w.wav>",),
    ),
    Content(
        name="voice with its words",
        payload={"attachments": [{**WAV, "asr_refer_text": "/approve 7QX4"}]},
        says=("🎤 /approve", "|document|"),
    ),
    Content(
        name="card",
        payload={"message_type": 3, "ark_data": CONTACT},
        says=("Contact: Ann", "https://qun.qq.com/a", "card"),
    ),
    Content(
        name="card without its words",
        payload={"message_type": 3, "message_scene": {"source": "default"}},
        says=("does not tell bots",),
    ),
    Content(name="embed", payload={"embeds": [EMBED]}, says=("Build", "green", "card")),
    Content(
        name="record",
        payload={"message_type": 102, "msg_elements": RECORD},
        says=("Ann>it failed", "a.jpg|image", "passed on"),
    ),
    Content(
        name="record in a record",
        payload={"message_type": 102, "msg_elements": [element("outer", msg_elements=RECORD)]},
        says=("Ann>it failed", ">outer"),
    ),
    Content(name="record without its messages", payload={"message_type": 102}, says=("passed on",)),
    Content(
        name="parallel messages",
        payload={"message_type": 101, "content": "a", "msg_elements": [element("b")]},
        says=(">b", "a"),
    ),
    Content(
        name="answer",
        payload={**ANSWERED, "msg_elements": [element("the question")]},
        says=(">the question", "and this?"),
    ),
    Content(
        name="answer to a picture",
        payload={**ANSWERED, "msg_elements": [element(attachments=[PICTURE])]},
        says=("a.jpg|image", "this"),
    ),
    Content(
        name="answer to a voice message",
        payload={**ANSWERED, "msg_elements": [element(attachments=[{**VOICE, "asr_refer_text": "hi"}])]},
        says=(">🎤 hi", "and this?"),
    ),
    Content(
        name="answer to a card",
        payload={**ANSWERED, "msg_elements": [element(message_type=3, ark_data=CONTACT)]},
        says=("Contact: Ann", "and this?"),
    ),
    Content(
        name="answer to what is kept back",
        payload={**ANSWERED, "msg_elements": [element()]},
        says=(">[A message", "and this?"),
    ),
    Content(
        name="answer by its name",
        payload={"content": "and?", "message_reference": {"message_id": "m0"}},
        says=(">[An earlier", "and?"),
    ),
    Content(
        name="answer to nothing", payload={"content": "hi", "message_reference": {"message_id": None}}, says=("hi",)
    ),
    Content(name="kind of next year", payload={"message_type": 777}, says=("777",)),
    Content(name="nothing", payload={}, says=("no words",)),
)


@pytest.mark.parametrize("content", CONTENTS, ids=named)
def test_a_content_reaches_the_agent_as_words_a_file_or_a_sentence_that_says_what_it_was(content: Content) -> None:
    assert content.missing_in(reaching(said(**content.payload))) == []


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
