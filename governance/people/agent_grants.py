"""Which person may talk to which agent, and until when. A grant never says what the agent may do: the guard does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from channels.base import NexoraError
from channels.text.grammar import counted
from governance.people.people import CHAT, Origin, Person
from governance.people.wrong import PersonMissing
from governance.record.transaction import Row, Store, Transaction, load_queries

MOST_FOR_ADMINS = 50
"""So many agents are granted to a new admin; the others as to everybody else."""
_QUERIES = Path(__file__).with_name("agent_grants.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentGrant:
    """A live grant. Without `expires_at` it lasts until it is revoked; `granted_by` is the name of whoever gave it."""

    id: UUID
    person_id: UUID
    person: str
    agent: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime | None


class ExpiryPast(NexoraError):
    """A grant must end in the future."""


class DurationUnknown(NexoraError):
    """Write for how long as 8h (hours) or 3d (days), at most 366 days; left out, it lasts until it is taken back."""


_LONGEST = timedelta(days=366)


def lasting(given: str) -> timedelta | None:
    """How long a grant is to last, as people write it: 8 and 8h are hours, 3d are days; None for nothing written.

    Raises DurationUnknown for everything else, since a limit that is not understood must not become none.
    """
    if not given.strip():
        return None
    found = counted(given, "days", "hours")
    if found is None:
        raise DurationUnknown
    number, unit = found
    long = timedelta(days=number) if unit == "days" else timedelta(hours=number)
    if not timedelta(0) < long <= _LONGEST:
        raise DurationUnknown
    return long


class AgentGrants:
    """Gives and takes grants; each change commits with its audit line."""

    def __init__(self, store: Store, for_admins: Callable[[], Sequence[str]] = tuple) -> None:
        """`for_admins` lists the agents that every admin may use, at any moment."""
        self._for_admins = for_admins
        self._store = store
        self._queries = load_queries(_QUERIES)

    async def grant(
        self,
        person_id: UUID,
        agent: str,
        *,
        by: Person | None,
        expires_at: datetime | None = None,
        origin: Origin = CHAT,
    ) -> AgentGrant:
        """Let an active person use an agent; a grant already there is replaced. Raises PersonMissing, ExpiryPast."""
        async with self._store.transaction() as work:
            return await self.grant_in(work, person_id, agent, by=by, expires_at=expires_at, origin=origin)

    async def grant_in(
        self,
        work: Transaction,
        person_id: UUID,
        agent: str,
        *,
        by: Person | None,
        expires_at: datetime | None = None,
        origin: Origin = CHAT,
    ) -> AgentGrant:
        """`grant` as part of a larger change."""
        now = self._store.now()
        if expires_at is not None and expires_at <= now:
            raise ExpiryPast
        if await work.fetchval(self._queries["hold_person"], person_id) is None:
            raise PersonMissing
        by_id = by.id if by else None
        await work.fetchval(self._queries["revoke"], person_id, agent, now, by_id)
        given = await work.fetchval(self._queries["grant"], uuid4(), person_id, agent, by_id, now, expires_at)
        detail = {"agent": agent, "until": expires_at.isoformat() if expires_at else None}
        work.record(origin.event("agent_grant:created", by, resource=person_id, detail=detail))
        row = await work.fetchrow(self._queries["get"], given)
        if row is None:
            raise PersonMissing
        return _grant_of(row)

    async def give_admin(self, work: Transaction, person: Person, by: Person | None, origin: Origin) -> None:
        """Give somebody who has become an admin what admins have, beside what they have already."""
        for agent in self._for_admins()[:MOST_FOR_ADMINS]:
            if agent not in person.agents:
                await self.grant_in(work, person.id, agent, by=by, origin=origin)

    async def revoke(self, person_id: UUID, agent: str, *, by: Person | None, origin: Origin = CHAT) -> bool:
        """Take the grant away at once; False when there was none."""
        async with self._store.transaction() as work:
            now = self._store.now()
            was_live = await work.fetchval(self._queries["revoke"], person_id, agent, now, by.id if by else None)
            if was_live:
                work.record(origin.event("agent_grant:revoked", by, resource=person_id, detail={"agent": agent}))
        return bool(was_live)

    async def of(self, person_id: UUID) -> list[AgentGrant]:
        """The live grants of one person, by agent."""
        return [_grant_of(row) for row in await self._store.fetch(self._queries["of"], person_id, self._store.now())]

    async def of_people(self, person_ids: Sequence[UUID]) -> list[AgentGrant]:
        """The live grants of these persons, by person and agent."""
        rows = await self._store.fetch(self._queries["of_people"], self._store.now(), list(person_ids))
        return [_grant_of(row) for row in rows]

    async def page(self, *, after: tuple[str, str] = ("", ""), limit: int = 100) -> list[AgentGrant]:
        """Live grants by person's name and agent, those after that pair."""
        rows = await self._store.fetch(self._queries["page"], self._store.now(), *after, limit)
        return [_grant_of(row) for row in rows]


def _grant_of(row: Row) -> AgentGrant:
    return AgentGrant(**{name: row[name] for name in AgentGrant.__dataclass_fields__})


def chosen_agent(wanted: str, person: Person, default: str) -> str | None:
    """The agent that answers: the one chosen here, else the default, else the first; only ever a granted one."""
    for name in (wanted, default):
        if name in person.agents:
            return name
    return min(person.agents, default=None)
