"""DingTalk's payloads as what was said."""

import json
from datetime import UTC, datetime

import pytest

from channels.dingtalk.normalise import normalise
from channels.messages import Account, Address, File, FileKind, Mention, Quote, Ref, Text
from channels.text.grammar import is_order
from tests.platforms.dingtalk.office import ALICE, CORP, GROUP, ROBOT

MESSAGE = {
    "conversationId": "cidOFalice==",
    "conversationType": "1",
    "chatbotCorpId": CORP,
    "chatbotUserId": ROBOT,
    "msgId": "msg1==",
    "senderNick": "Alice",
    "senderStaffId": ALICE,
    "senderCorpId": CORP,
    "senderId": "$:LWCP_v1:$x",
    "createAt": 1_700_000_000_000,
    "robotCode": "ding1",
}


def heard(**more):
    return normalise("dingtalk", {**MESSAGE, **more})


def said(text, **more):
    return heard(msgtype="text", text={"content": text, **more})


def test_a_direct_message_has_the_member_as_its_room_and_the_organisation_in_its_sender():
    event = said(" hello ")

    assert event.text == "hello"
    assert event.address == Address(channel="dingtalk", room=f"staff:{ALICE}")
    assert event.sender == Account(channel="dingtalk", id=f"{CORP}:{ALICE}", name="Alice")
    assert event.at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (event.event_id, event.is_direct, event.to_me) == ("msg1==", True, True)
    assert event.message == Ref(address=event.address, id="msg1==")


def test_a_member_of_another_organisation_is_another_account():
    other = heard(msgtype="text", text={"content": "x"}, senderCorpId="dingOTHER")

    assert other.sender.id == f"dingOTHER:{ALICE}"


@pytest.mark.parametrize("missing", [{"senderStaffId": ""}, {"senderStaffId": None}])
def test_nobody_without_a_members_id_is_heard(missing):
    assert heard(msgtype="text", text={"content": "let me in"}, **missing) is None


def test_in_a_group_a_mention_is_no_part_of_the_words():
    group = {"conversationType": "2", "conversationId": GROUP, "msgtype": "text", "text": {"content": " status?"}}
    event = heard(**group, isInAtList=True)
    named = heard(**group, atUsers=[{"dingtalkId": ROBOT}])
    unnamed = heard(**group, isInAtList=False, atUsers=[{"dingtalkId": "$:other"}])

    assert event.text == "status?"
    assert event.address.room == GROUP
    assert [part.is_me for part in event.parts if isinstance(part, Mention)] == [True]
    assert (event.to_me, named.to_me, unnamed.to_me) == (True, True, False)
    assert not event.is_direct


def test_rich_text_is_words_and_pictures_in_their_order():
    pieces = [{"text": "look"}, {"type": "picture", "downloadCode": "c1"}, {"text": "here"}, "nonsense"]
    event = heard(msgtype="richText", content={"richText": pieces})

    assert [type(part) for part in event.parts] == [Text, File, Text]
    assert event.text == "lookhere"
    assert event.files[0].presented_as is FileKind.IMAGE


def test_voice_with_dingtalks_own_words_is_words_and_without_them_a_voice_message():
    told = heard(msgtype="audio", content={"downloadCode": "c1", "duration": 1000, "recognition": "你好"})
    untold = heard(msgtype="audio", content={"downloadCode": "c1", "duration": 1000})

    assert told.text == "🎤 你好"
    assert [(file.media_type, file.presented_as) for file in told.files] == [("audio/amr", FileKind.DOCUMENT)]
    assert [file.presented_as for file in untold.files] == [FileKind.VOICE]


@pytest.mark.parametrize("words", ["/approve 7QX4", "批准 7QX4", "同意"])
def test_what_dingtalk_heard_is_no_command_and_no_decision(words):
    told = heard(msgtype="audio", content={"downloadCode": "c1", "duration": 1000, "recognition": words})

    assert told.typed == ""
    assert not is_order(told.typed)
    assert is_order(heard(msgtype="text", text={"content": words}).typed)


def test_files_and_videos_keep_their_names_and_kinds():
    [file] = heard(msgtype="file", content={"downloadCode": "c1", "fileName": "报告.pdf", "fileId": "1"}).files
    [odd] = heard(msgtype="file", content={"downloadCode": "c1"}).files
    [video] = heard(msgtype="video", content={"downloadCode": "c2", "videoType": "mp4"}).files

    assert (file.name, file.media_type, file.size, file.locator) == ("报告.pdf", "application/pdf", 0, "c1")
    assert (odd.name, odd.media_type) == ("file", "application/octet-stream")
    assert video.media_type == "video/mp4"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"text": "the question"}, "the question"),
        (json.dumps({"text": "the question"}), "the question"),
        ("the question", "the question"),
        ({"richText": [{"text": "the "}, {"text": "question"}]}, "the question"),
        ({"downloadCode": "c"}, ""),
    ],
)
def test_a_reply_carries_what_it_answers(content, shown):
    event = said("the answer", isReplyMsg=True, repliedMsg={"msgType": "text", "msgId": "msg0==", "content": content})
    [quote] = [part for part in event.parts if isinstance(part, Quote)]

    assert event.text == "the answer"
    assert (quote.text, quote.ref) == (shown, Ref(address=event.address, id="msg0=="))


def test_what_is_of_an_unknown_kind_is_named_and_what_is_empty_is_nothing():
    assert heard(msgtype="chatRecord", content={"x": 1}).text.startswith("[Messages that were passed on, of which")
    assert said("  ") is None
    assert heard(msgtype="picture", content={}).text == "[A picture, which DingTalk does not hand out.]"


def test_a_piece_of_a_chat_that_is_passed_on_is_a_quote_of_each_line_and_no_command():
    record = [
        {"msgType": "text", "content": "the deploy failed", "senderNick": "Ann"},
        {"msgType": "text", "content": "/approve 7QX4", "senderNick": "Ben"},
        {"msgType": "picture", "downloadCode": "d1", "senderNick": "Ben"},
    ]
    event = heard(msgtype="chatRecord", content={"chatRecord": json.dumps(record)})

    assert [(part.author.name, part.text) for part in event.parts if isinstance(part, Quote)] == [
        ("Ann", "the deploy failed"),
        ("Ben", "/approve 7QX4"),
        ("Ben", ""),
    ]
    assert [file.locator for file in event.files] == ["d1"]
    assert event.text == "[Messages that were passed on.]"


def test_a_record_that_cannot_be_read_is_told_by_its_summary():
    content = {"summary": json.dumps(["Ann: hi", "Ben: ho"]), "chatRecord": "{broken"}

    quote, sentence = heard(msgtype="chatRecord", content=content).parts

    assert quote == Quote(text="Ann: hi\nBen: ho")
    assert sentence == Text(text="[The beginnings of messages that were passed on.]")


def test_the_picture_that_is_answered_comes_along():
    replied = {"msgType": "picture", "msgId": "m0", "content": {"downloadCode": "d1"}}

    assert [file.locator for file in said("what is this?", isReplyMsg=True, repliedMsg=replied).files] == ["d1"]
