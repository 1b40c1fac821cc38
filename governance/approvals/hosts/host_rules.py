"""What an admin has made of the hosts that were blocked: narrow rules of one agent, passes for one call, denials.

A host that was blocked is kept here to be offered: exactly that host, port and, where it could be seen, method.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from governance.approvals.close import RequestEnding, close, locked, rewrite
from governance.approvals.hosts.host_requests import HOST
from governance.approvals.request_type import known
from governance.approvals.requests import RequestStatus, new_code
from governance.egress.hosts import CONNECT, HostRule, is_host
from governance.people.names import known_as
from governance.people.people import Origin, Person
from governance.record.transaction import Row, Store, Transaction, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
MOST_WAITING = 100
"""Blocked hosts of one agent that are kept for an admin to look at; the oldest make room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOffer:
    """One host of one agent: blocked so far, allowed `by` somebody, or `denied_by` somebody.

    `method` is empty where it could not be seen; `is_asked` says that a request about it waits.
    """

    id: UUID
    code: str
    agent: str
    host: str
    port: int
    method: str
    times: int
    last_at: datetime
    by: str = ""
    denied_by: str = ""
    is_asked: bool = False

    @property
    def place(self) -> str:
        """Method, host and port, as people write them."""
        return f"{self.method} {self.host}:{self.port}".strip()

    @property
    def detail(self) -> dict[str, object]:
        """What the record says of it."""
        return {"agent": self.agent, "host": self.host, "port": self.port, "method": self.method}

    @property
    def is_allowed(self) -> bool:
        """Whether it is a rule by now."""
        return bool(self.by)

    @property
    def is_denied(self) -> bool:
        """Whether nobody is to be asked about it any more."""
        return bool(self.denied_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """What was blocked just now, by what is known of it: new, waiting for an answer or left without one, denied."""

    fresh: tuple[HostOffer, ...] = ()
    asked: tuple[HostOffer, ...] = ()
    denied: tuple[HostOffer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one call of a conversation may reach, once."""

    id: UUID
    rule_id: UUID
    good_until: datetime
    rule: HostRule


class HostRules:
    """All of them; each change commits with its audit line."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def blocked(self, work: Transaction, agent: str, places: Sequence[tuple[str, int, str]]) -> Blocked:
        """Keep what was blocked (host, port, method) to be offered; what is a rule already stays one."""
        found: dict[str, list[HostOffer]] = {"denied": [], "asked": [], "fresh": []}
        unseen = {(host, port, "" if method in {CONNECT, "TCP"} else method) for host, port, method in places}
        for host, port, method in sorted(unseen):  # in one order, so that two calls never wait for each other
            row = await self._kept(work, agent, host, port, method) if is_host(host) else None
            if row is None or row["allowed_by"] is not None:
                continue
            found["denied" if row["denied_at"] else "asked" if row["request_id"] else "fresh"].append(offer_of(row))
        await work.execute(QUERIES["make_room"], agent, MOST_WAITING)
        return Blocked(**{name: tuple(offers) for name, offers in found.items()})

    async def _kept(self, work: Transaction, agent: str, host: str, port: int, method: str) -> Row | None:
        """Its row; None where no code was free."""
        for length in (4, 5, 6, 8):
            added = (uuid4(), new_code(length), agent, host, port, method, self._store.now())
            if (row := await work.fetchrow(QUERIES["blocked"], *added)) is not None:
                return row
        return None

    async def of(self, agent: str, conversation: str = "") -> tuple[HostRule, ...]:
        """The rules of an agent that are in force at this moment, with the passes of that conversation."""
        rows = await self._store.fetch(QUERIES["of"], agent, conversation, self._store.now())
        return tuple(_rule(row) for row in rows)

    async def listed(self) -> list[HostOffer]:
        """What is allowed, then what was blocked, then what was denied, the newest first."""
        return [offer_of(row) for row in await self._store.fetch(QUERIES["listed"])]

    # Passes

    async def take(self, agent: str, conversation: str) -> list[Pass]:
        """Take the passes of a conversation for one call, so that no other has them."""
        rows = await self._store.fetch(QUERIES["take"], agent, conversation, self._store.now())
        return [
            Pass(id=row["id"], rule_id=row["rule_id"], good_until=row["good_until"], rule=_rule(row)) for row in rows
        ]

    async def give_back(self, conversation: str, passes: Sequence[Pass]) -> None:
        """Give back those by which the call reached nothing."""
        await self._store.fetch(
            QUERIES["give_back"],
            [one.id for one in passes],
            [one.rule_id for one in passes],
            conversation,
            [one.good_until for one in passes],
        )

    # What admins settle without a card

    async def allow(self, by: Person, code: str, origin: Origin) -> HostOffer | None:
        """Make it a rule; None when nothing that is no rule yet has that code."""
        async with self._store.transaction() as work:
            offer = await self._changed(work, "allow", by, code)
            if offer is not None:
                work.record(origin.event("host_rule:made", by, resource=offer.place, detail=offer.detail))
        return offer

    async def deny(self, by: Person, code: str, origin: Origin) -> HostOffer | None:
        """Have nobody asked about it any more; None when nothing that was only blocked has that code."""
        async with self._store.transaction() as work:
            offer = await self._changed(work, "deny", by, code)
            if offer is not None:
                work.record(origin.event("host_rule:denied", by, resource=offer.place, detail=offer.detail))
        return offer

    async def revoke(self, by: Person, code: str, origin: Origin) -> HostOffer | None:
        """End a rule, or a denial, at once; None when there is none of that code."""
        async with self._store.transaction() as work:
            offer = await self._changed(work, "revoke", by, code)
            if offer is not None and offer.is_denied:
                work.record(origin.event("host_rule:reopened", by, resource=offer.place, detail=offer.detail))
            elif offer is not None:
                work.record(origin.event("host_rule:revoked", by, resource=offer.place, detail=offer.detail))
        return offer

    async def _changed(self, work: Transaction, query: str, by: Person, code: str) -> HostOffer | None:
        """Change it, and end the request about it when nothing of that is open; it is locked first, as by a press."""
        asked = await work.fetchval(QUERIES["asked_about"], code.upper())
        request = await locked(work, known(HOST), request_id=asked) if asked else None
        row = await work.fetchrow(QUERIES[query], code.upper(), by.id, self._store.now(), by.name, by.display_name)
        if row is None:
            return None
        if request is not None and request.is_pending and not await work.fetchval(QUERIES["left_of"], request.id):
            ending = RequestEnding(status=RequestStatus.CANCELLED, at=self._store.now(), by=by)
            await rewrite(work, await close(work, request, ending), "outcome")
        return offer_of(row)


def _rule(row: Row) -> HostRule:
    return HostRule(host=row["host"], ports=(row["port"],), methods=(row["method"],) if row["method"] else ())


def offer_of(row: Row) -> HostOffer:
    """The offer of a row of these queries."""
    return HostOffer(
        id=row["id"],
        code=row["code"],
        agent=row["agent"],
        host=row["host"],
        port=row["port"],
        method=row["method"],
        times=row["times"],
        last_at=row["last_at"],
        by=known_as(row["by_name"] or "", row["by_shown"] or ""),
        denied_by=known_as(row["denied_name"], row["denied_shown"] or "") if row["denied_name"] else "",
        is_asked=row["is_asked"],
    )
