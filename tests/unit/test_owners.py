"""Whether the process that a row names has ended: known only of those that can be seen, and then at once."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gateway.queue.inbox import Bus
from gateway.queue.lanes import Lanes
from gateway.queue.owners import has_ended, name_of_this_process
from governance.record.transaction import Store
from tests.unit.test_bus import QUICK, Worker, bus_of, finished

NAMES = "from gateway.queue.owners import name_of_this_process as name; print(name(), flush=True); input()"


@pytest.fixture
def other() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process and its name."""
    with subprocess.Popen(
        [sys.executable, "-c", NAMES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


def test_a_process_that_runs_has_not_ended_not_even_a_frozen_one(other) -> None:
    process, name = other
    process.send_signal(signal.SIGSTOP)

    assert not has_ended(name_of_this_process())
    assert not has_ended(name)


def test_a_process_that_was_killed_has_ended_also_before_its_parent_asks(other) -> None:
    process, name = other
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    as_a_zombie = has_ended(name)
    process.wait()

    assert (as_a_zombie, has_ended(name)) == (True, True)


def changed(name: str, **fields: str) -> str:
    parts = dict(zip(("host", "pid", "start", "place", "token"), name.rsplit(":", 4), strict=True))
    return ":".join((parts | fields).values())


def test_a_pid_that_another_process_bears_now_names_one_that_has_ended() -> None:
    assert has_ended(changed(name_of_this_process(), start="1"))


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"host": "another"},
        {"place": "00000000-0000-0000-0000-000000000000.4026531836"},
        {"place": ""},
        {"start": ""},
        {"pid": "x"},
    ],
)
def test_nobody_is_judged_whose_pid_means_nothing_here(elsewhere: dict[str, str]) -> None:
    gone = changed(name_of_this_process(), pid="4194305", start="1")

    assert has_ended(gone)
    assert not has_ended(changed(gone, **elsewhere))


def test_the_same_pid_in_another_namespace_is_another_process() -> None:
    boot, _, space = name_of_this_process().rsplit(":", 2)[1].partition(".")

    assert not has_ended(changed(name_of_this_process(), start="1", place=f"{boot}.{int(space) + 1}"))


@pytest.mark.parametrize("name", ["host:17:ab12cd34", "one", ""])
def test_names_of_an_earlier_version_are_not_judged(name: str) -> None:
    assert not has_ended(name)


def held_by(store: Store, owner: str, *, bus: Bus | None = None) -> Bus:
    """A bus of that owner, which claims and then stands still."""
    bus = bus or Bus(Lanes(store, "nexora_inbox", "event_id", owner, QUICK), lane_cap=9, listen_dsn="")
    bus.lanes._handle = Worker(lambda _: asyncio.Event().wait()).handle
    return bus


async def test_what_an_ended_process_of_this_machine_held_is_free_at_the_first_look(store, dsn, other) -> None:
    process, name = other
    await held_by(store, name).publish("a", "c", "1", "{}")
    await store.fetch("update nexora_inbox set lease_until = now() + interval '1 hour'")
    process.kill()
    process.wait()
    alive = bus_of(store, dsn, owner="alive")
    worker = Worker(lambda job: finished(alive, job))
    task = asyncio.create_task(alive.lanes.run(worker.handle, worker.dead_letter))
    async with asyncio.timeout(QUICK.lease.total_seconds() / 2):
        await worker.until(lambda: len(worker.seen) == 1)
    task.cancel()
    await asyncio.wait((task,))

    assert worker.seen[0].was_interrupted


async def test_gateways_that_end_again_and_again_take_back_what_none_of_them_lives_to_see_over(store, dsn) -> None:
    """Each lives less than half a lease, and none can tell of the holder, as in containers that crash."""
    await held_by(store, "elsewhere").publish("a", "c", "1", "{}")
    await store.fetch("update nexora_inbox set lease_until = now() - interval '1 second'")
    seen = 0
    for life in range(20):
        alive = bus_of(store, dsn, owner=f"life {life}")
        worker = Worker(lambda job, alive=alive: finished(alive, job))
        task = asyncio.create_task(alive.lanes.run(worker.handle, worker.dead_letter))
        await asyncio.sleep(QUICK.lease.total_seconds() / 4)
        task.cancel()
        await asyncio.wait((task,))
        seen += len(worker.seen)
        if seen:
            break

    assert seen == 1
    assert await store.fetchval("select doubted_at is null from nexora_inbox")


async def test_a_lease_that_was_doubted_and_is_renewed_is_not_taken_back(store, dsn) -> None:
    """As after a clock was set forward: past, for whoever looks first, and well a moment later."""
    first, second = bus_of(store, dsn), bus_of(store, dsn, owner="two")
    may_end = asyncio.Event()

    async def act(job) -> None:
        await may_end.wait()
        await finished(first, job)

    worker, other = Worker(act), Worker(lambda job: finished(second, job))
    running = [
        asyncio.create_task(bus.lanes.run(each.handle, each.dead_letter))
        for bus, each in ((first, worker), (second, other))
    ]
    await asyncio.sleep(0)
    await first.publish("a", "c", "1", "{}")
    await worker.until(lambda: len(worker.seen) == 1)
    await store.fetch("update nexora_inbox set lease_until = now() - interval '5 hours', doubted_at = now()")
    await asyncio.sleep(QUICK.lease.total_seconds() * 1.5)
    may_end.set()
    async with asyncio.timeout(10):
        while not await store.fetchval("select state = 'done' from nexora_inbox"):  # noqa: ASYNC110  # rows have no event
            await asyncio.sleep(0.02)
    for task in running:
        task.cancel()
    await asyncio.wait(running)

    assert (len(worker.seen), other.seen) == (1, [])
