"""Gateways that share a database: who lives, whose seat it is, and which process is known to be gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from gateway.queue.neighbours import Neighbours
from gateway.queue.owners import name_of_this_process
from gateway.queue.reach import ClaimReach
from governance.record.transaction import Store


@dataclass
class Connection:
    is_elsewhere: bool = False


@asynccontextmanager
async def living(store: Store, owner: str, *channels: str) -> AsyncIterator[Neighbours]:
    neighbours = Neighbours(store, owner, {name: Connection() for name in channels})
    tasks = [asyncio.create_task(part) for part in (neighbours.beat(), neighbours.tell())]
    try:
        yield neighbours
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def process_that_ended() -> int:
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()
    return process.pid


async def until(is_so) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110  # beats have no event
            await asyncio.sleep(0.02)


async def test_one_of_many_that_ask_at_once_gets_the_seat(store) -> None:
    async with AsyncExitStack() as stack:
        here = [await stack.enter_async_context(living(store, f"far:{n}:x", "chat")) for n in range(5)]
        taken = await asyncio.gather(*(each.seat("chat").take() for each in here))

    assert sum(taken) == 1


async def test_a_seat_that_is_given_up_goes_to_whoever_waits_and_comes_back_when_nobody_does(store) -> None:
    async with living(store, "far:1:a", "chat") as one:
        seat = one.seat("chat")
        assert await seat.take()
        seat.leave()
        assert await seat.take()
        async with living(store, "far:2:b", "chat") as two:
            assert not await two.seat("chat").take()
            seat.leave()
            await asyncio.wait_for(seat.until_lost(), 1)
            await asyncio.wait_for(two.seat("chat").until_taken(), 10)
            assert not await seat.take()


async def test_a_holder_that_slept_while_another_took_its_seat_learns_of_it(store) -> None:
    async with living(store, "far:1:a", "chat") as one:
        assert await one.seat("chat").take()
        await store.fetch("update nexora_listeners set owner = 'far:2:b', lease_until = now() + interval '1 min'")
        await asyncio.wait_for(one.seat("chat").until_lost(), 10)


async def test_what_a_killed_process_of_this_host_held_is_free_at_once(store) -> None:
    host, _, *rest = name_of_this_process().rsplit(":", 4)
    ended = ":".join((host, str(await process_that_ended()), *rest))
    await store.fetch("insert into nexora_listeners values ('chat', $1, now() + interval '1 min')", ended)
    await store.fetch("insert into nexora_gateways values ($1, '{chat,theirs}', now())", ended)
    async with living(store, "far:1:a", "chat") as one:
        assert await one.seat("chat").take()
        assert one.within_reach() == ClaimReach(never=[])


async def test_the_channels_of_others_are_out_of_reach_while_they_live_and_no_longer(store) -> None:
    async with living(store, "far:1:a", "chat", "mine") as one:
        async with living(store, "far:2:b", "chat", "theirs"):
            await until(lambda: one.within_reach() == ClaimReach(never=["theirs"]))
        await store.fetch("update nexora_gateways set seen_at = now() - interval '1 min' where owner = 'far:2:b'")
        await until(lambda: one.within_reach() == ClaimReach(never=[]))
