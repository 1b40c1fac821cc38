"""A clock that is set forward or back by hours loses nothing, repeats nothing, and ends nothing in silence.

The database's clock cannot be set here, so what it wrote is moved the other way, which is the same to it.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import ChannelDown, RateLimited, Traits
from gateway.queue.jobs import Job, TryLater
from gateway.queue.leases import Lease, Leases
from gateway.web.http.denials import Denials
from governance.audit.verify import verify
from governance.people.people import Person
from governance.record.audit import Event
from governance.record.commits import Commits
from governance.record.transaction import Store
from governance.sign_in.attempts import LockedOut
from governance.sign_in.sign_in import SignInRefused
from tests.unit.approval_scene import open_scene
from tests.unit.audit_scene import checkpoints_of
from tests.unit.people_stage import PASSWORD, WEB, HandClock, Stage
from tests.unit.test_bus import QUICK, Worker, bus_of, finished, running
from tests.unit.test_outbox import Platform, message, queue, sending, settled
from tests.unit.test_supervisor import Line, Stand

NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)
FORWARD, BACK = timedelta(hours=5), timedelta(hours=-5)
LASTING = replace(QUICK, lease=timedelta(seconds=8))
"""What runs under it is renewed in time on a machine with much else to do."""
HANG_SECONDS = 60
BOTH_WAYS = pytest.mark.parametrize("jump", [FORWARD, BACK])


def look(until: datetime, *, is_past: bool = False) -> list[Lease]:
    return [Lease(id=1, until=until, is_past=is_past)]


# Leases


def test_a_renewed_lease_is_never_over_whatever_the_clock_says() -> None:
    leases = Leases(lease_seconds=30, look_seconds=2)

    assert not any(leases.over(look(NOON + n // 5 * timedelta(seconds=10), is_past=True)) for n in range(100))


@pytest.mark.parametrize(("is_past", "looks"), [(True, 8), (False, 15)])
def test_a_lease_that_nobody_renews_is_over_after_so_many_looks(is_past: bool, looks: int) -> None:
    leases = Leases(lease_seconds=30, look_seconds=2)

    outcomes = [bool(leases.over(look(NOON, is_past=is_past))) for _ in range(looks + 1)]
    assert outcomes == [False] * looks + [True]


def test_looks_before_the_database_was_away_do_not_count() -> None:
    leases = Leases(lease_seconds=4, look_seconds=2)
    for _ in range(2):
        leases.over(look(NOON))
    leases.forget()

    assert leases.over(look(NOON)) == []


@pytest.mark.server
@pytest.mark.parametrize("gateways", [1, 2])
async def test_a_clock_set_forward_puts_no_second_worker_on_a_lane(store: Store, dsn: str, gateways: int) -> None:
    first, second = bus_of(store, dsn, patience=LASTING), bus_of(store, dsn, owner="two", patience=LASTING)
    store.commits = Commits()
    may_end = asyncio.Event()

    async def act(job: Job) -> None:
        await may_end.wait()
        await finished(first, job)

    worker, other = Worker(act), Worker(lambda job: finished(second, job))
    async with running(first, worker):
        await first.publish("a", "c", "1", "{}")
        await worker.until(lambda: len(worker.seen) == 1)
        moved = await store.fetchval(
            "update nexora_inbox set lease_until = lease_until - $1::interval returning lease_until", FORWARD
        )
        if gateways == 1:
            await renewals(store, 2)
        else:
            async with running(second, other):
                await renewals(store, 3)
        may_end.set()
        await done(store)

    assert moved < store.now()
    assert (len(worker.seen), other.seen) == (1, [])
    assert await store.fetchval("select tries from nexora_inbox") == 1


async def renewals(store: Store, count: int) -> None:
    """Wait until a lease was renewed so many times."""
    seen = set()
    async with asyncio.timeout(HANG_SECONDS):
        while len(seen) <= count:
            seen.add(await store.fetchval("select lease_until from nexora_inbox"))
            await asyncio.sleep(0.05)


async def done(store: Store) -> None:
    async with asyncio.timeout(HANG_SECONDS):
        while await store.fetchval("select count(*) from nexora_inbox where state <> 'done'"):  # noqa: ASYNC110  # rows have no event
            await asyncio.sleep(0.02)


@pytest.mark.server
async def test_a_clock_set_back_keeps_no_lane_for_a_worker_that_died(store: Store, dsn: str) -> None:
    dead, alive = bus_of(store, dsn, owner="dead"), bus_of(store, dsn, owner="alive")
    stuck = asyncio.Event()
    dead.lanes._handle = Worker(lambda _: stuck.wait()).handle
    await dead.publish("a", "c", "1", "{}")
    await store.fetch("update nexora_inbox set lease_until = lease_until - $1::interval", BACK)
    worker = Worker(lambda job: finished(alive, job))

    async with running(alive, worker):
        await worker.until(lambda: len(worker.seen) == 1)

    assert worker.seen[0].was_interrupted
    stuck.set()


@pytest.mark.server
async def test_work_that_was_taken_for_lost_and_put_back_goes_on_where_it_runs(store: Store, dsn: str) -> None:
    bus = bus_of(store, dsn)
    may_end = asyncio.Event()

    async def act(job: Job) -> None:
        await may_end.wait()
        await finished(bus, job)

    worker = Worker(act)
    async with running(bus, worker):
        await bus.publish("a", "c", "1", "{}")
        await worker.until(lambda: len(worker.seen) == 1)
        await store.fetch("update nexora_inbox set state = 'ready', owner = null, lease_until = null")
        bus.lanes.wake()
        async with asyncio.timeout(HANG_SECONDS):
            while await store.fetchval("select state from nexora_inbox") != "running":  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.02)
        may_end.set()
        await done(store)

    assert len(worker.seen) == 1


# Retries


@pytest.mark.server
async def test_a_clock_set_back_puts_no_retry_off_by_hours(store: Store, dsn: str) -> None:
    bus = bus_of(store, dsn)
    tries = iter([TryLater(0.05)])
    await put_back_by(store, FORWARD)

    async def act(job: Job) -> None:
        for trouble in tries:
            raise trouble
        await finished(bus, job)

    worker = Worker(act)
    async with running(bus, worker):
        await bus.publish("a", "c", "1", "{}")
        await worker.until(lambda: len(worker.seen) == 2)

    assert await store.fetchval("select state from nexora_inbox") == "done"


async def put_back_by(store: Store, ahead: timedelta) -> None:
    """Let a row that has to rest have been put back by a clock that was so far ahead."""
    await store.fetch(f"""create function ahead() returns trigger language plpgsql as
        $$ begin new.not_before := new.not_before + interval '{ahead.total_seconds()} seconds'; return new; end $$""")
    await store.fetch("""create trigger ahead before update on nexora_inbox for each row
        when (old.not_before is null and new.not_before is not null) execute function ahead()""")


@pytest.mark.server
async def test_a_retry_of_a_gateway_that_died_is_put_off_by_an_hour_at_most(store: Store, dsn: str) -> None:
    bus = bus_of(store, dsn)
    await bus.publish("a", "c", "1", "{}")
    await store.fetch("update nexora_inbox set not_before = now() + interval '5 hours'")

    async with running(bus, Worker()), asyncio.timeout(HANG_SECONDS):
        while await store.fetchval("select not_before > now() + interval '1 hour' from nexora_inbox"):  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.02)


@pytest.mark.server
@BOTH_WAYS
async def test_a_gateway_whose_clock_differs_from_the_database_s_retries_in_time(
    pool, dsn: str, jump: timedelta
) -> None:
    clock = HandClock(at=datetime.now(UTC) + jump)
    store = Store(pool, now=clock)
    bus = bus_of(store, dsn)
    waits = iter([True, True])

    async def act(job: Job) -> None:
        if next(waits, False):
            raise TryLater(0.05)
        await finished(bus, job)

    worker = Worker(act)
    async with running(bus, worker):
        await bus.publish("a", "c", "1", "{}")
        await worker.until(lambda: len(worker.seen) == 3)

    assert {job.tries for job in worker.seen} == {1}


@pytest.mark.server
@BOTH_WAYS
async def test_a_message_that_waits_while_the_clock_jumps_is_sent_once(pool, jump: timedelta) -> None:
    clock, platform = HandClock(at=datetime.now(UTC)), Platform(Traits(max_text=100, can_edit=True))
    store = Store(pool, now=clock)
    platform.troubles = [RateLimited(0.05), RateLimited(0.05)]
    async with sending(store, platform):
        await queue(store, message("a"))
        clock.at += jump
        await platform.until(1)
        await settled(store)

    assert [sent.key for sent in platform.sent] == ["a"]
    assert await store.fetchval("select state from nexora_outbox") == "done"


@pytest.mark.server
async def test_a_message_that_a_jump_made_too_old_is_put_aside_and_recorded(pool) -> None:
    clock, platform = HandClock(at=datetime.now(UTC)), Platform(Traits(max_text=100, can_edit=True))
    store = Store(pool, now=clock)
    platform.troubles = [RateLimited(0.05)]
    async with sending(store, platform):
        await queue(store, message("a"))
        clock.move(days=2)
        await settled(store)

    row = await store.fetchrow("select state, error from nexora_outbox")
    assert (row["state"], "waited so long" in row["error"]) == ("dead", True)
    assert await store.fetchval("select tag from nexora_audit_events") == "outbox:message:undelivered"


# Approvals


@pytest.mark.parametrize("jump", [timedelta(minutes=10), BACK])
async def test_a_request_whose_time_is_not_up_can_be_decided_after_a_jump(pool, jump: timedelta) -> None:
    scene = await open_scene(pool)
    request = await scene.asked()
    scene.stage.clock.at += jump

    assert await scene.approvals.expire() == 0
    assert (await scene.press(scene.root, request)).sentence == "Approved."
    assert (await scene.press(scene.root, request)).sentence.startswith("Already approved by root")
    assert await scene.stands(request.id) == ("approved", "approved")


async def test_a_request_that_a_jump_made_expire_is_refused_aloud_and_stays_so_when_the_clock_is_right(pool) -> None:
    scene = await open_scene(pool)
    request = await scene.asked()
    scene.stage.clock.move(days=30)
    assert await scene.approvals.expire() == 1
    scene.stage.clock.move(days=-30)

    assert await scene.approvals.expire() == 0
    assert "expired" in (await scene.press(scene.root, request)).sentence
    assert await scene.stands(request.id) == ("expired", "lapsed")
    assert (await scene.stage.tags()).count("approvals:request:expired") == 1
    assert [sent.card.buttons for sent in await scene.sent("%:outcome") if sent.card] == [()] * 2


# Sessions


@BOTH_WAYS
async def test_a_jump_costs_at_most_another_sign_in_and_no_session_when_the_clock_is_right(
    pool, jump: timedelta
) -> None:
    stage, person, token = await signed_in(pool)
    stage.clock.at += jump
    during = await stage.sessions.check(token)
    anew = await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)
    new = await stage.sessions.check(anew.token)
    stage.clock.at -= jump

    assert (during is not None) is (jump > timedelta(0))
    assert new is not None
    assert new.person.id == person.id
    assert await stage.sessions.check(token) is not None


async def signed_in(pool) -> tuple[Stage, Person, str]:
    clock = HandClock()
    stage = Stage(Store(pool, now=clock), clock)
    person = await stage.person("alice")
    signed = await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)
    return stage, person, signed.token


async def test_a_session_of_before_the_jump_does_not_outlive_its_week(pool) -> None:
    stage, _, token = await signed_in(pool)
    stage.clock.move(hours=5)
    assert await stage.sessions.check(token) is not None
    stage.clock.move(hours=-5)
    for _ in range(20):
        stage.clock.move(hours=10)
        await stage.sessions.check(token)

    assert await stage.sessions.check(token) is None


async def test_nobody_is_locked_out_by_wrong_passwords_of_the_future(pool) -> None:
    stage, _, _ = await signed_in(pool)
    stage.clock.move(hours=5)
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await stage.sign_in.by_password("alice", "wrong password 1", origin=WEB)
    with pytest.raises(LockedOut):
        await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)
    stage.clock.move(hours=-5)

    assert (await stage.sign_in.by_password("alice", PASSWORD, origin=WEB)).person.name == "alice"


# The record


@BOTH_WAYS
async def test_the_record_is_whole_and_in_its_order_through_a_jump_and_back(pool, tmp_path, jump: timedelta) -> None:
    clock = HandClock()
    store, other = Store(pool, now=clock), Store(pool, now=clock)
    checkpoints = await checkpoints_of(store, tmp_path)
    for step, moved in enumerate((timedelta(0), jump, -jump)):
        clock.at += moved
        for minute in range(20):
            await (store if minute % 2 else other).record(Event(tag="test:line:written", resource=f"{step}-{minute}"))
            await checkpoints.write()
            clock.move(minutes=1)

        assert await verify(store, tmp_path) == []
    rows = await store.fetch("select resource from nexora_audit_events order by writer, seq")
    numbers = [tuple(map(int, row["resource"].split("-"))) for row in rows]
    assert sorted(numbers[:30]) == numbers[:30]
    assert sorted(numbers[30:]) == numbers[30:]


async def test_lines_of_a_new_gateway_after_a_clock_was_set_back_do_not_seem_inserted(pool, tmp_path) -> None:
    clock = HandClock()
    store = Store(pool, now=clock)
    checkpoints = await checkpoints_of(store, tmp_path)
    await store.record(Event(tag="test:line:written"))
    await checkpoints.write()
    clock.at += BACK
    await Store(pool, now=clock).record(Event(tag="test:line:written"))
    for _ in range(20):
        clock.move(minutes=1)
        await checkpoints.write()

    assert await verify(store, tmp_path) == []


@BOTH_WAYS
async def test_refusals_are_recorded_again_after_a_jump(pool, jump: timedelta) -> None:
    clock = HandClock()
    denials = Denials(Store(pool, now=clock))
    first = denials._count("192.0.2.7", "401 GET /")
    unsaid = denials._count("192.0.2.7", "401 GET /")
    clock.at += jump

    assert (first, unsaid) == (1, 0)
    assert denials._count("192.0.2.7", "401 GET /") >= 1


# Supervisors


@BOTH_WAYS
async def test_the_pauses_of_a_supervisor_ask_no_clock_that_can_be_set(jump: timedelta) -> None:
    clock = HandClock(at=NOON)
    stand = Stand()
    stand.supervisor._now = clock
    task = asyncio.create_task(stand.run())
    try:
        for count in (1, 2, 3):
            line: Line = await stand.up(count)
            clock.at += jump
            line.fail(ChannelDown("gone"))
            await stand.until(lambda count=count: len(stand.pauses) == count)
            stand.wake()
    finally:
        task.cancel()
        await asyncio.wait((task,))

    assert stand.pauses == [1.0, 2.0, 4.0]
