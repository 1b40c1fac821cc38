"""What is wrong with a record, in sentences that name the first bad place of each kind. It looks for nothing itself."""

from dataclasses import dataclass, replace
from enum import StrEnum


class FindingKind(StrEnum):
    """What happened to the record. Alphabetical."""

    CHANGED = "changed"
    CHECKPOINT_CHANGED = "checkpoint_changed"
    CHECKPOINT_FORGED = "checkpoint_forged"
    CHECKPOINT_REMOVED = "checkpoint_removed"
    CHECKPOINT_REORDERED = "checkpoint_reordered"
    INSERTED = "inserted"
    OLDER_DATABASE = "older_database"
    OLDER_FILE = "older_file"
    REMOVED = "removed"
    REORDERED = "reordered"
    REPLACED = "replaced"
    REWRITTEN = "rewritten"
    TAIL_REMOVED = "tail_removed"
    UNPROVED = "unproved"
    WRITER_REMOVED = "writer_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The first bad place of a kind. `writer` is empty when it is a checkpoint; `seq` is the line or checkpoint.

    `more` counts further places of the same kind.
    """

    kind: FindingKind
    sentence: str
    writer: str = ""
    seq: int = 0
    more: int = 0

    def __str__(self) -> str:
        return f"{self.sentence} ({self.more} more like this.)" if self.more else self.sentence


class AuditFindings:
    """Collects them: the first of each kind is kept and the rest are counted, so that memory stays flat."""

    def __init__(self) -> None:
        self._first: dict[FindingKind, Finding] = {}

    def add(self, kind: FindingKind, sentence: str, *, writer: str = "", seq: int = 0) -> None:
        """Something is wrong here."""
        known = self._first.get(kind)
        if known is None:
            self._first[kind] = Finding(kind=kind, sentence=sentence, writer=writer, seq=seq)
        else:
            self._first[kind] = replace(known, more=known.more + 1)

    def list(self) -> list[Finding]:
        """All kinds in the order in which they were met."""
        return list(self._first.values())

    def __bool__(self) -> bool:
        return bool(self._first)
