"""Recorded payloads become what the bus keeps, purely."""

from datetime import UTC, datetime
from typing import Any

import pytest

from channels.messages import Account, Address, FileKind, Inbound, Mention, Quote, Ref, Text
from channels.slack.normalise import Me, normalise

ME = Me(channel="slack", team="T1", user="UBOT", enterprise="E1")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def event(**more: Any) -> dict[str, Any]:
    base = {"type": "message", "channel": "C1", "user": "U1", "team": "T1", "text": "hi", "ts": "1700000000.000100"}
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": base | more}


def heard(**more: Any) -> Inbound:
    inbound = normalise(event(**more), ME, NOW)
    assert inbound is not None
    return inbound


@pytest.mark.parametrize(
    "more",
    [
        {"subtype": "bot_message", "bot_id": "B1"},
        {"bot_id": "B1"},
        {"user": "UBOT"},
        {"user": "USLACKBOT"},
        {"user": ""},
        {"hidden": True},
        {"text": "", "files": []},
        *({"subtype": name} for name in ("message_changed", "message_deleted", "channel_join", "channel_topic")),
        {"type": "reaction_added"},
    ],
)
def test_what_no_person_said_is_not_heard(more: dict[str, Any]) -> None:
    assert normalise(event(**more), ME, NOW) is None


@pytest.mark.parametrize("payload", [{}, {"type": "view_submission"}, {"type": "app_rate_limited", "team_id": "T1"}])
def test_what_is_no_event_of_ours_is_not_heard(payload: dict[str, Any]) -> None:
    assert normalise(payload, ME, NOW) is None


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("<https://x.example/a|docs>", "[docs](https://x.example/a)"),
        ("<http://x.example|x.example>", "x.example"),
        ("<https://x.example/>", "https://x.example/"),
        ("<mailto:a@x.example|a@x.example>", "a@x.example"),
        ("in <#C2|general> and <#C3>", "in #general and #C3"),
        ("<!here> <!channel|@channel> <!subteam^S1|@ops> <!date^1^{date}|yesterday>", "@here @channel @ops yesterday"),
        ("a &lt;b&gt; &amp;&amp; c &amp;lt;", "a <b> && c &lt;"),
        ("5 &lt; 6 <", "5 < 6 <"),
    ],
)
def test_slacks_markup_becomes_what_was_typed(typed: str, text: str) -> None:
    assert heard(text=typed).text == text


def test_mentions_are_parts_and_only_ours_makes_it_to_us() -> None:
    inbound = heard(text="<@UBOT> ask <@U2|bob> now")

    assert inbound.parts == (
        Mention(account=Account(channel="slack", id="T1:UBOT"), is_me=True),
        Text(text=" ask "),
        Mention(account=Account(channel="slack", id="T1:U2", name="bob")),
        Text(text=" now"),
    )
    assert inbound.text == "ask @bob now"
    assert inbound.to_me
    assert not heard(text="ask <@U2>").to_me


def test_a_message_and_its_mention_have_one_event_id_whatever_slack_calls_them() -> None:
    mention = event(type="app_mention", text="<@UBOT> hi") | {"event_id": "Ev2"}
    same = normalise(mention, ME, NOW)

    assert same is not None
    assert same == heard(text="<@UBOT> hi")
    assert same.event_id == "T1:C1:1700000000.000100"
    assert same.at == datetime.fromtimestamp(1700000000.0001, tz=UTC)


@pytest.mark.parametrize(
    ("more", "thread", "to_me"),
    [
        ({}, "", False),
        ({"text": "<@UBOT>"}, "1700000000.000100", True),
        ({"thread_ts": "1.1"}, "1.1", False),
        ({"thread_ts": "1.1", "parent_user_id": "UBOT"}, "1.1", True),
        ({"thread_ts": "1.1", "subtype": "thread_broadcast"}, "1.1", False),
        ({"channel": "D1"}, "", True),
        ({"channel": "D1", "thread_ts": "1.1"}, "1.1", True),
        ({"channel": "G1", "channel_type": "mpim"}, "", False),
    ],
)
def test_an_answer_belongs_where_the_question_was_asked(more: dict[str, Any], thread: str, to_me: bool) -> None:
    inbound = heard(**more)

    assert (inbound.address.thread, inbound.to_me) == (thread, to_me)
    assert inbound.is_direct == inbound.address.room.startswith("D")


@pytest.mark.parametrize(
    ("more", "account"),
    [
        ({}, "T1:U1"),
        ({"team": "T2"}, "T2:U1"),
        ({"team": "T1", "user_team": "T2"}, "T2:U1"),
        ({"team": "E1"}, "T1:U1"),
        ({"team": None}, "T1:U1"),
    ],
)
def test_an_account_is_a_user_in_a_workspace(more: dict[str, Any], account: str) -> None:
    assert heard(**more).sender.id == account


def test_files_come_with_their_kind_and_links_stay_links() -> None:
    url = "https://files.slack.com/f"
    inbound = heard(
        subtype="file_share",
        text="",
        files=[
            {"id": "F1", "name": "a.png", "mimetype": "image/png", "size": 3, "url_private": url},
            {
                "id": "F2",
                "name": "v.m4a",
                "mimetype": "audio/mp4",
                "size": 4,
                "subtype": "slack_audio",
                "url_private": url,
            },
            {"id": "F3", "mimetype": None, "url_private": url, "url_private_download": f"{url}/download"},
            {"id": "F4", "name": "plan", "mode": "external", "is_external": True, "url_private": "https://d.example/p"},
            {"id": "F5", "mode": "tombstone"},
            {"id": "F6", "file_access": "check_file_info"},
        ],
    )

    picture, voice, *others = inbound.files

    assert (picture.presented_as, voice.presented_as) == (FileKind.IMAGE, FileKind.VOICE)
    assert [file.presented_as for file in others] == [FileKind.DOCUMENT] * 2
    assert [file.name for file in inbound.files] == ["a.png", "v.m4a", "F3", "F6"]
    assert [file.locator for file in others] == [f"{url}/download", "F6"]
    assert inbound.text == "[plan](https://d.example/p)\n[a file: it was deleted]"


def test_a_shared_message_is_a_quote() -> None:
    shared = {
        "is_share": True,
        "text": "a &lt; b",
        "author_id": "U2",
        "author_name": "Bob",
        "channel_id": "C9",
        "ts": "1.5",
    }
    [_, quote] = heard(attachments=[shared, {"text": "an unfurled page"}]).parts

    assert quote == Quote(
        text="a < b",
        author=Account(channel="slack", id="T1:U2", name="Bob"),
        ref=Ref(address=Address(channel="slack", room="C9"), id="1.5"),
    )


def press(value: str, **more: Any) -> dict[str, Any]:
    container = {"type": "message", "message_ts": "5.5", "channel_id": "C1", "thread_ts": "1.1"} | more
    user = {"id": "U1", "username": "alice", "team_id": "T1"}
    action = {"type": "button", "action_id": "ap_a", "value": value, "action_ts": "6.5"}
    return {
        "type": "block_actions",
        "user": user,
        "container": container,
        "actions": [action],
        "response_url": "https://r",
    }


def test_a_press_tells_who_chose_what_on_which_message() -> None:
    inbound = normalise(press("ap|card|a"), ME, NOW)
    assert inbound is not None
    assert inbound.press is not None

    address = Address(channel="slack", room="C1", thread="1.1")
    assert (inbound.press.id, inbound.press.choice, inbound.press.receipt) == ("card", "a", "https://r")
    assert inbound.press.message == Ref(address=address, id="5.5")
    assert inbound.sender == Account(channel="slack", id="T1:U1", name="alice")
    assert inbound.event_id == "press:C1:5.5:U1:6.5"


def test_a_press_on_a_private_card_names_no_message_to_edit() -> None:
    inbound = normalise(press("ap|card|a", is_ephemeral=True), ME, NOW)
    assert inbound is not None
    assert inbound.press is not None

    assert inbound.press.message is None


@pytest.mark.parametrize("value", ["", "x", "ap|", "ap|card", "ap||a", "other|card|a"])
def test_a_button_that_is_not_ours_is_not_heard(value: str) -> None:
    assert normalise(press(value), ME, NOW) is None


def test_a_bare_command_asks_for_help() -> None:
    form = {"command": "/nexora", "text": "", "user_id": "U1", "team_id": "T1", "channel_id": "D1", "trigger_id": "t"}
    inbound = normalise(form, ME, NOW)
    assert inbound is not None

    assert (inbound.text, inbound.at, inbound.is_direct, inbound.event_id) == ("/help", NOW, True, "command:t")
