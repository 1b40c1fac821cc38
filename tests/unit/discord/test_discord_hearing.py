"""When an event counts as stored, in which order, and what is said again."""

import asyncio
import threading
import time

import pytest

from channels.base import ChannelDown, NotStored
from channels.messages import Address
from tests.platforms.discord.server import FakeDiscord
from tests.platforms.discord.town import ALICE, BOB, BOT, CLOSED, GROUP, PRIVATE, Message
from tests.unit.discord.bench import CARD, DIRECT, ROOM, Bench


async def pressed(bench: Bench, label="Approve", person=ALICE, channel=PRIVATE[ALICE]):
    address = DIRECT if channel == PRIVATE[ALICE] else ROOM
    ref = await bench.send(address, card=CARD)
    message = bench.fake.town.find(channel, ref.id)
    button = next(b for row in message.components for b in row["components"] if b["label"] == label)
    return await bench.fake.press(message, button, person)


async def test_a_slow_room_keeps_its_order_and_holds_up_no_other(bench: Bench):
    bench.slow["one"] = asyncio.Event()
    async with bench.listening():
        await bench.say("one")
        await bench.say("two")
        await bench.say("elsewhere", PRIVATE[BOB], BOB)

        assert await bench.hears(1) == ["elsewhere"]
        assert "two" not in bench.entered
        bench.slow["one"].set()
        assert await bench.hears(3) == ["elsewhere", "one", "two"]


async def test_the_number_that_discord_is_told_is_that_of_the_last_event_stored(bench: Bench):
    bench.slow["one"] = asyncio.Event()
    async with bench.listening():
        before = len(bench.fake.gateway.session.events)
        await bench.say("one")
        await bench.say("elsewhere", PRIVATE[BOB], BOB)
        await bench.hears(1)
        await bench.settled()
        early = bench.fake.gateway.confirmed
        bench.slow["one"].set()
        await bench.hears(2)
        await bench.until(lambda: bench.fake.gateway.confirmed == before + 2)

    assert early <= before


async def test_after_a_failure_nothing_later_of_its_room_is_stored_before_it(bench: Bench):
    bench.unstorable.add("one")
    bench.slow["one"] = asyncio.Event()
    async with bench.listening():
        await bench.say("one")
        await bench.say("two")
        await bench.until(lambda: bench.entered == ["one"])
        bench.slow["one"].set()
        await bench.until(lambda: len(bench.heard) >= 2)

    assert bench.refused == ["one"]
    assert [event.text for event in bench.heard] == ["one", "two"]
    assert bench.fake.gateway.resumed == 1
    assert bench.fake.gateway.identified == 1


async def test_a_press_that_was_not_stored_is_told_so_alone_and_comes_again(bench: Bench):
    bench.unstorable.add("a")
    async with bench.listening():
        interaction = await pressed(bench)
        await bench.until(lambda: bench.refused == ["a"])
        await bench.until(lambda: bench.heard)

    assert interaction.taken == 4
    assert [event.press.choice for event in bench.heard] == ["a"]


async def test_a_press_is_taken_once_it_is_stored_and_not_before(bench: Bench):
    bench.slow["a"] = asyncio.Event()
    async with bench.listening():
        interaction = await pressed(bench)
        await bench.until(lambda: "a" in bench.entered)
        await bench.say("meanwhile")
        await bench.hears(1)
        assert not interaction.taken
        bench.slow["a"].set()
        await bench.until(lambda: interaction.taken)

    assert interaction.taken == 6


async def test_a_press_in_a_server_names_the_member_and_the_room(bench: Bench):
    async with bench.listening():
        await pressed(bench, "Deny", BOB, GROUP)
        await bench.until(lambda: bench.heard)
    [event] = bench.heard

    assert (event.sender.id, event.address, event.is_direct) == (BOB, ROOM, False)


async def test_a_thread_that_nobody_told_of_is_looked_up_once(bench: Bench):
    async with bench.listening():
        thread = bench.fake.town.thread()
        await bench.say(f"<@{BOT}> one", thread.id)
        await bench.say(f"<@{BOT}> two", thread.id)
        await bench.hears(2)

    assert {event.address for event in bench.heard} == {Address(channel="discord", room=GROUP, thread=thread.id)}
    assert len(bench.called("GET", f"/channels/{thread.id}")) == 1


async def test_a_thread_that_is_there_at_the_start_is_known_without_asking(bench: Bench):
    thread = bench.fake.town.thread()
    async with bench.listening():
        await bench.say(f"<@{BOT}> hi", thread.id)
        await bench.hears()

    assert bench.heard[0].address.thread == thread.id
    assert bench.called("GET", f"/channels/{thread.id}") == []


async def test_a_channel_that_may_not_be_looked_up_is_a_room_of_its_own(bench: Bench):
    async with bench.listening():
        await bench.until(lambda: bench.channel._places._parents)
        del bench.channel._places._parents[CLOSED]
        await bench.say(f"<@{BOT}> hi", CLOSED)
        await bench.hears()

    assert bench.heard[0].address == Address(channel="discord", room=CLOSED)


async def test_many_messages_at_once_are_all_heard_in_order(bench: Bench):
    async with bench.listening():
        for number in range(700):
            await bench.say(f"{number}", PRIVATE[ALICE] if number % 2 else PRIVATE[BOB])
        await bench.hears(700)

    for room in (PRIVATE[ALICE], PRIVATE[BOB]):
        numbers = [int(event.text) for event in bench.heard if event.address.room == room]
        assert numbers == sorted(numbers)


async def test_stopping_is_at_once_ends_the_session_and_leaves_no_thread(bench: Bench):
    threads = {thread.name for thread in threading.enumerate()}
    bench.slow["one"] = asyncio.Event()
    async with bench.listening() as task:
        await bench.say("one")
        await bench.until(lambda: "one" in bench.entered)
        begun = time.monotonic()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        seconds = time.monotonic() - begun

    # Our side is through once the platform has answered the close; the platform notes it a moment after that.
    await bench.until(lambda: bool(bench.fake.gateway.closes))
    assert seconds < 0.5
    assert bench.fake.gateway.closes == [1000]
    assert not any("keep-alive" in thread.name for thread in threading.enumerate() if thread.name not in threads)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("discord")]


async def test_an_event_that_makes_no_sense_is_passed_over(bench: Bench):
    async with bench.listening():
        gateway = bench.fake.gateway
        await gateway.push("MESSAGE_CREATE", {"id": 7})
        await gateway.push("MESSAGE_CREATE", {"id": "x", "channel_id": PRIVATE[ALICE], "author": {"id": "x"}})
        await gateway.push("GUILD_CREATE", {"channels": [{}]})
        await gateway.push("INTERACTION_CREATE", {"id": "1"})
        await gateway.push("READY_TO_PARTY", {})
        await bench.say("sense")

        assert await bench.hears() == ["sense"]
        numbers = len(gateway.session.events)
        await bench.until(lambda: gateway.confirmed == numbers)


async def test_two_bots_side_by_side_hear_and_speak_each_for_itself(bench: Bench):
    other = FakeDiscord()
    await other.start()
    second = bench.build("second", api_url=f"{other.base}/api/v10")
    task = asyncio.create_task(second.listen(bench.receive), name="listen second")
    try:
        await other.until(lambda: other.gateway.session)
        async with bench.listening():
            await bench.say("to the first")
            await other.say(
                Message(id=other.town.snowflake(), channel=PRIVATE[ALICE], author=ALICE, content="to the second")
            )
            await bench.hears(2)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await other.stop()

    assert {(event.address.channel, event.text) for event in bench.heard} == {
        ("discord", "to the first"),
        ("second", "to the second"),
    }


async def test_a_database_that_stays_full_ends_in_a_channel_that_is_down(bench: Bench, monkeypatch):
    monkeypatch.setattr("channels.shared.socket.PAUSES", (0.0, 0.0))

    async def full(inbound):
        raise NotStored

    bench.receive = full
    async with bench.listening() as task:
        await bench.say("hello")
        with pytest.raises(ChannelDown, match="could not be stored"):
            await task
