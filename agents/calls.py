"""Tool calls from proposal to result: judged, then run, deferred or refused. Nothing here waits for a person.

What will run is written as running before it runs and as done after it, so a crash between leaves a call whose outcome
is not known: it is said so, and never blindly repeated.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import structlog

from agents.arguments import ArgumentsWrong, arguments_in
from agents.call_ends import Ends, storable
from agents.call_lines import verdict_line
from agents.conversation import QUERIES
from agents.models import ToolCallRequest
from agents.origins import of_a_tool
from agents.pool import Agent
from agents.sound import NO_OUTPUT
from agents.tool_schema import with_defaults
from agents.tools import Tool, ToolContext, ToolResult
from agents.trials import Trials, trial_of
from channels.messages import Address, File, Outbound, Part
from governance.approvals import Approvals, Asking
from governance.audit import Event, canonical
from governance.calls import CallState, ProposedCall
from governance.contents import Unbindable, bound
from governance.fence import must_hold
from governance.guard import Guard
from governance.hidden import Hidden, ReferenceWrong
from governance.masking import for_chat
from governance.origins import Known, nothing_known
from governance.patterns import pattern_for
from governance.people import Person
from governance.questions import Asked
from governance.reading_along import raised, read_along, stored
from governance.reasons import because, granted_by, why
from governance.requests import RequestKind
from governance.script import Script
from governance.store import Store, Transaction
from governance.targets import targets_of
from governance.verdicts import Allowed, Ask, Effect, Refused, Verdict, rule_of

_log = structlog.get_logger(__name__)
RESULT_LIMIT = 24_000
"""Longest text of one result that a model is shown, in characters."""
_SHOWN = 300
"""So much of what makes no sense is shown to the model again, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where calls are made: by whom, for which agent, in which conversation."""

    person: Person
    agent: Agent
    address: Address
    is_direct: bool
    turn_id: UUID
    workspace: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A call after the guard: with a `proposed` call and `is_allowed` it runs, else `answer` is its result already.

    `network` says that this command may have a network, `hosts` which ones a person approved beside what is listed.
    `rule` is what decided: a rule of the policy, a grant, or the word of whoever refused. `under` is the code of the
    approval or grant by which it runs. `scripts` are those that it runs. `tried` is what it did when it was tried, as a
    request keeps it; running it merges that.
    """

    request: ToolCallRequest
    id: UUID
    proposed: ProposedCall | None = None
    tool: Tool | None = None
    ask: Ask | None = None
    answer: str = ""
    because: str = ""
    rule: str = ""
    is_allowed: bool = False
    network: bool = False
    under: str = ""
    scripts: tuple[Script, ...] = ()
    tried: Mapping[str, Any] | None = None
    hosts: tuple[str, ...] = ()


class Calls:
    """Judges and runs calls. `owner` is this gateway's name in the rows of running calls.

    `hidden` holds the secrets that models do not read, `trials` what is tried before anybody is asked.
    """

    def __init__(
        self,
        store: Store,
        guard: Guard,
        approvals: Approvals,
        hidden: Hidden,
        *,
        owner: str,
        asked: Asked,
        trials: Trials,
    ) -> None:
        self.trials = trials
        self.ends = Ends(store)
        self.hidden = hidden
        self._store = store
        self._guard = guard
        self._approvals = approvals
        self._asked = asked
        self._owner = owner

    # Judging

    async def judge(self, setting: Setting, request: ToolCallRequest, known: Known = nothing_known) -> Judged:
        """What becomes of a call that a model proposes; `known` tells where what it knows comes from."""
        call_id = uuid4()
        tool = setting.agent.tools.get(request.name)
        if tool is None:
            own = ", ".join(setting.agent.tools) or "none"
            name = storable(request.name[:_SHOWN])
            answer = f"There is no tool named {name}. Yours: {own}."
            return Judged(request=request, id=call_id, answer=answer, rule="tool.unknown")
        try:
            arguments = arguments_in(request.arguments)
        except ArgumentsWrong as wrong:
            given = storable(" ".join(for_chat(request.arguments)[:_SHOWN].split()))
            answer = f"{wrong}; send them again. They were: {given}"
            return Judged(request=request, id=call_id, answer=answer, rule=wrong.rule)
        proposed = await self._guard.read(propose(setting, tool, arguments))
        return await self._judged(setting, Judged(request=request, id=call_id, proposed=proposed, tool=tool), known)

    async def _judged(self, setting: Setting, call: Judged, known: Known) -> Judged:
        """The proposed call after the guard, which looks at it with the values for its references."""
        proposed = _proposed(call)
        try:
            restored = await self.hidden.put_back(proposed)
        except ReferenceWrong as wrong:
            return replace(call, answer=f"{wrong}.", rule=wrong.rule)
        verdict = restored.told(await self._guard.judge(restored.call, known))
        if isinstance(verdict, Ask):
            try:
                found = await bound(restored.call)
                proposed = replace(proposed, contents=found.contents, scripts=found.scripts)
            except Unbindable as problem:
                verdict = Refused(because=because(str(problem)))
        judged = replace(call, proposed=proposed, rule=rule_of(verdict))
        answer, reason = await self._refusal(setting, verdict)
        if answer or isinstance(verdict, Refused):
            rule = judged.rule if isinstance(verdict, Refused) else "deciders.none"
            return replace(judged, answer=answer, because=reason, rule=rule)
        if isinstance(verdict, Allowed):
            return replace(
                judged,
                because=str(verdict.because),
                is_allowed=True,
                network=verdict.network,
                hosts=verdict.hosts,
                under=granted_by(verdict.because),
            )
        code = await self._store.fetchval(QUERIES["pending_same"], proposed.conversation, proposed.digest)
        if code is not None:
            return replace(judged, answer=f"This very call is pending already, as request {code}.", rule="call.pending")
        scripts = await read_along(self._store, proposed)
        return replace(judged, ask=replace(verdict, risk=raised(verdict, scripts)), scripts=scripts)

    async def _refusal(self, setting: Setting, verdict: Verdict) -> tuple[str, str]:
        """What the model is told of a call that cannot run, and the reason; empty for one that may."""
        if isinstance(verdict, Refused):
            answer = f"Refused: {verdict.because}. No one can approve this; do not try it in another form."
            return answer, str(verdict.because)
        if isinstance(verdict, Ask) and (lack := await self._approvals.lack_of_deciders(verdict, setting.person)):
            return f"Refused: {lack}. Tell the person so.", str(lack)
        return "", ""

    # Writing before running

    async def write(self, work: Transaction, setting: Setting, judged: Sequence[Judged]) -> list[Judged]:
        """Write the calls as running or pending, open the requests, and audit every verdict."""
        settled: list[Judged] = []
        rows: list[tuple[Judged, CallState, UUID | None]] = []
        within = await self._within_budget(work, setting, judged)
        askings = [_asking(setting, call, call.ask) for call in within if call.proposed and call.ask]
        opened_in_turn = iter(await self._approvals.ask_all(work, askings))
        for call in within:
            work.record(_verdict_event(setting, call))
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
            settled.append(replace(call, answer=answer))
        if rows:
            await self._add(work, setting, rows)
        return settled

    async def _within_budget(self, work: Transaction, setting: Setting, judged: Sequence[Judged]) -> list[Judged]:
        """The calls, of which those are put before nobody that were refused before or are too many."""
        first = next((call.proposed for call in judged if call.ask and call.proposed), None)
        if first is None:
            return list(judged)
        budget = await self._asked.budget(work, first, setting.turn_id)
        settled = []
        for call in judged:
            lack = budget.lack(call.proposed) if call.ask and call.proposed else None
            if lack is None:
                settled.append(call)
            else:
                told = self._asked.told(lack, setting.turn_id)
                settled.append(replace(call, ask=None, answer=told, because=str(lack), rule=lack.word))
        return settled

    async def _add(
        self, work: Transaction, setting: Setting, rows: Sequence[tuple[Judged, CallState, UUID | None]]
    ) -> None:
        proposals = [(call, state, request, call.proposed) for call, state, request in rows if call.proposed]
        await work.execute(
            QUERIES["add_calls"],
            setting.address.key,
            setting.turn_id,
            setting.person.id,
            setting.agent.name,
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

    async def try_out(self, setting: Setting, call: Judged, report: Any = None) -> Judged:
        """The call after a trial: it may run when nothing that it did needs a person, else the question knows it."""
        result = await self._run(setting, call, report, tries=True)
        if result.trial is None:
            return call
        tried = trial_of(result.trial, result)
        tried["difference"] = await self.hidden.hide(setting.address.key, str(tried["difference"]))
        if not await asyncio.to_thread(self.trials.is_harmless, result.trial, setting.workspace):
            return replace(call, tried=tried)
        because = str(why("trial.harmless", otherwise=call.ask.because)) if call.ask else ""
        return replace(call, tried=tried, ask=None, because=because, is_allowed=True)

    # Running

    async def run(self, setting: Setting, call: Judged, report: Any = None) -> ToolResult:
        """Run an allowed call. Whatever the tool does wrong becomes a result that the model can act on.

        Raises LeaseLost when another gateway may have taken the turn over, for a tool cannot be called back.
        """
        if call.tried is None:
            return await self._run(setting, call, report)
        must_hold()
        return await self.trials.take_over(setting.workspace, call.id, call.tried, under=call.under)

    async def _run(self, setting: Setting, call: Judged, report: Any, *, tries: bool = False) -> ToolResult:
        if call.tool is None:
            raise RuntimeError("only a judged call of a known tool can run")
        proposed = _proposed(call)
        context = ToolContext(
            person=setting.person,
            agent=setting.agent.name,
            conversation=setting.address.key,
            workspace=setting.workspace,
            network=call.network,
            call=call.id,
            under=call.under,
            tries=tries,
            hosts=call.hosts,
            report=report,
        )
        must_hold()
        try:
            restored = await self.hidden.put_back(proposed)
            result = await call.tool.run(context, restored.call.arguments)
        except Exception as error:  # noqa: BLE001  # the border of one tool: the turn goes on and the model is told
            _log.exception("tool_failed", tool=call.tool.name, conversation=setting.address.key)
            result = ToolResult(text=f"The tool failed: {type(error).__name__}: {error}", ok=False)
        readable = await self.hidden.hide(setting.address.key, result.text)
        return replace(result, text=_cut(of_a_tool(readable)) if result.text.strip() else NO_OUTPUT)

    async def finish(self, work: Transaction, setting: Setting, call: Judged, result: ToolResult) -> None:
        """Write what became of a call that ran, and send what it made for the person."""
        if await self.ends.ran(work, call.id, result):
            self._send_files(work, setting, call, result.files)

    async def claim(self, work: Transaction, call_id: UUID) -> bool:
        """Take an approved call for this gateway; False when another has, or it ran before."""
        return await work.fetchval(QUERIES["claim_call"], call_id, self._owner, self._store.now()) is not None

    async def lapse(self, request_id: UUID) -> bool:
        """Whether an approved call has waited too long to begin; then it never runs, and the conversation is told."""
        async with self._store.transaction() as work:
            return await self._approvals.lapse(work, request_id) is not None

    @staticmethod
    def _send_files(work: Transaction, setting: Setting, call: Judged, files: Sequence[File]) -> None:
        """Send what a call made for the person."""
        for number, file in enumerate(files):
            parts: tuple[Part, ...] = (file,)
            work.send(Outbound(key=f"file:{call.id}:{number}", address=setting.address, parts=parts))


def propose(setting: Setting, tool: Tool, arguments: Mapping[str, Any]) -> ProposedCall:
    """The call as governance judges it."""
    return ProposedCall(
        person=setting.person,
        agent=setting.agent.name,
        conversation=setting.address.key,
        tool=tool.name,
        arguments=with_defaults(tool, arguments),
        effect=tool.effect,
        subject=tool.subject,
        workspace=setting.workspace,
    )


def _proposed(call: Judged) -> ProposedCall:
    if call.proposed is None:
        raise RuntimeError("only a call of a known tool, with arguments that can be read, is proposed")
    return call.proposed


def _asking(setting: Setting, call: Judged, ask: Ask) -> Asking:
    proposed = _proposed(call)
    return Asking(
        kind=RequestKind.TOOL_CALL,
        requester=setting.person,
        subject={
            "tool": proposed.tool,
            "arguments": dict(proposed.arguments),
            "argument": proposed.subject,
            "pattern": pattern_for(proposed),
            "call": str(call.id),
            "is_direct": setting.is_direct,
            "network": ask.network,
            "hosts": list(ask.hosts),
            "contents": dict(proposed.contents or {}),
            "workspace": setting.workspace.name,
            "scripts": stored(call.scripts),
            "targets": sorted(targets_of(proposed)),
            **({"trial": dict(call.tried)} if call.tried else {}),
        },
        digest=proposed.digest,
        ask=ask,
        agent=setting.agent.name,
        address=setting.address,
        is_direct=setting.is_direct,
    )


def _verdict_event(setting: Setting, call: Judged) -> Event:
    outcome = "allowed" if call.is_allowed else "deferred" if call.ask else "refused"
    detail: dict[str, Any] = {
        "agent": setting.agent.name,
        "call": str(call.id),
        "because": call.because or (str(call.ask.because) if call.ask else call.answer),
        "rule": call.rule,
        "turn": str(setting.turn_id),
    }
    if call.network or (call.ask and call.ask.network):
        detail["network"] = True
    return verdict_line(setting.person, setting.address, call, outcome, detail)


def _cut(text: str) -> str:
    if len(text) <= RESULT_LIMIT:
        return text
    half = RESULT_LIMIT // 2
    return f"{text[:half]}\n… {len(text) - RESULT_LIMIT} characters left out …\n{text[-half:]}"
