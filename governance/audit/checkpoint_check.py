"""Compares the checkpoints of the database with their copy outside it and says what they pin. It changes neither.

Each checkpoint holds the digest of the one before, so when all of them hold together and the last is signed by a key
that is believed, all are. Signatures, which cost a hundred times a digest, are therefore looked at one by one only
when something does not fit and the first bad one has to be named.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from channels.locales import DEFAULT
from channels.times import Precision, moment
from governance.audit.checkpoint_file import Checkpoint
from governance.audit.findings import AuditFindings, FindingKind
from governance.keys.audit_keys import TrustedKeys, name_in
from governance.record.audit import GENESIS

Filed = tuple[int, Checkpoint | None]
"""A line of the file: its number, and its checkpoint unless it is unreadable."""
LEEWAY = timedelta(minutes=10)
"""How far a line's time may lie before the checkpoint that does not hold it yet: clocks differ, commits take time."""
_MOST_NAMES = 100
"""Whoever forges the names of keys can make as many as there are checkpoints."""
_JUST_WRITTEN = timedelta(minutes=5)
"""A running gateway writes to the database first and to the file right after; other gateways copy within minutes."""


@dataclass(slots=True)
class Pin:
    """Where a writer stood when it was last named. Its first line cannot be older than `not_before`."""

    seq: int
    digest: str
    checkpoint: int
    not_before: datetime | None


@dataclass(slots=True)
class Pinned:
    """What the checkpoints hold together: the last one that is believed, and the pin of every writer."""

    last: Checkpoint | None = None
    by_writer: dict[str, Pin] = field(default_factory=dict)

    def not_before(self, upcoming: datetime) -> datetime | None:
        """The earliest time of a line that the last checkpoint does not hold and one at `upcoming` might."""
        return min(self.last.at, upcoming) - LEEWAY if self.last else None


class CheckpointCheck:
    """One pass over both. `thorough` looks at every signature; without it only the chain is followed."""

    def __init__(self, keys: TrustedKeys, findings: AuditFindings, *, now: datetime, thorough: bool) -> None:
        self.pinned = Pinned()
        self._keys = keys
        self._findings = findings
        self._now = now
        self._thorough = thorough
        self._behind: list[int] = []
        self._unknown: set[str] = set()

    async def run(self, rows: AsyncIterator[Checkpoint], filed: Iterator[Filed] | None) -> None:
        """Look at all of them in order. Without `filed` there is no copy to compare with."""
        copy = self._orderly(filed) if filed is not None else None
        at_hand = next(copy, None) if copy else None
        async for row in rows:
            while copy and at_hand and at_hand.seq < row.seq:
                self._only_filed(at_hand, FindingKind.CHECKPOINT_REMOVED)
                at_hand = next(copy, None)
            if copy and at_hand and at_hand.seq == row.seq:
                self._both(row, at_hand)
                at_hand = next(copy, None)
            else:
                self._only_row(row, has_copy=copy is not None, at_end=at_hand is None)
        while copy and at_hand:
            self._only_filed(at_hand, FindingKind.OLDER_DATABASE)
            at_hand = next(copy, None)
        if len(self._behind) > 1:
            self._findings.add(
                FindingKind.OLDER_FILE,
                f"The checkpoint file is older than the database: it lacks checkpoints {self._behind[0]} "
                f"to {self._behind[-1]}.",
                seq=self._behind[0],
            )

    def ends_well(self) -> bool:
        """Whether the last checkpoint, which vouches for the others, is signed by a key that is believed."""
        last = self.pinned.last
        return last is None or self._believes(last)

    def _orderly(self, filed: Iterator[Filed]) -> Iterator[Checkpoint]:
        seq = 0
        for number, checkpoint in filed:
            if checkpoint is None:
                text = f"Line {number} of the checkpoint file is unreadable."
                self._findings.add(FindingKind.CHECKPOINT_CHANGED, text, seq=number)
            elif checkpoint.seq <= seq:
                text = f"Line {number} of the checkpoint file repeats or precedes what stands before it."
                self._findings.add(FindingKind.CHECKPOINT_REORDERED, text, seq=checkpoint.seq)
            else:
                seq = checkpoint.seq
                yield checkpoint

    def _both(self, row: Checkpoint, filed: Checkpoint) -> None:
        if row == filed:
            self._accept(row)
        elif self._believes(filed):
            text = f"Checkpoint {row.seq} in the database is not the one that was signed and filed."
            self._findings.add(FindingKind.CHECKPOINT_CHANGED, text, seq=row.seq)
            self._accept(filed)
        else:
            text = f"Checkpoint {row.seq} in the file is not the one in the database."
            self._findings.add(FindingKind.CHECKPOINT_CHANGED, text, seq=row.seq)
            self._accept(row)

    def _only_filed(self, filed: Checkpoint, kind: FindingKind) -> None:
        if not self._believes(filed):
            text = f"Checkpoint {filed.seq} in the file has a signature that is not ours."
            self._findings.add(FindingKind.CHECKPOINT_FORGED, text, seq=filed.seq)
            return
        if kind is FindingKind.OLDER_DATABASE:
            text = f"The database is older than the checkpoint file: it lacks checkpoint {filed.seq} of {_at(filed)}."
        else:
            text = f"Checkpoint {filed.seq} of {_at(filed)} was removed from the database."
        self._findings.add(kind, text, seq=filed.seq)
        self._accept(filed)

    def _only_row(self, row: Checkpoint, *, has_copy: bool, at_end: bool) -> None:
        if has_copy and not at_end:
            if self._believes(row):
                text = f"Checkpoint {row.seq} of {_at(row)} was removed from the checkpoint file."
                self._findings.add(FindingKind.CHECKPOINT_REMOVED, text, seq=row.seq)
            else:
                self._forged(row)
                return
        elif has_copy and row.at < self._now - _JUST_WRITTEN:
            self._behind.append(row.seq)
        self._accept(row)

    def _accept(self, checkpoint: Checkpoint) -> None:
        """Take what it pins, unless it is found to be forged."""
        if not self._is_ours(checkpoint):
            return
        try:
            pins = checkpoint.pins()
        except ValueError:
            text = f"Checkpoint {checkpoint.seq} of {_at(checkpoint)} was changed: its heads are unreadable."
            self._findings.add(FindingKind.CHECKPOINT_CHANGED, text, seq=checkpoint.seq)
            return
        self._follows(checkpoint)
        for writer, (seq, digest) in pins.items():
            known = self.pinned.by_writer.get(writer)
            if known is None:
                bound = self.pinned.not_before(checkpoint.at)
                self.pinned.by_writer[writer] = Pin(seq, digest, checkpoint.seq, bound)
            elif seq >= known.seq:
                known.seq, known.digest, known.checkpoint = seq, digest, checkpoint.seq
        self.pinned.last = checkpoint

    def _is_ours(self, checkpoint: Checkpoint) -> bool:
        if self._keys.keys and not self._keys.knows(checkpoint.signature):
            self._report_unknown(checkpoint)
        elif self._thorough and not self._believes(checkpoint):
            self._forged(checkpoint)
            return False
        return True

    def _follows(self, checkpoint: Checkpoint) -> None:
        last = self.pinned.last
        if checkpoint.previous == (last.digest if last else GENESIS):
            return
        expected = last.seq + 1 if last else 1
        if checkpoint.seq > expected:
            text = f"Checkpoints {expected} to {checkpoint.seq - 1} were removed."
            self._findings.add(FindingKind.CHECKPOINT_REMOVED, text, seq=expected)
        else:
            text = f"Checkpoint {checkpoint.seq} of {_at(checkpoint)} does not follow the one before it."
            self._findings.add(FindingKind.CHECKPOINT_REORDERED, text, seq=checkpoint.seq)

    def _forged(self, checkpoint: Checkpoint) -> None:
        text = f"Checkpoint {checkpoint.seq} of {_at(checkpoint)} was changed or forged: the signature does not fit."
        self._findings.add(FindingKind.CHECKPOINT_FORGED, text, seq=checkpoint.seq)

    def _report_unknown(self, checkpoint: Checkpoint) -> None:
        name = name_in(checkpoint.signature)
        if name in self._unknown or len(self._unknown) > _MOST_NAMES:
            return
        self._unknown.add(name)
        text = (
            f"From checkpoint {checkpoint.seq} of {_at(checkpoint)} on, the key named is {name!r}, which is not "
            "in keys/audit.pub: that they are ours could not be proved."
        )
        self._findings.add(FindingKind.UNPROVED, text, seq=checkpoint.seq)

    def _believes(self, checkpoint: Checkpoint) -> bool:
        """Without any key nothing can be said against a signature; that is reported once, elsewhere."""
        return not self._keys.keys or self._keys.believes(checkpoint.signature, checkpoint.text)


def _at(checkpoint: Checkpoint) -> str:
    return moment(checkpoint.at, DEFAULT, precision=Precision.EXACT)
