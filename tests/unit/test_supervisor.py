"""One connection under a supervisor: rebuilt after every failure, found when deaf, and no danger to the others."""

import asyncio

import pytest
from aiohttp import ClientSession, web

from channels.base import (
    ChannelDown,
    ChannelRefused,
    ChannelState,
    Health,
    NotStored,
    RateLimited,
)
from channels.messages import Ref
from channels.running.pace import Pace
from tests.unit.supervisor_stand import EVENT, HOME, NOON, WORDS, Door, Line, Stand, running


async def test_a_connection_is_up_once_a_probe_says_so_and_can_be_used() -> None:
    async with running(Stand()) as stand:
        line = await stand.up()
        assert line.receive is not None
        await line.receive(EVENT)
        ref = await stand.supervisor.send(WORDS)

        assert ref == Ref(address=HOME, id="k")
        assert stand.supervisor.channel is line
        assert stand.heard == [EVENT]
        assert stand.supervisor.record.last_in == NOON
        assert stand.supervisor.record.last_out == NOON
        assert stand.supervisor.health.at == NOON


async def test_a_broken_connection_is_built_anew_after_growing_pauses() -> None:
    async with running(Stand()) as stand:
        for count in range(1, 9):
            line = await stand.up(count)
            line.fail(ChannelDown("reset by peer"))
            await stand.down()
            stand.wake()
        await stand.up(9)

        assert stand.pauses == [1, 2, 4, 8, 16, 32, 60, 60]
        assert len(set(map(id, stand.lines))) == 9
        assert stand.supervisor.record.reconnects == 8
        assert stand.supervisor.record.last_error == "reset by peer"


async def test_pauses_start_over_once_a_connection_has_stood_for_a_while() -> None:
    async with running(Stand(pace=Pace(probe_every=5, proven=0))) as stand:
        for count in range(1, 4):
            line = await stand.up(count)
            line.fail(ChannelDown("gone"))
            await stand.down()
            stand.wake()

        assert stand.pauses == [1, 1, 1]


async def test_pauses_differ_by_a_quarter_so_that_many_do_not_knock_at_once() -> None:
    pauses = []
    for jitter in (0.0, 1.0):
        stand = Stand()
        stand.supervisor._jitter = lambda jitter=jitter: jitter
        async with running(stand):
            (await stand.up()).fail(ChannelDown("gone"))
            await stand.down()
            pauses += stand.pauses

    assert pauses == [0.75, 1.25]


async def test_a_refusal_is_reported_in_the_platforms_words_and_tried_again_slowly() -> None:
    async with running(Stand()) as stand:
        line = await stand.up()
        line.fail(ChannelRefused("Unauthorized"))
        await stand.down()
        with pytest.raises(ChannelDown, match="Unauthorized"):
            await stand.supervisor.send(WORDS)

        assert stand.pauses == [300]
        assert stand.supervisor.health.reason == "Unauthorized"


async def test_a_platform_that_asks_to_wait_is_given_its_seconds() -> None:
    async with running(Stand()) as stand:
        (await stand.up()).fail(RateLimited(77))
        await stand.down()

        assert stand.pauses == [77]


async def test_a_refusal_can_be_tried_again_at_once() -> None:
    async with running(Stand()) as stand:
        (await stand.up()).fail(ChannelRefused("Unauthorized"))
        await stand.down()
        stand.supervisor.retry()
        await stand.up(2)

        assert stand.supervisor.health.state is ChannelState.UP


async def test_at_the_start_a_refusal_wins_over_the_probe_that_fails_with_it() -> None:
    async with running(Stand(pace=Pace(probe_every=5, last_words=30))) as stand:
        await stand.until(lambda: bool(stand.lines))
        line = stand.lines[0]
        line.health = Health(state=ChannelState.DOWN, reason="no answer")
        asyncio.get_running_loop().call_later(0.01, line.fail, ChannelRefused("Unauthorized"))
        await stand.down()

        assert stand.supervisor.health.reason == "Unauthorized"
        assert stand.pauses == [300]


async def test_a_connection_that_is_open_but_deaf_is_built_anew() -> None:
    async with running(Stand()) as stand:
        line = await stand.up()
        line.health = Health(state=ChannelState.DOWN, reason="no events for an hour")
        stand.wake()
        await stand.down()
        reason = stand.supervisor.health.reason
        stand.wake()
        await stand.up(2)

        assert reason == "no events for an hour"


async def test_a_probe_without_an_answer_counts_as_deaf() -> None:
    async with running(Stand(pace=Pace(probe_every=5, probe_timeout=0.01, last_words=0.01))) as stand:
        line = await stand.up()
        line.hangs = True
        stand.wake()
        await stand.down()

        assert "no answer to a probe" in stand.supervisor.health.reason


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug"), asyncio.CancelledError(), KeyError("field")])
async def test_whatever_an_adapter_raises_the_supervisor_lives(error: BaseException) -> None:
    async with running(Stand()) as stand:
        (await stand.up()).fail(error)
        await stand.down()
        stand.wake()

        assert await stand.up(2) is stand.lines[1]


async def test_a_channel_that_cannot_even_be_built_is_tried_again() -> None:
    def broken() -> Line:
        raise RuntimeError("no such library")

    async with running(Stand(broken)) as stand:
        await stand.down()

        assert stand.supervisor.health.reason == "no such library"
        assert stand.pauses == [1]


async def test_one_supervisors_trouble_does_not_end_another() -> None:
    async with running(Stand()) as first, running(Stand()) as second:
        await second.up()
        (await first.up()).fail(ZeroDivisionError("a bug"))
        await first.down()

        assert second.supervisor.health.state is ChannelState.UP


async def test_an_event_that_was_not_stored_is_not_counted_as_heard() -> None:
    async with running(Stand()) as stand:
        line = await stand.up()
        assert line.receive is not None
        stand.refusal = NotStored()
        with pytest.raises(NotStored):
            await line.receive(EVENT)

        assert stand.supervisor.record.last_in is None


async def test_a_cancelled_supervisor_leaves_no_task_and_no_channel() -> None:
    async with running(Stand()) as stand:
        await stand.up()

    assert stand.supervisor.health.state is ChannelState.DOWN
    with pytest.raises(ChannelDown):
        _ = stand.supervisor.channel
    assert not [task for task in asyncio.all_tasks() if task.get_name().endswith(" chat")]


async def test_routes_stay_while_the_channel_behind_them_is_built_anew() -> None:
    stand = Stand(Door)
    app = web.Application()
    app.router.add_routes(stand.supervisor.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/channels/chat"
    answers = []

    async def call(path: str = "/events") -> None:
        async with session.post(url + path) as answer:
            answers.append((answer.status, await answer.text()))

    async with ClientSession() as session:
        await call()
        async with running(stand):
            first = await stand.up()
            await call()
            await call("/elsewhere")
            first.fail(ChannelDown("gone"))
            await stand.down()
            await call()
            stand.wake()
            second = await stand.up(2)
            await call()
    await runner.cleanup()

    assert [status for status, _ in answers] == [503, 200, 404, 503, 200]
    assert answers[1][1] == f"heard by {id(first)}"
    assert answers[4][1] == f"heard by {id(second)}"
    assert len(stand.heard) == 2


async def test_what_the_platform_asks_to_wait_holds_for_every_message_of_the_room() -> None:
    async with running(Stand()) as stand:
        line = await stand.up()
        line.refusals.append(RateLimited(3))
        with pytest.raises(RateLimited):
            await stand.supervisor.send(WORDS)
        sending = asyncio.create_task(stand.supervisor.send(WORDS))
        await stand.until(lambda: 3.0 in stand.naps)

        assert not stand.supervisor.allowance(WORDS.address.room).may_show()
        assert not sending.done()
        stand.wake()
        await sending
