"""Each kind of content that DingTalk sends to a robot, as it is documented or seen, in a private conversation."""

import json
from typing import Any

import pytest

from channels.dingtalk.normalise import normalise
from tests.contract.content import reaching
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


def content(kind: str, given: Any) -> dict[str, Any]:
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
KINDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "text": ({"msgtype": "text", "text": {"content": " hello "}}, ["hello"]),
    "text that looks like JSON": ({"msgtype": "text", "text": {"content": '{"text": 1}'}}, ['{"text": 1}']),
    "rich text": (content("richText", {"richText": RICH}), ["one @Ben", "|image|d1"]),
    "rich text in its other spelling": (content("richText", {"richText": SPELT}), ["one", "|image|p1"]),
    "rich text of nothing": (content("richText", {"richText": []}), ["'richText'"]),
    "picture": (content("picture", {"downloadCode": "d1", "pictureDownloadCode": "p1"}), ["|image|d1"]),
    "picture by its other code": (content("picture", {"pictureDownloadCode": "p1"}), ["|image|p1"]),
    "picture that is kept back": (content("picture", {}), ["picture, which DingTalk does not hand out"]),
    "voice": (content("audio", {"downloadCode": "d1", "duration": 4000}), ["|voice|d1"]),
    "voice with its words": (content("audio", {"downloadCode": "d1", "recognition": "hi"}), ["🎤 hi", "|document|d1"]),
    "video": (content("video", {"downloadCode": "d1", "videoType": "mp4", "duration": 8}), ["video.mp4"]),
    "file": (content("file", {"downloadCode": "d1", "fileName": "a.pdf", "spaceId": "1"}), ["a.pdf", "|d1"]),
    "file that is kept back": (content("file", {"fileName": "a.pdf"}), ["does not hand out: a.pdf"]),
    "markdown": ({"msgtype": "markdown", "markdown": {"title": "T", "text": "**b**"}}, ["T", "**b**"]),
    "link": (content("link", {"title": "T", "text": "t", "messageUrl": "https://x.org"}), ["T", "https://x.org"]),
    "card": (content("interactiveCard", {"biz": "x"}), ["card"]),
    "kind that is not shown": (content("unknownMsgType", {"unknownMsgType": "x"}), ["does not show to apps"]),
    "kind of next year": (content("hologram", None), ["'hologram'"]),
    "record": (
        content("chatRecord", {"chatRecord": json.dumps(RECORD)}),
        ["Ann>it failed", 'Ann>{"a": 1}', "a.log", "Ben>one", "|image|p1", "Ben>[A card", "passed on"],
    ),
    "record by its summary": (content("chatRecord", {"summary": '["Ann: hi"]'}), ["Ann: hi"]),
    "record as JSON": (content("chatRecord", json.dumps({"chatRecord": RECORD})), ["Ann>it failed"]),
    "record of nothing": (content("chatRecord", {}), ["of which DingTalk does not tell"]),
    "answer to words": (answer("text", {"text": "the question"}), [">the question", "and this?"]),
    "answer to JSON that is broken": (answer("text", '{"text": '), ['>{"text":', "and this?"]),
    "answer to somebody named": (answer("text", {"text": "q"}, senderNick="Ben"), ["Ben>q"]),
    "answer to rich text": (answer("richText", {"richText": SPELT}), [">one", "|image|p1"]),
    "answer to a picture": (answer("picture", {"downloadCode": "d1"}), ["|image|d1", "and this?"]),
    "answer to a file": (answer("file", {"downloadCode": "d1", "fileName": "a.pdf"}), ["a.pdf", "|d1"]),
    "answer to a file that is kept back": (answer("file", {"fileName": "a.pdf"}), [">[A file", "a.pdf"]),
    "answer to a voice message": (answer("audio", {"recognition": "hi"}), [">🎤 hi"]),
    "answer to a card": (answer("interactiveCard", None), [">[A card", "and this?"]),
    "answer to what is not shown": (answer("unknownMsgType", None), [">[A message of a kind", "and this?"]),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_content_reaches_the_agent_as_words_a_file_or_a_sentence_that_says_what_it_was(name: str) -> None:
    payload, wanted = KINDS[name]
    seen = reaching(normalise("dingtalk", {**MESSAGE, **payload}))

    for words in wanted:
        assert words in seen
