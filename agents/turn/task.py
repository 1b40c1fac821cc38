"""What a turn is about, and what is seen of it while it runs. It knows neither how a turn goes nor who shows it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from agents.models.context import Prepared
from agents.models.pictures import Picture
from agents.models.protocol import TokenUsage
from agents.tools.tool import ToolResult
from agents.turn.judging import Judged
from agents.turn.record import Turn
from agents.turn.steps import Steps
from channels.messages import Account, Ref
from channels.work import Step
from governance.record.transaction import Transaction
from governance.usage.usage import Purpose
from governance.usage.usage import Usage as UsageRecord

Finish = Callable[[Transaction], Awaitable[None]]
RunCall = Callable[[Turn, Judged], Awaitable[ToolResult]]
Opening = Callable[[RunCall], Awaitable[Sequence[Prepared]]]


class AnswerView(Protocol):
    """Where an answer is seen while it is made. None of these waits for a platform but `close`."""

    async def write(self, delta: str) -> None:
        """Add words to the answer."""

    def note(self, text: str) -> None:
        """Show this below the words until another note, or an empty one, takes its place; Markdown."""

    def step(self, step: Step) -> None:
        """Show a line for that call, or how it stands now."""

    async def close(self) -> Ref | None:
        """Stop showing; which message the final text must replace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a turn is about.

    `said` is what the person said, as the model reads it, and `pictures` what came with it; both are empty when the
    turn continues after a decision, which `opening` then tells, running the decided call with what it is given.
    `steps` are its calls, as they are seen. `heading` stands above the answer where nobody has just asked for it, and
    `only_for` is the account to which alone it goes.
    `finish` marks the event as done within the last transaction; `ends` names that event. `is_stopped`: somebody said
    stop before it could begin again.
    """

    turn: Turn
    finish: Finish
    view: AnswerView
    said: str = ""
    pictures: Sequence[Picture] = ()
    opening: Opening | None = None
    answers: Ref | None = None
    ends: str = ""
    heading: str = ""
    only_for: Account | None = None
    is_stopped: bool = False
    steps: Steps = field(default_factory=Steps)

    @property
    def key(self) -> str:
        """The key of the conversation."""
        return self.turn.address.key


async def add_usage(
    record: UsageRecord,
    work: Transaction,
    turn: Turn,
    usage: TokenUsage,
    purpose: Purpose = "turn",
    *,
    is_of_turn: bool = True,
) -> None:
    """Write what one answer of a model cost, on the account of whoever spoke; `is_of_turn`: and of the turn."""
    await record.add(
        work,
        person_id=turn.person.id,
        agent=turn.agent.name,
        provider=usage.provider,
        model=usage.model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        is_estimated=usage.estimated,
        channel=turn.address.channel,
        conversation=turn.address.key,
        turn_id=turn.id if is_of_turn else None,
        purpose=purpose,
    )
