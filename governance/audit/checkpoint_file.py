"""Checkpoints as they are signed, and the copy of them outside the database. It decides nothing about them.

The file is one checkpoint a line. It is only ever appended to; the one thing that is cut off is a last line that a
crash left without its end, which the database still has.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from governance.record.audit import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Where every writer that had moved stood: `heads` is the JSON of {writer: [seq, digest]}.

    `previous` is the digest of the checkpoint before, 64 zeros for the first. Since each holds on to the one before,
    a checkpoint pins what all earlier ones named too, and does not name again what stood still.
    """

    seq: int
    at: datetime
    heads: str
    previous: str
    signature: str = ""

    @property
    def text(self) -> str:
        """What is signed."""
        fields: dict[str, Any] = {"seq": self.seq, "heads": self.heads, "previous": self.previous}
        fields["at"] = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return canonical(fields)

    @property
    def digest(self) -> str:
        """What the next one holds on to: everything signed, and the signature."""
        return hashlib.sha256(f"{self.text}\n{self.signature}".encode()).hexdigest()

    def pins(self) -> dict[str, tuple[int, str]]:
        """The heads by writer. Raises ValueError when the text is none of ours."""
        heads = json.loads(self.heads)
        if not isinstance(heads, dict):
            raise ValueError("no heads")  # noqa: TRY004 - the text is wrong, not the caller
        return {writer: _head(value) for writer, value in heads.items()}


def _head(value: Any) -> tuple[int, str]:
    if not isinstance(value, list) or len(value) != 2 or type(value[0]) is not int or not isinstance(value[1], str):  # noqa: PLR2004 - a pair
        raise ValueError("no head")
    return value[0], value[1]


def checkpoint_of(row: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint in a row of the table."""
    return Checkpoint(**{name: row[name] for name in Checkpoint.__dataclass_fields__})


def dump(checkpoint: Checkpoint) -> str:
    """The line of the file, without its end."""
    fields = {name: getattr(checkpoint, name) for name in Checkpoint.__dataclass_fields__}
    return canonical({**fields, "at": checkpoint.at.astimezone(UTC).isoformat(timespec="microseconds")})


def load(line: bytes) -> Checkpoint | None:
    """The checkpoint of a line; None when it is unreadable."""
    try:
        fields = json.loads(line)
        at = datetime.fromisoformat(fields.pop("at"))
        checkpoint = Checkpoint(**fields, at=at)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    texts = (checkpoint.heads, checkpoint.previous, checkpoint.signature)
    if at.tzinfo is None or type(checkpoint.seq) is not int or not all(isinstance(text, str) for text in texts):
        return None
    return checkpoint


def path_of(home: Path) -> Path:
    """The copy outside the database."""
    return home / "audit" / "checkpoints.jsonl"


def append(path: Path, checkpoints: Sequence[Checkpoint]) -> None:
    """Write these at the end and wait until the disk has them.

    Gateways may share the folder, or one begin while the one before it ends: they take turns, and what another has
    written meanwhile is not written again.
    """
    if not checkpoints:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
        last = last_of(path)
        file.truncate(whole_bytes(path))
        new = [checkpoint for checkpoint in checkpoints if last is None or checkpoint.seq > last.seq]
        file.write(b"".join(dump(checkpoint).encode() + b"\n" for checkpoint in new))
        file.flush()
        os.fsync(file.fileno())


def whole_bytes(path: Path) -> int:
    """How many bytes of the file are whole lines; 0 without a file."""
    return _last_line(path)[0]


def last_of(path: Path) -> Checkpoint | None:
    """The last readable checkpoint of the file; None when there is none."""
    end, line = _last_line(path)
    last = load(line) if line else None
    if last is None:
        readable = (found for _, found in read(path, end) if found is not None)
        last = max(readable, key=lambda found: found.seq, default=None)
    return last


def _last_line(path: Path) -> tuple[int, bytes]:
    """Where the last whole line ends, and that line; read from the end, so that the length does not matter."""
    if not path.exists():
        return 0, b""
    with path.open("rb") as file:
        size = start = file.seek(0, os.SEEK_END)
        step, piece = 8192, b""
        while start and piece.count(b"\n") < 2:  # noqa: PLR2004 - the end of the line and the end of the one before
            start, step = max(0, size - step), step * 2
            file.seek(start)
            piece = file.read(size - start)
    whole = piece[: piece.rfind(b"\n") + 1]
    return start + len(whole), whole.rstrip(b"\n").rpartition(b"\n")[2]


def read(path: Path, size: int) -> Iterator[tuple[int, Checkpoint | None]]:
    """Each line's number and checkpoint, None for an unreadable one, up to this many bytes."""
    if not size:
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            size -= len(line)
            if size < 0:
                return
            yield number, load(line)
