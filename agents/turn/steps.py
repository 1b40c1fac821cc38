"""Shows the calls of one turn to whoever watches, a line for each, and counts them. It neither judges nor runs any."""

from asyncio import Event
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Protocol

from agents.models.context import CallOutcome, Prepared, subject_of
from agents.tools.tool import ToolResult
from agents.turn.found import asked_in
from agents.turn.judging import Judged
from agents.turn.record import Turn
from channels.locales import knows, say
from channels.work import NO_WORK, How, Step, Work
from governance.masking import for_chat

_OURS = ("arguments.", "call.", "tool.")
"""Rules by which a call is not run that was written wrongly or once too often; what else stops one is the guard."""


_KEPT = 60
"""So many lines at most are kept beside an answer, the newest ones."""
_HOW = {CallOutcome.DONE: How.DONE, CallOutcome.FAILED: How.FAILED, CallOutcome.NOT_RUN: How.NOT_RUN}


class Shows(Protocol):
    """Where lines are seen."""

    def step(self, step: Step) -> None:
        """Show that call, or how it stands now; never waits for a platform."""


class Watched(Protocol):
    """A turn, as far as its lines need to know it."""

    @property
    def turn(self) -> Turn:
        """Whose turn it is."""

    @property
    def view(self) -> Shows:
        """Where it is seen."""


@dataclass(slots=True, kw_only=True)
class Steps:
    """The calls of one turn so far, and since when it runs."""

    clock: Callable[[], float] = monotonic
    made: dict[str, Step] = field(default_factory=dict)
    _since: float = field(init=False)
    _begun: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._since = self.clock()

    def begins(self, task: Watched, call: Judged) -> Step:
        """That call is tried or run from now on, unless it is already."""
        step = step_of(call, task.turn.person.language)
        if step.id not in self._begun:
            self._begun[step.id] = self.clock()
            self.made[step.id] = step
            if call.is_allowed or call.ask:
                task.view.step(step)
        return step

    async def shown(
        self, task: Watched, call: Judged, run: Callable[[], Awaitable[ToolResult]], stop: Event
    ) -> ToolResult:
        """What the call comes to, with the time that it took; its line says how it stands before and after."""
        step = self.begins(task, call)
        result = await run()
        seconds = self.clock() - self._begun[step.id]
        how = How.STOPPED if stop.is_set() and not result.ok else how_of(call, result)
        self.made[step.id] = replace(step, how=how, seconds=round(seconds, 1) if result.ran else 0.0)
        task.view.step(self.made[step.id])
        return replace(result, seconds=seconds) if result.ran else result

    @property
    def told(self) -> Work:
        """What is told of them beside the answer: how many, the newest, and how long the turn took; else nothing."""
        if not self.made:
            return NO_WORK
        newest = tuple(self.made.values())[-_KEPT:]
        return Work(count=len(self.made), seconds=round(self.clock() - self._since, 1), lines=newest)

    def take_up(self, own: Sequence[Prepared], language: str) -> None:
        """Begin with the calls of a turn that was begun before, by its own stored steps; how long they took is lost."""
        asked: dict[str, tuple[str, str]] = {}
        for body in own:
            asked.update(asked_in(body))
            if body.role == "tool":
                tool, subject = asked.get(str(body["tool_call_id"]), ("", ""))
                how = _HOW[body.outcome] if body.outcome else How.STOPPED
                step = Step(id=body["tool_call_id"], what=named(tool, language), about=for_chat(subject), how=how)
                self.made[step.id] = step


def step_of(call: Judged, language: str) -> Step:
    """The line of a call that begins."""
    arguments = call.proposed.arguments if call.proposed else {}
    return Step(
        id=str(call.id), what=named(call.request.name, language), about=for_chat(about(arguments)), code=call.code
    )


def named(tool: str, language: str) -> str:
    """A tool in words for people; its own name where it has no other."""
    return say(f"turn.tool.{tool}", language) if knows(f"turn.tool.{tool}") else tool


def about(arguments: Mapping[str, Any]) -> str:
    """What a call is about: what it looks for, or else its path, command or address."""
    sought = (arguments.get(name) for name in ("pattern", "query"))
    return next((value for value in sought if isinstance(value, str) and value), subject_of(arguments))


def how_of(call: Judged, result: ToolResult) -> How:
    """How a call ended, for whoever watches."""
    if call.code and not call.is_allowed:
        return How.WAITING
    if not call.is_allowed:
        is_ours = call.proposed is None or call.rule.startswith(_OURS)
        return How.NOT_RUN if is_ours else How.REFUSED
    if not result.ran:
        return How.STOPPED
    return How.DONE if result.ok else How.FAILED
