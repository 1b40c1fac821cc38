"""What the channel suite cannot ask of WeCom: presses in time and too late, streams that expire, files, kept events."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.base import ChannelRefused, ChannelState, FileTooLarge, MessageRefused
from channels.messages import Account, Address, Button, Card, Fact, File, FileKind, Outbound, Quote, Ref, plain
from channels.wecom import render
from channels.wecom.files import decrypted
from channels.wecom.normalise import normalise
from tests.contract.drivers import Room
from tests.contract.stage import Stage
from tests.platforms.wecom import driver

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CARD = Card(
    id="abcdefgh23456789",
    title="Run a command?",
    facts=(Fact(label="Agent", value="dba"),),
    body="rm -r /tmp/build",
    buttons=(Button(choice="a", label="Approve"), Button(choice="d", label="Deny")),
)
OUTCOME = replace(CARD, title="Denied by Bob", buttons=())


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage("wecom", "socket", driver()) as made:
        yield made


def fake(stage: Stage) -> Any:
    return stage.driver.fake  # type: ignore[attr-defined]


async def pressed(stage: Stage) -> tuple[Address, Ref]:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    await stage.driver.press(ref.id, "Deny")
    await stage.until(lambda: any(event.press for event in stage.heard))
    return home, ref


async def test_a_card_that_was_just_pressed_is_rewritten_in_its_place(stage: Stage) -> None:
    home, ref = await pressed(stage)
    again = await stage.send(home, card=OUTCOME, answers=ref)
    [seen] = await stage.driver.hear()

    assert again == [ref]
    assert "Denied by Bob" in seen.text
    assert seen.buttons == ()


@pytest.mark.parametrize("seconds", [5.0, -1.0])
async def test_whoever_opens_the_chat_is_greeted_while_that_may_be_and_no_turn_begins(
    stage: Stage, seconds: float
) -> None:
    await stage.home()
    fake(stage).press_seconds = seconds
    fake(stage).requests["enter1"] = ("enter", "alice", time.monotonic())
    await fake(stage).call(
        "aibot_event_callback", "enter1", frame(msgtype="event", event={"eventtype": "enter_chat"})["body"]
    )
    await fake(stage).until(lambda: "enter1" not in fake(stage).requests)
    await stage.driver.say("and then something")
    await stage.hears(2)
    greetings = [each.text for each in fake(stage).shown]

    assert [event.text for event in stage.heard] == ["here I am", "and then something"]
    assert (len(greetings), all("/help" in text and "您好" in text for text in greetings)) == (int(seconds > 0), True)


async def test_a_press_that_is_too_old_for_that_is_answered_by_a_message(stage: Stage) -> None:
    fake(stage).press_seconds = -1.0
    home, ref = await pressed(stage)
    await stage.send(home, card=OUTCOME, answers=ref)
    card, outcome = await stage.driver.hear(2)

    assert card.buttons == ("Approve", "Deny")
    assert "Denied by Bob" in outcome.text


async def test_the_decision_may_take_two_seconds_to_be_stored(stage: Stage) -> None:
    """The press is noted before it is stored, so that what is decided while the database is slow is still in time."""
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    stage.stored.clear()
    await stage.driver.press(ref.id, "Approve")
    await asyncio.sleep(0.1)
    stage.stored.set()
    await stage.until(lambda: any(event.press for event in stage.heard))
    again = await stage.send(home, card=OUTCOME, answers=ref)

    assert again == [ref]


async def test_a_stream_that_expired_is_followed_by_the_whole_text(stage: Stage) -> None:
    home = await stage.home()
    event = stage.heard[-1]
    live = await stage.channel.open_live(home, event.sender, event.message)  # type: ignore[attr-defined]
    await live.show("the beginning")
    fake(stage).stream_seconds = -1.0
    await stage.send(home, parts=plain("the beginning and the end"), replaces=await live.close())

    assert [seen.text for seen in await stage.driver.hear(2)] == ["the beginning", "the beginning and the end"]


async def test_an_answer_is_finished_by_whoever_comes_after_a_crash(stage: Stage) -> None:
    home = await stage.home()
    event = stage.heard[-1]
    live = await stage.channel.open_live(home, event.sender, event.message)  # type: ignore[attr-defined]
    await live.show("half")
    standing = live.standing()
    after = stage.build(stage.driver.options("socket"))
    await stage.hang_up()
    listening = asyncio.create_task(after.listen(stage.receive))
    resumed = await after.open_live(home, event.sender, event.message, standing)  # type: ignore[attr-defined]
    await resumed.show("half and")
    await after.send(Outbound(key="k", address=home, parts=plain("half and whole"), replaces=await resumed.close()))
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)

    assert [seen.text for seen in await stage.driver.hear()] == ["half and whole"]


async def test_without_a_message_to_answer_nothing_is_shown_growing(stage: Stage) -> None:
    home = await stage.home()
    live = await stage.channel.open_live(home, stage.heard[-1].sender, None)  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="may not be answered"):
        await live.show("words")

    assert await live.close() is None


async def test_what_could_not_be_stored_is_kept_and_stays_in_order(stage: Stage) -> None:
    stage.refuse(2)
    for number in range(3):
        await stage.driver.say(f"number {number}")
    await stage.hears(3)

    assert [event.text for event in stage.heard] == ["number 0", "number 1", "number 2"]
    assert [event.text for event in stage.refused] == ["number 0", "number 0"]


async def test_another_connection_of_the_same_bot_ends_this_one_for_good(stage: Stage) -> None:
    await stage.home()
    other = stage.build(stage.driver.options("socket"))
    taking_over = asyncio.create_task(other.listen(stage.receive))
    with pytest.raises(ChannelRefused, match="taken over"):
        async with asyncio.timeout(5):
            await stage.listening
    taking_over.cancel()
    await asyncio.gather(taking_over, return_exceptions=True)

    assert (await stage.channel.probe()).state is ChannelState.DOWN


async def test_somebody_who_never_wrote_cannot_be_written_to(stage: Stage) -> None:
    await stage.home()
    stranger = Address(channel="wecom", room="nobody")
    with pytest.raises(MessageRefused, match="has not sent a message"):
        await stage.send(stranger, parts=plain("hello"))


async def test_a_gap_is_told_after_every_connection(stage: Stage) -> None:
    await stage.home()
    health = await stage.settled()

    assert health.state is ChannelState.UP
    assert "does not repeat" in health.reason


# Files


async def test_a_file_is_called_what_wecom_calls_it_beside_its_bytes(stage: Stage) -> None:
    await stage.driver._message(
        Room.DIRECT, None, {"msgtype": "file", "file": fake(stage).put_file("报告.pdf", b"%PDF")}
    )  # type: ignore[attr-defined]
    [event] = await stage.hears()
    [file] = event.files

    assert (file.name, file.media_type) == ("报告.pdf", "application/pdf")
    assert await stage.channel.fetch(file, 10) == b"%PDF"  # type: ignore[attr-defined]


async def test_a_file_whose_name_is_not_to_be_had_is_heard_all_the_same(stage: Stage) -> None:
    given = {"url": f"http://127.0.0.1:{fake(stage).port}/files/gone", "aeskey": "k"}
    await stage.driver._message(Room.DIRECT, None, {"msgtype": "file", "file": given})  # type: ignore[attr-defined]
    [event] = await stage.hears()

    assert [file.name for file in event.files] == ["file"]


async def test_nothing_that_a_rewritten_card_says_is_lost(stage: Stage) -> None:
    reason = "because the window for changes of the payments database closed an hour ago"
    outcome = replace(OUTCOME, facts=(*CARD.facts, Fact(label="Reason", value=reason)), note="Nothing was run.")
    home, ref = await pressed(stage)
    await stage.send(home, card=outcome, answers=ref)
    shown = next(each.card for each in fake(stage).shown if each.id == ref.id)

    assert shown["horizontal_content_list"] == [{"keyname": "Agent", "value": "dba"}]
    assert shown["quote_area"]["quote_text"] == f"Reason: {reason}"
    assert shown["sub_title_text"] == "Nothing was run."


async def test_a_file_is_decrypted_and_bounded(stage: Stage) -> None:
    await stage.driver.send_file("notes.txt", b"what was said", "text/plain")
    [event] = await stage.hears()
    [file] = event.files
    fetch = stage.channel.fetch  # type: ignore[attr-defined]

    assert file.name == "notes.txt"
    assert await fetch(file, 13) == b"what was said"
    with pytest.raises(FileTooLarge):
        await fetch(file, 12)
    for url in (
        "http://127.0.0.1:1/x",
        "https://evil.example/x",
        "https://qq.com.evil.example/x",
        "file:///etc/passwd",
    ):
        with pytest.raises(MessageRefused, match="does not lie with WeCom"):
            await fetch(File(name="x", media_type="a/b", size=0, locator=f"key {url}"), 100)


@pytest.mark.parametrize(
    ("content", "key"), [(b"", "A" * 43), (b"short", "A" * 43), (b"0" * 32, "!"), (b"0" * 32, "A" * 43)]
)
def test_what_does_not_fit_its_key_is_an_error(content: bytes, key: str) -> None:
    with pytest.raises(MessageRefused, match="could not be decrypted"):
        decrypted(content, key)


# What we hear


def frame(**body: Any) -> dict[str, Any]:
    told = {"msgid": "m1", "from": {"userid": "alice"}, "chattype": "single", "create_time": 1700000000}
    return {"cmd": "aibot_msg_callback", "headers": {"req_id": "r1"}, "body": {**told, **body}}


def test_a_voice_message_may_come_as_words_or_as_a_file() -> None:
    words = normalise("wecom", frame(msgtype="voice", voice={"content": "restart it"}), NOW)
    file = normalise("wecom", frame(msgtype="voice", voice={"url": "https://x", "aeskey": "k"}), NOW)

    assert words is not None
    assert file is not None
    assert words.text == "🎤 restart it"
    assert file.files[0].presented_as is FileKind.VOICE


def test_words_and_pictures_may_come_in_one_message_and_quote_another() -> None:
    mixed = {
        "msg_item": [{"msgtype": "text", "text": {"content": "@Bot look"}}, {"msgtype": "image", "image": {"url": "u"}}]
    }
    quoted = {"msgtype": "text", "text": {"content": "the question"}}
    heard = normalise("wecom", frame(msgtype="mixed", mixed=mixed, quote=quoted, chattype="group", chatid="C"), NOW)

    assert heard is not None
    assert (heard.text, heard.address.room, heard.is_direct) == ("look", "group:C", False)
    assert [file.presented_as for file in heard.files] == [FileKind.IMAGE]
    assert Quote(text="the question") in heard.parts
    assert heard.at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize("event", [{"eventtype": "enter_chat"}, {"eventtype": "feedback_event"}])
def test_other_events_are_not_heard(event: dict[str, Any]) -> None:
    assert normalise("wecom", frame(msgtype="event", event=event), NOW) is None


def test_a_press_that_is_none_of_ours_is_ignored() -> None:
    card = {"event_key": "approve", "task_id": "t"}
    event = {"eventtype": "template_card_event", "template_card_event": card}

    assert normalise("wecom", frame(msgtype="event", event=event), NOW) is None


# What we say


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@alice> hi", "<\u2060@alice> hi"),
        ("@all @所有人", "@\u2060all @\u2060所有人"),
        ('<font color="warning">x</font>', '<\u2060font color="warning">x<\u2060/font>'),
        ("[x](javascript:alert(1))", "[x]\u2060(javascript:alert(1))"),
        ("[x](https://x.org)", "[x](https://x.org)"),
    ],
)
def test_nothing_that_was_written_calls_anybody_or_hides_a_link(text: str, shown: str) -> None:
    assert render.markdown(text) == shown


def test_copies_of_a_card_have_names_of_their_own_that_last() -> None:
    one, other = render.task_id(CARD.id, "card:alice"), render.task_id(CARD.id, "card:bob")

    assert one == render.task_id(CARD.id, "card:alice") != other
    assert len(one) <= 128


async def test_a_direct_room_is_the_persons_own(stage: Stage) -> None:
    room = await stage.channel.direct_room(Account(channel="wecom", id="alice"))  # type: ignore[attr-defined]

    assert room == Address(channel="wecom", room="alice")


def called(text: str) -> str:
    heard = normalise("wecom", frame(msgtype="text", text={"content": text}, chattype="group", chatid="C"), NOW)
    assert heard is not None
    return heard.text


@pytest.mark.parametrize(
    "text",
    [
        "@Ops /approve 7QX4",
        "@Ops Bot /approve 7QX4",
        "@Ops Bot 2 /approve 7QX4",
        "@ben @Ops /approve 7QX4",
        "@Ops Bot @ben /approve 7QX4",
        "@运维助手 /approve 7QX4",
        "/approve 7QX4 @Ops",
        "/approve 7QX4 @Ops Bot",
    ],
)
def test_a_command_in_a_group_is_one_whatever_the_bot_is_called(text: str) -> None:
    assert called(text) == "/approve 7QX4"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("@Ops please do not /approve 7QX4", "please do not /approve 7QX4"),
        ("@Ops don't /approve 7QX4", "don't /approve 7QX4"),
        ("@Ops Never /approve 7QX4", "Never /approve 7QX4"),
        ("@Ops what is /etc/hosts for?", "what is /etc/hosts for?"),
        ("@Ops ask @ben", "ask @ben"),
        ("@Ops /bind @ben", "/bind @ben"),
    ],
)
def test_other_words_in_a_group_stay_what_they_are(text: str, heard: str) -> None:
    assert called(text) == heard


def test_the_picture_that_is_answered_comes_along() -> None:
    quote = {"msgtype": "image", "image": {"url": "https://cdn.example/i", "aeskey": "k"}}
    heard = normalise("wecom", frame(msgtype="text", text={"content": "what is this?"}, quote=quote), NOW)
    assert heard is not None

    assert [file.locator for file in heard.files] == ["k https://cdn.example/i"]
