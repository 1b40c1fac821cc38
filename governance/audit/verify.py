"""Reads the whole record and names what was changed, removed, inserted or put in another order. It only reads.

Lines come through a cursor in one snapshot, so memory stays flat and a gateway may go on writing. What it cannot see:
lines that somebody with write access to the database adds at the end, and what was done with the database, the file
and the signing key all in the same hands; copy the checkpoint file elsewhere against that.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from channels.locales import DEFAULT
from channels.text.plain import printable
from channels.times import Precision, moment
from governance.audit import checkpoint_file
from governance.audit.checkpoint_check import LEEWAY, CheckpointCheck, Pin, Pinned
from governance.audit.checkpoint_file import Checkpoint, checkpoint_of
from governance.audit.findings import AuditFindings, Finding, FindingKind
from governance.audit.summary import Examined
from governance.keys.audit_keys import AuditKeyBroken, TrustedKeys
from governance.keys.keys import KeysLocked, trusted_keys
from governance.keys.master_key import KeyChanged, MasterKeyWrong
from governance.record.audit import GENESIS, digest_of
from governance.record.transaction import Row, Store, Transaction, load_queries
from governance.sign_in.sessions import KeyWeak

__all__ = ["Finding", "FindingKind", "examine", "verify"]

_QUERIES = load_queries(Path(__file__).with_name("verify.sql"))
_BATCH = 500
_NEAR = 16


async def verify(store: Store, home: Path | None = None) -> list[Finding]:
    """The first bad place of each kind alone, as `examine` finds them."""
    return list((await examine(store, home)).findings)


async def examine(store: Store, home: Path | None = None, master_key: str = "") -> Examined:
    """How much there is of the record, and the first bad place of each kind; none when it is as written and proved.

    `home` is the data folder with the checkpoint file and, unless the settings give one, the master key. Without a
    master key that opens the keys in the database what signatures would prove is reported as unproved. Raises
    DatabaseAway.
    """
    findings = AuditFindings()
    keys, why = await _keys(store, home, master_key, findings)
    # Measured before the snapshot is taken: what the file holds by now is in the database; later lines are not read.
    copy = _copy(home, findings) if home else None
    async with store.transaction() as work:
        await work.execute(_QUERIES["begin"])
        await work.execute(_QUERIES["no_sort"])
        pinned = await _pinned(work, keys, copy, findings, store.now())
        if pinned.last and not keys.keys:
            text = f"That the {pinned.last.seq} checkpoints are ours could not be proved: {why}"
            findings.add(FindingKind.UNPROVED, text)
        lines = _LineCheck(pinned, findings, store.now())
        async for row in work.connection.cursor(_QUERIES["lines"], prefetch=_BATCH):
            lines.feed(row)
        lines.end()
        for writer, pin in lines.rewritten:
            await _report_rewritten(work, writer, pin, findings)
    return lines.examined(findings.list())


async def _keys(store: Store, home: Path | None, master_key: str, findings: AuditFindings) -> tuple[TrustedKeys, str]:
    """What is believed, and why that is nothing."""
    try:
        keys = await trusted_keys(store, home, master_key)
    except KeysLocked as error:
        return TrustedKeys({}), str(error)
    except (AuditKeyBroken, KeyChanged, KeyWeak, MasterKeyWrong) as error:
        findings.add(FindingKind.UNPROVED, str(error))
        return TrustedKeys({}), str(error)
    return keys, "the database holds no key."


class _Copy(NamedTuple):
    path: Path
    size: int


def _copy(home: Path, findings: AuditFindings) -> _Copy | None:
    path = checkpoint_file.path_of(home)
    try:
        return _Copy(path, checkpoint_file.whole_bytes(path))
    except OSError as error:
        text = f"The checkpoint file {path} cannot be read ({error.strerror}): that it agrees could not be proved."
        findings.add(FindingKind.UNPROVED, text)
        return None


async def _pinned(
    work: Transaction, keys: TrustedKeys, copy: _Copy | None, findings: AuditFindings, now: datetime
) -> Pinned:
    """What the checkpoints pin. A second pass looks at each signature when the first found anything amiss."""
    for thorough in (False, True):
        found = findings if thorough else AuditFindings()
        check = CheckpointCheck(keys, found, now=now, thorough=thorough)
        await check.run(_checkpoints(work), checkpoint_file.read(copy.path, copy.size) if copy else None)
        if not thorough and not found and check.ends_well():
            break
    return check.pinned


async def _checkpoints(work: Transaction) -> AsyncIterator[Checkpoint]:
    async for row in work.connection.cursor(_QUERIES["checkpoints"], prefetch=_BATCH):
        yield checkpoint_of(row)


class _LineCheck:
    """Follows one chain after another. `rewritten` holds the first writers whose chain is whole but not as pinned."""

    def __init__(self, pinned: Pinned, findings: AuditFindings, now: datetime) -> None:
        self.rewritten: list[tuple[str, Pin]] = []
        self._pins = dict(pinned.by_writer)
        self._tail_not_before = pinned.not_before(now)
        self._findings = findings
        self._writer = ""
        self._pin: Pin | None = None
        self._last: Row | None = None
        self._is_broken = False
        self._checkpoints = pinned.last.seq if pinned.last else 0
        self._lines = self._writers = 0
        self._first_at: datetime | None = None
        self._last_at: datetime | None = None

    def examined(self, findings: list[Finding]) -> Examined:
        """What was read, with what is wrong with it."""
        return Examined(
            findings=tuple(findings),
            lines=self._lines,
            writers=self._writers,
            checkpoints=self._checkpoints,
            first_at=self._first_at,
            last_at=self._last_at,
        )

    def feed(self, row: Row) -> None:
        """The next line, in the order of writer and seq."""
        at = row["at"]
        self._lines += 1
        self._first_at = at if self._first_at is None or at < self._first_at else self._first_at
        self._last_at = at if self._last_at is None or at > self._last_at else self._last_at
        if row["writer"] != self._writer:
            self._end_chain()
            self._writers += 1
            self._writer, self._last, self._is_broken = row["writer"], None, False
            self._pin = self._pins.pop(self._writer, None)
            self._check_age(row, self._pin.not_before if self._pin else self._tail_not_before)
        self._check_digest(row)
        self._check_place(row)
        pin = self._pin
        if pin:
            if row["seq"] == pin.seq and row["digest"] != pin.digest and not self._is_broken:
                self.rewritten = self.rewritten or [(self._writer, pin)]
            elif row["seq"] == pin.seq + 1:
                self._check_age(row, self._tail_not_before)
        self._last = row

    def end(self) -> None:
        """No more lines: what is pinned and was not seen is gone."""
        self._end_chain()
        for writer, pin in sorted(self._pins.items()):
            text = f"All lines of writer {writer} were removed; checkpoint {pin.checkpoint} holds {pin.seq} of them."
            self._findings.add(FindingKind.WRITER_REMOVED, text, writer=writer, seq=1)

    def _end_chain(self) -> None:
        if self._pin and self._last and self._last["seq"] < self._pin.seq:
            first = self._last["seq"] + 1
            text = (
                f"Lines {first} to {self._pin.seq} of writer {self._writer} were removed from its end; checkpoint "
                f"{self._pin.checkpoint} holds them."
            )
            self._add(FindingKind.TAIL_REMOVED, text, first)

    def _check_digest(self, row: Row) -> None:
        if digest_of(row) == row["digest"]:
            return
        seq: int = row["seq"]
        near = (seq + step for distance in range(1, _NEAR) for step in (-distance, distance))
        place = next((other for other in near if digest_of({**row, "seq": other}) == row["digest"]), None)
        if place is None:
            text = f"{_named(row)} was changed: its digest does not fit."
            self._add(FindingKind.CHANGED, text, seq)
        else:
            text = f"{_named(row)} was reordered: it was written as line {place}."
            self._add(FindingKind.REORDERED, text, seq)

    def _check_place(self, row: Row) -> None:
        last = self._last
        expected = last["seq"] + 1 if last else 1
        if row["seq"] < expected:
            self._add(FindingKind.INSERTED, f"{_named(row)} was inserted: chains begin at line 1.", row["seq"])
        elif row["seq"] > expected:
            gap = "Line" if row["seq"] == expected + 1 else f"Lines {expected} to"
            text = (
                f"{gap} {row['seq'] - 1} of writer {self._writer} is missing; {_named(row, start='line')} comes next."
            )
            self._add(FindingKind.REMOVED, text, expected)
        elif row["previous"] != (last["digest"] if last else GENESIS) and digest_of(row) == row["digest"]:
            culprit = last or row
            text = f"{_named(culprit)} was replaced: {_named(row, start='line')} was written after another line."
            self._add(FindingKind.REPLACED, text, culprit["seq"])

    def _check_age(self, row: Row, not_before: datetime | None) -> None:
        if not_before and row["at"] < not_before:
            text = (
                f"{_named(row)} was inserted: it bears a time more than {LEEWAY.total_seconds() / 60:g} minutes before "
                "a checkpoint that does not hold it."
            )
            self._add(FindingKind.INSERTED, text, row["seq"])

    def _add(self, kind: FindingKind, text: str, seq: int) -> None:
        self._is_broken = True
        self._findings.add(kind, text, writer=self._writer, seq=seq)


async def _report_rewritten(work: Transaction, writer: str, pin: Pin, findings: AuditFindings) -> None:
    """Name the first stretch between two checkpoints that is not as it was signed."""
    good, bad = 0, pin
    async for row in work.connection.cursor(_QUERIES["pins_of"], writer, prefetch=_BATCH):
        head = _head(row, writer)
        if head is None:
            continue
        if await work.fetchval(_QUERIES["digest_at"], writer, head.seq) != head.digest:
            bad = head
            break
        good = max(good, head.seq)
    which = f"Line {bad.seq}" if bad.seq == good + 1 else f"Lines {good + 1} to {bad.seq}"
    text = f"{which} of writer {writer} not as signed: checkpoint {bad.checkpoint} holds another digest."
    findings.add(FindingKind.REWRITTEN, text, writer=writer, seq=good + 1)


def _head(row: Row, writer: str) -> Pin | None:
    checkpoint = Checkpoint(seq=row["seq"], at=datetime.min.replace(tzinfo=UTC), heads=row["heads"], previous="")
    try:
        head = checkpoint.pins().get(writer)
    except ValueError:
        return None
    return Pin(head[0], head[1], row["seq"], None) if head else None


def _named(row: Any, *, start: str = "Line") -> str:
    who, what, writer = (_shown(text) for text in (row["actor_name"] or row["actor"], row["tag"], row["writer"]))
    at = moment(row["at"], DEFAULT, precision=Precision.EXACT)
    return f"{start} {row['seq']} of writer {writer} ({at}, {what} by {who})"


def _shown(text: str) -> str:
    """Text of a line that may have been tampered with, fit for a terminal."""
    return printable(text[:80], "?")
