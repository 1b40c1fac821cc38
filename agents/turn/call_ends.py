"""How calls end: as done, failed, refused, lapsed or unknown, with a line of the record for the row that changed.

Who saw the card of a call sees its end there, and whoever asked for one that did not run, or of which nobody knows what
it did, is told. Lapsing, and what ends together with its request, is `governance`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from agents.conversation.conversation import QUERIES
from agents.models.context import CallOutcome, Prepared, result_message
from agents.tools.tool import ToolResult
from governance.approvals.call_requests import show_end
from governance.guard.calls import CallState
from governance.masking import for_record
from governance.record.audit import Event, Status
from governance.record.transaction import Row, Store, Transaction
from governance.values.reasons import Why

UNKNOWN = (
    "The program ended while this call was running, so nobody knows what it did. Do not repeat it: tell the person, "
    "and find out first what has happened."
)
WAITING = (
    "This call was put before those who may decide, as request {code}. It has not run; tell the person that and end "
    "your turn: what becomes of it comes by itself later."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a model is told of a call whose result was lost; its outcome where that is known."""

    text: str
    outcome: CallOutcome | None = None

    def answering(self, call_id: str) -> Prepared:
        """As the result of the call of that id."""
        return result_message(call_id, self.text, self.outcome)


NOT_BEGUN = Told(text="The program ended before this call was answered. It did not run.", outcome=CallOutcome.NOT_RUN)


class CallEnds:
    """Writes them. Each method says whether the call ended by it; one that had ended before stays as it was."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def ran(self, work: Transaction, call_id: UUID, result: ToolResult) -> bool:
        """It ran, and this came of it; or somebody said stop before it began."""
        if not result.ran:
            return await self._stopped(work, call_id, result.text)
        state = CallState.DONE if result.ok else CallState.FAILED
        row = await self._end(work, call_id, state, result.text, seconds=result.seconds)
        if row is None:
            return False
        status = Status.OK if result.ok else Status.FAILED
        detail = {"call": str(call_id), "result": for_record(result.text)[:300]}
        work.record(_about(row, Event(tag="agents:tool:ran", status=status, detail=detail)))
        if result.refused:
            refused = {"because": for_record(result.text), "rule": result.refused, "digest": row["digest"]}
            refused["call"] = str(call_id)
            work.record(_about(row, Event(tag="guard:call:refused", status=Status.DENIED, detail=refused)))
        return True

    async def _stopped(self, work: Transaction, call_id: UUID, text: str) -> bool:
        why = Why(word="why.stopped")
        row = await self._end(work, call_id, CallState.LAPSED, text, why)
        if row is None:
            return False
        detail = {"call": str(call_id), "because": why.said("en")}
        work.record(_about(row, Event(tag="agents:tool:not_run", status=Status.DENIED, detail=detail)))
        return True

    async def refuse(self, work: Transaction, call_id: UUID, why: Why) -> bool:
        """It was approved, and may not run after all."""
        said = why.said("en")
        row = await self._end(work, call_id, CallState.REFUSED, refusal(why), why)
        if row is None:
            return False
        detail = {"call": str(call_id), "because": said, "rule": why.word, "digest": row["digest"]}
        work.record(_about(row, Event(tag="guard:call:refused", status=Status.DENIED, detail=detail)))
        return True

    async def unknown(self, work: Transaction, call_id: UUID) -> bool:
        """It was running when its gateway ended, so nobody knows what it did."""
        row = await self._end(work, call_id, CallState.UNKNOWN, UNKNOWN)
        if row is None:
            return False
        work.record(
            _about(row, Event(tag="agents:tool:outcome_unknown", status=Status.FAILED, detail={"call": str(call_id)}))
        )
        return True

    async def lost(self, work: Transaction, conversation: str, turn_id: UUID) -> Mapping[str, Told]:
        """End what ran in a turn that broke off; what its model is told of each call, by the name it gave it."""
        told: dict[str, Told] = {}
        for row in await work.fetch(QUERIES["calls_of_turn"], conversation, turn_id):
            if row["state"] == CallState.RUNNING:
                await self.unknown(work, row["id"])
            waiting = Told(text=WAITING.format(code=row["code"] or ""), outcome=CallOutcome.NOT_RUN)
            told[row["asked_as"]] = waiting if row["code"] else Told(text=UNKNOWN)
        return told

    async def abandon(self, work: Transaction, conversation: str, turn_id: UUID) -> list[str]:
        """End what ran in a turn that nobody takes up again; the tools of which nobody knows what they did."""
        rows = await work.fetch(QUERIES["calls_of_turn"], conversation, turn_id)
        running = [row for row in rows if row["state"] == CallState.RUNNING]
        ended = [str(row["tool"]) for row in running if await self.unknown(work, row["id"])]
        await work.execute(QUERIES["end_turn"], turn_id, self._store.now())
        return ended

    async def _end(
        self,
        work: Transaction,
        call_id: UUID,
        state: CallState,
        result: str,
        why: Why | None = None,
        *,
        seconds: float | None = None,
    ) -> Row | None:
        was = CallState.APPROVED if state is CallState.REFUSED else CallState.RUNNING
        stored = why.stored if why else ""
        row = await work.fetchrow(
            QUERIES["end_call"], call_id, was.value, state.value, storable(result), stored, self._store.now(), seconds
        )
        if row is not None and row["request_id"] is not None:
            await show_end(work, row["request_id"])
        return row


def refusal(why: Why) -> str:
    """What the model is told of an approved call that may not run."""
    return f"Refused: {why.said('en')}."


def _about(row: Row, event: Event) -> Event:
    """The line, with whose call it was and where."""
    return replace(
        event,
        actor=str(row["user_id"]),
        actor_name=row["who"],
        resource=row["tool"],
        address=row["conversation"],
        detail={"agent": row["agent"], **event.detail},
    )


def storable(text: str) -> str:
    """The text as PostgreSQL takes it."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode()
