"""What a worker does after its lease was taken over is refused: by the database, and before a platform is called."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web

from channels.base import Rate, Traits
from channels.messages import Account, Address, Inbound, Outbound, Ref, plain
from channels.running.stream import Audience, Writer
from channels.running.supervisor import Supervisor
from gateway.queue.jobs import Job
from gateway.queue.lanes import Lanes
from gateway.settings.network import NetworkSettings, session_for
from governance.record.audit import Event
from governance.record.fence import Fence, LeaseLost, act_under, current, may_act, must_hold
from governance.record.transaction import Store, Transaction, utc_now
from tests.unit.test_bus import QUICK, Worker, bus_of, finished, running
from tests.unit.test_stream import EDITS, Clock, Screen
from tests.unit.test_supervisor import Line

ROOM = Address(channel="chat", room="1")
STEPS = "select count(*) from nexora_runtime_config"
WRITE = "insert into nexora_runtime_config (key, value) values ('step', '1')"


@dataclass
class HandSeconds:
    """Seconds that pass when they are told to."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Frozen:
    """A gateway that has claimed one row and stands still since."""

    store: Store
    fence: Fence

    async def taken_over(self, *, owner: str = "two") -> None:
        """Another gateway claims the row."""
        await self.store.fetch(
            "update nexora_inbox set owner = $1, lease = lease + 1 where id = $2", owner, self.fence.id
        )


@pytest_asyncio.fixture(loop_scope="session")
async def frozen(store: Store) -> AsyncIterator[Frozen]:
    row = await store.fetchrow(
        "insert into nexora_inbox (channel, event_id, lane, body, state, owner, lease_until, lease)"
        " values ('c', '1', 'a', '{}', 'running', 'one', now() + interval '10 s', 1) returning id"
    )
    assert row is not None
    fence = Fence(queue="nexora_inbox", id=row["id"], owner="one", number=1, good_until=1010, clock=HandSeconds())
    yield Frozen(store=store, fence=fence)


async def ignore(_: Inbound) -> None:
    """Nobody listens."""


def step(work: Transaction) -> None:
    work.record(Event(tag="test:step:written"))


def nothing_more(_: Transaction) -> None:
    """The transaction writes neither line nor message."""


def message(work: Transaction) -> None:
    work.send(Outbound(key="m", address=ROOM, parts=plain("twice")))


async def written(store: Store) -> tuple[int, int, int]:
    """Rows of state, lines of the record, messages to send."""
    return (
        await store.fetchval(STEPS),
        await store.fetchval("select count(*) from nexora_audit_events"),
        await store.fetchval("select count(*) from nexora_outbox"),
    )


EFFECTS = pytest.mark.parametrize("also", [step, message, nothing_more])


async def under(fence: Fence, do: Callable[[], object]) -> None:
    """Do it as a job does, in a task of its own."""

    async def job() -> None:
        act_under(fence)
        outcome = do()
        if asyncio.iscoroutine(outcome):
            await outcome

    await asyncio.create_task(job())


async def write(store: Store, also: Callable[[Transaction], None]) -> None:
    async with store.transaction() as work:
        await work.execute(WRITE)
        also(work)


@EFFECTS
async def test_what_is_written_under_the_newest_lease_is_kept(frozen: Frozen, also) -> None:
    await under(frozen.fence, lambda: write(frozen.store, also))

    assert sum(await written(frozen.store)) == 1 + (also is not nothing_more)


@EFFECTS
@pytest.mark.parametrize("owner", ["one", "two"], ids=["by itself", "by another"])
async def test_nothing_is_written_under_a_lease_that_was_claimed_again(frozen: Frozen, also, owner: str) -> None:
    await frozen.taken_over(owner=owner)
    with pytest.raises(LeaseLost):
        await under(frozen.fence, lambda: write(frozen.store, also))

    assert await written(frozen.store) == (0, 0, 0)


@EFFECTS
async def test_nothing_is_written_once_the_row_was_taken_back_and_not_yet_claimed(frozen: Frozen, also) -> None:
    await frozen.store.fetch("update nexora_inbox set state = 'ready', owner = null")
    with pytest.raises(LeaseLost):
        await under(frozen.fence, lambda: write(frozen.store, also))

    assert await written(frozen.store) == (0, 0, 0)


async def test_nothing_is_begun_once_the_lease_has_run_out_here(frozen: Frozen) -> None:
    """By the clock that counts sleep, before anybody has asked the database."""
    frozen.fence.clock.at += 10
    with pytest.raises(LeaseLost):
        await under(frozen.fence, lambda: write(frozen.store, step))
    with pytest.raises(LeaseLost):
        await under(frozen.fence, must_hold)

    assert await written(frozen.store) == (0, 0, 0)


async def test_what_follows_a_finished_job_is_not_refused(store: Store) -> None:
    """As the title of a conversation, which is made after its first answer."""
    bus = bus_of(store, "", owner="one")
    bus.lanes = lanes = Lanes(store, "nexora_inbox", "event_id", "one", QUICK)
    followed = asyncio.Event()

    async def act(job: Job) -> None:
        await finished(bus, job)
        assert current() is None
        await asyncio.sleep(QUICK.lease.total_seconds() * 1.2)
        await write(store, step)
        followed.set()

    worker = Worker(act)
    task = asyncio.create_task(lanes.run(worker.handle, worker.dead_letter))
    await bus.publish("a", "c", "1", "{}")
    async with asyncio.timeout(10):
        await followed.wait()
    task.cancel()
    await asyncio.wait((task,))

    assert (await written(store))[:2] == (1, 1)


async def test_a_job_outside_of_any_lease_may_act() -> None:
    assert may_act()
    must_hold()


# In time


async def test_a_lease_is_renewed_as_long_as_the_work_takes(store: Store, dsn: str) -> None:
    bus = bus_of(store, dsn)

    async def act(job: Job) -> None:
        await asyncio.sleep(QUICK.lease.total_seconds() * 2)
        must_hold()
        await finished(bus, job)

    worker = Worker(act)
    async with running(bus, worker):
        await bus.publish("a", "c", "1", "{}")
        await until(store, "select count(*) = 1 from nexora_inbox where state = 'done'")

    assert len(worker.seen) == 1


async def test_a_job_that_was_asleep_for_longer_than_its_lease_is_cancelled_and_begun_anew(
    store: Store, dsn: str
) -> None:
    clock = HandSeconds()
    bus = bus_of(store, dsn)
    bus.lanes = Lanes(store, "nexora_inbox", "event_id", "one", QUICK, clock=clock)
    ends: list[str] = []

    async def act(job: Job) -> None:
        if job.tries == 1:
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                ends.append("acted" if may_act() else "refused")
                raise
        await finished(bus, job)

    worker = Worker(act)
    async with running(bus, worker):
        await bus.publish("a", "c", "1", "{}")
        await worker.until(lambda: len(worker.seen) == 1)
        clock.at += 5
        await until(store, "select count(*) = 1 from nexora_inbox where state = 'done'")

    assert ends == ["refused"]
    seen = [(job.tries, job.fence.number, job.was_interrupted) for job in worker.seen]
    assert seen[:2] == [(1, 1, False), (2, 2, True)]
    assert len(seen) == 2 or worker.seen[1].fence.is_past  # claimed by a statement that was sent before the sleep


async def test_a_job_that_finds_its_lease_over_hands_the_row_over_at_once(store: Store, dsn: str) -> None:
    clock = HandSeconds()
    patience = replace(QUICK, lease=timedelta(seconds=60))
    bus = bus_of(store, dsn)
    bus.lanes = Lanes(store, "nexora_inbox", "event_id", "one", patience, clock=clock)

    async def act(job: Job) -> None:
        if job.tries == 1:
            clock.at += 50
            await write(store, step)
        await finished(bus, job)

    worker = Worker(act)
    async with running(bus, worker):
        await bus.publish("a", "c", "1", "{}")
        await until(store, "select count(*) = 1 from nexora_inbox where state = 'done'")

    assert [job.tries for job in worker.seen] == [1, 2]
    assert (await written(store))[0] == 0


async def test_what_another_had_in_between_is_begun_anew_and_not_gone_on_with(store: Store, dsn: str) -> None:
    bus = bus_of(store, dsn)
    ends: list[int] = []

    async def act(job: Job) -> None:
        if job.fence.number > 1:
            await finished(bus, job)
            return
        try:
            await asyncio.sleep(30)
        finally:
            ends.append(job.fence.number)

    worker = Worker(act)
    async with running(bus, worker):
        await bus.publish("a", "c", "1", "{}")
        await worker.until(lambda: len(worker.seen) == 1)
        await store.fetch("update nexora_inbox set state = 'ready', owner = null, lease = lease + 1")
        bus.lanes.wake()
        await until(store, "select count(*) = 1 from nexora_inbox where state = 'done'")

    assert ends == [1]
    assert [job.fence.number for job in worker.seen] == [1, 3]


async def test_a_gateway_frozen_within_a_transaction_keeps_nobody_from_taking_over(frozen: Frozen, dsn: str) -> None:
    """What it has locked is let go by the server, and the rest of what ran with it can be taken back at once."""
    store = frozen.store
    await store.fetch("update nexora_inbox set lease_until = now() - interval '1 hour'")
    alive = bus_of(store, dsn, owner="two")
    worker = Worker(lambda job: finished(alive, job))
    async with store.pool.acquire() as connection:
        await connection.execute("set idle_in_transaction_session_timeout = '2s'")
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("select id from nexora_inbox for update")
        async with running(alive, worker):
            await store.fetch(
                "insert into nexora_inbox (channel, event_id, lane, body, state, owner, lease_until, lease)"
                " values ('c', '2', 'b', '{}', 'running', 'one', now() - interval '1 hour', 1)"
            )
            await worker.until(lambda: len(worker.seen) == 1)
            first = [job.key for job in worker.seen]
            await worker.until(lambda: len(worker.seen) == 2)
    assert first == ["2"]
    assert [job.key for job in worker.seen] == ["2", "1"]


async def until(store: Store, query: str) -> None:
    async with asyncio.timeout(15):
        while not await store.fetchval(query):  # noqa: ASYNC110  # rows have no event
            await asyncio.sleep(0.02)


# What no database can refuse


class Hearing(Line):
    """A platform that takes one message in a second and keeps what it was sent."""

    traits = Traits(max_text=100, room_rate=Rate(count=1, seconds=1))
    sent: tuple[str, ...] = ()

    async def send(self, message: Outbound) -> Ref:
        self.sent += (message.key,)
        return await super().send(message)


async def test_nothing_is_sent_when_the_lease_ran_out_while_a_message_waited_for_its_turn() -> None:
    clock = HandSeconds()
    fence = Fence(queue="nexora_outbox", id=1, owner="one", number=1, good_until=1010, clock=clock)
    line = Hearing()

    async def doze(seconds: float) -> None:
        clock.at += 20 * seconds
        await asyncio.sleep(0)

    supervisor = Supervisor("chat", now=utc_now, sleep=doze, must_hold=must_hold)
    task = asyncio.create_task(supervisor.run(lambda: line, ignore))
    await asyncio.sleep(0)
    try:
        await supervisor.send(Outbound(key="before", address=ROOM, parts=plain("in time")))
        with pytest.raises(LeaseLost):
            await under(fence, lambda: supervisor.send(Outbound(key="after", address=ROOM, parts=plain("late"))))
    finally:
        task.cancel()
        await asyncio.wait((task,))

    assert line.sent == ("before",)


async def test_of_several_requests_for_one_message_none_follows_the_end_of_the_lease() -> None:
    clock = HandSeconds()
    fence = Fence(queue="nexora_outbox", id=1, owner="one", number=1, good_until=1010, clock=clock)
    heard: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(request.path)
        clock.at += 20
        return web.Response()

    async def upload_and_send(http: ClientSession, base: str) -> None:
        for path in ("/upload", "/send"):
            async with http.post(base + path) as response:
                response.raise_for_status()

    app = web.Application()
    app.router.add_post("/{tail:.*}", hear)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with session_for(NetworkSettings(), {}) as http:
            with pytest.raises(LeaseLost):
                await under(fence, lambda: upload_and_send(http, base))
            assert heard == ["/upload"]
            await upload_and_send(http, base)
    finally:
        await runner.cleanup()

    assert heard == ["/upload", "/upload", "/send"]


async def test_words_of_an_answer_that_another_has_finished_are_not_shown_behind_its_last(
    store: Store, dsn: str
) -> None:
    clock = HandSeconds()
    fence = Fence(queue="nexora_inbox", id=1, owner="one", number=1, good_until=1010, clock=clock)
    bus = bus_of(store, dsn)
    await under(fence, lambda: bus.emit("room", ["late"]))
    await bus.emit("room", ["of another"])
    clock.at += 20
    await bus.flush()

    assert [row["body"] for row in await store.fetch("select body from nexora_stream")] == ["of another"]


async def test_a_growing_answer_stops_growing_and_is_not_closed_by_who_lost_it() -> None:
    time, may = Clock(), [True]
    screen = Screen(time)
    audience = Audience(address=ROOM, recipient=Account(channel="chat", id="7"))
    writer = Writer(screen, EDITS, audience, sleep=time.sleep, may_act=lambda: may[0])
    await writer.write("Once")
    await time.advance(1)
    may[0] = False
    await writer.write(" upon a time")
    await time.advance(5)
    await writer.close()

    assert [text for _, text in screen.shown] == ["Once"]
    assert screen.closed == 0
