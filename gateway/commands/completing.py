"""How a command that somebody is typing may go on: its name, the code of what waits for them, an agent of theirs.

It offers what /help, /pending and /agents show the same person, and so nothing to anybody who is not known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from agents.specs import SpecFolder
from channels.completing import Completion
from channels.messages import Account
from channels.text.grammar import command_called, folded
from channels.text.plain import one_line, shortened
from gateway.commands.command import Command
from gateway.commands.registry import COMMANDS
from governance.approvals.decide import Approvals
from governance.approvals.requests import Request
from governance.people.people import People, Person, Stranger
from governance.record.transaction import DatabaseAway

MOST = 25
_LABEL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Completing:
    """Completes lines, from what waits for a person and the agents there are."""

    people: People
    approvals: Approvals
    specs: SpecFolder

    async def complete(self, account: Account, line: str) -> Sequence[Completion]:
        """How that account's line may go on, likeliest first; nothing while the database is away."""
        try:
            return await self._complete(account, line)
        except DatabaseAway:
            return ()

    async def _complete(self, account: Account, line: str) -> Sequence[Completion]:
        person = await self.people.identify(account)
        if isinstance(person, Stranger):
            return ()
        typed = line.lstrip().replace("／", "/", 1)
        if not typed:
            waiting = await self.approvals.pending(person)
            codes = [each for name in ("approve", "deny") for each in _codes(COMMANDS[name], "", person, waiting)]
            return (*codes, *_names("", person))[:MOST]
        name, blank, rest = typed.removeprefix("/").partition(" ")
        command = COMMANDS.get(command_called(name))
        if not typed.startswith("/") or (blank and command is None):
            return ()
        if command is None or not command.is_open_to(person):
            return tuple(_names(name, person))[:MOST]
        arguments = await self._arguments(command, rest, person)
        return (*arguments, *(() if blank else _names(name, person)))[:MOST]

    async def _arguments(self, command: Command[Any], rest: str, person: Person) -> list[Completion]:
        """The codes or agents that may follow the command."""
        *before, begun = rest.split(" ")
        if command.suits is not None:
            return [] if before else _codes(command, begun, person, await self.approvals.pending(person))
        if command.takes_agent is None or command.takes_agent.place != len(before):
            return []
        names = sorted(person.agents) if command.takes_agent.own else self.specs.names()
        head = " ".join((f"/{command.name}", *before))
        return [_offered(f"{head} {name}") for name in names if name.startswith(begun.lower())]


def _codes(command: Command[Any], begun: str, person: Person, waiting: Iterable[Request]) -> list[Completion]:
    return [
        _offered(f"/{command.name} {request.code}", _about(request, person.language))
        for request in waiting
        if request.code.startswith(begun.upper()) and command.suits is not None and command.suits(request, person)
    ]


def _about(request: Request, language: str) -> str:
    return " · ".join(filter(None, (request.agent, request.title, request.asker.said(language))))


def _names(begun: str, person: Person) -> list[Completion]:
    return [
        _offered(f"/{command.name}", command.summary(person.language))
        for command in COMMANDS.values()
        if any(name.startswith(folded(begun)) for name in command.names(person.language)) and command.is_open_to(person)
    ]


def _offered(line: str, about: str = "") -> Completion:
    """Others' words on one line, and no longer than is read while one types."""
    label = " · ".join(filter(None, (line, one_line(about))))
    return Completion(line=line, label=shortened(label, _LABEL))
