"""A call that a model proposes, from its text to what becomes of it: judged, and nothing begun yet.

It refuses to run or to store anything; `calls` does both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from agents.call_forms.arguments import ArgumentsWrong
from agents.call_forms.forms import formed, with_known_name
from agents.call_forms.other_names import nearest_tool
from agents.conversation.conversation import QUERIES
from agents.models.protocol import ToolCallRequest
from agents.tools.schema import filled, with_defaults
from agents.tools.tool import Tool
from agents.turn.call_ends import storable
from agents.turn.record import Turn
from governance.approvals.decide import Approvals
from governance.approvals.shown.reading_along import raised, read_along
from governance.approvals.starting import lack_since
from governance.guard.calls import ProposedCall
from governance.guard.guard import Guard
from governance.guard.hidden import Hidden, ReferenceWrong
from governance.guard.origins import Known, nothing_known
from governance.guard.script import Script
from governance.masking import for_chat
from governance.record.transaction import Store
from governance.values.reasons import granted_by
from governance.values.verdicts import Allowed, Ask, Refused, Verdict, rule_of

_SHOWN = 300
"""So much of what makes no sense is shown to the model again, in characters."""
_LOOKED_AT = 10_000
"""So much of it is looked through for keys before that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A call after the guard: with a `proposed` call and `is_allowed` it runs, else `answer` is its result already.

    `network` says that this command may have a network, `hosts` which ones a person approved beside what is listed.
    `rule` is what decided: a rule of the policy, a grant, or the word of whoever refused. `under` is the code of the
    approval or grant by which it runs. `scripts` are those that it runs. `tried` is what it did when it was tried, as a
    request keeps it; running it merges that. `ignored` are arguments that the tool does not know. `code` names the
    request that it waits for.
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
    ignored: tuple[str, ...] = ()
    code: str = ""


class CallJudge:
    """Judges calls. `hidden` holds the secrets that models do not read."""

    def __init__(self, store: Store, guard: Guard, approvals: Approvals, hidden: Hidden) -> None:
        self._store = store
        self._guard = guard
        self._approvals = approvals
        self._hidden = hidden

    async def judge(self, turn: Turn, request: ToolCallRequest, known: Known = nothing_known) -> Judged:
        """What becomes of a call that a model proposes; `known` tells where what it knows comes from."""
        call_id, tools = uuid4(), turn.agent.tools
        request = with_known_name(request, tools)
        tool = tools.get(request.name)
        if tool is None:
            return Judged(request=request, id=call_id, answer=_unknown(request.name, tools), rule="tool.unknown")
        if why := await lack_since(self._store, turn.person.id, turn.agent.name):
            answer = f"Refused: {why}. No one can approve this."
            return Judged(request=request, id=call_id, answer=answer, because=str(why), rule=why.word)
        try:
            call = formed(request, tool, turn.workspace)
        except ArgumentsWrong as wrong:
            given = storable(" ".join(for_chat(request.arguments[:_LOOKED_AT])[:_SHOWN].split()))
            answer = f"{wrong}; send them again, as {filled(tool)}. They were: {given}"
            return Judged(request=request, id=call_id, answer=answer, rule=wrong.rule)
        judged = Judged(request=call.request, id=call_id, tool=tool, ignored=call.ignored)
        if problem := tool.check(call.arguments):
            ignored = f" Not a parameter: {', '.join(call.ignored)}." if call.ignored else ""
            return replace(judged, answer=storable(f"{problem}{ignored}"), rule="arguments.unfit")
        proposed = await self._guard.read(propose(turn, tool, call.arguments))
        return await self._judged(turn, replace(judged, proposed=proposed), known)

    async def _judged(self, turn: Turn, call: Judged, known: Known) -> Judged:
        """The proposed call after the guard, which looks at it with the values for its references."""
        proposed = proposed_of(call)
        try:
            restored = await self._hidden.put_back(proposed)
        except ReferenceWrong as wrong:
            return replace(call, answer=f"{wrong}.", rule=wrong.rule)
        weighed = await self._guard.weigh(restored.call, known)
        verdict = restored.told(weighed.verdict)
        if isinstance(verdict, Ask):
            proposed = replace(proposed, contents=weighed.call.contents, scripts=weighed.call.scripts)
        judged = replace(call, proposed=proposed, rule=rule_of(verdict))
        answer, reason = await self._refusal(turn, verdict)
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
            answer = f"This very call is pending already, as request {code}."
            return replace(judged, answer=answer, rule="call.pending", code=code)
        scripts = await read_along(self._store, proposed)
        return replace(judged, ask=replace(verdict, risk=raised(verdict, scripts)), scripts=scripts)

    async def _refusal(self, turn: Turn, verdict: Verdict) -> tuple[str, str]:
        """What the model is told of a call that cannot run, and the reason; empty for one that may."""
        if isinstance(verdict, Refused):
            answer = f"Refused: {verdict.because}. No one can approve this; do not try it in another form."
            return answer, str(verdict.because)
        if isinstance(verdict, Ask) and (lack := await self._approvals.lack_of_deciders(verdict, turn.person)):
            return f"Refused: {lack}. Tell the person so.", str(lack)
        return "", ""


def _unknown(name: str, tools: Mapping[str, Tool]) -> str:
    """What a model is told that called a tool which does not exist: the nearest of its own, and how that is called."""
    told = f"There is no tool named {storable(name[:_SHOWN])}. Yours: {', '.join(tools) or 'none'}."
    near = nearest_tool(name, tools)
    return f"{told} Call {near} as {filled(tools[near])}." if near else told


def propose(turn: Turn, tool: Tool, arguments: Mapping[str, Any]) -> ProposedCall:
    """The call as governance judges it."""
    return ProposedCall(
        person=turn.person,
        agent=turn.agent.name,
        conversation=turn.address.key,
        tool=tool.name,
        arguments=with_defaults(tool, arguments),
        effect=tool.effect,
        subject=tool.subject,
        subjects=tool.subjects,
        server=tool.server,
        workspace=turn.workspace,
    )


def proposed_of(call: Judged) -> ProposedCall:
    """What governance judges of a call that has been read. Raises RuntimeError for one that could not be."""
    if call.proposed is None:
        raise RuntimeError("only a call of a known tool, with arguments that can be read, is proposed")
    return call.proposed
