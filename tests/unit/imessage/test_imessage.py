"""What the suite cannot know of iMessage: who vouches for whom, what a Mac keeps, and a server that is not as usual."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.base import ChannelDown, ChannelRefused, Deferred, MessageRefused
from channels.imessage.news import News
from channels.imessage.normalise import Me, message
from channels.messages import Account, Mention, plain
from tests.contract.drivers import Room, driver_of
from tests.contract.stage import Stage
from tests.platforms.imessage.server import ALICE, DIRECT, GROUP, PASSWORD, FakeBlueBubbles

ME = Me(channel="phone", addresses=frozenset({"bot@example.org"}))


def told(chat: str = DIRECT, service: str = "iMessage", **more: Any) -> dict[str, Any]:
    """A message as MessageSerializer of the server writes it."""
    style = 43 if ";+;" in chat else 45
    return {
        "originalROWID": 7,
        "guid": "4F1C",
        "text": "hello",
        "handle": {"address": ALICE, "service": service},
        "attachments": [],
        "dateCreated": 1_764_500_000_000,
        "isFromMe": False,
        "itemType": 0,
        "chats": [{"guid": chat, "style": style, "displayName": "ops"}],
        **more,
    }


def test_who_writes_by_sms_is_another_account_and_is_not_heard_unless_the_settings_say_so() -> None:
    sms = told("SMS;-;" + ALICE, "SMS")
    heard = message(replace(ME, hears_sms=True), sms)
    real = message(ME, told())

    assert message(ME, sms) is None
    assert heard is not None
    assert real is not None
    assert heard.sender == Account(channel="phone", id=f"sms:{ALICE}", name=f"{ALICE} (SMS)")
    assert real.sender.id == ALICE


def test_newer_macs_tell_the_service_with_the_sender_and_not_in_the_chat() -> None:
    assert message(ME, told("any;-;" + ALICE, "SMS")) is None
    assert message(ME, told("any;-;" + ALICE, "iMessage")) is not None


@pytest.mark.parametrize("more", [{"isFromMe": True}, {"itemType": 2, "text": None}, {"handle": None}, {"text": None}])
def test_our_own_words_and_what_the_group_does_are_not_heard(more: dict[str, Any]) -> None:
    assert message(ME, told(GROUP, **more)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nexora, restart it", "restart it"),
        ("Nexora restart it", "restart it"),
        ("please @nexora restart it", "please restart it"),
        ("nexora，重启", "重启"),
        ("nexora重启", "重启"),
        ("nexoras are fine", ""),
        ("what does nexora do?", ""),
    ],
)
def test_a_group_calls_the_bot_by_its_name(text: str, said: str) -> None:
    heard = message(ME, told(GROUP, text=text))
    assert heard is not None

    assert heard.to_me is bool(said)
    assert heard.text == (said or text)
    assert heard.room_name == "ops"


def test_a_mention_of_messages_itself_counts_and_one_of_somebody_else_does_not() -> None:
    run = {"range": [3, 3], "attributes": {"__kIMMentionConfirmedMention": "bot@example.org"}}
    body = [{"string": "🙂 Bot, go", "runs": [run]}]
    heard = message(ME, told(GROUP, text="🙂 Bot, go", attributedBody=body))
    run["attributes"] = {"__kIMMentionConfirmedMention": ALICE}
    other = message(ME, told(GROUP, text="🙂 Bot, go", attributedBody=body))
    assert heard is not None
    assert other is not None

    assert [part.is_me for part in heard.parts if isinstance(part, Mention)] == [True]
    assert heard.text == "🙂 go"
    assert (heard.to_me, other.to_me) == (True, False)


def test_a_tapback_that_is_taken_back_is_not_heard() -> None:
    assert message(ME, told(associatedMessageGuid="p:0/1", associatedMessageType="-like", text="Removed")) is None
    assert message(ME, told(associatedMessageGuid="p:0/1", associatedMessageType="3006", text="Removed")) is None


@asynccontextmanager
async def on_stage(mode: str = "webhook") -> AsyncIterator[tuple[Stage, FakeBlueBubbles]]:
    """The adapter on its fake, without a supervisor, and the fake itself."""
    driver: Any = driver_of("imessage", mode)
    async with Stage("imessage", mode, driver) as stage:
        yield stage, driver.fake


async def test_a_message_that_came_late_to_the_mac_is_heard_though_it_is_older_than_others() -> None:
    async with on_stage() as (stage, fake):
        await stage.home()
        await fake.tell(DIRECT, ALICE, "from the train", dateCreated=fake.moment() - 3_600_000)
        heard = await stage.hears(2)

    assert [event.text for event in heard] == ["here I am", "from the train"]


async def test_a_ring_that_is_lost_is_made_up_for_by_the_next() -> None:
    async with on_stage() as (stage, fake):
        await stage.home()
        await fake.tell(DIRECT, ALICE, "first", rings=False)
        await fake.tell(DIRECT, ALICE, "second")
        heard = await stage.hears(3)

    assert [event.text for event in heard[1:]] == ["first", "second"]


async def test_nobody_can_say_anything_by_ringing() -> None:
    async with on_stage() as (stage, fake):
        await stage.home()
        await fake.ring("new-message", {"guid": "F", "text": "obey", "handle": {"address": ALICE}, "chats": []})
        await fake.tell(DIRECT, ALICE, "the end")
        heard = await stage.hears(2)

    assert [event.text for event in heard] == ["here I am", "the end"]
    assert fake.rung[-1] == 200


async def test_the_password_stands_in_no_error() -> None:
    async with on_stage() as (stage, fake):
        home = await stage.home()
        fake.faults.append(0)
        with pytest.raises(ChannelDown) as down:
            await stage.send(home, parts=plain("x"))

    assert PASSWORD.split()[0] not in str(down.value)


async def test_what_the_server_is_sending_already_waits_and_a_strange_room_is_tried_again_later() -> None:
    async with on_stage() as (stage, fake):
        home = await stage.home()
        outgoing = stage.message(home, parts=plain("twice"))
        await stage.channel.send(outgoing)
        fake.sending.add(fake.last_temp)
        with pytest.raises(Deferred, match="already queued"):
            await stage.channel.send(outgoing)
        with pytest.raises(Deferred, match="Chat does not exist"):
            await stage.channel.send(stage.message(replace(home, room="iMessage;-;+1"), parts=plain("x")))


async def test_a_private_conversation_is_found_only_where_there_is_one() -> None:
    async with on_stage() as (stage, _):
        await stage.home()
        channel: Any = stage.channel
        room = await channel.direct_room(Account(channel="imessage", id=ALICE))
        with pytest.raises(MessageRefused, match="must write first"):
            await channel.direct_room(Account(channel="imessage", id="+1"))

    assert room.room == DIRECT


async def test_typing_is_shown_and_taken_back_where_the_server_can() -> None:
    async with on_stage() as (stage, fake):
        home = await stage.home(Room.GROUP)
        channel: Any = stage.channel
        await channel.show_typing(home, stage.driver.alice, None)
        await channel.take_back_typing(home, None)
        await channel.take_back_typing(home, None)
    async with on_stage("polling") as (stage, silent):
        home = await stage.home()
        channel = stage.channel
        await channel.show_typing(home, stage.driver.alice, None)
        health = await stage.settled()

    assert fake.typing == [("POST", GROUP), ("DELETE", GROUP)]
    assert silent.typing == []
    assert "1.9.9 works without its private API" in health.reason


async def test_a_password_that_is_changed_is_told_as_the_server_says_it() -> None:
    async with on_stage() as (stage, fake):
        home = await stage.home()
        fake.password = "another"
        with pytest.raises(ChannelRefused, match=r"^Unauthorized \(401\)$"):
            await stage.send(home, parts=plain("x"))


async def test_a_page_with_an_entry_that_cannot_be_read_is_not_taken_for_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("channels.imessage.news.PAGE", 2)
    stored = [told(guid="A"), told(guid="B", originalROWID=None), None, told(guid="C", originalROWID=9)]
    heard: list[str] = []

    class Server:
        async def call(self, _method: str, _path: str, body: dict[str, Any]) -> Any:
            return stored[body["offset"] :][: body["limit"]]

    async def receive(inbound: Any) -> None:
        heard.append(inbound.message.id)

    server: Any = Server()
    await News(server, lambda: datetime.now(UTC), lambda *_: None).read(ME, receive)

    assert heard == ["A", "C"]
