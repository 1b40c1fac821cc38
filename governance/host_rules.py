"""Hosts that commands wanted and were not let through to, and those that an admin has allowed since, for one agent.

A rule is as narrow as what was blocked: one host, one port, and one method where that could be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from governance.hosts import CONNECT, HostRule, is_host
from governance.people import Origin, Person
from governance.requests import new_code
from governance.store import Row, Store, Transaction, load_queries

_QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
MOST_WAITING = 100
"""Blocked hosts of one agent that are kept for an admin to look at; the oldest make room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOffer:
    """One host of one agent: blocked so far, or allowed `by` somebody. `method` is empty where it could not be seen."""

    code: str
    agent: str
    host: str
    port: int
    method: str
    times: int
    last_at: datetime
    by: str = ""

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


class HostRules:
    """All of them; each change commits with its audit line."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def blocked(self, work: Transaction, agent: str, places: Sequence[tuple[str, int, str]]) -> None:
        """Keep what was blocked (host, port, method) to be offered; what is a rule already stays one."""
        for host, port, method in places:
            if not is_host(host):
                continue
            seen = "" if method in {CONNECT, "TCP"} else method
            for length in (4, 5, 6, 8):
                added = (uuid4(), new_code(length), agent, host, port, seen, self._store.now())
                if await work.fetchval(_QUERIES["blocked"], *added) is not None:
                    break
        await work.execute(_QUERIES["make_room"], agent, MOST_WAITING)

    async def of(self, agent: str) -> tuple[HostRule, ...]:
        """The rules of an agent that are in force at this moment."""
        rows = await self._store.fetch(_QUERIES["of"], agent)
        return tuple(
            HostRule(host=row["host"], ports=(row["port"],), methods=(row["method"],) if row["method"] else ())
            for row in rows
        )

    async def listed(self) -> list[HostOffer]:
        """What is allowed, then what was blocked, the newest first."""
        return [_offer(row) for row in await self._store.fetch(_QUERIES["listed"])]

    async def allow(self, by: Person, code: str, origin: Origin) -> HostOffer | None:
        """Make it a rule; None when nothing blocked has that code."""
        async with self._store.transaction() as work:
            offer = await self._changed(work, "allow", by, code)
            if offer is not None:
                work.record(origin.event("host_rule:made", by, resource=offer.place, detail=offer.detail))
        return offer

    async def revoke(self, by: Person, code: str, origin: Origin) -> HostOffer | None:
        """End a rule at once; None when there is none of that code."""
        async with self._store.transaction() as work:
            offer = await self._changed(work, "revoke", by, code)
            if offer is not None:
                work.record(origin.event("host_rule:revoked", by, resource=offer.place, detail=offer.detail))
        return offer

    async def _changed(self, work: Transaction, query: str, by: Person, code: str) -> HostOffer | None:
        row = await work.fetchrow(_QUERIES[query], code.upper(), by.id, self._store.now())
        return None if row is None else _offer(row)


def _offer(row: Row) -> HostOffer:
    return HostOffer(
        code=row["code"],
        agent=row["agent"],
        host=row["host"],
        port=row["port"],
        method=row["method"],
        times=row["times"],
        last_at=row["last_at"],
        by=row["by_name"] or "",
    )
