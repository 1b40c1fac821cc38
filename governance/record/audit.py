"""The audit log's lines and the hash chains that tie them. It never edits a line; `verify` only reads.

Each process writes on a few chains of its own ("writers"), so that commits need not queue behind one another. A chain
is borrowed for the length of a transaction: its next lines carry the digest of the line before, and it moves on only
when the transaction is known to be committed. When the outcome of a commit is not known the chain is given up and a
new writer begins, so a gap can only mean that somebody removed a line.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from channels.text.plain import printable

GENESIS = "0" * 64


class Status(StrEnum):
    """How the audited thing ended. Alphabetical."""

    DENIED = "denied"
    FAILED = "failed"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the audit log. `tag` is `source:subject:action` and stands in docs/governance.md.

    `actor` is a person's id, `account:<channel>:<id>` for somebody unknown, or `system`. `address` is the IP address
    or the channel and room it came from. `detail` must hold no secret.
    """

    tag: str
    actor: str = "system"
    actor_name: str = ""
    resource: str = ""
    status: Status = Status.OK
    address: str = ""
    user_agent: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """An event tied into a chain, as stored."""

    writer: str
    seq: int
    at: datetime
    actor: str
    actor_name: str
    tag: str
    resource: str
    status: str
    address: str
    user_agent: str
    detail: str
    previous: str
    digest: str


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, ASCII. Used for every digest."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)


def digest_of(line: Mapping[str, Any]) -> str:
    """The SHA-256 over every field of a line but the digest itself, as 64 hex digits."""
    at: datetime = line["at"]
    fields = {key: line[key] for key in AuditLine.__dataclass_fields__ if key not in {"at", "digest"}}
    fields["at"] = at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(canonical(fields).encode()).hexdigest()


class Chain:
    """One writer's chain: the head it stands at. `link` is pure; `advance` moves the head after the commit."""

    def __init__(self) -> None:
        self.writer = str(uuid4())
        self.seq = 0
        self.head = GENESIS

    def link(self, events: Sequence[Event], at: datetime) -> list[AuditLine]:
        """The lines for these events, tied to the head."""
        lines: list[AuditLine] = []
        previous, seq = self.head, self.seq
        for event in events:
            seq += 1
            fields: dict[str, Any] = {
                "writer": self.writer,
                "seq": seq,
                "at": at,
                "actor": _clean(event.actor),
                "actor_name": _clean(event.actor_name),
                "tag": event.tag,
                "resource": _clean(event.resource),
                "status": event.status.value,
                "address": _clean(event.address),
                "user_agent": _clean(event.user_agent)[:400],
                "detail": canonical(event.detail),
                "previous": previous,
            }
            previous = digest_of(fields)
            lines.append(AuditLine(**fields, digest=previous))
        return lines

    def advance(self, lines: Sequence[AuditLine]) -> None:
        """Move the head to the last of these lines, which are committed."""
        if lines:
            self.seq, self.head = lines[-1].seq, lines[-1].digest


def _clean(text: str) -> str:
    """One line of printable text: PostgreSQL refuses NUL, and CR, LF or ANSI would forge lines in a viewer."""
    return printable(text, " ")


class Chains:
    """The chains of one process. `count` transactions may write audit lines at the same time."""

    def __init__(self, count: int = 4) -> None:
        self._free: asyncio.LifoQueue[Chain] = asyncio.LifoQueue()
        for _ in range(count):
            self._free.put_nowait(Chain())

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[Chain]:
        """A chain of one's own for the length of a transaction; given up when the transaction raises."""
        chain = await self._free.get()
        try:
            yield chain
        except BaseException:
            chain = Chain()
            raise
        finally:
            self._free.put_nowait(chain)
