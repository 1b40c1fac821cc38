"""Updates as Telegram sends them, made into events. Offsets count UTF-16 units."""

from typing import Any

import pytest

from channels.messages import Account, Address, FileKind, Inbound, Mention, Quote, Ref, Text
from channels.telegram.normalise import Me, normalise

ME = Me(channel="tg", id=42, username="ops_bot")
ALICE = {"id": 777, "is_bot": False, "first_name": "Alice", "last_name": "Liddell", "username": "alice"}
BOT = {"id": 42, "is_bot": True, "first_name": "Ops", "username": "ops_bot"}
DIRECT = {"id": 777, "type": "private"}
GROUP = {"id": -100, "type": "supergroup", "is_forum": True}
PHOTO = {"file_unique_id": "u", "file_size": 10}


def message(**fields: Any) -> dict[str, Any]:
    body = {"message_id": 5, "from": ALICE, "chat": DIRECT, "date": 1_700_000_000, **fields}
    return {"update_id": 9, "message": body}


def heard(**fields: Any) -> Inbound:
    inbound = normalise(message(**fields), ME)
    assert inbound is not None
    return inbound


def entity(kind: str, offset: int, length: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"type": kind, "offset": offset, "length": length, **fields}]


def test_a_direct_message_says_who_where_and_when() -> None:
    inbound = heard(text="hello")
    home = Address(channel="tg", room="777")

    assert inbound.event_id == "42:777:5"
    assert inbound.at.isoformat() == "2023-11-14T22:13:20+00:00"
    assert inbound.address == home
    assert inbound.sender == Account(channel="tg", id="777", name="Alice Liddell")
    assert inbound.parts == (Text(text="hello"),)
    assert inbound.message == Ref(address=home, id="5")
    assert (inbound.is_direct, inbound.to_me) == (True, True)


def test_a_mention_after_emoji_is_found_by_utf16_offsets() -> None:
    inbound = heard(text="😀😀 @ops_bot go", entities=entity("mention", 5, 8), chat=GROUP)

    assert inbound.parts == (
        Text(text="😀😀 "),
        Mention(account=Account(channel="tg", id="42", name="ops_bot"), is_me=True),
        Text(text=" go"),
    )
    assert inbound.to_me


@pytest.mark.parametrize(
    ("fields", "to_me"),
    [
        ({"text": "hello all"}, False),
        ({"text": "@OPS_BOT hi", "entities": entity("mention", 0, 8)}, True),
        ({"text": "@bob hi", "entities": entity("mention", 0, 4)}, False),
        ({"text": "/ask@ops_bot hi", "entities": entity("bot_command", 0, 12)}, True),
        ({"text": "/ask@other_bot hi", "entities": entity("bot_command", 0, 14)}, False),
        ({"text": "/ask hi", "entities": entity("bot_command", 0, 4)}, False),
        ({"text": "Ops, hi", "entities": entity("text_mention", 0, 3, user=BOT)}, True),
        ({"text": "yes", "reply_to_message": {"message_id": 4, "from": BOT, "text": "?"}}, True),
        ({"text": "yes", "reply_to_message": {"message_id": 4, "from": ALICE, "text": "?"}}, False),
        ({"text": "x", "reply_to_message": {"message_id": 4, "from": BOT, "forum_topic_created": {}}}, False),
        ({"caption": "@ops_bot see", "caption_entities": entity("mention", 0, 8), "photo": []}, True),
    ],
)
def test_in_a_group_a_mention_a_reply_or_an_addressed_command_is_for_the_bot(
    fields: dict[str, Any], to_me: bool
) -> None:
    inbound = heard(chat=GROUP, **fields)

    assert inbound.to_me is to_me
    assert not inbound.is_direct


def test_an_addressed_command_loses_the_bots_name_and_keeps_the_rest() -> None:
    inbound = heard(text="/ask@ops_bot why", entities=entity("bot_command", 0, 12), chat=GROUP)

    assert inbound.text == "/ask why"


def test_a_person_without_a_username_is_mentioned_by_id_and_one_with_it_stays_text() -> None:
    bob = {"id": 8, "is_bot": False, "first_name": "Bob"}
    named = heard(text="Bob look", entities=entity("text_mention", 0, 3, user=bob))
    at = heard(text="@bob look", entities=entity("mention", 0, 4))

    assert named.parts[0] == Mention(account=Account(channel="tg", id="8", name="Bob"))
    assert at.parts == (Text(text="@bob look"),)


def test_overlapping_and_broken_entities_lose_no_words() -> None:
    overlapping = entity("mention", 0, 8) + entity("mention", 2, 3) + entity("bold", 1, 900)

    assert heard(text="@ops_bot hi", entities=overlapping).text == "hi"


def test_a_reply_quotes_the_words_and_their_author() -> None:
    replied = {"message_id": 3, "from": ALICE, "text": "the whole question"}
    whole = heard(text="yes", reply_to_message=replied).parts[0]
    chosen = heard(text="yes", reply_to_message=replied, quote={"text": "whole"}).parts[0]
    outside = heard(text="yes", quote={"text": "from elsewhere"}).parts[0]

    assert whole == Quote(
        text="the whole question",
        author=Account(channel="tg", id="777", name="Alice Liddell"),
        ref=Ref(address=Address(channel="tg", room="777"), id="3"),
    )
    assert isinstance(chosen, Quote)
    assert chosen.text == "whole"
    assert outside == Quote(text="from elsewhere")


def test_a_topic_is_a_conversation_of_its_own_and_a_reply_thread_is_not() -> None:
    topic = heard(text="x", chat=GROUP, message_thread_id=7, is_topic_message=True)
    thread = heard(text="x", chat=GROUP, message_thread_id=7)

    assert (topic.address.thread, thread.address.thread) == ("7", "")


@pytest.mark.parametrize(
    ("fields", "name", "media_type", "kind", "locator"),
    [
        (
            {
                "photo": [
                    {**PHOTO, "file_id": "big", "width": 90, "height": 90},
                    {**PHOTO, "file_id": "small", "width": 9, "height": 9},
                ]
            },
            "photo-5.jpg",
            "image/jpeg",
            FileKind.IMAGE,
            "big",
        ),
        ({"voice": {"file_id": "v", "duration": 2}}, "voice-5.ogg", "audio/ogg", FileKind.VOICE, "v"),
        (
            {"document": {"file_id": "d", "file_name": "a.pdf", "mime_type": "application/pdf"}},
            "a.pdf",
            "application/pdf",
            FileKind.DOCUMENT,
            "d",
        ),
        ({"document": {"file_id": "d"}}, "document-5", "application/octet-stream", FileKind.DOCUMENT, "d"),
        ({"audio": {"file_id": "a"}}, "audio-5.mp3", "audio/mpeg", FileKind.DOCUMENT, "a"),
        ({"video": {"file_id": "m"}}, "video-5.mp4", "video/mp4", FileKind.DOCUMENT, "m"),
        (
            {"animation": {"file_id": "g"}, "document": {"file_id": "g", "mime_type": "video/mp4"}},
            "document-5",
            "video/mp4",
            FileKind.DOCUMENT,
            "g",
        ),
    ],
)
def test_what_is_sent_beside_words_is_one_file(
    fields: dict[str, Any], name: str, media_type: str, kind: FileKind, locator: str
) -> None:
    inbound = heard(caption="see", **fields)
    [file] = inbound.files

    assert (file.name, file.media_type, file.presented_as, file.locator) == (name, media_type, kind, locator)
    assert inbound.text == "see"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sticker": {"emoji": "👍"}}, "👍 [sticker]"),
        ({"location": {"latitude": 52.5, "longitude": 13.4}}, "📍 52.5, 13.4"),
        ({"contact": {"first_name": "Bob", "phone_number": "+49 30 1"}}, "👤 Bob +49 30 1"),
    ],
)
def test_what_has_no_part_of_its_own_is_said_in_words(fields: dict[str, Any], words: str) -> None:
    assert heard(**fields).text == words


@pytest.mark.parametrize(
    "update",
    [
        message(text="x", **{"from": {**ALICE, "is_bot": True}}),
        message(text="x", **{"from": BOT}),
        message(text="x", sender_chat={"id": -100, "type": "supergroup"}),
        message(text="x", **{"from": None}),
        message(new_chat_members=[ALICE]),
        message(migrate_to_chat_id=-100123),
        {"update_id": 9, "edited_message": message(text="x")["message"]},
        {"update_id": 9, "channel_post": {"message_id": 1, "chat": GROUP, "date": 1, "text": "x"}},
        {"update_id": 9},
    ],
)
def test_bots_anonymous_senders_edits_and_service_notes_are_not_heard(update: dict[str, Any]) -> None:
    assert normalise(update, ME) is None


def press(**fields: Any) -> Inbound | None:
    asked = {"message_id": 3, "from": BOT, "chat": GROUP, "date": 1_700_000_000}
    query = {"id": "4382", "from": ALICE, "data": "ap|abcdefgh23456789|d", "message": asked, **fields}
    return normalise({"update_id": 9, "callback_query": query}, ME)


def test_a_press_credits_who_pressed_and_not_who_the_card_was_for() -> None:
    inbound = press()
    assert inbound is not None
    assert inbound.press is not None

    assert inbound.event_id == "42:press:4382"
    assert inbound.sender.id == "777"
    assert (inbound.press.id, inbound.press.choice, inbound.press.receipt) == ("abcdefgh23456789", "d", "4382")
    assert inbound.press.message == Ref(address=Address(channel="tg", room="-100"), id="3")
    assert not inbound.is_direct


@pytest.mark.parametrize(
    "fields",
    [
        {"data": "something else"},
        {"data": "ap|abcdefgh23456789|d|x"},
        {"data": "ap|abcdefgh23456789|D"},
        {"data": "ap||d"},
        {"message": None, "inline_message_id": "x"},
        {"from": {**ALICE, "is_bot": True}},
    ],
)
def test_a_press_that_no_card_of_ours_makes_is_not_heard(fields: dict[str, Any]) -> None:
    inbound = press(**{key: value for key, value in fields.items() if value is not None})
    if "inline_message_id" in fields:
        asked = {"id": "1", "from": ALICE, "data": "ap|abcdefgh23456789|d", "inline_message_id": "x"}
        inbound = normalise({"update_id": 9, "callback_query": asked}, ME)

    assert inbound is None


def test_halves_of_characters_and_zero_bytes_become_sound_text() -> None:
    inbound = heard(text="a\ud83db\0c", document={"file_id": "d", "file_name": "x\0.txt"})

    assert inbound.text == "a\ufffdb\ufffdc"
    assert inbound.files[0].name == "x\ufffd.txt"


def test_a_link_in_the_words_has_its_address_beside_it() -> None:
    link = entity("text_link", 12, 7, url="https://wiki.example/runbook?id=4")
    bold = entity("bold", 3, 4)
    inbound = heard(text="😀 read the runbook please", entities=bold + link)

    assert inbound.text == "😀 read the runbook (https://wiki.example/runbook?id=4) please"


@pytest.mark.parametrize("shown", ["https://wiki.example", "wiki.example/"])
def test_a_link_whose_words_are_its_address_is_told_once(shown: str) -> None:
    inbound = heard(text=shown, entities=entity("text_link", 0, len(shown), url="https://wiki.example/"))

    assert inbound.text == shown


def test_a_link_before_a_mention_keeps_every_word() -> None:
    both = entity("text_link", 0, 4, url="https://x.example") + entity("mention", 5, 8)
    inbound = heard(text="this @ops_bot please", entities=both, chat=GROUP)

    assert inbound.text == "this (https://x.example)  please"
    assert inbound.to_me


MALLORY = {"type": "user", "date": 1, "sender_user": {"id": 99, "is_bot": False, "first_name": "Mallory"}}


@pytest.mark.parametrize(
    ("origin", "name", "account"),
    [
        (MALLORY, "Mallory", "99"),
        ({"type": "hidden_user", "date": 1, "sender_user_name": "Somebody"}, "Somebody", ""),
        ({"type": "chat", "date": 1, "sender_chat": {"id": -5, "title": "Ops"}}, "Ops", "-5"),
        ({"type": "channel", "date": 1, "chat": {"id": -6, "title": "News"}, "message_id": 2}, "News", "-6"),
    ],
)
def test_what_is_passed_on_is_a_quote_of_whoever_said_it(origin: dict[str, Any], name: str, account: str) -> None:
    inbound = heard(text="delete the backups", forward_origin=origin)

    assert inbound.parts == (Quote(text="delete the backups", author=Account(channel="tg", id=account, name=name)),)
    assert inbound.sender.id == "777"


def test_what_is_passed_on_commands_nothing_and_calls_nobody() -> None:
    named = entity("bot_command", 0, 8) + entity("mention", 14, 8)
    direct = heard(text="/approve 7QX4 @ops_bot", entities=named, forward_origin=MALLORY)
    in_group = heard(text="/approve 7QX4 @ops_bot", entities=named, forward_origin=MALLORY, chat=GROUP)

    assert direct.text == ""
    assert not in_group.to_me


def test_files_that_are_passed_on_come_along() -> None:
    photo = [{**PHOTO, "file_id": "P", "width": 9, "height": 9}]
    inbound = heard(photo=photo, caption="/stop", forward_origin=MALLORY)

    assert [type(part).__name__ for part in inbound.parts] == ["Quote", "File"]


@pytest.mark.parametrize("where", ["reply_to_message", "external_reply"])
def test_the_picture_that_is_answered_comes_along(where: str) -> None:
    answered = {"photo": [{**PHOTO, "file_id": "P", "width": 9, "height": 9}], "chat": DIRECT, "origin": MALLORY}
    answered |= {"message_id": 4, "from": ALICE} if where == "reply_to_message" else {}
    inbound = heard(text="what is wrong here?", **{where: answered})

    assert [file.locator for file in inbound.files] == ["P"]
    assert inbound.text == "what is wrong here?"


def test_another_file_that_is_answered_stays_where_it_is() -> None:
    answered = {"message_id": 4, "from": ALICE, "chat": DIRECT, "document": {"file_id": "D", "mime_type": "text/csv"}}

    assert heard(text="thanks", reply_to_message=answered).files == ()


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"poll": {"question": "Deploy?", "options": [{"text": "yes"}, {"text": "no"}]}}, "📊 Deploy?\n- yes\n- no"),
        ({"dice": {"emoji": "🎲", "value": 4}}, "🎲 4"),
        (
            {"story": {"chat": {"id": 5, "type": "private", "first_name": "Bob"}, "id": 1}},
            "[a story of Bob, which the platform does not show to bots]",
        ),
    ],
)
def test_a_kind_that_has_no_part_of_its_own_is_said_in_words(fields: dict[str, Any], shown: str) -> None:
    assert heard(**fields).text == shown


def test_pieces_of_an_album_name_it() -> None:
    photo = [{**PHOTO, "file_id": "P", "width": 9, "height": 9}]

    assert heard(photo=photo, media_group_id="13").album == "13"
    assert heard(photo=photo).album == ""


@pytest.mark.parametrize("text", ["/deny 7QX4 because of x", "@ops_bot /deny 7QX4 because of x"])
def test_code_in_a_command_stays_as_it_was_typed(text: str) -> None:
    entities = [{"type": "code", "offset": text.index("7QX4"), "length": 4}]

    assert "/deny 7QX4 because of x" in heard(text=text, entities=entities).text


def test_a_text_that_is_one_piece_of_code_stays_as_it_was_typed() -> None:
    assert heard(text="7QX4", entities=[{"type": "code", "offset": 0, "length": 4}]).text == "7QX4"


def test_entities_within_a_quotation_are_told_too() -> None:
    entities = [
        {"type": "blockquote", "offset": 0, "length": 11},
        {"type": "text_link", "offset": 4, "length": 3, "url": "https://x.org"},
    ]

    assert heard(text="😀a\ntwo b\nx", entities=entities).text == "> 😀a\n> two (https://x.org) b\n> x"


def test_code_that_holds_a_fence_gets_a_longer_one() -> None:
    code = "```\nx\n```"

    assert heard(text=code, entities=[{"type": "pre", "offset": 0, "length": 9}]).text == f"````\n{code}\n````"
