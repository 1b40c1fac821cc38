"""What happens after a decision: the call runs exactly once, or does not, and the conversation goes on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from agents.calls import UNKNOWN, Calls, Judged, Setting, propose
from agents.context import Prepared, answer_message, message
from agents.conversation import QUERIES
from agents.models import ToolCallRequest
from channels.messages import Address
from governance.audit import Event, Status
from governance.calls import ProposedCall
from governance.guard import Guard
from governance.store import Row, Store, Transaction
from governance.verdicts import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedCall:
    """A call whose request was decided, as stored."""

    row: Row
    address: Address

    @property
    def turn_id(self) -> UUID:
        """The turn that continues after the decision: the same however often it is begun."""
        return uuid5(NAMESPACE_URL, f"nexora:decided:{self.row['request_id']}")

    @property
    def person_id(self) -> UUID:
        """Whose call it is."""
        person_id: UUID = self.row["user_id"]
        return person_id

    @property
    def agent(self) -> str:
        """The agent that asked for it."""
        return str(self.row["agent"])

    @property
    def is_direct(self) -> bool:
        """Whether it was asked in a private conversation."""
        return bool(json.loads(self.row["subject"]).get("is_direct", True))


class Decided:
    """Runs or buries decided calls."""

    def __init__(self, store: Store, calls: Calls, guard: Guard) -> None:
        self._store = store
        self._calls = calls
        self._guard = guard

    async def find(self, request_id: UUID) -> DecidedCall | None:
        """The call of that request."""
        row = await self._store.fetchrow(QUERIES["of_request"], request_id)
        if row is None:
            return None
        place = await self._store.fetchrow(QUERIES["address"], row["conversation"])
        if place is None:
            return None
        address = Address(channel=place["channel"], room=place["room"], thread=place["thread"])
        return DecidedCall(row=row, address=address)

    async def forgo(self, work: Transaction, decided: DecidedCall) -> None:
        """Write that a decided call does not run, because whoever asked may not use the agent any more."""
        why = "the person who asked may not use this agent any more"
        await work.execute(QUERIES["forgo_call"], decided.row["id"], why, self._store.now())
        work.record(
            Event(
                tag="guard:call:refused",
                actor=str(decided.person_id),
                resource=str(decided.row["tool"]),
                status=Status.DENIED,
                address=decided.address.key,
                detail={"agent": decided.agent, "call": str(decided.row["id"]), "because": why},
            )
        )

    async def opening(self, setting: Setting, decided: DecidedCall) -> Sequence[Prepared]:
        """What the model is told: the decision, and the call with its result where it was approved."""
        row = decided.row
        who = row["decider_display"] or row["decider"] or "nobody"
        if row["request_status"] != "approved":
            reason = f" Reason: {row['reason']}." if row["reason"] else ""
            how = {"denied": f"was denied by {who}", "expired": "expired without a decision, so it counts as denied"}
            ended = how.get(row["request_status"], "was withdrawn")
            told = (
                f"[Nexora] Request {row['code']} for {row['tool']} {ended}.{reason} It did not run. Do not ask for it "
                "again; tell the person."
            )
            return [message("user", told)]
        request = ToolCallRequest(id=f"call_{row['id'].hex[:24]}", name=row["tool"], arguments=row["arguments"])
        result = await self._result(setting, decided, request)
        told = f"[Nexora] Request {row['code']} for {row['tool']} was approved by {who}. The call ran once:"
        return [
            message("user", told),
            answer_message("", (request,)),
            message("tool", result, tool_call_id=request.id),
        ]

    async def _result(self, setting: Setting, decided: DecidedCall, request: ToolCallRequest) -> str:
        row = decided.row
        if row["state"] in {"done", "unknown"}:
            return row["result"] or UNKNOWN
        if row["state"] == "running":
            async with self._store.transaction() as work:
                await self._calls.settle_unknown(work, setting, row["id"])
            return UNKNOWN
        tool = setting.agent.tools.get(row["tool"])
        if tool is None:
            return f"Refused: this agent no longer has the tool {row['tool']}."
        proposed = propose(setting, tool, json.loads(row["arguments"]))
        judged = Judged(request=request, id=row["id"], proposed=proposed, tool=tool, is_allowed=True)
        refusal = await self._refusal(proposed, row)
        async with self._store.transaction() as work:
            if not await self._calls.claim(work, row["id"]):
                return UNKNOWN
            if refusal:
                await self._calls.refuse_decided(work, setting, judged, refusal)
        if refusal:
            return refusal
        result = await self._calls.run(setting, judged)
        async with self._store.transaction() as work:
            await self._calls.finish(work, setting, judged, result)
            self._calls.send_files(work, setting, judged, result.files)
        return result.text

    async def _refusal(self, proposed: ProposedCall, row: Row) -> str:
        """Why an approved call may not run after all; empty when it may."""
        if proposed.digest != row["asked_digest"] or proposed.digest != row["digest"]:
            return "Refused: what would run is not what was approved."
        verdict = await self._guard.judge(proposed)
        return f"Refused: {verdict.because}." if isinstance(verdict, Refused) else ""
