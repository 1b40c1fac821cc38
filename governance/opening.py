"""How a request is written down when it is opened: its row, and its line in the record."""

from collections.abc import Sequence

from governance.audit import Event, canonical
from governance.requests import Request


def opened(request: Request, names: Sequence[str]) -> Event:
    """The line of the record about a request for which these people have cards."""
    return Event(
        tag="approvals:request:opened",
        actor=str(request.requester_id or "system"),
        actor_name=request.requester_name,
        resource=str(request.id),
        address=request.conversation,
        detail={
            "kind": request.kind.value,
            "about": request.title,
            "digest": request.digest,
            "risk": request.risk.value,
            "because": str(request.because),
            "agent": request.agent,
            "asked": list(names),
        },
    )


def columns(request: Request) -> list[object]:
    """The values of `insert_request`, in its order."""
    return [
        request.id,
        request.card_id,
        request.code,
        request.kind.value,
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
    ]
