"""Judged calls to their results: written, then tried, run or put before somebody. Nothing here waits for a person.

What will run is written as running before it runs and as done after it, so a crash between leaves a call whose outcome
is not known: it is said so, and never blindly repeated.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import structlog

from agents.conversation.conversation import QUERIES
from agents.conversation.sound import NO_OUTPUT
from agents.files.numbers import numbered
from agents.tools.tool import ToolContext, ToolResult
from agents.turn.asking_limits import within_limits
from agents.turn.call_ends import CallEnds, storable
from agents.turn.call_lines import verdict_line
from agents.turn.judging import Judged, proposed_of
from agents.turn.record import Turn
from agents.turn.trials import Trials, trial_of
from channels.messages import File, Outbound, Part
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals, Asking
from governance.approvals.questions import Asked
from governance.approvals.shown.reading_along import stored
from governance.guard.calls import CallState
from governance.guard.hidden import Hidden, has_references
from governance.guard.patterns import pattern_for
from governance.guard.targets import targets_of
from governance.record.audit import Event, canonical
from governance.record.fence import must_hold
from governance.record.transaction import Store, Transaction
from governance.values.reasons import why
from governance.values.verdicts import Ask, Effect

_log = structlog.get_logger(__name__)
RESULT_LIMIT = 24_000
"""Longest text of one result that a model is shown, in characters."""


class Calls:
    """Writes and runs calls that were judged. `owner` is this gateway's name in the rows of running calls.

    `hidden` holds the secrets that models do not read, `trials` what is tried before anybody is asked.
    """

    def __init__(
        self,
        store: Store,
        approvals: Approvals,
        hidden: Hidden,
        *,
        owner: str,
        asked: Asked,
        trials: Trials,
    ) -> None:
        self.trials = trials
        self.ends = CallEnds(store)
        self.hidden = hidden
        self._store = store
        self._approvals = approvals
        self._asked = asked
        self._owner = owner
        self._hiding: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    # Writing before running

    async def write(self, work: Transaction, turn: Turn, judged: Sequence[Judged]) -> list[Judged]:
        """Write the calls as running or pending, open the requests, and audit every verdict."""
        settled: list[Judged] = []
        rows: list[tuple[Judged, CallState, UUID | None]] = []
        within = await within_limits(work, self._asked, turn.id, judged)
        askings = [_asking(turn, call, call.ask) for call in within if call.proposed and call.ask]
        opened_in_turn = iter(await self._approvals.ask_all(work, askings))
        for call in within:
            work.record(_verdict_event(turn, call))
            if call.proposed is None or not (call.is_allowed or call.ask):
                settled.append(call)
                continue
            if call.ask is None:
                rows.append((call, CallState.RUNNING, None))
                settled.append(call)
                continue
            opened = next(opened_in_turn)
            rows.append((call, CallState.PENDING, opened.id))
            answer = (
                f"This call is pending: it needs approval, because {call.ask.because}. Request {opened.code} was sent "
                "to those who may decide. Tell the person that and end your turn; the result comes by itself later."
            )
            settled.append(replace(call, answer=answer, code=opened.code))
        if rows:
            await self._add(work, turn, rows)
        for call in settled:
            if call.tried is not None and call.ask is None and not call.is_allowed:
                await self.trials.throw_away(turn.workspace, call.id)
        return settled

    async def _add(self, work: Transaction, turn: Turn, rows: Sequence[tuple[Judged, CallState, UUID | None]]) -> None:
        proposals = [(call, state, request, call.proposed) for call, state, request in rows if call.proposed]
        await work.execute(
            QUERIES["add_calls"],
            turn.address.key,
            turn.id,
            turn.person.id,
            turn.agent.name,
            self._owner,
            self._store.now(),
            [call.id for call, _, _, _ in proposals],
            [proposed.tool for _, _, _, proposed in proposals],
            [canonical(proposed.arguments) for _, _, _, proposed in proposals],
            [proposed.digest for _, _, _, proposed in proposals],
            [state.value for _, state, _, _ in proposals],
            [request for _, _, request, _ in proposals],
            [storable(call.request.id) for call, _, _, _ in proposals],
        )

    # Trying

    def fits_a_trial(self, call: Judged) -> bool:
        """Whether it asks only for what it would do in its workspace, and can be tried apart from that."""
        is_inside = call.ask is not None and call.ask.inside and not call.ask.network
        is_command = call.tool is not None and call.tool.effect is Effect.RUNS
        return is_inside and is_command and self.trials.are_possible

    async def try_out(self, turn: Turn, call: Judged, report: Any = None, *, earlier: Sequence[Judged] = ()) -> Judged:
        """The call after a trial: it may run when nothing that it did needs a person, else the question knows it.

        One that would be put before nobody, after the `earlier` calls of its answer, is not tried either.
        """
        async with self._store.transaction() as work:
            *_, limited = await within_limits(work, self._asked, turn.id, [*earlier, call])
        if limited.ask is None:
            return limited
        result = await self._run(turn, call, report, tries=True)
        if result.trial is None:
            return call
        tried = trial_of(result.trial, result)
        tried["difference"] = await self.hidden.hide(turn.address.key, str(tried["difference"]))
        if not await asyncio.to_thread(self.trials.is_harmless, result.trial, turn.workspace):
            return replace(call, tried=tried)
        because = str(why("trial.harmless", otherwise=call.ask.because)) if call.ask else ""
        return replace(call, tried=tried, ask=None, because=because, is_allowed=True)

    # Running

    async def run(self, turn: Turn, call: Judged, report: Any = None) -> ToolResult:
        """Run an allowed call. Whatever the tool does wrong becomes a result that the model can act on.

        Raises LeaseLost when another gateway may have taken the turn over, for a tool cannot be called back.
        """
        if call.tried is None:
            return await self._run(turn, call, report)
        must_hold()
        return await self.trials.take_over(turn.workspace, call.id, call.tried, under=call.under)

    async def _run(self, turn: Turn, call: Judged, report: Any, *, tries: bool = False) -> ToolResult:
        if call.tool is None:
            raise RuntimeError("only a judged call of a known tool can run")
        proposed = proposed_of(call)
        context = ToolContext(
            person=turn.person,
            agent=turn.agent.name,
            conversation=turn.address.key,
            workspace=turn.workspace,
            network=call.network,
            call=call.id,
            under=call.under,
            tries=tries,
            hosts=call.hosts,
            address=turn.address,
            is_direct=turn.is_direct,
            turn_id=turn.id,
            account=turn.account,
            is_followed=turn.is_followed,
            report=report,
        )
        must_hold()
        try:
            restored = await self.hidden.put_back(proposed)
            result = await call.tool.run(context, restored.call.arguments)
        except Exception as error:  # noqa: BLE001  # the border of one tool: the turn goes on and the model is told
            _log.exception("tool_failed", tool=call.tool.name, conversation=turn.address.key)
            result = ToolResult(text=f"The tool failed: {type(error).__name__}: {error}", ok=False)
        ignored = f"\n(no parameter of {call.tool.name}, ignored: {', '.join(call.ignored)})" if call.ignored else ""
        readable = await self._readable(turn.address.key, replace(result, text=f"{result.text}{ignored}"))
        return replace(result, text=_cut(readable) if result.text.strip() else NO_OUTPUT)

    async def _readable(self, conversation: str, result: ToolResult) -> str:
        """What the tool says, without secrets, its lines numbered where it wants that.

        One result at a time in a conversation, so that no two secrets are given one reference by calls side by side.
        """
        lock = self._hiding.setdefault(conversation, asyncio.Lock())
        async with lock:
            if not result.numbers:
                return await self.hidden.hide(conversation, result.text)
            return numbered(await self.hidden.hide_lines(conversation, result.text), result.numbers)

    async def finish(self, work: Transaction, turn: Turn, call: Judged, result: ToolResult) -> None:
        """Write what became of a call that ran, and send what it made for the person."""
        if await self.ends.ran(work, call.id, result):
            self._send_files(work, turn, call, result.files)

    async def claim(self, work: Transaction, call_id: UUID) -> bool:
        """Take an approved call for this gateway; False when another has, or it ran before."""
        return await work.fetchval(QUERIES["claim_call"], call_id, self._owner, self._store.now()) is not None

    async def lapse(self, request_id: UUID) -> bool:
        """Whether an approved call has waited too long to begin; then it never runs, and the conversation is told."""
        async with self._store.transaction() as work:
            return await self._approvals.lapse(work, request_id) is not None

    @staticmethod
    def _send_files(work: Transaction, turn: Turn, call: Judged, files: Sequence[File]) -> None:
        """Send what a call made for the person."""
        for number, file in enumerate(files):
            parts: tuple[Part, ...] = (file,)
            key, agent = f"file:{call.id}:{number}", turn.agent.name
            work.send(Outbound(key=key, address=turn.address, parts=parts, agent=agent))


def _asking(turn: Turn, call: Judged, ask: Ask) -> Asking:
    proposed = proposed_of(call)
    return Asking(
        kind=TOOL_CALL,
        requester=turn.person,
        account=turn.account,
        subject={
            "tool": proposed.tool,
            "arguments": dict(proposed.arguments),
            "argument": proposed.subject,
            "pattern": pattern_for(proposed),
            "call": str(call.id),
            "is_direct": turn.is_direct,
            "network": ask.network,
            "hosts": list(ask.hosts),
            "contents": dict(proposed.contents or {}),
            "workspace": turn.workspace.name,
            "scripts": stored(call.scripts),
            "targets": sorted(targets_of(proposed)),
            **({"each_time": True} if ask.each_time else {}),
            **_server_of(call),
            **({"trial": dict(call.tried)} if call.tried else {}),
            **({"untried": untried} if (untried := _untried(call, ask)) else {}),
        },
        digest=proposed.digest,
        ask=ask,
        agent=turn.agent.name,
        address=turn.address,
        is_direct=turn.is_direct,
    )


def _server_of(call: Judged) -> dict[str, str]:
    """Whose tool it is, and whom that server takes the caller for; nothing for one of ours."""
    if call.tool is None or not call.tool.server:
        return {}
    return {"server": call.tool.server, "signed_in_as": call.tool.signed_in_as}


def _untried(call: Judged, ask: Ask) -> str:
    """Why a command could not be tried before anybody is asked, in one word; empty for one that was, or asks anyway."""
    is_command = call.tool is not None and call.tool.effect is Effect.RUNS
    if not is_command or call.tried is not None:
        return ""
    return "network" if ask.network else "secrets" if has_references(proposed_of(call)) else ""


def _verdict_event(turn: Turn, call: Judged) -> Event:
    outcome = "allowed" if call.is_allowed else "deferred" if call.ask else "refused"
    detail: dict[str, Any] = {
        "agent": turn.agent.name,
        "call": str(call.id),
        "because": call.because or (str(call.ask.because) if call.ask else call.answer),
        "rule": call.rule,
        "turn": str(turn.id),
    }
    if call.network or (call.ask and call.ask.network):
        detail["network"] = True
    return verdict_line(turn.person, turn.address, call, outcome, detail)


def _cut(text: str) -> str:
    if len(text) <= RESULT_LIMIT:
        return text
    half = RESULT_LIMIT // 2
    return f"{text[:half]}\n… {len(text) - RESULT_LIMIT} characters left out …\n{text[-half:]}"
