"""Tampering with the record, as somebody who owns the database would: each way is found and the bad place is named."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from governance import checkpoint_file
from governance.audit import GENESIS, Event, Line, canonical, digest_of
from governance.audit_keys import open_key
from governance.audit_verify import FindingKind, verify
from governance.checkpoint_file import Checkpoint, checkpoint_of
from governance.checkpoints import Checkpoints
from governance.store import Store
from tests.unit.people_stage import HandClock

COLUMNS = list(Line.__dataclass_fields__)
INSERT = f"insert into nexora_audit_events ({', '.join(COLUMNS)}) values ({', '.join(f'${n + 1}' for n in range(13))})"
CHECKPOINT_COLUMNS = list(Checkpoint.__dataclass_fields__)


class Scene:
    """A record of two writers: one wrote ten lines, the other two; a checkpoint stands after five and at the end."""

    def __init__(self, pool, home):
        self.clock = HandClock()
        self.pool = pool
        self.home = home
        self.store = Store(pool, now=self.clock)
        self.other = Store(pool, now=self.clock)
        self.checkpoints = Checkpoints(self.store, home)

    async def prepare(self):
        for number in range(10):
            await self.write(number)
            if number == 4:
                await self.other.record(*(Event(tag="test:other:written") for _ in range(2)))
                await self.checkpoints.write()
        await self.checkpoints.write()
        rows = await self.pool.fetch("select writer, count(*) from nexora_audit_events group by 1 order by 2 desc")
        self.writer, self.small = (row["writer"] for row in rows)
        self.path = checkpoint_file.path_of(self.home)
        return self

    async def write(self, number=0):
        self.clock.move(minutes=1)
        event = Event(
            tag="test:line:written",
            actor="7",
            actor_name="alice",
            resource=str(number),
            address="web:1",
            user_agent="a browser",
            detail={"n": number},
        )
        await self.store.record(event)

    async def tamper(self, *statements):
        """What the owner of the tables can do and the application cannot: work without the triggers."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("set local session_replication_role = replica")
            for statement, *values in statements:
                await connection.execute(statement, *values)

    async def line(self, seq):
        row = await self.pool.fetchrow(
            "select * from nexora_audit_events where writer = $1 and seq = $2", self.writer, seq
        )
        return {name: row[name] for name in COLUMNS}

    async def put(self, *lines):
        for line in lines:
            await self.tamper(
                ("delete from nexora_audit_events where writer = $1 and seq = $2", line["writer"], line["seq"]),
                (INSERT, *line.values()),
            )

    async def chain(self):
        return [
            checkpoint_of(row) for row in await self.pool.fetch("select * from nexora_audit_checkpoints order by 1")
        ]

    async def put_chain(self, *checkpoints):
        insert = (
            "insert into nexora_audit_checkpoints (seq, at, heads, previous, signature) values ($1, $2, $3, $4, $5)"
        )
        await self.tamper(
            ("delete from nexora_audit_checkpoints",),
            *((insert, *(getattr(each, name) for name in CHECKPOINT_COLUMNS)) for each in checkpoints),
        )

    def file(self, *checkpoints):
        self.path.write_text("".join(f"{checkpoint_file.dump(each)}\n" for each in checkpoints))

    async def found(self):
        return {finding.kind: finding for finding in await verify(self.store, self.home)}


def resealed(line, **changes):
    """The line with these changes and a digest that fits them."""
    changed = {**line, **changes}
    return {**changed, "digest": digest_of(changed)}


@pytest.fixture
async def scene(pool, tmp_path):
    return await Scene(pool, tmp_path).prepare()


async def test_an_honest_record_is_whole(scene):
    assert await verify(scene.store, scene.home) == []


async def test_an_empty_record_is_whole(store, tmp_path):
    assert await verify(store, tmp_path) == []
    assert await verify(store) == []


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
    await Checkpoints(Store(scene.pool), scene.home).write()
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
        assert str(finding).startswith(f"Line 7 of writer {scene.writer} (2030-05-06 07:15:")

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


CHECKPOINT_FLIPS = {
    "at": lambda each: replace(each, at=each.at + timedelta(microseconds=1)),
    "heads": lambda each: replace(each, heads=each.heads.replace("[", "[1", 1)),
    "no heads": lambda each: replace(each, heads="nothing"),
    "previous": lambda each: replace(each, previous="0" * 64),
    "signature": lambda each: replace(each, signature=each.signature[:-4] + "AAA="),
}


@pytest.mark.parametrize("where", ["database", "file"])
async def test_a_changed_checkpoint_is_named_wherever_it_was_changed(scene, where):
    first, second = await scene.chain()
    for column, flip in CHECKPOINT_FLIPS.items():
        if where == "file":
            scene.file(first, flip(second))
        else:
            await scene.put_chain(first, flip(second))
        finding = (await scene.found())[FindingKind.CHECKPOINT_CHANGED]

        assert (column, finding.seq) == (column, 2)
        assert where in str(finding)


async def test_a_checkpoint_changed_in_both_is_named(scene):
    await scene.write()
    await scene.checkpoints.write()
    first, second, third = await scene.chain()
    for column, flip in CHECKPOINT_FLIPS.items():
        tampered = (first, flip(second), third)
        await scene.put_chain(*tampered)
        scene.file(*tampered)

        assert (column, (await scene.found())[FindingKind.CHECKPOINT_FORGED].seq) == (column, 2)


async def test_an_unreadable_line_and_a_repeated_one_in_the_file_are_named(scene):
    text = scene.path.read_text()
    scene.path.write_text("{}\n" + text + text)

    found = await scene.found()
    assert (found[FindingKind.CHECKPOINT_CHANGED].seq, found[FindingKind.CHECKPOINT_REORDERED].seq) == (1, 1)


@pytest.mark.parametrize("where", ["database", "file"])
async def test_a_removed_checkpoint_is_named(scene, where):
    await scene.write()
    await scene.checkpoints.write()
    first, _, third = await scene.chain()
    if where == "file":
        scene.file(first, third)
    else:
        await scene.put_chain(first, third)

    found = await scene.found()
    assert list(found) == [FindingKind.CHECKPOINT_REMOVED]
    assert found[FindingKind.CHECKPOINT_REMOVED].seq == 2
    assert where in str(found[FindingKind.CHECKPOINT_REMOVED])


async def test_an_older_copy_of_the_database_is_found(scene):
    first, _ = await scene.chain()
    await scene.tamper(("delete from nexora_audit_events where writer = $1 and seq > 5", scene.writer))
    await scene.put_chain(first)

    found = await scene.found()
    assert list(found) == [FindingKind.OLDER_DATABASE, FindingKind.TAIL_REMOVED]
    assert found[FindingKind.OLDER_DATABASE].seq == 2
    assert found[FindingKind.TAIL_REMOVED].seq == 6


async def test_a_gateway_that_goes_on_after_an_older_copy_does_not_cover_it_up(scene):
    first, _ = await scene.chain()
    await scene.tamper(("delete from nexora_audit_events where writer = $1 and seq > 5", scene.writer))
    await scene.put_chain(first)
    await Store(scene.pool, now=scene.clock).record(Event(tag="test:line:written"))
    await Checkpoints(scene.store, scene.home).write()

    found = await scene.found()
    assert list(found) == [FindingKind.CHECKPOINT_REMOVED, FindingKind.TAIL_REMOVED]
    assert found[FindingKind.CHECKPOINT_REMOVED].seq == 2


async def test_an_older_copy_of_the_file_is_found(scene):
    scene.clock.move(minutes=6)
    old = scene.path.read_bytes()
    for _ in range(2):
        await scene.write()
        await scene.checkpoints.write()
    scene.clock.move(minutes=6)
    scene.path.write_bytes(old)

    found = await scene.found()
    assert list(found) == [FindingKind.OLDER_FILE]
    assert str(found[FindingKind.OLDER_FILE]).endswith("it lacks checkpoints 3 to 4.")


async def test_a_checkpoint_that_a_crash_kept_from_the_file_is_no_finding(scene):
    scene.file((await scene.chain())[0])
    scene.clock.move(days=3)

    assert await scene.found() == {}


async def test_checkpoints_replaced_by_ones_signed_with_another_key_are_found(scene, tmp_path_factory):
    key = open_key(tmp_path_factory.mktemp("stranger"))
    await scene.tamper(("delete from nexora_audit_events where writer = $1 and seq > 5", scene.writer))
    forged = replace((await scene.chain())[0], heads=canonical({scene.writer: [5, (await scene.line(5))["digest"]]}))
    await scene.put_chain(replace(forged, signature=key.sign(forged.text)))

    found = await scene.found()
    assert found[FindingKind.CHECKPOINT_CHANGED].seq == 1
    assert found[FindingKind.OLDER_DATABASE].seq == 2
    assert found[FindingKind.TAIL_REMOVED].seq == 6

    scene.path.unlink()
    assert "could not be proved" in str((await scene.found())[FindingKind.UNPROVED])


async def test_all_checkpoints_gone_from_the_database_are_found(scene):
    await scene.put_chain()

    assert (await scene.found())[FindingKind.OLDER_DATABASE].seq == 1


async def test_without_the_key_it_says_what_could_not_be_proved(scene):
    for file in (scene.home / "keys").iterdir():
        file.unlink()

    for home in (scene.home, None):
        (finding,) = await verify(scene.store, home)
        assert finding.kind is FindingKind.UNPROVED
        assert "key: that the 2 checkpoints are ours could not be proved" in str(finding)


async def test_a_broken_key_is_said_and_the_rest_is_still_looked_at(scene):
    (scene.home / "keys" / "audit.pub").write_text("-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n")
    await scene.tamper(("delete from nexora_audit_events where writer = $1", scene.small))

    found = await scene.found()
    assert "not readable public keys" in str(found[FindingKind.UNPROVED])
    assert FindingKind.WRITER_REMOVED in found


async def test_the_public_key_alone_is_enough_to_verify(scene):
    (scene.home / "keys" / "audit.key").unlink()

    assert await scene.found() == {}


async def test_heads_are_plain_json_of_writers(scene):
    first, second = await scene.chain()

    assert {writer: seq for writer, (seq, _) in json.loads(first.heads).items()} == {scene.writer: 5, scene.small: 2}
    assert {writer: seq for writer, (seq, _) in json.loads(second.heads).items()} == {scene.writer: 10}
