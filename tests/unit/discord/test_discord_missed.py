"""What was said while nobody listened, and what is said of that which stays unheard."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import ChannelDown
from channels.discord.normalise import snowflake
from tests.platforms.discord.town import ALICE, BOB, BOT, CLOSED, GROUP, OTHER_BOT, PRIVATE
from tests.unit.discord.bench import Bench


async def heard_before(bench: Bench, *channels: str) -> None:
    """The bot was here, and heard something in each of those channels."""
    async with bench.listening():
        for channel in channels:
            await bench.say(f"<@{BOT}> before in {channel}", channel)
        await bench.hears(len(channels))


def texts(bench: Bench) -> list[str]:
    return [event.text for event in bench.heard]


async def test_everything_missed_is_heard_in_order_before_anything_new(bench: Bench):
    await heard_before(bench, PRIVATE[ALICE], GROUP)
    for number in range(3):
        bench.while_away(f"missed {number}")
    bench.while_away(f"<@{BOT}> missed in the group", GROUP, BOB)
    async with bench.listening(bench.build()):
        await bench.say("new")
        await bench.hears(7)

    direct = [event.text for event in bench.heard if event.is_direct]
    assert direct == ["before in 5002", "missed 0", "missed 1", "missed 2", "new"]
    [group] = [event for event in bench.heard if "missed in the group" in event.text]
    assert (group.to_me, group.sender.id, group.address.room) == (True, BOB, GROUP)


async def test_bots_are_not_heard_afterwards_either(bench: Bench):
    await heard_before(bench, PRIVATE[ALICE])
    bench.while_away("me", by=BOT)
    bench.while_away("a robot", by=OTHER_BOT)
    bench.while_away("a person")
    async with bench.listening(bench.build()):
        await bench.hears(2)

    assert texts(bench)[1:] == ["a person"]


async def test_a_channel_where_nobody_spoke_to_us_before_is_asked_when_it_has_news(bench: Bench):
    bench.fake.town.channels[GROUP].last = None
    bench.while_away("long before", GROUP, at=datetime.now(UTC).timestamp() - 60)
    await heard_before(bench, PRIVATE[ALICE])
    thread = bench.fake.town.thread()
    bench.while_away(f"<@{BOT}> hello?", thread.id)
    async with bench.listening(bench.build()):
        await bench.hears(2)

    assert bench.heard[1].text == "hello?"
    assert bench.heard[1].address.thread == thread.id
    assert bench.called("GET", f"/channels/{GROUP}/messages") == []


async def test_at_the_very_first_start_nobodys_past_is_read(bench: Bench):
    bench.while_away("a secret of the past", GROUP)
    async with bench.listening():
        await bench.say("hello")
        await bench.hears()

    assert texts(bench) == ["hello"]


async def test_a_server_that_is_joined_later_is_not_read_back(bench: Bench):
    await heard_before(bench, PRIVATE[ALICE])
    bench.while_away("their past", GROUP)
    async with bench.listening(bench.build()):
        await bench.until(lambda: bench.called("GET", f"/channels/{GROUP}/messages"))
        await bench.fake.gateway.push("GUILD_CREATE", {**bench.fake.town.guild, "id": "9999"})
        await bench.say("hello")
        await bench.until(lambda: "hello" in texts(bench))

        assert len(bench.called("GET", f"/channels/{GROUP}/messages")) == 1


async def test_what_is_too_old_is_left(bench: Bench):
    await heard_before(bench, PRIVATE[ALICE])
    now = datetime.now(UTC)
    bench.heard = [bench.heard[0]]
    bench.fake.town.messages.clear()
    bench.known = [_at(bench.heard[0], now - timedelta(hours=30))]
    bench.while_away("yesterday", at=(now - timedelta(hours=25)).timestamp())
    bench.while_away("this morning", at=(now - timedelta(hours=3)).timestamp())
    async with bench.listening(bench.build()):
        await bench.hears(2)

    assert texts(bench)[1:] == ["this morning"]


def _at(event, at):
    return replace(event, at=at, message=replace(event.message, id=str(snowflake(at))))


async def test_nothing_is_asked_for_when_the_settings_say_so(bench: Bench):
    await heard_before(bench, PRIVATE[ALICE])
    bench.while_away("missed")
    async with bench.listening(bench.build(missed_hours=0)):
        await bench.say("new")
        await bench.hears(2)

    assert texts(bench)[1:] == ["new"]


async def test_more_than_is_fetched_is_a_gap_that_the_health_tells_of(bench: Bench):
    await heard_before(bench, PRIVATE[ALICE])
    for number in range(320):
        bench.while_away(f"{number}")
    channel = bench.build()
    async with bench.listening(channel):
        await bench.hears(301)
        health = await bench.settled(channel)

    assert texts(bench)[1:] == [str(number) for number in range(300)]
    assert "was not fetched (conversations: 1)" in health.reason


async def test_a_channel_that_may_not_be_read_is_no_trouble(bench: Bench):
    await heard_before(bench, PRIVATE[ALICE])
    bench.while_away("in secret", CLOSED)
    bench.while_away("missed")
    channel = bench.build()
    async with bench.listening(channel):
        await bench.hears(2)
        health = await bench.settled(channel)

    assert texts(bench)[1:] == ["missed"]
    assert health.reason == ""


async def test_the_history_waits_as_long_as_discord_asks_and_no_longer_than_is_sensible(bench: Bench):
    await heard_before(bench, PRIVATE[ALICE], GROUP)
    bench.while_away("missed")
    bench.fake.history_faults.append({"retry_after": 0.01, "global": False})
    async with bench.listening(bench.build()):
        await bench.hears(3)
    bench.while_away("missed again")
    bench.fake.history_faults.append({"retry_after": 600.0, "global": False})
    channel = bench.build()
    async with bench.listening(channel):
        await bench.say("new", PRIVATE[ALICE])
        await bench.until(lambda: texts(bench)[-1] == "new")
        health = await bench.settled(channel)

    assert texts(bench)[2:] == ["missed", "new"]
    assert "was not fetched" in health.reason


async def test_a_missed_message_that_cannot_be_stored_ends_the_channel_and_is_asked_for_again(bench: Bench):
    await heard_before(bench, PRIVATE[ALICE])
    bench.while_away("missed")
    bench.unstorable.add("missed")
    async with bench.listening(bench.build()) as task:
        with pytest.raises(ChannelDown, match="could not be stored"):
            await task
    async with bench.listening(bench.build()):
        await bench.hears(2)

    assert texts(bench)[1:] == ["missed"]


async def test_a_break_while_the_past_is_read_loses_none_of_it(bench: Bench, monkeypatch):
    monkeypatch.setattr("channels.discord.deliveries.DRAIN_SECONDS", 0.05)
    await heard_before(bench, PRIVATE[ALICE])
    bench.while_away("first")
    bench.while_away("second")
    bench.slow["first"] = asyncio.Event()
    async with bench.listening(bench.build()) as task:
        await bench.until(lambda: "first" in bench.entered)
        bench.fake.gateway.connection.transport.abort()
        with pytest.raises(ChannelDown):
            await asyncio.wait_for(task, 5)
    bench.slow["first"].set()
    async with bench.listening(bench.build()):
        await bench.hears(3)

    assert texts(bench)[1:] == ["first", "second"]
    assert bench.heard[1].sender.id == ALICE
