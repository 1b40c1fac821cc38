"""A denial ends the asking, and so does a question that nobody answered: until a person speaks, it is not put again.

Kept in the database, so that it holds after a restart and at every gateway. A new word of a person in the conversation
lifts it, but not for a call that is the same to the letter and was denied a few minutes ago.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from governance.approvals.requests import Request, RequestStatus
from governance.guard.calls import ProposedCall, hashed
from governance.guard.targets import is_same, targets_of
from governance.record.audit import canonical
from governance.record.transaction import Store, Transaction, load_queries
from governance.values.reasons import Why, why

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
MOST_IN_A_ROW = 3
"""After so many refusals in a row no turn begins by itself."""
_ENDS = frozenset({RequestStatus.DENIED, RequestStatus.EXPIRED})
_ENDED = {"cancelled": "was withdrawn", "denied": "was denied", "expired": "expired"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A refusal that still counts. `is_lifted`: a person has spoken since, so it counts for the very same call."""

    code: str
    sameness: str
    targets: frozenset[str]
    was_denied: bool
    at: datetime
    is_lifted: bool


class RefusedAsks:
    """What was refused in a conversation, and whether a call asks for it again."""

    def __init__(self, store: Store, *, again_after_seconds: float = 600) -> None:
        self._store = store
        self._again_after = timedelta(seconds=again_after_seconds)

    async def standing(self, work: Transaction, conversation: str) -> Sequence[Standing]:
        """The refusals that count there now, newest first."""
        rows = await work.fetch(QUERIES["standing"], conversation, self._store.now() - self._again_after)
        return [Standing(**{**row, "targets": frozenset(row["targets"])}) for row in rows]

    def again(self, standing: Sequence[Standing], call: ProposedCall) -> Why | None:
        """Why this call is not put before anybody, since it was refused before; None when it was not."""
        if not standing:
            return None
        sameness, targets = sameness_of(call.tool, call.arguments), targets_of(call)
        for refused in standing:
            if (
                refused.sameness == sameness
                and refused.was_denied
                and refused.at > self._store.now() - self._again_after
            ):
                minutes = max(1, round(self._again_after.total_seconds() / 60))
                return why("again.denied", code=refused.code, minutes=str(minutes))
            if not refused.is_lifted and (refused.sameness == sameness or is_same(refused.targets, targets)):
                return why("again.refused" if refused.was_denied else "again.expired", code=refused.code)
        return None

    async def told_since(self, conversation: str, turn_id: UUID, *, by_person: bool) -> str:
        """What a model has not been told of yet, as a line for it; empty for nothing. A person's word lifts it."""
        async with self._store.transaction() as work:
            if by_person:
                await work.execute(QUERIES["lift"], conversation, turn_id)
            rows = await work.fetch(QUERIES["tell"], conversation, turn_id)
        if not rows:
            return ""
        each = ", ".join(f"{row['code']} ({row['tool']}) {_ENDED.get(row['status'], 'ended')}" for row in rows)
        return f"[Nexora] Of the earlier requests {each}. They did not run; do not ask for them again."


async def note_end(work: Transaction, request: Request, at: datetime, *, is_quiet: bool = False) -> int:
    """Keep how a call's request ended, in that transaction; how many were refused in a row by now, 0 for other ends.

    One that is quiet ends together with another, and counts with it.
    """
    if request.status is RequestStatus.APPROVED:
        await work.execute(QUERIES["break_row"], request.conversation)
    is_refused = request.status in _ENDS
    if not is_refused and not (is_quiet and request.status is RequestStatus.CANCELLED):
        return 0
    await work.execute(QUERIES["one_at_a_time"], request.conversation)
    in_a_row: int = await work.fetchval(QUERIES["in_a_row"], request.conversation)
    in_a_row += not is_quiet
    await work.execute(
        QUERIES["note"],
        request.id,
        request.conversation,
        sameness_of(str(request.subject.get("tool", "")), request.subject.get("arguments", {})),
        list(request.subject.get("targets", ())),
        request.status is RequestStatus.DENIED,
        at,
        is_quiet or in_a_row >= MOST_IN_A_ROW,
        not is_quiet,
        None if is_refused else request.id,
    )
    return in_a_row


def sameness_of(tool: str, arguments: object) -> str:
    """By which the very same call is known, whatever has become of the files that it names."""
    return hashed(canonical({"tool": tool, "arguments": arguments}))
