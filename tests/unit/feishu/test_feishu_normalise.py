"""Events of the platform in our words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from channels.feishu.normalise import Me, normalise
from channels.messages import Account, Address, FileKind, Mention, Press, Quote, Ref, Text
from tests.platforms.feishu.town import ALICE, APP, BOB, BOT, CAROL, GROUP, Town

ME = Me(channel="feishu", app_id=APP, open_id=BOT)
GUESTS = Me(channel="feishu", app_id=APP, open_id=BOT, guests=True)


def heard(kind: str, content: Any, *, by: str = ALICE, room: str = GROUP, **more: Any) -> dict[str, Any]:
    town = Town()
    event = town.heard(town.say(by, room, kind, content), more.pop("mentions", []))
    event["event"]["message"] |= more
    return event


def mention(key: str, person: str, name: str) -> dict[str, Any]:
    return {"key": key, "id": {"open_id": person}, "name": name}


def test_keys_of_mentions_become_the_people_they_stand_for():
    people = [mention("@_user_1", BOT, "nexora"), mention("@_user_10", ALICE, "Alice"), mention("@_user_2", BOB, "B")]
    event = normalise(heard("text", {"text": "@_user_1 ask @_user_10 @_user_2 @_all"}, mentions=people), ME)
    assert event is not None

    assert event.text == "ask @Alice@B @all"
    assert [part.is_me for part in event.parts if isinstance(part, Mention)] == [True, False, False]
    assert event.to_me


def test_a_text_with_layout_keeps_its_words_links_code_and_pictures():
    content = {
        "title": "T",
        "content": [
            [{"tag": "text", "text": "see "}, {"tag": "a", "text": "page", "href": "https://x.org"}],
            [{"tag": "at", "user_id": "@_user_1", "user_name": "nexora"}, {"tag": "at", "user_id": "@_all"}],
            [{"tag": "img", "image_key": "img_1"}, {"tag": "emotion", "emoji_type": "OK"}, {"tag": "hr"}],
            [{"tag": "code_block", "language": "PYTHON", "text": "x = 1"}],
        ],
    }
    for given in (content, {"zh_cn": content}):
        event = normalise(heard("post", given, mentions=[mention("@_user_1", BOT, "n")]), ME)
        assert event is not None

        assert event.text == "T\nsee [page](https://x.org)\n@all\n:OK:\n```python\nx = 1\n```"
        assert [(file.name, file.presented_as) for file in event.files] == [("image.png", FileKind.IMAGE)]
        assert event.to_me


@pytest.mark.parametrize(
    ("kind", "content", "name", "media_type", "ending"),
    [
        ("file", {"file_key": "k", "file_name": "Report.PDF"}, "Report.PDF", "application/pdf", "/k/file"),
        ("file", {"file_key": "k", "file_name": "x.unheard"}, "x.unheard", "application/octet-stream", "/k/file"),
        ("media", {"file_key": "k", "image_key": "i", "file_name": "a.mp4"}, "a.mp4", "video/mp4", "/k/file"),
        ("audio", {"file_key": "k", "duration": 1}, "voice.opus", "audio/ogg", "/k/file"),
        ("image", {"image_key": "k"}, "image.png", "image/png", "/k/image"),
    ],
)
def test_a_file_is_told_by_its_message(kind: str, content: Any, name: str, media_type: str, ending: str):
    event = normalise(heard(kind, content), ME)
    assert event is not None
    [file] = event.files

    assert (file.name, file.media_type, file.size) == (name, media_type, 0)
    assert file.locator == f"{event.event_id}{ending}"


def test_a_notice_of_the_platform_is_nothing():
    assert normalise(heard("system", {"template": "x"}), ME) is None


def test_a_place_is_told_by_its_name_and_where_it_is():
    event = normalise(heard("location", {"name": "Office", "longitude": "1.0", "latitude": "2.0"}), ME)
    assert event is not None

    assert event.text == "📍 Office 2.0, 1.0"


def test_the_words_of_a_card_that_is_passed_on_are_a_quote_and_no_command():
    card = {"title": "Alert", "elements": [[{"tag": "text", "text": "/approve 7QX4"}]]}
    event = normalise(heard("interactive", card), ME)
    assert event is not None

    assert event.parts == (Quote(text="Alert\n/approve 7QX4"), Text(text="[A card that was passed on.]"))


@pytest.mark.parametrize("content", [{"content": "Merged and Forwarded Message"}, None])
def test_what_is_passed_on_as_one_message_quotes_what_is_in_it(content: Any):
    payload = heard("merge_forward", content)
    if content is None:
        payload["event"]["message"]["content"] = "Merged and Forwarded Message"
    event = normalise(payload, ME)
    assert event is not None

    assert event.parts == (Quote(text="", ref=event.message), Text(text="[Messages that were passed on as one.]"))


def test_a_private_conversation_bears_the_persons_id_and_a_topic_its_first_message():
    private = normalise(heard("text", {"text": "x"}, room="oc_any", chat_type="p2p"), ME)
    topic = normalise(heard("text", {"text": "x"}, thread_id="omt_1", root_id="om_root", parent_id="om_root"), ME)
    first = normalise(heard("text", {"text": "x"}, thread_id="omt_1"), ME)
    reply = normalise(heard("text", {"text": "x"}, root_id="om_root", parent_id="om_p"), ME)
    assert private
    assert topic
    assert first
    assert reply

    assert private.address == Address(channel="feishu", room=ALICE)
    assert topic.address == Address(channel="feishu", room=GROUP, thread="om_root")
    assert first.address.thread == first.event_id
    assert reply.address.thread == ""
    assert [part for part in topic.parts if isinstance(part, Quote)] == []
    assert reply.parts == (Quote(text="", ref=Ref(address=reply.address, id="om_p")), Text(text="x"))


def test_times_are_told_in_milliseconds_or_microseconds():
    event = normalise(heard("text", {"text": "x"}, create_time="1609073151345"), ME)
    assert event is not None

    assert event.at == datetime(2020, 12, 27, 12, 45, 51, 345000, tzinfo=UTC)


def test_people_of_other_companies_are_heard_only_where_guests_are_welcome():
    event = heard("text", {"text": "let me"}, by=CAROL)
    nameless = heard("text", {"text": "x"})
    nameless["header"]["tenant_key"] = nameless["event"]["sender"]["tenant_key"] = ""
    guest = normalise(event, GUESTS)
    assert guest is not None

    assert normalise(event, ME) is None
    assert normalise(nameless, ME) is None
    assert guest.sender == Account(channel="feishu", id=CAROL)


def test_bots_other_apps_and_other_events_are_not_heard():
    own, other = heard("text", {"text": "x"}, by=BOT), heard("text", {"text": "x"})
    bot = heard("text", {"text": "x"})
    bot["event"]["sender"]["sender_type"] = "app"
    other["header"]["app_id"] = "cli_another"

    assert [normalise(each, ME) for each in (own, other, bot, Town().event("im.chat.updated_v1", {}), {})] == [None] * 5


def press(value: Any, *, by: str = ALICE, tenant: str | None = None) -> dict[str, Any]:
    town = Town()
    event = town.event(
        "card.action.trigger",
        {
            "operator": {"open_id": by, "tenant_key": tenant or town.event("x", {})["header"]["tenant_key"]},
            "action": {"value": value, "tag": "button"},
            "context": {"open_message_id": "om_1", "open_chat_id": GROUP},
        },
    )
    event["header"]["create_time"] = "1603977298000000"
    return event


def test_a_press_names_who_where_and_what():
    card, topic = f"ap|{'a' * 16}|d", {"t": "om_root"}
    in_group = normalise(press({"ap": card} | topic), ME)
    in_private = normalise(press({"ap": card, "p": 1}), ME)
    assert in_group
    assert in_private
    where = Address(channel="feishu", room=GROUP, thread="om_root")

    assert in_group.press == Press(
        id="a" * 16, choice="d", message=Ref(address=where, id="om_1"), receipt=in_group.event_id
    )
    assert (in_group.address, in_group.is_direct) == (where, False)
    assert (in_private.address.room, in_private.is_direct) == (ALICE, True)
    assert in_group.at.year == 2020


@pytest.mark.parametrize(
    "value", [None, "ap", [], {}, {"ap": "ap|short|d"}, {"ap": f"ap|{'a' * 16}|dd"}, {"ap": 7}, {"x": 1}]
)
def test_a_press_of_anything_else_is_not_ours(value: Any):
    assert normalise(press(value), ME) is None


def test_a_press_of_another_company_counts_only_where_guests_are_welcome():
    event = press({"ap": f"ap|{'a' * 16}|a", "t": "</at> om_evil"}, by=CAROL, tenant="elsewhere")
    guest = normalise(event, GUESTS)
    assert guest is not None

    assert normalise(event, ME) is None
    assert guest.address.thread == ""


def test_an_event_that_makes_no_sense_is_an_error_of_a_known_kind():
    broken = heard("text", {"text": "x"})
    del broken["event"]["message"]["chat_id"]
    later = heard("text", {"text": "x"}, create_time="soon")

    for event in (broken, later):
        with pytest.raises((KeyError, ValueError)):
            normalise(event, ME)
