"""Whether an approved call may still begin, asked in the transaction that lets it begin; the end of one that waited.

A right that was taken between the press and the start counts no more, whoever had it: those who approved are looked at
again, and so is whoever asked.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.close import QUERIES, locked, rewrite, tell_requester
from governance.approvals.request_type import known
from governance.approvals.requests import Request, RequestStatus
from governance.people.people import Role
from governance.record.audit import Event, Status
from governance.record.transaction import Row, Store, Transaction
from governance.values.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An approved call that is about to begin: for whom, by which agent, and how many of which role it takes by now."""

    request_id: UUID
    person_id: UUID
    agent: str
    decider_role: str
    quorum: int


async def lack_at_start(work: Transaction, call: Approved, now: datetime) -> Why | None:
    """Why an approved call may not begin after all; None when it may. What it looked at stays so until the commit."""
    rows = await work.fetch(QUERIES["concerned_now"], call.request_id, call.person_id, call.agent, now)
    requester = next((row for row in rows if row["has_asked"]), None)
    if requester is None or requester["status"] != "active":
        return Why(word="why.person")
    if not requester["may_use"]:
        return Why(word="why.agent")
    left = sum(_still_decides(row, call.decider_role) for row in rows)
    if left < call.quorum:
        return Why(word="why.deciders", fields={"left": str(left), "needed": str(call.quorum)})
    return None


async def lack_since(store: Store, person_id: UUID, agent: str) -> Why | None:
    """Why a call of an agent that is at work for somebody may not run any more, whoever let it; None when it may."""
    row = await store.fetchrow(QUERIES["taken_since"], person_id, agent, store.now())
    if row is None or not (row["is_out"] or row["has_lost"]):
        return None
    return Why(word="why.person" if row["is_out"] else "why.agent")


def _still_decides(row: Row, role: str) -> bool:
    """Whether that person has approved and might do so now: for themselves only as long as they are the only admin."""
    if not row["has_approved"] or row["status"] != "active":
        return False
    who = Role(row["role"])
    return who is Role.ADMIN and row["is_only"] if row["has_asked"] else who.covers(role)


async def lapse(work: Transaction, request_id: UUID, *, now: datetime, within: timedelta) -> Request | None:
    """End an approval whose call has not begun `within` that time, and say so where it was asked; None when it has not.

    What is approved is approved for now: an hour later, as after an outage, nobody expects it to happen any more.
    """
    request = await locked(work, known(TOOL_CALL), request_id=request_id)
    if request is None or request.status is not RequestStatus.APPROVED:
        return None
    minutes = max(1, round(within.total_seconds() / 60))
    why = Why(word="why.late", fields={"minutes": str(minutes)})
    if await work.fetchval(QUERIES["lapse"], request_id, now, now - within, why.stored) is None:
        return None
    lapsed = replace(request, status=RequestStatus.EXPIRED)
    work.record(
        Event(
            tag="approvals:request:lapsed",
            resource=str(request.id),
            address=request.conversation,
            status=Status.DENIED,
            detail={"about": request.title, "digest": request.digest, "approved_by": request.decider.who},
        )
    )
    await rewrite(work, lapsed, "lapsed")
    await tell_requester(work, lapsed, "request.lapsed", span=within)
    return lapsed
