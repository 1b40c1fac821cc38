"""What a tool is: a function with a schema built once, a declared effect, and a place to work in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from agents.files.numbers import Numbers
from agents.layers import Changes
from agents.models.context import CallOutcome
from agents.models.pictures import Picture
from agents.tools.habits import ArgumentHabit, Meant, means_nothing
from channels.messages import Account, Address, File
from governance.people.people import Person
from governance.values.verdicts import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool hands back: text for the model (already capped) and files for the person. `ran`: it has begun.

    `pictures` are for a model that sees, beside the text; `numbers` are put before lines of it.

    `refused` is the word of the guard's rule that stopped it on its way, as at a redirect.
    `trial` is what a call did that was only tried. `seconds` is how long it took, where somebody has looked.
    """

    text: str
    ok: bool = True
    ran: bool = True
    trial: Changes | None = None
    files: tuple[File, ...] = ()
    pictures: tuple[Picture, ...] = ()
    numbers: tuple[Numbers, ...] = ()
    refused: str = ""
    seconds: float = 0.0

    @property
    def outcome(self) -> CallOutcome:
        """What became of the call."""
        return CallOutcome.NOT_RUN if not self.ran else CallOutcome.DONE if self.ok else CallOutcome.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    """Where a call runs. `workspace` is the conversation's own folder; `network` whether a command may use one.

    `call` is its id, and `under` the code of the approval or grant by which it runs, empty when it needed none.
    With `tries` what it changes is put by, and nothing of it reaches the workspace yet.
    `hosts` are those that were approved for this call, beside what is listed for the agent. `address` is where the
    conversation is, `turn_id` the turn that makes the call, and `account` the one by which the person spoke;
    it `is_followed` where they have just spoken, so that they may be asked something.
    """

    person: Person
    agent: str
    conversation: str
    workspace: Path
    network: bool = False
    call: UUID | None = None
    tries: bool = False
    under: str = ""
    hosts: tuple[str, ...] = ()
    address: Address | None = None
    is_direct: bool = True
    turn_id: UUID | None = None
    account: Account | None = None
    is_followed: bool = True
    report: Callable[[str], Awaitable[None]] | None = None


Run = Callable[[ToolContext, Mapping[str, Any]], Awaitable[ToolResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool. `parameters` is its JSON Schema; `subject` names the argument that `effect` is about.

    `subjects` are further arguments that it is about, such as copies of a message. `server` is whose tool it is where
    it is not ours, and `signed_in_as` whom that server takes the caller for: what it answers is the word of outsiders.

    `is_seldom`: few conversations need it, so a prompt holds a line about it and not its whole schema.

    `also_called` are other names by which models call it, `habits` those of its arguments, and `meant` tells what a
    call of quite another name means for it.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    run: Run = field(repr=False)
    effect: Effect = Effect.NONE
    subject: str = ""
    subjects: tuple[str, ...] = ()
    server: str = ""
    signed_in_as: str = ""
    timeout_seconds: float = 60.0
    is_seldom: bool = False
    check: Callable[[Mapping[str, Any]], str] = field(repr=False, default=lambda _: "")
    """What is wrong with these arguments and how they should look, in a sentence; empty when nothing is."""
    also_called: frozenset[str] = frozenset()
    habits: Mapping[str, ArgumentHabit] = field(default_factory=dict)
    meant: Meant = field(repr=False, default=means_nothing)
