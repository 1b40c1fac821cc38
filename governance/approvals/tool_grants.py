"""Permissions "for this conversation": made by a decision, visible, expiring, revocable. They never cover more."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from governance.approvals.requests import Request, new_code
from governance.guard.calls import ProposedCall
from governance.guard.patterns import pattern_for
from governance.people.names import known_as
from governance.people.people import Person, Role
from governance.record.audit import Event
from governance.record.transaction import Row, Store, Transaction, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolGrant:
    """One permission: whose calls of which tool in which conversation, matching `pattern`, until when."""

    code: str
    person_id: UUID
    person_name: str
    agent: str
    conversation: str
    tool: str
    pattern: str
    granted_by_name: str
    granted_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGrant:
    """What the guard needs of a grant that covers a call."""

    code: str
    pattern: str
    network: bool


class ToolGrants:
    """All permissions of this kind."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, work: Transaction, request: Request, by: Person, until: datetime) -> str:
        """Make the permission that an approved request asks for; returns the code that revokes it."""
        for length in (4, 4, 5, 6, 8):
            code: str | None = await work.fetchval(
                QUERIES["add"],
                uuid4(),
                new_code(length),
                request.requester_id,
                request.agent,
                request.conversation,
                request.title,
                request.subject["pattern"],
                request.id,
                by.id,
                self._store.now(),
                until,
            )
            if code is not None:
                break
        else:
            raise RuntimeError("no free code for a grant after five tries")
        work.record(
            Event(
                tag="approvals:grant:made",
                actor=str(by.id),
                actor_name=by.name,
                resource=code,
                address=request.conversation,
                detail={
                    "tool": request.title,
                    "pattern": request.subject["pattern"],
                    "until": until,
                    "request": str(request.id),
                    "for": request.requester_name,
                },
            )
        )
        return code

    async def find(self, call: ProposedCall) -> FoundGrant | None:
        """The permission that covers this call at this moment."""
        row = await self._store.fetchrow(
            QUERIES["find"],
            call.conversation,
            call.tool,
            call.person.id,
            call.agent,
            pattern_for(call),
            self._store.now(),
        )
        return None if row is None else FoundGrant(**row)

    async def live(self, viewer: Person) -> list[ToolGrant]:
        """Every live permission for admins, one's own for others; newest first."""
        rows = await self._store.fetch(QUERIES["live"], self._store.now(), viewer.role is Role.ADMIN, viewer.id)
        return [_grant_of(row) for row in rows]

    async def revoke(self, by: Person, code: str) -> bool:
        """End a permission at once: an admin any, others their own. False when there is no such one."""
        async with self._store.transaction() as work:
            row = await work.fetchrow(QUERIES["revoke"], code.upper(), self._store.now(), by.id, by.role is Role.ADMIN)
            if row is None:
                return False
            work.record(
                Event(
                    tag="approvals:grant:revoked",
                    actor=str(by.id),
                    actor_name=by.name,
                    resource=code.upper(),
                    address=row["conversation"],
                    detail={"tool": row["tool"], "pattern": row["pattern"]},
                )
            )
        return True


def _grant_of(row: Row) -> ToolGrant:
    return ToolGrant(
        code=row["code"],
        person_id=row["user_id"],
        person_name=known_as(row["name"], row["display_name"]),
        agent=row["agent"],
        conversation=row["conversation"],
        tool=row["tool"],
        pattern=row["pattern"],
        granted_by_name=known_as(row["by_name"], row["by_display"]),
        granted_at=row["granted_at"],
        expires_at=row["expires_at"],
    )
