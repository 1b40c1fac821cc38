"""Signed checkpoints: what they hold, when they are written, and where they lie besides the database."""

import asyncio
import json
from datetime import timedelta

import asyncpg
import pytest
from structlog.testing import capture_logs

from governance.audit import checkpoint_file
from governance.audit.checkpoint_file import Checkpoint
from governance.audit.checkpoints import CheckpointNotWritten, Checkpoints
from governance.audit.verify import verify
from governance.keys.keys import open_keys, trusted_keys
from governance.record.audit import GENESIS, Event
from governance.record.transaction import DatabaseAway, Store
from tests.unit.audit_scene import checkpoints_of
from tests.unit.people_stage import HandClock

LINE = Event(tag="test:line:written", actor_name="alice")


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def store(pool, clock):
    return Store(pool, now=clock)


@pytest.fixture
async def checkpoints(store, tmp_path):
    return await checkpoints_of(store, tmp_path)


def filed(home):
    path = checkpoint_file.path_of(home)
    return [found for _, found in checkpoint_file.read(path, path.stat().st_size)]


async def stored(store):
    rows = await store.fetch("select * from nexora_audit_checkpoints order by seq")
    return [checkpoint_file.checkpoint_of(row) for row in rows]


async def until(happened):
    async with asyncio.timeout(5):
        while not happened():  # noqa: ASYNC110 - a file and a log announce nothing
            await asyncio.sleep(0.005)


async def test_a_checkpoint_holds_the_head_of_every_writer_and_is_filed_outside(store, checkpoints, tmp_path):
    await store.record(LINE, LINE)
    other = Store(store.pool, now=store.now)
    await other.record(LINE)

    written = await checkpoints.write()

    heads = await store.fetch(
        "select distinct on (writer) writer, seq, digest from nexora_audit_events order by writer, seq desc"
    )
    assert json.loads(written.heads) == {row["writer"]: [row["seq"], row["digest"]] for row in heads}
    assert sorted(seq for seq, _ in written.pins().values()) == [1, 2]
    assert (written.seq, written.previous) == (1, GENESIS)
    assert await stored(store) == filed(tmp_path) == [written]
    assert (await trusted_keys(store, tmp_path)).believes(written.signature, written.text)


async def test_nothing_new_needs_no_checkpoint(store, checkpoints):
    assert await checkpoints.write() is None
    await store.record(LINE)
    assert (await checkpoints.write()).seq == 1

    assert await checkpoints.write() is None


async def test_each_holds_on_to_the_one_before_and_names_only_who_moved(store, checkpoints):
    await Store(store.pool, now=store.now).record(LINE)
    await store.record(LINE)
    first = await checkpoints.write()
    await store.record(LINE)

    second = await checkpoints.write()

    assert second.previous == first.digest
    assert [seq for seq, _ in second.pins().values()] == [2]


async def test_a_restart_goes_on_where_the_last_process_stopped(store, checkpoints, tmp_path):
    await store.record(LINE)
    first = await checkpoints.write()
    await Store(store.pool, now=store.now).record(LINE)

    second = await (await checkpoints_of(store, tmp_path)).write()

    assert (second.seq, second.previous) == (2, first.digest)
    assert first.signature.partition(":")[0] == second.signature.partition(":")[0]


async def test_a_line_whose_clock_was_far_behind_is_pinned_by_the_round_over_every_writer(store, checkpoints, clock):
    await store.record(LINE)
    await checkpoints.write()
    await Store(store.pool, now=HandClock(clock() - timedelta(hours=3))).record(LINE)
    assert await checkpoints.write() is None

    await checkpoints.finish()

    assert [len(each.pins()) for each in await stored(store)] == [1, 1]


async def test_what_a_crash_kept_from_the_file_is_copied_at_the_next_start(store, checkpoints, tmp_path):
    await store.record(LINE)
    await checkpoints.write()
    await store.record(LINE)
    await checkpoints.write()
    path = checkpoint_file.path_of(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])

    assert await (await checkpoints_of(store, tmp_path)).write() is None

    assert path.read_bytes() == whole


async def test_several_gateways_take_turns_and_each_file_is_whole(store, tmp_path):
    keys = await open_keys(store, tmp_path / "a")
    gateways = [Checkpoints(store, tmp_path / name, keys) for name in "ab"]
    for _ in range(5):
        await asyncio.gather(store.record(LINE), *(gateway.write() for gateway in gateways))
    for gateway in gateways:
        await gateway.write()

    chain = await stored(store)
    assert [each.seq for each in chain] == list(range(1, len(chain) + 1))
    assert [each.previous for each in chain[1:]] == [each.digest for each in chain[:-1]]
    assert filed(tmp_path / "a") == filed(tmp_path / "b") == chain


async def test_gateways_that_share_a_data_folder_write_each_checkpoint_into_its_file_once(store, tmp_path):
    keys = await open_keys(store, tmp_path)
    gateways = [Checkpoints(store, tmp_path, keys) for _ in range(3)]
    for _ in range(8):
        await asyncio.gather(store.record(LINE), *(gateway.write() for gateway in gateways))

    assert [checkpoint.seq for checkpoint in filed(tmp_path)] == [each.seq for each in await stored(store)]
    assert await verify(store, tmp_path) == []


async def test_a_forged_checkpoint_is_neither_copied_nor_followed(store, checkpoints, tmp_path):
    await store.record(LINE)
    first = await checkpoints.write()
    await store.pool.execute(
        "insert into nexora_audit_checkpoints values (2, now(), '{}', $1, $2)", first.digest, first.signature
    )
    await store.record(LINE)

    with capture_logs() as logs:
        written = await checkpoints.write()

    assert (written.seq, written.previous) == (3, first.digest)
    assert filed(tmp_path) == [first, written]
    assert {entry["event"] for entry in logs} == {"audit_checkpoint_not_believed"}


async def test_checkpoints_cannot_be_changed_removed_or_emptied(store, checkpoints):
    await store.record(LINE)
    await checkpoints.write()

    for statement in ("update %s set seq = seq + 1", "delete from %s", "truncate %s"):
        for table in ("nexora_audit_checkpoints", "nexora_audit_events"):
            with pytest.raises(asyncpg.RaiseError, match="never changed or removed"):
                await store.pool.execute(statement % table)

    assert len(await stored(store)) == 1


async def test_a_file_that_cannot_be_written_is_told_and_the_next_round_makes_up_for_it(store, checkpoints, tmp_path):
    (tmp_path / "audit").write_text("in the way")
    await store.record(LINE)
    with pytest.raises(CheckpointNotWritten, match=r"checkpoints\.jsonl"):
        await checkpoints.write()
    (tmp_path / "audit").unlink()

    await checkpoints.write()

    assert filed(tmp_path) == await stored(store) != []


async def test_the_loop_outlives_a_database_that_is_away(dsn, tmp_path):
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=2)
    store = Store(pool)
    await store.record(LINE)
    keys = await open_keys(store, tmp_path)
    await pool.close()
    checkpoints = Checkpoints(store, tmp_path, keys, every_seconds=0.01)
    with pytest.raises(DatabaseAway):
        await checkpoints.write()
    with capture_logs() as logs:
        loop = asyncio.create_task(checkpoints.run())
        await until(lambda: len(logs) > 1)
        assert not loop.done()

        store.pool = await asyncpg.create_pool(dsn, min_size=1, max_size=2)
        await until(checkpoint_file.path_of(tmp_path).exists)
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    chain = await stored(store)
    await store.pool.close()

    assert len(filed(tmp_path)) == 1
    assert filed(tmp_path) == chain
    assert logs[0]["event"] == "audit_checkpoint_failed"


@pytest.mark.parametrize("size", [10, 8191, 8192, 100_000])
def test_the_last_checkpoint_is_found_from_the_end_however_long_its_line(tmp_path, clock, size):
    path = checkpoint_file.path_of(tmp_path)
    assert (checkpoint_file.last_of(path), checkpoint_file.whole_bytes(path)) == (None, 0)
    chain = [Checkpoint(seq=seq, at=clock(), heads="x" * size, previous=GENESIS) for seq in (1, 2, 3)]
    checkpoint_file.append(path, chain[:1])
    checkpoint_file.append(path, chain[1:])
    whole = path.stat().st_size
    with path.open("ab") as file:
        file.write(b'{"torn')

    assert checkpoint_file.last_of(path) == chain[2]
    assert checkpoint_file.whole_bytes(path) == whole

    path.write_bytes(path.read_bytes()[:whole] + b"unreadable\n")

    assert checkpoint_file.last_of(path) == chain[2]
