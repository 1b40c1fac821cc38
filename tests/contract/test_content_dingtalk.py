"""Each kind of content that DingTalk sends to a robot, as it is documented or seen, in a private conversation."""

import json
from typing import Any

import pytest

from channels.dingtalk.normalise import normalise
from tests.contract.kinds import Content, named, reaching
from tests.platforms.dingtalk.office import ALICE, CORP, ROBOT

MESSAGE = {
    "conversationId": "cidOFalice==",
    "conversationType": "1",
    "chatbotCorpId": CORP,
    "chatbotUserId": ROBOT,
    "msgId": "msg1==",
    "senderNick": "Alice",
    "senderStaffId": ALICE,
    "senderCorpId": CORP,
    "createAt": 1_700_000_000_000,
    "robotCode": "ding1",
}


def of(kind: str, given: Any) -> dict[str, Any]:
    return {"msgtype": kind, "content": given}


def answer(kind: str, given: Any, **more: Any) -> dict[str, Any]:
    replied = {"msgType": kind, "msgId": "m0==", "senderId": "$:LWCP", "createdAt": 1, "content": given, **more}
    return {"msgtype": "text", "text": {"content": "and this?", "isReplyMsg": True, "repliedMsg": replied}}


RICH = [{"type": "text", "text": "one "}, {"type": "at", "atName": "Ben"}, {"type": "picture", "downloadCode": "d1"}]
SPELT = [{"msgType": "text", "content": "one "}, {"msgType": "picture", "pictureDownloadCode": "p1"}]
RECORD = [
    {"msgType": "text", "content": "it failed", "senderNick": "Ann", "createAt": 1},
    {"msgType": "text", "content": '{"a": 1}', "senderNick": "Ann"},
    {"msgType": "file", "content": json.dumps({"fileName": "a.log", "downloadCode": "d2"}), "senderNick": "Ben"},
    {"msgType": "richText", "content": {"richText": SPELT}, "senderNick": "Ben"},
    {"msgType": "interactiveCard", "senderNick": "Ben"},
]
CONTENTS = (
    Content(name="text", payload={"msgtype": "text", "text": {"content": " hello "}}, says=("hello",)),
    Content(
        name="text that looks like JSON",
        payload={"msgtype": "text", "text": {"content": '{"text": 1}'}},
        says=('{"text": 1}',),
    ),
    Content(name="rich text", payload=of("richText", {"richText": RICH}), says=("one @Ben", "|image|d1")),
    Content(
        name="rich text in its other spelling", payload=of("richText", {"richText": SPELT}), says=("one", "|image|p1")
    ),
    Content(name="rich text of nothing", payload=of("richText", {"richText": []}), says=("'richText'",)),
    Content(
        name="picture", payload=of("picture", {"downloadCode": "d1", "pictureDownloadCode": "p1"}), says=("|image|d1",)
    ),
    Content(
        name="picture by its other code", payload=of("picture", {"pictureDownloadCode": "p1"}), says=("|image|p1",)
    ),
    Content(
        name="picture that is kept back", payload=of("picture", {}), says=("picture, which DingTalk does not hand out",)
    ),
    Content(name="voice", payload=of("audio", {"downloadCode": "d1", "duration": 4000}), says=("|voice|d1",)),
    Content(
        name="voice with its words",
        payload=of("audio", {"downloadCode": "d1", "recognition": "hi"}),
        says=("🎤 hi", "|document|d1"),
    ),
    Content(
        name="video",
        payload=of("video", {"downloadCode": "d1", "videoType": "mp4", "duration": 8}),
        says=("video.mp4",),
    ),
    Content(
        name="file",
        payload=of("file", {"downloadCode": "d1", "fileName": "a.pdf", "spaceId": "1"}),
        says=("a.pdf", "|d1"),
    ),
    Content(
        name="file that is kept back", payload=of("file", {"fileName": "a.pdf"}), says=("does not hand out: a.pdf",)
    ),
    Content(
        name="markdown",
        payload={"msgtype": "markdown", "markdown": {"title": "T", "text": "**b**"}},
        says=("T", "**b**"),
    ),
    Content(
        name="link",
        payload=of("link", {"title": "T", "text": "t", "messageUrl": "https://x.org"}),
        says=("T", "https://x.org"),
    ),
    Content(name="card", payload=of("interactiveCard", {"biz": "x"}), says=("card",)),
    Content(
        name="kind that is not shown",
        payload=of("unknownMsgType", {"unknownMsgType": "x"}),
        says=("does not show to apps",),
    ),
    Content(name="kind of next year", payload=of("hologram", None), says=("'hologram'",)),
    Content(
        name="record",
        payload=of("chatRecord", {"chatRecord": json.dumps(RECORD)}),
        says=("Ann>it failed", 'Ann>{"a": 1}', "a.log", "Ben>one", "|image|p1", "Ben>[A card", "passed on"),
    ),
    Content(name="record by its summary", payload=of("chatRecord", {"summary": '["Ann: hi"]'}), says=("Ann: hi",)),
    Content(
        name="record as JSON", payload=of("chatRecord", json.dumps({"chatRecord": RECORD})), says=("Ann>it failed",)
    ),
    Content(name="record of nothing", payload=of("chatRecord", {}), says=("of which DingTalk does not tell",)),
    Content(
        name="answer to words", payload=answer("text", {"text": "the question"}), says=(">the question", "and this?")
    ),
    Content(name="answer to JSON that is broken", payload=answer("text", '{"text": '), says=('>{"text":', "and this?")),
    Content(name="answer to somebody named", payload=answer("text", {"text": "q"}, senderNick="Ben"), says=("Ben>q",)),
    Content(name="answer to rich text", payload=answer("richText", {"richText": SPELT}), says=(">one", "|image|p1")),
    Content(
        name="answer to a picture", payload=answer("picture", {"downloadCode": "d1"}), says=("|image|d1", "and this?")
    ),
    Content(
        name="answer to a file",
        payload=answer("file", {"downloadCode": "d1", "fileName": "a.pdf"}),
        says=("a.pdf", "|d1"),
    ),
    Content(
        name="answer to a file that is kept back",
        payload=answer("file", {"fileName": "a.pdf"}),
        says=(">[A file", "a.pdf"),
    ),
    Content(name="answer to a voice message", payload=answer("audio", {"recognition": "hi"}), says=(">🎤 hi",)),
    Content(name="answer to a card", payload=answer("interactiveCard", None), says=(">[A card", "and this?")),
    Content(
        name="answer to what is not shown",
        payload=answer("unknownMsgType", None),
        says=(">[A message of a kind", "and this?"),
    ),
)


@pytest.mark.parametrize("content", CONTENTS, ids=named)
def test_a_content_reaches_the_agent_as_words_a_file_or_a_sentence_that_says_what_it_was(content: Content) -> None:
    read = reaching(normalise("dingtalk", {**MESSAGE, **content.payload}))

    assert content.missing_in(read) == []
