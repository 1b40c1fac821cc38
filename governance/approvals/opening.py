"""How a request is written down when it is opened: its row, its copies, and its line in the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from channels.messages import Account, Address
from governance.approvals.close import QUERIES
from governance.approvals.request_type import RequestType
from governance.approvals.requests import Request, columns_of, new_card_id, new_code, told_of
from governance.people.people import Person
from governance.record.audit import Event, canonical
from governance.record.transaction import Transaction
from governance.values.verdicts import Ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a request is made of.

    `account` is the one by which it was asked for. `address` is the conversation where the requester waits, with a card
    if `shows`.
    """

    kind: RequestType
    requester: Person | None
    subject: Mapping[str, object]
    digest: str
    ask: Ask
    account: Account | None = None
    agent: str = ""
    address: Address | None = None
    is_direct: bool = True
    shows: bool = True


async def insert(work: Transaction, asking: Asking, now: datetime) -> Request:
    """The row of a new request, under a code that no other waiting one has."""
    for length in (4, 4, 5, 6, 8):
        request = Request(
            id=uuid4(),
            card_id=new_card_id(),
            code=new_code(length),
            kind=asking.kind,
            requester_id=asking.requester.id if asking.requester else None,
            requester_name=asking.requester.label if asking.requester else "",
            requester_account=asking.account,
            agent=asking.agent,
            conversation=asking.address.key if asking.address else "",
            subject=dict(asking.subject),
            digest=asking.digest,
            risk=asking.ask.risk,
            because=asking.ask.because,
            decider_role=asking.ask.decider_role,
            quorum=asking.ask.quorum,
            created_at=now,
            expires_at=now + timedelta(seconds=asking.ask.expiry_seconds),
        )
        if await work.fetchval(QUERIES["insert_request"], *_columns(request)) is not None:
            return request
    raise RuntimeError("no free code for a request after five tries")


def opened(request: Request, names: Sequence[str], by: Person | None = None) -> Event:
    """The line of the record about a request for which these people have cards; `by` asked for it."""
    return Event(
        tag="approvals:request:opened",
        actor=str(request.requester_id or "system"),
        actor_name=by.name if by else "",
        resource=str(request.id),
        address=request.conversation,
        detail={
            "kind": request.kind.name,
            "about": request.title,
            "digest": request.digest,
            "risk": request.risk.value,
            "because": str(request.because),
            "agent": request.agent,
            "asked": list(names),
            **told_of(request.requester_account),
        },
    )


def _columns(request: Request) -> list[object]:
    """The values of `insert_request`, in its order."""
    return [
        request.id,
        request.card_id,
        request.code,
        request.kind.name,
        request.requester_id,
        request.requester_name,
        request.agent,
        request.conversation,
        canonical(request.subject),
        request.digest,
        request.risk.value,
        request.because.stored,
        request.decider_role,
        request.quorum,
        request.created_at,
        request.expires_at,
        *columns_of(request.requester_account),
    ]
