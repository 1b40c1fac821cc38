"""The API of memory: what is remembered of whoever asks, changing and forgetting it. Nobody reaches another's."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from agents.memory.entries import (
    LONGEST,
    MemoryBasis,
    MemoryEntry,
    MemoryKind,
    MemoryLayer,
    MemoryName,
    MemoryReader,
    NewMemory,
)
from agents.memory.fit import unfit
from agents.memory.memories import Memories, MemoryMissing
from gateway.web.api.openapi import Operation
from gateway.web.api.types import Given, Limit, Line
from gateway.web.http.problems import Problem
from gateway.web.http.route import ORIGIN, PERSON, needs_of
from governance.record.transaction import Store

EntryNumber = Annotated[int, Field(ge=1, le=2_000_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the API of memory uses."""

    store: Store
    memories: Memories


class MemoryWords(Given):
    """Other words for an entry."""

    words: Annotated[Line, Field(min_length=1, max_length=LONGEST)]


class MemoryOut(BaseModel):
    """One thing that is remembered. `basis` are the words that it rests on."""

    number: int
    kind: MemoryKind
    words: str
    basis: str
    confirmed: int
    created_at: datetime
    confirmed_at: datetime

    @classmethod
    def of(cls, entry: MemoryEntry) -> "MemoryOut":
        """As the API shows it."""
        return cls(
            number=entry.number,
            kind=entry.kind,
            words=entry.words,
            basis=entry.basis.words,
            confirmed=entry.confirmed,
            created_at=entry.created_at,
            confirmed_at=entry.confirmed_at,
        )


async def list_memory(
    request: web.Request, skip: Annotated[int, Field(ge=0, le=100_000)] = 0, limit: Limit = 100
) -> list[MemoryOut]:
    """What is remembered of oneself, the newest first."""
    entries, _ = await needs_of(request, Needs).memories.listed(_reader(request), skip=skip, limit=limit)
    return [MemoryOut.of(entry) for entry in entries]


async def change_memory(request: web.Request, number: EntryNumber, change: MemoryWords) -> MemoryOut:
    """Write an entry otherwise. Nothing about credentials is taken, and no orders to an agent."""
    needs, person = needs_of(request, Needs), request[PERSON]
    if lack := unfit(change.words):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, errors=[{"path": "words", "message": lack}])
    basis = MemoryBasis(words=change.words, at=needs.store.now(), told_by=person.id)
    new = NewMemory(layer=MemoryLayer.PERSON, kind=MemoryKind.FACT, words=change.words, basis=basis)
    try:
        async with needs.store.transaction() as work:
            entry = await needs.memories.correct(_reader(request), work, _name(number), new)
            work.record(request[ORIGIN].event("memory:changed", person, resource=str(number)))
    except MemoryMissing as error:
        raise Problem(HTTPStatus.NOT_FOUND) from error
    return MemoryOut.of(entry)


async def forget_memory(request: web.Request, number: EntryNumber) -> None:
    """Show an entry to nobody any more; it is erased after a day."""
    needs, person = needs_of(request, Needs), request[PERSON]
    try:
        async with needs.store.transaction() as work:
            await needs.memories.forget(_reader(request), work, _name(number))
            work.record(request[ORIGIN].event("memory:forgotten", person, resource=str(number)))
    except MemoryMissing as error:
        raise Problem(HTTPStatus.NOT_FOUND) from error


def _reader(request: web.Request) -> MemoryReader:
    return MemoryReader(person_id=request[PERSON].id)


def _name(number: int) -> MemoryName:
    return MemoryName(layer=MemoryLayer.PERSON, number=number)


OPERATIONS = (
    Operation("GET", "/api/memory", list_memory),
    Operation("PUT", "/api/memory/{number}", change_memory, problems=(404,)),
    Operation("DELETE", "/api/memory/{number}", forget_memory),
)
