"""Takes lines of the record out of the installation as a file: masked for that, counted, and with its digest.

It hides what even looks like a secret (`masking.for_export`). What it writes is for people and programs to read, and
proves nothing: the record is checked where it lies (`audit_verify`), with the writer, number and digest of a line.
"""

import csv
import hashlib
import io
import json
import os
from asyncio import to_thread
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from channels.base import NexoraError
from governance.masking import for_export, masked
from governance.people.people import Origin, Person
from governance.record.audit import Event, canonical
from governance.record.transaction import Row, Store, load_queries

Form = Literal["csv", "jsonl"]
COLUMNS = (
    "at",
    "tag",
    "status",
    "actor",
    "actor_name",
    "resource",
    "address",
    "user_agent",
    "detail",
    "writer",
    "seq",
    "digest",
)
_QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
_BATCH = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Begins what a spreadsheet would compute instead of show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedExport:
    """Which lines, in which form: those from `since` on and before `until` whose tag begins with `tag`."""

    form: Form
    until: datetime
    since: datetime | None = None
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: the file, its lines, its size in bytes and the SHA-256 of its bytes as 64 hex digits."""

    file: Path
    lines: int
    size_bytes: int
    sha256: str


class FileThere(NexoraError):
    """There is such a file already; name another one."""


class TooManyLines(NexoraError):
    """That is more of the record than is exported here; ask for less, by time or by tag."""


async def export(
    store: Store,
    wanted: WantedExport,
    file: Path,
    *,
    by: Person | None,
    origin: Origin,
    name: str = "",
    most: int | None = None,
) -> Exported:
    """Write the lines, oldest first, into a file that is not there yet and that only its owner may read, and record it.

    `name` is what it is called elsewhere. Raises FileThere, TooManyLines beyond `most`, DatabaseAway, and NexoraError
    where it cannot be written; then nothing is left of it.
    """
    sink = await to_thread(_Sink, file, wanted.form, most)
    try:
        async with store.transaction() as work:
            await work.execute(_QUERIES["plan_anew"])
            asked = (wanted.tag.replace("\0", ""), wanted.since, wanted.until)
            batch: list[Row] = []
            async for row in work.connection.cursor(_QUERIES["lines"], *asked, prefetch=_BATCH):
                batch.append(row)
                if len(batch) == _BATCH:
                    await to_thread(sink.write, batch)
                    batch = []
            await to_thread(sink.write, batch)
        exported = await to_thread(sink.end)
        await store.record(_event(wanted, exported, by, origin, name or file.name))
    except BaseException:
        sink.give_up()
        raise
    return exported


def _event(wanted: WantedExport, exported: Exported, by: Person | None, origin: Origin, name: str) -> Event:
    detail = {
        "form": wanted.form,
        "lines": exported.lines,
        "sha256": exported.sha256,
        "since": wanted.since.isoformat() if wanted.since else "",
        "until": wanted.until.isoformat(),
        "tag": wanted.tag,
    }
    return origin.event("audit:exported", by, resource=name, detail=detail)


class _Sink:
    """The file as it grows. Blocks."""

    def __init__(self, file: Path, form: Form, most: int | None) -> None:
        self._lines = 0
        self._file, self._form, self._most = file, form, most
        self._sha256 = hashlib.sha256()
        self._size = 0
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise FileThere(f"{file} is there already; name another file.") from error
        except OSError as error:
            raise NexoraError(f"{file} cannot be written: {error.strerror}.") from error
        if form == "csv":
            self._put("\ufeff" + _as_csv([COLUMNS]))  # by the mark, spreadsheets know that it is UTF-8

    def write(self, rows: Sequence[Row]) -> None:
        """Add these lines. Raises TooManyLines."""
        self._lines += len(rows)
        if self._most is not None and self._lines > self._most:
            raise TooManyLines
        lines = [as_exported(row) for row in rows]
        if self._form == "csv":
            self._put(_as_csv([[_cell(line[name]) for name in COLUMNS] for line in lines]))
        else:
            self._put("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))

    def end(self) -> Exported:
        """It is whole, and on the disk."""
        os.fsync(self._handle)
        os.close(self._handle)
        return Exported(file=self._file, lines=self._lines, size_bytes=self._size, sha256=self._sha256.hexdigest())

    def give_up(self) -> None:
        """Nothing is left of it."""
        with suppress(OSError):
            os.close(self._handle)
        self._file.unlink(missing_ok=True)

    def _put(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        self._sha256.update(data)
        self._size += len(data)
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._handle, view) :]
        except OSError as error:
            raise NexoraError(f"{self._file} cannot be written: {error.strerror}.") from error


def as_exported(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """One line as it may leave: whoever and whatever it names, with what looks like a secret hidden."""
    at: datetime = row["at"]
    line = {name: row[name] for name in COLUMNS}
    for name in ("actor_name", "address", "resource", "user_agent"):
        line[name] = for_export(line[name])
    return {**line, "at": at.astimezone(UTC).isoformat(timespec="microseconds"), "detail": _detail(row["detail"])}


def _detail(text: str) -> Any:
    try:
        return masked(json.loads(text))
    except (RecursionError, ValueError):
        return for_export(text)


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else str(value) if isinstance(value, int) else canonical(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _as_csv(rows: Sequence[Sequence[str]]) -> str:
    page = io.StringIO()
    csv.writer(page).writerows(rows)
    return page.getvalue()
