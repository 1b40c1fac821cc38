"""What a database raises while it fails over, is locked or short of rights passes; what was asked wrongly does not."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from gateway.queue.keeping import Keeper
from governance.record.passing import is_passing, reason_of
from governance.record.transaction import RECENT_SECONDS, DatabaseAway, DatabaseTrouble, Store

ADD = "insert into nexora_runtime_config (key, value, updated_at) values ($1, '{}', now())"


@pytest_asyncio.fixture(loop_scope="session")
async def other(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else on the same database."""
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def test_a_server_that_became_read_only_is_away_and_the_next_connection_is_a_new_one(
    store: Store, other: asyncpg.Connection
) -> None:
    before = await store.fetchval("select pg_backend_pid()")
    async with store.pool.acquire() as connection:
        await connection.execute("set default_transaction_read_only = on")
    with pytest.raises(DatabaseAway) as raised:
        await store.fetch("create table never (id int)")

    assert "25006" in raised.value.reason
    assert "read-only" in store.trouble
    await store.fetch("create table now (id int)")
    assert await store.fetchval("select pg_backend_pid()") != before


async def test_a_lock_that_is_not_given_in_time_is_away(store: Store, other: asyncpg.Connection) -> None:
    async def read_soon() -> None:
        async with store.transaction() as work:
            await work.execute("set local lock_timeout = '10ms'")
            await work.fetch("select * from nexora_users")

    async with other.transaction():
        await other.execute("lock table nexora_users in access exclusive mode")
        with pytest.raises(DatabaseAway) as raised:
            await read_soon()

    assert "55P03" in raised.value.reason


async def test_of_two_transactions_that_wait_for_each_other_one_may_try_again(store: Store) -> None:
    await store.fetch("create table pair (id int primary key, n int)")
    await store.fetch("insert into pair values (1, 0), (2, 0)")
    both_hold_one = asyncio.Barrier(2)

    async def take(first: int, second: int) -> None:
        async with store.transaction() as work:
            await work.execute("set local deadlock_timeout = '20ms'")
            await work.execute("update pair set n = n + 1 where id = $1", first)
            await both_hold_one.wait()
            await work.execute("update pair set n = n + 1 where id = $1", second)

    outcomes = await asyncio.gather(take(1, 2), take(2, 1), return_exceptions=True)

    assert sorted(type(outcome) for outcome in outcomes if outcome is not None) == [DatabaseAway]


async def test_a_serialization_failure_may_be_tried_again(store: Store, other: asyncpg.Connection) -> None:
    await store.fetch("create table counter (n int)")
    await store.fetch("insert into counter values (0)")

    async def count() -> None:
        async with store.transaction() as work:
            await work.execute("set transaction isolation level repeatable read")
            await work.fetch("select n from counter")
            await other.execute("update counter set n = 1")
            await work.execute("update counter set n = 2")

    with pytest.raises(DatabaseAway) as raised:
        await count()

    assert "40001" in raised.value.reason


async def test_a_missing_right_waits_for_whoever_can_give_it(store: Store, dsn: str) -> None:
    await store.fetch("create role clerk_of_passing login")
    try:
        pool = await asyncpg.create_pool(dsn.replace("nexora@", "clerk_of_passing@"), min_size=1, max_size=1)
        clerk = Store(pool)
        with pytest.raises(DatabaseAway) as raised:
            await clerk.fetch("select * from nexora_users")
        await store.fetch("grant select on nexora_users to clerk_of_passing")

        assert "permission denied" in raised.value.reason
        assert await clerk.fetch("select * from nexora_users") == []
        await pool.close()
    finally:
        await store.fetch("drop owned by clerk_of_passing")
        await store.fetch("drop role clerk_of_passing")


async def test_what_was_asked_wrongly_stays_an_error_of_who_asked(store: Store) -> None:
    for query, arguments in (
        ("select 1 / 0", ()),
        ("selekt", ()),
        ("select $1::int", ("no number",)),
        ("select $1::int", (1, 2)),
        ("select $1::int, $2::int", (1,)),
    ):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as raised:
            await store.fetch(query, *arguments)
        assert not is_passing(raised.value)
        assert store.trouble == ""


async def test_a_file_that_is_missing_inside_a_transaction_is_not_taken_for_the_database(store: Store) -> None:
    async def look_for_a_file() -> None:
        async with store.transaction() as work:
            await work.execute("create table undone (id int)")
            raise FileNotFoundError("notes.txt")

    with pytest.raises(FileNotFoundError):
        await look_for_a_file()

    assert await store.fetchval("select to_regclass('undone')") is None


def test_a_reason_stands_on_one_line_and_names_the_state() -> None:
    error = asyncpg.ReadOnlySQLTransactionError("cannot execute\nINSERT")

    assert reason_of(error) == "cannot execute INSERT (25006)"


def test_trouble_is_told_while_it_is_recent() -> None:
    now = [0.0]
    trouble = DatabaseTrouble(lambda: now[0])
    assert trouble.recent == ""
    trouble.heard("it is away")

    assert trouble.recent == "it is away"
    now[0] = RECENT_SECONDS
    assert trouble.recent == ""


async def test_a_part_that_fails_is_told_of_and_begun_again_and_costs_no_other_part_anything() -> None:
    keeper = Keeper(first_pause=0.01)
    begun: list[str] = []
    works = asyncio.Event()

    async def fails_twice() -> None:
        begun.append("fails")
        if len(begun) < 3:
            raise KeyError("nobody thought of this")
        works.set()
        await asyncio.Event().wait()

    async def lives() -> None:
        begun_here.append("lives")
        await asyncio.Event().wait()

    begun_here: list[str] = []
    tasks = [asyncio.create_task(keeper.keep("weak", fails_twice)), asyncio.create_task(keeper.keep("sound", lives))]
    async with asyncio.timeout(5):
        await works.wait()

    assert begun == ["fails"] * 3
    assert begun_here == ["lives"]
    assert dict(keeper.troubles) == {"weak": "KeyError: 'nobody thought of this'"}
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)


async def test_the_trouble_of_a_part_that_proved_itself_is_forgotten() -> None:
    keeper = Keeper(first_pause=0.01, proven_seconds=0.1)
    stays = asyncio.Event()

    async def fails_once() -> None:
        if not stays.is_set():
            stays.set()
            raise DatabaseAway("the server is stopping")
        await asyncio.Event().wait()

    task = asyncio.create_task(keeper.keep("part", fails_once))
    async with asyncio.timeout(5):
        await stays.wait()
        assert dict(keeper.troubles) == {"part": "the server is stopping"}
        while keeper.troubles:  # noqa: ASYNC110  # time has no event
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait((task,))
