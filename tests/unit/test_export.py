"""The record as a file: which lines, in which form, with nothing that looks like a secret, counted and recorded."""

import csv
import hashlib
import io
import json
import stat
from datetime import timedelta

import pytest

from governance.audit.export import FileThere, TooManyLines, WantedExport, export
from governance.people.people import Origin
from governance.record.audit import Event
from governance.record.transaction import Store
from tests.unit.people_stage import HandClock

CLI = Origin(source="cli")
KEY = "AKIA" + "Q7RKVB2XLM9ZTYP4"


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def record(pool, clock):
    return Store(pool, now=clock)


async def said(record, tag, **fields):
    await record.record(Event(tag=tag, actor="1", actor_name=fields.pop("actor_name", "alice"), **fields))


async def exported(record, file, form="jsonl", **wanted):
    until = wanted.pop("until", record.now() + timedelta(days=1))
    return await export(record, WantedExport(form=form, until=until, **wanted), file, by=None, origin=CLI)


def lines_of(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def test_lines_come_oldest_first_with_their_number_and_the_digest_of_the_file(record, clock, tmp_path):
    for number in range(1_203):
        await said(record, "web:test:done", resource=str(number))
        clock.move(seconds=1)

    result = await exported(record, tmp_path / "new" / "all.jsonl")

    assert [line["resource"] for line in lines_of(result.file)] == [str(number) for number in range(1_203)]
    assert (result.lines, result.size_bytes) == (1_203, result.file.stat().st_size)
    assert result.sha256 == hashlib.sha256(result.file.read_bytes()).hexdigest()
    assert stat.S_IMODE(result.file.stat().st_mode) == 0o600
    row = await record.fetchrow("select * from nexora_audit_events where tag = 'cli:audit:exported'")
    assert row["resource"] == "all.jsonl"
    assert {"lines": 1_203, "sha256": result.sha256, "form": "jsonl"}.items() <= json.loads(row["detail"]).items()


async def test_time_and_tag_narrow_it(record, clock, tmp_path):
    for day in range(4):
        for tag in ("web:test:done", "chat:test:done"):
            await said(record, tag, resource=str(day))
        clock.move(days=1)
    begin = clock.at - timedelta(days=3)

    result = await exported(record, tmp_path / "some", tag="chat:", since=begin, until=begin + timedelta(days=2))

    assert [(line["tag"], line["resource"]) for line in lines_of(result.file)] == [
        ("chat:test:done", "1"),
        ("chat:test:done", "2"),
    ]


async def test_what_looks_like_a_secret_does_not_leave(record, tmp_path):
    detail = {"command": f"aws --key {KEY}", "api_key": "anything", "deep": [{"password": "hunter2-hunter2"}], "n": 3}
    await said(record, "web:test:done", resource=f"postgresql://u:{'p4ss' * 3}@db/x", detail=detail)
    # an older program may have written what a newer one would not
    await record.fetch("alter table nexora_audit_events disable trigger user")
    await record.fetch("update nexora_audit_events set detail = $1, resource = $2", json.dumps(detail), f"see {KEY}")

    for form in ("csv", "jsonl"):
        result = await exported(record, tmp_path / form, form, tag="web:")
        text = result.file.read_text(encoding="utf-8")
        assert KEY not in text
        assert "anything" not in text
        assert "hunter2-hunter2" not in text
        assert "aws --key ***" in text


async def test_a_spreadsheet_computes_nothing_and_reads_every_language(record, tmp_path):
    await said(record, "web:test:done", actor_name='=HYPERLINK("http://x")', resource='李雷, "quoted"')

    result = await exported(record, tmp_path / "sheet.csv", "csv", tag="web:")

    content = result.file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfat,tag,status,actor")
    [row] = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert row["actor_name"] == '\'=HYPERLINK("http://x")'
    assert row["resource"] == '李雷, "quoted"'


async def test_a_file_that_is_there_is_left_alone_and_what_fails_leaves_none(record, tmp_path):
    there = tmp_path / "there"
    there.write_text("mine")
    for _ in range(3):
        await said(record, "web:test:done")

    with pytest.raises(FileThere, match="is there already; name another file"):
        await exported(record, there)
    with pytest.raises(TooManyLines):
        await export(
            record,
            WantedExport(form="csv", until=record.now() + timedelta(days=1)),
            tmp_path / "much",
            by=None,
            origin=CLI,
            most=2,
        )

    assert there.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert await record.fetchval("select count(*) from nexora_audit_events where tag like '%exported'") == 0


async def test_what_cannot_be_recorded_does_not_leave(record, tmp_path):
    async def refused(*_):
        raise RuntimeError("no line can be written")

    record.record = refused
    with pytest.raises(RuntimeError):
        await exported(record, tmp_path / "file")

    assert list(tmp_path.iterdir()) == []
