"""The inbox and the streams on a real PostgreSQL, of two major versions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from channels.base import NotStored
from channels.codec import dump
from channels.messages import Account, Address, Inbound
from gateway.queue.inbox import Bus, Published
from gateway.queue.jobs import GiveUp, Job, Patience, TryLater
from gateway.queue.lanes import Lanes
from governance.record.audit import Event
from governance.record.commits import Commits
from governance.record.transaction import Notice, Store, Transaction

pytestmark = pytest.mark.server
QUICK = Patience(tries=3, first_pause=0.01, longest_pause=0.02, lease=timedelta(seconds=1), at_once=8)


def bus_of(store: Store, dsn: str, *, owner: str = "one", cap: int = 200, patience: Patience = QUICK) -> Bus:
    bus = Bus(Lanes(store, "nexora_inbox", "event_id", owner, patience), lane_cap=cap, listen_dsn=dsn)
    store.commits = Commits()
    store.commits.heard_by(bus.hear)
    return bus


class Worker:
    """Handles jobs as told and remembers them."""

    def __init__(self, act: Callable[[Job], object] = lambda _: None) -> None:
        self.seen: list[Job] = []
        self.dead: list[tuple[Job, Exception]] = []
        self.act = act
        self._changed = asyncio.Event()

    async def handle(self, job: Job) -> None:
        self.seen.append(job)
        try:
            outcome = self.act(job)
            if asyncio.iscoroutine(outcome):
                await outcome
        finally:
            self._changed.set()

    async def dead_letter(self, _: Transaction, job: Job, error: Exception) -> None:
        self.dead.append((job, error))
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await self._changed.wait()
                self._changed.clear()


@asynccontextmanager
async def running(bus: Bus, worker: Worker) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(bus.work(worker.handle, worker.dead_letter)), asyncio.create_task(bus.listen())]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def finished(bus: Bus, job: Job) -> None:
    async with bus.lanes.store.transaction() as work:
        await bus.finish_within(work, job)


async def publish_and_fail(store: Store) -> None:
    async with store.transaction() as work:
        work.publish(Notice(event_id="never", lane="a", body="{}"))
        raise ZeroDivisionError


async def test_a_repeated_event_is_taken_once(store, dsn) -> None:
    bus = bus_of(store, dsn)

    first = await bus.publish("a", "slack", "1", "{}")
    again = await bus.publish("a", "slack", "1", "{}")

    assert (first, again) == (Published.TAKEN, Published.REPEATED)


async def test_one_lane_keeps_its_order_and_lanes_run_side_by_side(store, dsn) -> None:
    bus = bus_of(store, dsn)
    together = asyncio.Barrier(3)

    async def act(job: Job) -> None:
        if job.key.endswith("-0"):
            await together.wait()
        await finished(bus, job)

    worker = Worker(act)
    async with running(bus, worker):
        await asyncio.gather(*(bus.publish(f"l{n % 3}", "c", f"{n % 3}-{n // 3}", "{}") for n in range(30)))
        await worker.until(lambda: len(worker.seen) == 30)

    for lane in range(3):
        assert [job.key for job in worker.seen if job.lane == f"l{lane}"] == [f"{lane}-{n}" for n in range(10)]


async def test_what_was_published_before_the_start_is_worked_on_after_it(store, dsn) -> None:
    bus = bus_of(store, dsn)
    await bus.publish("a", "c", "1", "first")
    await bus.publish("a", "c", "2", "second")
    worker = Worker(lambda job: finished(bus, job))

    async with running(bus, worker):
        await worker.until(lambda: len(worker.seen) == 2)

    assert [job.body for job in worker.seen] == ["first", "second"]


async def test_a_backlog_from_before_the_start_is_worked_off_at_once_and_not_at_each_look_around(store, dsn) -> None:
    bus = bus_of(store, dsn)
    for number in range(12):
        await bus.publish("a", "c", str(number), "{}")
    worker = Worker(lambda job: finished(bus, job))

    async with running(bus, worker), asyncio.timeout(6):  # looking around once a second would take twice that
        await worker.until(lambda: len(worker.seen) == 12)

    assert [job.key for job in worker.seen] == [str(number) for number in range(12)]


async def test_a_full_lane_says_so_and_keeps_the_event_as_a_dead_letter(store, dsn) -> None:
    bus = bus_of(store, dsn, cap=2)

    outcomes = [await bus.publish("a", "c", str(n), "{}") for n in range(3)]

    assert outcomes == [Published.TAKEN, Published.TAKEN, Published.FULL]
    assert await store.fetchval("select event_id from nexora_inbox where state = 'dead'") == "2"


async def test_what_cannot_be_told_of_is_put_aside_all_the_same(store, dsn) -> None:
    bus = bus_of(store, dsn)

    class Mute(Worker):
        async def dead_letter(self, work: Transaction, job: Job, error: Exception) -> None:
            work.record(Event(tag="bus:event:buried", resource=job.key))
            await super().dead_letter(work, job, error)
            raise RuntimeError("nobody to tell")

    async def act(_: Job) -> None:
        raise RuntimeError("broken")

    async with running(bus, worker := Mute(act)):
        await bus.publish("a", "c", "bad", "{}")
        async with asyncio.timeout(20):
            while not await store.fetchval("select true from nexora_inbox where state = 'dead'"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    assert len(worker.dead) == 1
    assert await store.fetchval("select count(*) from nexora_audit_events") == 0, "what was rolled back left no line"


async def test_a_failing_event_is_tried_again_then_put_aside_and_the_next_goes_on(store, dsn) -> None:
    bus = bus_of(store, dsn)

    async def act(job: Job) -> None:
        if job.key == "bad":
            raise RuntimeError("broken")
        await finished(bus, job)

    worker = Worker(act)
    async with running(bus, worker):
        await bus.publish("a", "c", "bad", "{}")
        await bus.publish("a", "c", "good", "{}")
        await worker.until(lambda: worker.seen[-1:] != [] and worker.seen[-1].key == "good")

    assert [job.key for job in worker.seen] == ["bad", "bad", "bad", "good"]
    assert [(job.key, str(error)) for job, error in worker.dead] == [("bad", "broken")]
    assert await store.fetchval("select error from nexora_inbox where event_id = 'bad'") == "RuntimeError: broken"


async def test_giving_up_is_final_at_once_and_trying_later_costs_no_try(store, dsn) -> None:
    bus = bus_of(store, dsn)
    waits = iter([True] * 5 + [False])

    async def act(job: Job) -> None:
        if job.key == "hopeless":
            raise GiveUp("no such room")
        if next(waits):
            raise TryLater(0.01)
        await finished(bus, job)

    worker = Worker(act)
    async with running(bus, worker):
        await bus.publish("a", "c", "hopeless", "{}")
        await bus.publish("b", "c", "slow", "{}")
        await worker.until(lambda: len(worker.seen) == 7)

    assert [job.key for job, _ in worker.dead] == ["hopeless"]
    assert {job.tries for job in worker.seen} == {1}


async def test_work_of_a_dead_gateway_is_taken_over_and_the_dead_one_cannot_finish_it(store, dsn) -> None:
    dead = bus_of(store, dsn, owner="dead")
    dead.lanes._handle = Worker().handle  # claims, and then never renews its lease
    stuck = asyncio.Event()
    dead.lanes._handle = Worker(lambda _: stuck.wait()).handle
    await dead.publish("a", "c", "1", "{}")
    alive = bus_of(store, dsn, owner="alive")
    worker = Worker(lambda job: finished(alive, job))

    async with running(alive, worker):
        await worker.until(lambda: len(worker.seen) == 1)

    assert worker.seen[0].was_interrupted
    assert worker.seen[0].tries == 2
    assert await store.fetch(dead.lanes.query("finish"), worker.seen[0].id, "dead", 1) == []
    stuck.set()


async def test_a_stop_puts_unfinished_work_back_without_counting_a_try(store, dsn) -> None:
    bus = bus_of(store, dsn)
    started = asyncio.Event()

    async def act(_: Job) -> None:
        started.set()
        await asyncio.sleep(60)

    worker = Worker(act)
    async with running(bus, worker):
        await bus.publish("a", "c", "1", "{}")
        await started.wait()

    row = await store.fetchrow("select state, tries, error from nexora_inbox")
    assert (row["state"], row["tries"], row["error"]) == ("ready", 0, "interrupted")


async def test_a_notice_of_a_transaction_is_worked_on_when_it_commits_and_never_when_it_fails(store, dsn) -> None:
    bus = bus_of(store, dsn)
    worker = Worker(lambda job: finished(bus, job))

    async with running(bus, worker):
        with pytest.raises(ZeroDivisionError):
            await publish_and_fail(store)
        async with store.transaction() as work:
            work.publish(Notice(event_id="decided", lane="a", body="{}"))
        await worker.until(lambda: bool(worker.seen))

    assert [job.key for job in worker.seen] == ["decided"]


async def test_an_event_that_the_database_refuses_costs_only_itself(store, dsn) -> None:
    bus = bus_of(store, dsn)

    results = await asyncio.gather(
        bus.publish("a", "c", "1", "fine"),
        bus.publish("a", "c", "2", "nul \x00"),
        bus.publish("b", "c", "3", "fine"),
        return_exceptions=True,
    )

    assert results[0] is Published.TAKEN
    assert isinstance(results[1], NotStored)
    assert results[2] is Published.TAKEN


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        asyncpg.InterfaceError("connection is closed"),
        RuntimeError("something that nobody thought of"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_whatever_goes_wrong_with_storing_is_heard_by_who_waits_and_the_next_is_stored(
    store, dsn, monkeypatch, error
) -> None:
    bus = bus_of(store, dsn)
    with monkeypatch.context() as broken:

        async def fail(*_: object) -> None:
            raise error

        broken.setattr(asyncpg.Connection, "fetch", fail)
        async with asyncio.timeout(5):
            outcomes = await asyncio.gather(
                *(bus.publish("chat:1:", "chat", f"e{number}", "{}") for number in range(3)), return_exceptions=True
            )

    assert [type(outcome) for outcome in outcomes] == [NotStored] * 3
    assert await bus.publish("chat:1:", "chat", "e0", "{}") is Published.TAKEN


async def test_a_stream_is_replayed_from_any_point_and_followed_by_another_replica(store, dsn) -> None:
    writer, reader = bus_of(store, dsn), bus_of(store, dsn, owner="two")
    worker = Worker()

    async with running(reader, worker):
        await writer.emit("console:1", ["a", "b"])
        await writer.flush()
        seen: list[tuple[int, str]] = []
        stream = reader.subscribe("console:1")
        async with asyncio.timeout(10):
            seen.extend([await anext(stream), await anext(stream)])
            following = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0.1)
            await writer.emit("console:1", ["c"])
            seen.append(await following)
            await stream.aclose()
            resumed = reader.subscribe("console:1", seen[1][0])
            again = await anext(resumed)
            await resumed.aclose()

    assert [body for _, body in seen] == ["a", "b", "c"]
    assert again == seen[2]
    assert await reader.last("console:1") == seen[2][0]


async def test_the_newest_message_of_each_conversation_is_found_again(store: Store, dsn: str) -> None:
    bus = bus_of(store, dsn)
    for channel, room, number in (("d", "1", 1), ("d", "2", 2), ("d", "1", 3), ("d2", "1", 4)):
        address = Address(channel=channel, room=room)
        said = Inbound(
            event_id=str(number), at=store.now(), address=address, sender=Account(channel=channel, id="alice")
        )
        await bus.publish(address.key, channel, said.event_id, dump(said))
    await bus.publish("press:d", "d", "5", "{}")

    assert [(event.address.room, event.event_id) for event in await bus.newest("d")] == [("1", "3"), ("2", "2")]


async def test_what_dies_with_the_program_again_and_again_is_given_more_tries_than_what_fails(store, dsn) -> None:
    bus = bus_of(store, dsn, patience=replace(QUICK, tries=3, deaths=5))
    worker = Worker(lambda job: finished(bus, job))
    await bus.publish("a", "c", "a bad day", "{}")
    await bus.publish("b", "c", "a killer", "{}")
    await store.fetch(
        "update nexora_inbox set error = 'interrupted', tries = case event_id when 'a killer' then 5 else 4 end"
    )

    async with running(bus, worker):
        await worker.until(lambda: len(worker.seen) == 1 and len(worker.dead) == 1)

    assert [job.key for job in worker.seen] == ["a bad day"]
    assert [(job.key, str(error)) for job, error in worker.dead] == [
        ("a killer", "it was tried 5 times and ended each time with the program")
    ]


async def test_what_is_done_is_kept_for_as_long_as_a_platform_may_repeat_it_and_a_dead_letter_for_a_month(
    store: Store, dsn: str
) -> None:
    bus = bus_of(store, dsn)
    ages = {"done": {"yesterday": 1, "six days": 6, "old": 8}, "dead": {"a month": 29, "forgotten": 31}}
    for state, rows in ages.items():
        for name, days in rows.items():
            await store.fetch(
                "insert into nexora_inbox (channel, event_id, lane, body, state, done_at)"
                " values ('c', $1, $1, '{}', $2, now() - make_interval(days => $3))",
                name,
                state,
                days,
            )
    left = "select event_id from nexora_inbox order by id"

    async with running(bus, Worker()), asyncio.timeout(10):
        while {"old", "forgotten"} & {row["event_id"] for row in await store.fetch(left)}:  # noqa: ASYNC110  # rows have no event
            await asyncio.sleep(0.02)

    assert [row["event_id"] for row in await store.fetch(left)] == ["yesterday", "six days", "a month"]
    assert await bus.publish("six days", "c", "six days", "{}") is Published.REPEATED
