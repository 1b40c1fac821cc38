"""What is urgent has places, connections and tokens of its own, and nobody ever takes more places than there are."""

import asyncio
from collections import Counter

import asyncpg
import pytest
import pytest_asyncio

from channels.messages import Address, Outbound, plain
from gateway.database.pool import connect
from gateway.queue.inbox import Bus
from gateway.queue.jobs import Job, Patience
from gateway.queue.lanes import Lanes
from governance.record.audit import Event
from governance.record.transaction import Notice, Store
from governance.record.urgency import Connections, is_urgent, is_urgent_now, urgent_lane, urgently
from tests.unit.test_bus import Worker, bus_of, finished, running

pytestmark = pytest.mark.server
FEW = Patience(at_once=4, urgent_at_once=2)


@pytest_asyncio.fixture(loop_scope="session")
async def reserved(dsn: str):
    pool = await connect(dsn, most=1)
    yield pool
    await pool.close()


class Crowd:
    """Handles jobs that hang until they are let go, and counts how many there are at a time."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.now: Counter[bool] = Counter()
        self.most: Counter[bool] = Counter()
        self.go = asyncio.Event()

    async def act(self, job: Job) -> None:
        kind = is_urgent(job.lane)
        self.now[kind] += 1
        self.most[kind] = max(self.most[kind], self.now[kind])
        await self.go.wait()
        self.now[kind] -= 1
        await finished(self.bus, job)


async def test_a_batch_of_many_lanes_begins_no_more_than_there_are_places(store: Store, dsn: str) -> None:
    bus = bus_of(store, dsn, patience=FEW)
    crowd = Crowd(bus)
    worker = Worker(crowd.act)
    async with running(bus, worker):
        async with asyncio.TaskGroup() as group:
            for number in range(60):
                group.create_task(bus.publish(f"l{number}", "c", f"a{number}", "{}"))
                group.create_task(bus.publish(urgent_lane(f"l{number}"), "c", f"b{number}", "{}"))
        bus.lanes.wake()
        await worker.until(lambda: len(worker.seen) >= 6)
        await asyncio.sleep(0.1)
        begun = len(worker.seen)
        crowd.go.set()
        await worker.until(lambda: len(worker.seen) == 120)

    assert begun == 6
    assert crowd.most == {False: 4, True: 2}


async def test_publishing_and_claiming_side_by_side_never_take_more_than_there_are_places(
    store: Store, dsn: str
) -> None:
    bus = bus_of(store, dsn, patience=FEW)
    crowd = Crowd(bus)
    crowd.go.set()
    worker = Worker(crowd.act)
    async with running(bus, worker):
        for wave in range(20):
            bus.lanes.wake()
            async with asyncio.TaskGroup() as group:
                for number in range(10):
                    group.create_task(bus.publish(f"l{number}-{wave}", "c", f"{wave}-{number}", "{}"))
        await worker.until(lambda: len(worker.seen) == 200)

    assert crowd.most[False] <= 4
    assert len({job.id for job in worker.seen}) == 200


async def test_who_came_first_is_served_first_when_every_place_is_taken(store: Store, dsn: str) -> None:
    bus = bus_of(store, dsn, patience=Patience(at_once=1))
    worker = Worker(lambda job: finished(bus, job))
    async with running(bus, worker):
        await asyncio.gather(*(bus.publish(f"l{number}", "c", str(number), "{}") for number in range(30)))
        await worker.until(lambda: len(worker.seen) == 30)

    assert [job.key for job in worker.seen] == [str(number) for number in range(30)]


async def test_a_press_is_worked_on_while_every_other_place_hangs_and_whoever_published_it(
    store: Store, dsn: str
) -> None:
    bus = bus_of(store, dsn, patience=FEW)
    crowd = Crowd(bus)
    worker = Worker(lambda job: finished(bus, job) if is_urgent(job.lane) else crowd.act(job))
    async with running(bus, worker):
        await asyncio.gather(*(bus.publish(f"l{number}", "c", str(number), "{}") for number in range(8)))
        await bus.publish(urgent_lane("press:1"), "c", "direct", "{}")
        async with store.transaction() as work:
            work.publish(Notice(event_id="told", lane=urgent_lane("press:2"), body="{}"))
        await worker.until(lambda: {"direct", "told"} <= {job.key for job in worker.seen})


async def test_what_is_urgent_has_connections_that_nobody_else_uses(
    pool: asyncpg.Pool, reserved: asyncpg.Pool, dsn: str
) -> None:
    store = Store(pool, own={Connections.URGENT: reserved})
    held = [await pool.acquire() for _ in range(pool.get_max_size())]
    try:
        with urgently():
            async with asyncio.timeout(5):
                await store.record(Event(tag="approvals:press:refused"))
                assert await store.fetchval("select count(*) from nexora_audit_events") == 1
    finally:
        for connection in held:
            await pool.release(connection)

    assert await store.fetchval("select 1") == 1


async def test_a_press_is_acknowledged_and_worked_on_while_others_hold_every_connection(
    pool: asyncpg.Pool, reserved: asyncpg.Pool, dsn: str
) -> None:
    store = Store(pool, own={Connections.URGENT: reserved})
    bus = Bus(Lanes(store, "nexora_inbox", "event_id", "one", FEW), lane_cap=200, listen_dsn=dsn)
    done = asyncio.Event()

    async def act(job: Job) -> None:
        await finished(bus, job)
        done.set()

    async with running(bus, Worker(act)):
        held = [await pool.acquire() for _ in range(pool.get_max_size())]
        try:
            async with asyncio.timeout(5):
                await bus.publish(urgent_lane("press:1"), "c", "1", "{}")
                await done.wait()
        finally:
            for connection in held:
                await pool.release(connection)


async def test_only_what_is_urgent_is_done_urgently(store: Store, dsn: str) -> None:
    bus = bus_of(store, dsn)
    found: dict[str, bool] = {}

    async def act(job: Job) -> None:
        found[job.lane] = is_urgent_now()
        await finished(bus, job)

    worker = Worker(act)
    await bus.publish("from before", "c", "0", "{}")
    async with running(bus, worker):
        await bus.publish("talk", "c", "1", "{}")
        await bus.publish(urgent_lane("press:1"), "c", "2", "{}")
        await worker.until(lambda: len(worker.seen) == 3)

    assert found == {"from before": False, "talk": False, "!press:1": True}


async def test_what_is_said_urgently_does_not_wait_behind_the_conversation(store: Store) -> None:
    address = Address(channel="chat", room="1")
    async with store.transaction() as work:
        work.send(Outbound(key="talk", address=address, parts=plain("a")))
        work.send(Outbound(key="card", address=address, parts=plain("b")), urgent=True)
    with urgently():
        async with store.transaction() as work:
            work.send(Outbound(key="receipt", address=address, parts=plain("c")))
            work.send(Outbound(key="stranger", address=address, parts=plain("d")), urgent=False)
    rows = await store.fetch("select key, lane from nexora_outbox order by id")

    assert {row["key"]: row["lane"] for row in rows} == {
        "talk": "chat:1:",
        "card": "!chat:1:",
        "receipt": "!chat:1:",
        "stranger": "chat:1:",
    }


async def test_a_claim_that_was_planned_on_an_empty_table_is_quick_on_a_full_one(dsn: str) -> None:
    pool = await connect(dsn, most=1, queues=True)
    try:
        store = Store(pool)
        lanes = Lanes(store, "nexora_inbox", "event_id", "one", Patience())
        await pool.execute("alter table nexora_inbox set (autovacuum_enabled = false)")
        await pool.execute("analyze nexora_inbox")
        begun: set[str] = set()
        enough = asyncio.Event()

        async def act(job: Job) -> None:
            begun.add(job.lane)
            if len(begun) == Patience().at_once:
                enough.set()
            await asyncio.Event().wait()

        worker = Worker(act)
        bus = Bus(lanes, lane_cap=200, listen_dsn=dsn)
        async with running(bus, worker):
            for number in range(10):  # from the sixth time on a plan is kept
                lanes.wake()
                lanes.wake([f"l{number}"])
                await asyncio.sleep(0.01)
        await pool.execute(
            "insert into nexora_inbox (channel, event_id, lane, body)"
            " select 'c', n, 'l' || n / 40, '{}' from generate_series(1, 40000) as n"
        )
        async with running(bus, worker), asyncio.timeout(20):
            bus.lanes.wake()
            await enough.wait()
    finally:
        await pool.close()


async def test_the_bookkeeping_of_talk_never_takes_the_connections_of_what_is_urgent(
    pool: asyncpg.Pool, reserved: asyncpg.Pool, dsn: str
) -> None:
    queues = await connect(dsn, most=1, queues=True)
    store = Store(pool, own={Connections.URGENT: reserved, Connections.QUEUES: queues})
    bus = Bus(Lanes(store, "nexora_inbox", "event_id", "one", FEW), lane_cap=200, listen_dsn=dsn)
    done = asyncio.Event()

    async def act(job: Job) -> None:
        await finished(bus, job)
        done.set()

    try:
        async with running(bus, Worker(act)), asyncio.timeout(5), queues.acquire(), pool.acquire():
            await bus.publish(urgent_lane("press:1"), "c", "1", "{}")
            await done.wait()
    finally:
        await queues.close()
