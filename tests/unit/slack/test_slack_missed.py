"""What was said while nobody listened: asked of the history, bounded, and said where something is lacking."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import ChannelDown, ChannelState
from channels.messages import Address, Inbound
from tests.platforms.slack.workspace import BOT, GROUP
from tests.unit.slack.bench import Bench


async def spoken(bench: Bench) -> list[Inbound]:
    """Alice spoke in private and opened a thread with the bot; then the channel went away."""
    await bench.connected()
    bench.slack.say("in private")
    bench.slack.say(f"<@{BOT}> in the group", room=GROUP)
    heard = await bench.inbox.first(2)
    await bench.close()
    bench.newest = list(reversed(heard))
    bench.channel = bench.build()
    return heard


async def test_what_was_said_meanwhile_is_heard_in_order_as_if_it_had_been_told(bench: Bench) -> None:
    _, question = await spoken(bench)
    thread = question.address.thread
    picture = bench.slack.store("dot.png", b"dot", "image/png")
    bench.slack.say("first &amp; privately", told=False)
    bench.slack.say("second, in the thread", room=GROUP, thread=thread, user="U0BOB", told=False)
    bench.slack.say(f"<@{BOT}> third, a new question", room=GROUP, told=False)
    bench.slack.say("", files=(picture,), told=False)
    await bench.connected()
    _, _, first, second, third, fourth = await bench.inbox.first(6)

    assert [event.text for event in (first, second, third)] == [
        "first & privately", "second, in the thread", "third, a new question",
    ]  # fmt: skip
    assert second.address == question.address
    assert second.sender.id.endswith("U0BOB")
    assert third.message is not None
    assert third.address.thread == third.message.id
    assert [event.to_me for event in (first, second, third)] == [True, True, True]
    assert [file.name for file in fourth.files] == ["dot.png"]


async def test_what_is_told_and_found_in_the_history_is_one_event(bench: Bench) -> None:
    await spoken(bench)
    for text, more in (("privately", {}), (f"<@{BOT}> openly", {"room": GROUP})):
        ts = bench.slack.say(text, **more)
        bench.slack.say("a reply", thread=ts, told=False, user="U0BOB", **(more or {"room": "D0ALICE"}))
    await bench.connected()
    await bench.inbox.first(4)
    bench.slack.say("the end")
    events = await bench.inbox.first(5)

    assert [event.text for event in events] == ["in private", "in the group", "privately", "openly", "the end"]
    assert events[2].address.thread == ""
    assert bench.inbox.heard >= 7


async def test_what_bots_said_and_what_is_older_than_a_day_is_not_heard(bench: Bench) -> None:
    first, _ = await spoken(bench)
    old = replace(first, at=datetime.now(UTC) - timedelta(days=40))
    bench.newest = [old]
    bench.slack.workspace.messages[0].ts = f"{(datetime.now(UTC) - timedelta(days=2)).timestamp():.6f}"
    bench.slack.say("of a person", told=False)
    await bench.connected()
    await bench.inbox.first(3)
    asked = bench.slack.called("conversations.history")

    assert "of a person" in [event.text for event in bench.inbox.kept.values()]
    assert len(bench.inbox.kept) == 3
    assert float(asked[-1]["oldest"]) > (datetime.now(UTC) - timedelta(days=1, minutes=1)).timestamp()


async def up(bench: Bench) -> str:
    """The reason that the channel gives while it is up."""
    await bench.connected()
    async with asyncio.timeout(5):
        while (health := await bench.channel.probe()).state is not ChannelState.UP:  # noqa: ASYNC110 -- health is asked for
            await asyncio.sleep(0.01)
    reason: str = health.reason
    return reason


async def test_a_gap_that_cannot_be_closed_is_said_in_the_health(bench: Bench) -> None:
    await spoken(bench)
    bench.slack.limit("conversations.replies", 30)

    assert "conversations: 1" in await up(bench)


async def test_more_than_a_page_is_a_gap_and_the_newest_of_it_are_heard(bench: Bench) -> None:
    await spoken(bench)
    for number in range(120):
        bench.slack.say(f"number {number}", told=False)
    reason = await up(bench)
    events = await bench.inbox.first(102)

    assert "conversations: 1" in reason
    assert events[-1].text == "number 119"


async def test_a_room_that_the_bot_has_left_is_no_gap(bench: Bench) -> None:
    await spoken(bench)
    bench.slack.workspace.rooms[GROUP].discard(BOT)

    assert await up(bench) == ""


async def test_a_history_that_takes_too_long_is_a_gap(bench: Bench) -> None:
    await spoken(bench)
    missed = bench.channel._missed

    assert await missed.within(0, bench.newest, datetime.now(UTC)) == []
    assert "too long" in missed.gap


async def test_a_slack_in_trouble_is_asked_again_on_a_new_connection(bench: Bench) -> None:
    await spoken(bench)
    bench.slack.say("do not lose me", told=False)
    bench.slack.refusals["conversations.history"].append("500")
    with pytest.raises(ChannelDown):
        await asyncio.wait_for(bench.channel.listen(bench.inbox.receive), 5)
    bench.channel = bench.build()
    await bench.connected()

    assert (await bench.inbox.first(3))[-1].text == "do not lose me"


async def test_what_was_missed_and_cannot_be_stored_is_asked_for_again(bench: Bench) -> None:
    await spoken(bench)
    bench.slack.say("do not lose me", told=False)
    bench.inbox.failures = 1
    with pytest.raises(ChannelDown, match="stored"):
        await asyncio.wait_for(bench.channel.listen(bench.inbox.receive), 5)
    bench.channel = bench.build()
    await bench.connected()

    assert (await bench.inbox.first(3))[-1].text == "do not lose me"


async def test_a_thread_in_which_the_bot_was_spoken_to_needs_no_mention_after_a_restart(bench: Bench) -> None:
    _, question = await spoken(bench)
    await bench.connected()
    bench.slack.say("and then?", room=GROUP, thread=question.address.thread)
    event = (await bench.inbox.first(3))[-1]

    assert event.to_me
    assert event.address == Address(channel="slack", room=GROUP, thread=question.address.thread)
