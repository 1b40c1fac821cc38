"""What happens after a decision: the call runs exactly once, or does not, and the conversation goes on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, UUID, uuid5

from agents.conversation.conversation import QUERIES
from agents.models.context import CallOutcome, Prepared, answer_message, message, result_message
from agents.models.pictures import Picture, with_pictures
from agents.models.protocol import ToolCallRequest
from agents.turn.call_ends import UNKNOWN, refusal
from agents.turn.calls import Calls
from agents.turn.judging import Judged, propose
from agents.turn.record import Turn
from agents.turn.task import RunCall
from channels.messages import Account, Address
from governance.approvals.requests import Choice, account_in
from governance.approvals.starting import Approved, lack_at_start
from governance.guard.calls import CallState, ProposedCall
from governance.guard.contents import Unbindable, changed
from governance.guard.guard import Guard
from governance.guard.hidden import ReferenceWrong
from governance.people.names import known_as
from governance.record.transaction import Row, Store, Transaction
from governance.values.reasons import Why, because
from governance.values.verdicts import Ask, Refused


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
    def account(self) -> Account | None:
        """By which account they asked; None where that is not known."""
        return account_in(self.row, "requester")

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
    """What became of an approved call, as the model is told, after a few words that say whether it ran."""

    text: str
    outcome: CallOutcome | None = CallOutcome.DONE
    pictures: tuple[Picture, ...] = ()

    @property
    def ran(self) -> str:
        """Those words."""
        known = {CallOutcome.NOT_RUN: "It did not run", None: "It had begun"}
        return known.get(self.outcome, "The call ran once")


def _not_run(text: str) -> _Ended:
    return _Ended(text=text, outcome=CallOutcome.NOT_RUN)


_UNKNOWN = _Ended(text=UNKNOWN, outcome=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """An approved call that is still as it was asked for: its approval by the rules of now, and its network."""

    approved: Approved
    network: bool
    hosts: tuple[str, ...]


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

    async def give_up(self, work: Transaction, decided: DecidedCall, why: Why) -> None:
        """End an approved call that nobody can go on with: it never runs, or had begun and nobody knows what it did."""
        if not await self._calls.ends.refuse(work, decided.row["id"], why):
            await self._calls.ends.unknown(work, decided.row["id"])

    async def opening(self, turn: Turn, decided: DecidedCall, run: RunCall) -> Sequence[Prepared]:
        """What the model is told: the decision, and the call with its result where it was approved; `run` runs it."""
        row = decided.row
        who = known_as(row["decider"] or "nobody", row["decider_display"] or "")
        lapsed = row["state"] == "approved" and await self._calls.lapse(row["request_id"])
        if lapsed or row["request_status"] != "approved":
            await self._calls.trials.throw_away(turn.workspace, row["id"])
            reason = f" Reason: {row['reason']}." if row["reason"] else ""
            how, then = _how_it_ended(row, who)
            told = f"[Nexora] Request {row['code']} for {row['tool']} {how}.{reason} It did not run. {then}"
            return [message("user", told)]
        request = ToolCallRequest(id=f"call_{row['id'].hex[:24]}", name=row["tool"], arguments=row["arguments"])
        became = await self._result(turn, decided, request, run)
        told = f"[Nexora] Request {row['code']} for {row['tool']} was approved by {who}. {became.ran}:"
        return [
            message("user", told),
            answer_message("", (request,)),
            with_pictures(result_message(request.id, became.text, became.outcome), became.pictures),
        ]

    async def _result(self, turn: Turn, decided: DecidedCall, request: ToolCallRequest, run: RunCall) -> _Ended:
        row = decided.row
        state = CallState(row["state"])
        if state.is_end:
            return _ended_before(state, row["result"])
        if state is CallState.RUNNING:
            async with self._store.transaction() as work:
                await self._calls.ends.unknown(work, row["id"])
            return _UNKNOWN
        judged = await self._claimed(turn, row, request)
        if isinstance(judged, _Ended):
            return judged
        result = await run(turn, judged)
        async with self._store.transaction() as work:
            await self._calls.finish(work, turn, judged, result)
        return _Ended(text=result.text, outcome=result.outcome, pictures=result.pictures)

    async def _claimed(self, turn: Turn, row: Row, request: ToolCallRequest) -> Judged | _Ended:
        """The call, taken to be run here; or its end, where it may not run any more."""
        tool = turn.agent.tools.get(row["tool"])
        proposed = propose(turn, tool, json.loads(row["arguments"])) if tool else None
        fit = await self._judge(proposed, row) if proposed else Why(word="why.tool", fields={"tool": row["tool"]})
        async with self._store.transaction() as work:
            now = self._store.now()
            why = fit if isinstance(fit, Why) else await lack_at_start(work, fit.approved, now)
            if why is not None:
                await self._calls.ends.refuse(work, row["id"], why)
                return _not_run(refusal(why))
            if isinstance(fit, Why) or not await self._calls.claim(work, row["id"]):
                return _UNKNOWN
        return Judged(
            request=request,
            id=row["id"],
            proposed=proposed,
            tool=tool,
            is_allowed=True,
            network=fit.network,
            under=row["code"],
            tried=json.loads(row["subject"]).get("trial"),
            hosts=fit.hosts,
        )

    async def _judge(self, proposed: ProposedCall, row: Row) -> _Fit | Why:
        """Whether an approved call may still run, exactly as it was asked for and by the rules of now; else why not."""
        asked = json.loads(row["subject"])
        try:
            restored = await self._calls.hidden.put_back(proposed)
            call = await self._guard.bind(await self._guard.read(restored.call))
            proposed = replace(proposed, contents=call.contents)
        except (ReferenceWrong, Unbindable) as problem:
            return because(str(problem))
        if why := changed(asked.get("contents", {}), proposed.contents or {}):
            return why
        if not all(proposed.has_digest(digest) for digest in (row["asked_digest"], row["digest"])):
            return Why(word="why.changed")
        verdict = restored.told(await self._guard.judge(call))
        if isinstance(verdict, Refused):
            return verdict.because
        trial = asked.get("trial")
        if trial and (why := await self._calls.trials.unfit(proposed.workspace, row["id"], trial)):
            return why
        stricter = verdict.quorum if isinstance(verdict, Ask) else 1
        approved = Approved(
            request_id=row["request_id"],
            person_id=row["user_id"],
            agent=row["agent"],
            decider_role=row["decider_role"],
            quorum=max(row["quorum"], stricter),
        )
        network = verdict.network and bool(asked.get("network"))
        return _Fit(approved=approved, network=network, hosts=tuple(asked.get("hosts", ())) if network else ())


def _ended_before(state: CallState, result: str | None) -> _Ended:
    if state is CallState.UNKNOWN:
        return _UNKNOWN
    if state in {CallState.LAPSED, CallState.REFUSED}:
        return _not_run(result or "It may not run.")
    return _Ended(text=result or "", outcome=CallOutcome.FAILED if state is CallState.FAILED else CallOutcome.DONE)


def _how_it_ended(row: Row, who: str) -> tuple[str, str]:
    """How a request ended without its call, and what the model should do then."""
    if row["choice"] in {Choice.APPROVE, Choice.FOR_THIS_CONVERSATION}:
        how = f"was approved by {who}, but could not run in time, so the approval ran out"
        return how, "The person knows; make the call again only if they still want it."
    known = {"denied": f"was denied by {who}", "expired": "expired without a decision, so it counts as denied"}
    return known.get(row["request_status"], "was withdrawn"), "Do not ask for it again; tell the person."
