"""The table of what is remembered. Every way in takes who reads, and looks at nothing but what is theirs to read.

What belongs to others is not there for a reader: it is not found, not counted and not changed, whatever number they
name. A test tries every method of this class by every reader.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from agents.memory.entries import (
    LONGEST,
    MemoryBasis,
    MemoryEntry,
    MemoryKind,
    MemoryLayer,
    MemoryName,
    MemoryOwner,
    MemoryReader,
    MemoryState,
    NewMemory,
)
from agents.memory.words import asked_words, number_of, words_of
from channels.base import NexoraError
from governance.masking import for_chat
from governance.record.transaction import Row, Store, Transaction, load_queries

QUERIES = load_queries(Path(__file__).with_name("memories.sql"))
KEPT_DAYS = 1
"""How long what was forgotten can be taken back; after that it is erased."""
MOST_ENTRIES = 10_000
"""Of one owner."""
_KNOWN = 8192
_KNOWN_SECONDS = 60.0
_FRESH_DAYS = 60.0


class MemoryMissing(NexoraError):
    """There is no such entry."""


class MemoryFull(NexoraError):
    """Nothing more can be remembered; forget something first."""


class Memories:
    """What is remembered, for whoever may read it. `clock` is monotonic seconds."""

    def __init__(self, store: Store, clock: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()

    # Reading

    async def owners(self, reader: MemoryReader) -> tuple[MemoryOwner, ...]:
        """Those of the reader's owners that have any entry; asks the database once a minute at most."""
        now = self._clock()
        if all((known := self._known.get(owner.key)) and (known[0] or known[1] > now) for owner in reader.owners):
            return tuple(owner for owner in reader.owners if self._known[owner.key][0])
        rows = await self._store.fetch(QUERIES["holds"], *_pairs(reader.owners))
        holding = {f"{row['layer']}:{row['owner']}" for row in rows}
        for owner in reader.owners:
            self._know(owner, holds=owner.key in holding)
        return tuple(owner for owner in reader.owners if owner.key in holding)

    async def search(self, reader: MemoryReader, text: str, *, limit: int = 5) -> list[MemoryEntry]:
        """What answers these words best, of the newest and the most confirmed first where they are alike."""
        words = asked_words(text)
        owners = await self.owners(reader) if words else ()
        if not owners:
            return []
        asked = [(owner, word, says) for owner in owners for word, says in words.items()]
        rows = await self._store.fetch(
            QUERIES["search"],
            [owner.layer.value for owner, _, _ in asked],
            [owner.name for owner, _, _ in asked],
            [number_of(owner.key, word) for owner, word, _ in asked],
            [says for _, _, says in asked],
        )
        now = self._store.now()
        found = [_entry_of(row, row["score"] * _standing(row, now)) for row in rows]
        return sorted(found, key=lambda each: -each.score)[:limit]

    async def opening(self, reader: MemoryReader, *, limit: int = 5) -> list[MemoryEntry]:
        """How the reader wants things done, which matters whatever is said."""
        owners = await self.owners(reader)
        if not owners:
            return []
        return [_entry_of(row) for row in await self._store.fetch(QUERIES["opening"], *_pairs(owners), limit)]

    async def listed(
        self, reader: MemoryReader, *, layer: MemoryLayer | None = None, skip: int = 0, limit: int = 20
    ) -> tuple[list[MemoryEntry], int]:
        """A page of everything, the newest first within each layer, and how many there are."""
        owners = [owner for owner in reader.owners if layer in (None, owner.layer)]
        rows = await self._store.fetch(QUERIES["listed"], *_pairs(owners), skip, limit)
        return [_entry_of(row) for row in rows], rows[0]["total"] if rows else 0

    async def get(self, reader: MemoryReader, name: MemoryName) -> MemoryEntry:
        """That entry. Raises MemoryMissing, also where it is somebody else's."""
        pairs = _pairs(reader.owners)
        return _there(await self._store.fetchrow(QUERIES["get"], *pairs, name.layer.value, name.number))

    # Writing

    async def add(
        self, reader: MemoryReader, work: Transaction, new: NewMemory, *, proposed: bool = False
    ) -> MemoryEntry:
        """Remember it; what is remembered already is confirmed. Raises MemoryMissing for a layer not theirs."""
        owner = reader.owner(new.layer)
        if owner is None or (owner not in reader.changes and not proposed):
            raise MemoryMissing
        words = tidy(new.words)
        await work.fetchval(QUERIES["lock"], owner.key)
        same = await work.fetchrow(QUERIES["same"], *_pairs([owner]), owner.layer.value, words)
        if same is not None and proposed:
            return _entry_of(same)
        if same is not None:
            return await self.confirm(reader, work, MemoryName(layer=owner.layer, number=same["number"]))
        state = MemoryState.PROPOSED if proposed else MemoryState.KEPT
        row = await work.fetchrow(
            QUERIES["add"],
            owner.layer.value,
            owner.name,
            new.kind.value,
            words,
            tidy(new.also),
            state.value,
            *_basis(new.basis),
            self._store.now(),
            _found_by(owner, words, new.also),
        )
        entry = _there(row)
        if entry.number > MOST_ENTRIES and await self._count(work, owner) > MOST_ENTRIES:
            raise MemoryFull
        self._tell(work, owner)
        return entry

    async def confirm(self, reader: MemoryReader, work: Transaction, name: MemoryName) -> MemoryEntry:
        """Somebody said it again. Raises MemoryMissing."""
        now = self._store.now()
        pairs = _pairs(reader.changes)
        return _there(await work.fetchrow(QUERIES["confirm"], *pairs, name.layer.value, name.number, now))

    async def correct(self, reader: MemoryReader, work: Transaction, name: MemoryName, new: NewMemory) -> MemoryEntry:
        """It is otherwise: other words, on another basis. Raises MemoryMissing."""
        owner = reader.owner(name.layer)
        if owner is None:
            raise MemoryMissing
        row = await work.fetchrow(
            QUERIES["correct"],
            *_pairs(reader.changes),
            name.layer.value,
            name.number,
            tidy(new.words),
            tidy(new.also),
            *_basis(new.basis),
            self._store.now(),
            _found_by(owner, tidy(new.words), new.also),
        )
        return _there(row)

    async def forget(self, reader: MemoryReader, work: Transaction, name: MemoryName) -> MemoryEntry:
        """Show it to nobody any more. Raises MemoryMissing."""
        now = self._store.now()
        pairs = _pairs(reader.changes)
        return _there(await work.fetchrow(QUERIES["forget"], *pairs, name.layer.value, name.number, now))

    async def forget_all(self, reader: MemoryReader, work: Transaction, layer: MemoryLayer) -> int:
        """Show nothing of a layer any more; how many there were."""
        pairs, now = _pairs(reader.changes), self._store.now()
        return len(await work.fetch(QUERIES["forget_all"], *pairs, layer.value, now))

    async def take_back(self, reader: MemoryReader, work: Transaction) -> list[MemoryEntry]:
        """Remember again what was forgotten last, if that was within a day; empty when nothing was."""
        since = self._store.now() - timedelta(days=KEPT_DAYS)
        rows = await work.fetch(QUERIES["take_back"], *_pairs(reader.changes), since)
        entries = [_entry_of(row) for row in rows]
        for owner in {entry.owner.key: entry.owner for entry in entries}.values():
            self._tell(work, owner)
        return entries

    # What is known without asking

    def hear(self, what: str) -> None:
        """Another gateway says what it remembered something for."""
        if what.startswith(TOLD):
            self._keep(what.removeprefix(TOLD), holds=True)

    def _tell(self, work: Transaction, owner: MemoryOwner) -> None:
        self._know(owner, holds=True)
        work.announce(f"{TOLD}{owner.key}")

    def _know(self, owner: MemoryOwner, *, holds: bool) -> None:
        self._keep(owner.key, holds=holds)

    def _keep(self, key: str, *, holds: bool) -> None:
        self._known[key] = (holds, self._clock() + _KNOWN_SECONDS)
        self._known.move_to_end(key)
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)

    async def _count(self, work: Transaction, owner: MemoryOwner) -> int:
        rows = await work.fetch(QUERIES["holds"], *_pairs([owner]))
        return rows[0]["count"] if rows else 0


TOLD = "memory:"
"""Begins what a gateway tells the others."""


def tidy(words: str) -> str:
    """The words on one line, without secrets and not too long."""
    line = " ".join(for_chat(words).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _found_by(owner: MemoryOwner, words: str, also: str) -> list[int]:
    return [number_of(owner.key, word) for word in words_of(f"{words}\n{also}")]


def _pairs(owners: Sequence[MemoryOwner]) -> tuple[list[str], list[str]]:
    return [owner.layer.value for owner in owners], [owner.name for owner in owners]


def _basis(basis: MemoryBasis) -> tuple[object, ...]:
    return tidy(basis.words), basis.conversation, basis.at, basis.told_by, basis.agent


def _standing(row: Row, now: datetime) -> float:
    """More for what was confirmed often and lately."""
    age = max(0.0, (now - row["confirmed_at"]).total_seconds() / 86_400)
    return float(1 + 0.08 * math.log(row["confirmed"]) + 0.1 * math.exp(-age / _FRESH_DAYS))


def _there(row: Row | None) -> MemoryEntry:
    if row is None:
        raise MemoryMissing
    return _entry_of(row)


def _entry_of(row: Row, score: float = 0.0) -> MemoryEntry:
    return MemoryEntry(
        id=row["id"],
        owner=MemoryOwner(layer=MemoryLayer(row["layer"]), name=row["owner"]),
        number=row["number"],
        kind=MemoryKind(row["kind"]),
        words=row["words"],
        also=row["also"],
        state=MemoryState(row["state"]),
        basis=MemoryBasis(
            words=row["basis"],
            conversation=row["basis_conversation"],
            at=row["basis_at"],
            told_by=row["told_by"],
            agent=row["agent"],
        ),
        confirmed=row["confirmed"],
        created_at=row["created_at"],
        confirmed_at=row["confirmed_at"],
        score=score,
    )
