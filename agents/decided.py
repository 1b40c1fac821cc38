"""What happens after a decision: the call runs exactly once, or does not, and the conversation goes on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, UUID, uuid5

from agents.calls import UNKNOWN, Calls, Judged, Setting, propose
from agents.context import Prepared, answer_message, message
from agents.conversation import QUERIES
from agents.models import ToolCallRequest
from agents.task import RunCall
from channels.messages import Address
from governance.audit import Event, Status
from governance.calls import ProposedCall
from governance.contents import Unbindable, bound, changed
from governance.guard import Guard
from governance.requests import Choice
from governance.store import Row, Store, Transaction
from governance.verdicts import Allowed, Refused


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """What became of an approved call, as the model is told; `refused` when it never began."""

    text: str
    refused: bool = False


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

    async def opening(self, setting: Setting, decided: DecidedCall, run: RunCall) -> Sequence[Prepared]:
        """What the model is told: the decision, and the call with its result where it was approved; `run` runs it."""
        row = decided.row
        who = row["decider_display"] or row["decider"] or "nobody"
        lapsed = row["state"] == "approved" and await self._calls.lapse(row["request_id"])
        if lapsed or row["request_status"] != "approved":
            reason = f" Reason: {row['reason']}." if row["reason"] else ""
            how, then = _how_it_ended(row, who)
            told = f"[Nexora] Request {row['code']} for {row['tool']} {how}.{reason} It did not run. {then}"
            return [message("user", told)]
        request = ToolCallRequest(id=f"call_{row['id'].hex[:24]}", name=row["tool"], arguments=row["arguments"])
        became = await self._result(setting, decided, request, run)
        ran = "It did not run" if became.refused else "The call ran once"
        told = f"[Nexora] Request {row['code']} for {row['tool']} was approved by {who}. {ran}:"
        return [
            message("user", told),
            answer_message("", (request,)),
            message("tool", became.text, tool_call_id=request.id),
        ]

    async def _result(self, setting: Setting, decided: DecidedCall, request: ToolCallRequest, run: RunCall) -> _Ended:
        row = decided.row
        if row["state"] in {"denied", "done", "unknown"}:
            return _Ended(text=row["result"] or UNKNOWN, refused=row["state"] == "denied")
        if row["state"] == "running":
            async with self._store.transaction() as work:
                await self._calls.settle_unknown(work, setting, row["id"])
            return _Ended(text=UNKNOWN)
        tool = setting.agent.tools.get(row["tool"])
        if tool is None:
            return _Ended(text=f"Refused: this agent no longer has the tool {row['tool']}.", refused=True)
        proposed = propose(setting, tool, json.loads(row["arguments"]))
        verdict = await self._judge(proposed, row)
        judged = Judged(request=request, id=row["id"], proposed=proposed, tool=tool, is_allowed=True)
        async with self._store.transaction() as work:
            if not await self._calls.claim(work, row["id"]):
                return _Ended(text=UNKNOWN)
            if isinstance(verdict, Refused):
                await self._calls.refuse_decided(work, setting, judged, verdict.because)
        if isinstance(verdict, Refused):
            return _Ended(text=f"Refused: {verdict.because}.", refused=True)
        result = await run(setting, replace(judged, network=verdict.network))
        async with self._store.transaction() as work:
            await self._calls.finish(work, setting, judged, result)
            self._calls.send_files(work, setting, judged, result.files)
        return _Ended(text=result.text)

    async def _judge(self, proposed: ProposedCall, row: Row) -> Allowed | Refused:
        """Whether an approved call may still run, exactly as it was asked for, and whether it was given the network."""
        asked = json.loads(row["subject"])
        try:
            proposed = await bound(proposed)
        except Unbindable as problem:
            return Refused(because=str(problem).rstrip("."))
        if what := changed(asked.get("contents", {}), proposed.contents or {}):
            return Refused(because=f"{what} after approval was asked for; make the call again, to be asked anew")
        if proposed.digest != row["asked_digest"] or proposed.digest != row["digest"]:
            return Refused(because="what would run is not what was approved")
        verdict = await self._guard.judge(proposed)
        if isinstance(verdict, Refused):
            return verdict
        return Allowed(because="a person approved it", network=verdict.network and bool(asked.get("network")))


def _how_it_ended(row: Row, who: str) -> tuple[str, str]:
    """How a request ended without its call, and what the model should do then."""
    if row["choice"] in {Choice.APPROVE, Choice.FOR_THIS_CONVERSATION}:
        how = f"was approved by {who}, but could not run in time, so the approval ran out"
        return how, "The person knows; make the call again only if they still want it."
    known = {"denied": f"was denied by {who}", "expired": "expired without a decision, so it counts as denied"}
    return known.get(row["request_status"], "was withdrawn"), "Do not ask for it again; tell the person."
