"""Tampering with lines, as somebody who owns the database would: each way is found and the bad place is named."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from governance.audit.verify import FindingKind, examine, verify
from governance.record.audit import GENESIS, Event
from governance.record.transaction import Store
from tests.unit.audit_scene import COLUMNS, Scene, checkpoints_of, resealed


@pytest.fixture
async def scene(pool, tmp_path):
    return await Scene(pool, tmp_path).prepare()


async def test_an_honest_record_is_whole(scene):
    assert await verify(scene.store, scene.home) == []


async def test_a_whole_record_is_told_with_its_lines_writers_and_time(scene):
    examined = await examine(scene.store, scene.home)

    assert examined.is_whole
    (told,) = examined.told("en")
    span = "6 May 2030 07:09:09 UTC to 6 May 2030 07:18:09 UTC"
    assert told == f"The record is whole, {span}. Lines: 12, writers: 2, checkpoints: 2."
    assert examined.summary("zh").startswith("审计记录完整：共 12 条，2 个写入者，2030年5月6日 15:09:09（北京时间） 至")


async def test_an_empty_record_is_never_called_whole(store, tmp_path):
    for home in (tmp_path, None):
        examined = await examine(store, home)
        assert (examined.is_whole, examined.findings) == (False, ())
        assert examined.summary("en").startswith("There is nothing to verify: the record holds no line")
        assert examined.summary("zh").startswith("没有可校验的内容")


@pytest.mark.parametrize("also", ["the lines alone", "the checkpoints too"])
async def test_a_record_that_was_emptied_is_told_so(scene, also):
    statements = [("delete from nexora_audit_events",)]
    if also == "the checkpoints too":
        statements.append(("delete from nexora_audit_checkpoints",))
    await scene.tamper(*statements)

    examined = await examine(scene.store, scene.home)

    assert not examined.is_whole
    assert FindingKind.WRITER_REMOVED in {finding.kind for finding in examined.findings}
    assert examined.told("en")[0] == "The record holds no line any more, and it is not as it was written."


async def test_lines_after_the_last_checkpoint_are_no_finding(scene):
    await scene.write()

    assert await scene.found() == {}


async def test_a_crash_a_rollback_and_many_writers_at_once_leave_a_whole_record(scene):
    async def fail():
        async with scene.store.transaction() as work:
            work.record(Event(tag="test:line:written"))
            await work.execute("select 1 / 0")

    async def be_cut_off():
        async with scene.store.transaction() as work:
            work.record(Event(tag="test:line:written"))
            await work.execute("select pg_terminate_backend(pg_backend_pid())")

    attempts = [fail() for _ in range(3)] + [be_cut_off() for _ in range(2)] + [scene.write() for _ in range(20)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    await (await checkpoints_of(Store(scene.pool), scene.home)).write()
    for crashed in (Store(scene.pool) for _ in range(3)):
        await crashed.record(Event(tag="test:line:written"))

    assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 5
    assert await scene.found() == {}


async def test_a_record_may_be_verified_while_it_grows(scene):
    stop = asyncio.Event()

    async def grow():
        while not stop.is_set():
            await scene.write()
            await scene.checkpoints.write()

    growing = asyncio.create_task(grow())
    findings = [await verify(scene.store, scene.home) for _ in range(10)]
    stop.set()
    await growing

    assert findings == [[]] * 10


FLIPS = {
    "at": "at = at + interval '1 microsecond'",
    "status": "status = 'denied'",
    "detail": "detail = '{\"n\":7}'",
    **{
        name: f"{name} = {name} || 'x'"
        for name in ("actor", "actor_name", "tag", "resource", "address", "user_agent", "previous", "digest")
    },
}


async def test_a_byte_changed_in_any_column_names_the_line(scene):
    honest = await scene.line(7)
    for column, flip in FLIPS.items():
        await scene.tamper((f"update nexora_audit_events set {flip} where writer = $1 and seq = 7", scene.writer))
        finding = (await scene.found())[FindingKind.CHANGED]
        await scene.put(honest)

        assert (column, finding.writer, finding.seq) == (column, scene.writer, 7)
        assert str(finding).startswith(f"Line 7 of writer {scene.writer} (6 May 2030 07:15:")

    assert set(FLIPS) == set(COLUMNS) - {"seq", "writer"}
    assert await scene.found() == {}


async def test_a_time_out_of_this_world_is_a_changed_line(scene):
    for at in ("infinity", "-infinity", "4000-01-01 BC", "20000-01-01"):
        await scene.tamper((f"update nexora_audit_events set at = '{at}' where writer = $1 and seq = 7", scene.writer))

        assert (await scene.found())[FindingKind.CHANGED].seq == 7


async def test_a_renamed_writer_is_a_removed_and_a_changed_one(scene):
    await scene.tamper(("update nexora_audit_events set writer = 'x' where writer = $1", scene.small))

    found = await scene.found()
    assert found[FindingKind.WRITER_REMOVED].writer == scene.small
    assert (found[FindingKind.CHANGED].writer, found[FindingKind.CHANGED].seq) == ("x", 1)


async def test_lines_removed_from_the_middle_are_named(scene):
    await scene.tamper(("delete from nexora_audit_events where writer = $1 and seq in (3, 4, 8)", scene.writer))

    finding = (await scene.found())[FindingKind.REMOVED]
    assert (finding.writer, finding.seq, finding.more) == (scene.writer, 3, 1)
    assert str(finding).startswith(f"Lines 3 to 4 of writer {scene.writer} ")


async def test_the_first_line_removed_is_named(scene):
    await scene.tamper(("delete from nexora_audit_events where writer = $1 and seq = 1", scene.writer))

    assert (await scene.found())[FindingKind.REMOVED].seq == 1


async def test_an_end_that_was_cut_off_is_named(scene):
    await scene.tamper(("delete from nexora_audit_events where writer = $1 and seq > 8", scene.writer))

    found = await scene.found()
    assert list(found) == [FindingKind.TAIL_REMOVED]
    assert (found[FindingKind.TAIL_REMOVED].writer, found[FindingKind.TAIL_REMOVED].seq) == (scene.writer, 9)


async def test_a_writer_that_is_gone_is_named(scene):
    await scene.tamper(("delete from nexora_audit_events where writer = $1", scene.small))

    found = await scene.found()
    assert list(found) == [FindingKind.WRITER_REMOVED]
    assert found[FindingKind.WRITER_REMOVED].writer == scene.small


async def test_an_emptied_table_is_named(scene):
    await scene.tamper(("truncate nexora_audit_events",))

    found = await scene.found()
    assert list(found) == [FindingKind.WRITER_REMOVED]
    assert found[FindingKind.WRITER_REMOVED].more == 1


async def test_two_lines_in_each_others_place_are_named(scene):
    move = "update nexora_audit_events set seq = $2 where writer = $1 and seq = $3"
    await scene.tamper(*((move, scene.writer, to, of) for to, of in ((99, 5), (5, 8), (8, 99))))

    finding = (await scene.found())[FindingKind.REORDERED]
    assert (finding.writer, finding.seq, finding.more) == (scene.writer, 5, 1)
    assert "it was written as line 8" in str(finding)


async def test_a_line_replaced_by_one_with_a_right_digest_is_named(scene):
    await scene.put(resealed(await scene.line(7), resource="forged"))

    found = await scene.found()
    assert list(found) == [FindingKind.REPLACED]
    assert (found[FindingKind.REPLACED].writer, found[FindingKind.REPLACED].seq) == (scene.writer, 7)


async def rewritten(scene, first, **changes):
    """The chain from that line on, changed there and sealed anew to the end."""
    lines = [resealed(await scene.line(first), **changes)]
    for seq in range(first + 1, 11):
        lines.append(resealed(await scene.line(seq), previous=lines[-1]["digest"]))
    return lines


async def test_a_chain_rewritten_to_its_end_is_found_by_the_checkpoint_and_narrowed_down(scene):
    await scene.put(*await rewritten(scene, 7, resource="forged"))

    found = await scene.found()
    assert list(found) == [FindingKind.REWRITTEN]
    assert (found[FindingKind.REWRITTEN].writer, found[FindingKind.REWRITTEN].seq) == (scene.writer, 6)
    assert str(found[FindingKind.REWRITTEN]).startswith("Lines 6 to 10 ")


async def test_a_forged_last_line_with_a_right_digest_is_found(scene):
    await scene.put(resealed(await scene.line(10), resource="forged"))

    assert (await scene.found())[FindingKind.REWRITTEN].seq == 6


async def test_a_line_squeezed_in_with_all_later_ones_moved_and_resealed_is_found(scene):
    forged = resealed(await scene.line(7), resource="forged")
    lines = [forged]
    for seq in range(7, 11):
        lines.append(resealed(await scene.line(seq), seq=seq + 1, previous=lines[-1]["digest"]))
    await scene.put(*lines)

    found = await scene.found()
    assert list(found) == [FindingKind.REWRITTEN]
    assert found[FindingKind.REWRITTEN].writer == scene.writer


async def test_a_line_before_the_first_is_named(scene):
    await scene.put(resealed(await scene.line(1), seq=0))

    assert (await scene.found())[FindingKind.INSERTED].seq == 0


@pytest.mark.parametrize("is_pinned_later", [False, True])
async def test_a_forged_writer_in_the_past_is_named(scene, is_pinned_later):
    past = scene.clock() - timedelta(hours=2)
    await scene.put(resealed(await scene.line(1), writer="forged", seq=1, previous=GENESIS, at=past))
    if is_pinned_later:
        await scene.checkpoints.finish()

    found = await scene.found()
    assert list(found) == [FindingKind.INSERTED]
    assert (found[FindingKind.INSERTED].writer, found[FindingKind.INSERTED].seq) == ("forged", 1)


async def test_a_line_forged_into_the_past_at_the_end_of_a_chain_is_named(scene):
    last = await scene.line(10)
    past = scene.clock() - timedelta(hours=2)
    await scene.put(resealed(last, seq=11, previous=last["digest"], at=past))

    assert (await scene.found())[FindingKind.INSERTED].seq == 11


async def test_a_clock_set_back_is_no_finding(scene):
    scene.clock.move(hours=-5)
    await scene.other.record(Event(tag="test:line:written"))
    await Store(scene.pool, now=scene.clock).record(Event(tag="test:line:written"))
    await scene.checkpoints.finish()
    await scene.write()

    assert await scene.found() == {}


async def test_what_control_characters_are_in_a_tampered_line_stays_there(scene):
    await scene.tamper(("update nexora_audit_events set actor_name = E'\\x1b[2Jalice\\n' where seq = 7",))

    assert "by ?[2Jalice?)" in str((await scene.found())[FindingKind.CHANGED])


async def test_the_command_ends_with_one_and_names_the_first_bad_line_of_each_kind(scene, dsn, tmp_path):
    async def audit_verify():
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "audit", "verify"),
            env={**os.environ, "NEXORA_HOME": str(tmp_path), "NEXORA_DB_URL": dsn},
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode().splitlines()

    status, (whole,) = await audit_verify()
    assert status == 0
    assert whole.startswith("The record is whole, 6 May 2030 07:09:09 UTC to ")
    await scene.tamper(
        ("update nexora_audit_events set resource = '' where writer = $1 and seq in (4, 7)", scene.writer),
        ("delete from nexora_audit_events where writer = $1", scene.small),
    )

    status, (read, changed, removed) = await audit_verify()

    assert status == 1
    assert read.startswith("The record is not as it was written. Read: 6 May 2030 07:09:09")
    assert changed.startswith(f"Line 4 of writer {scene.writer} (6 May 2030 07:12:09 UTC, test:line:written by alice) ")
    assert changed.endswith("was changed: its digest does not fit. (1 more like this.)")
    assert removed == f"All lines of writer {scene.small} were removed; checkpoint 1 holds 2 of them."
