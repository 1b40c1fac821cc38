"""How a command that somebody is typing may go on: its name, the code of what waits for them, an agent of theirs.

It offers what /help, /pending and /agents show the same person, and so nothing to anybody who is not known.
"""

from collections.abc import Iterable, Mapping, Sequence

from channels.completing import Completion
from channels.messages import Account
from channels.text.plain import one_line, shortened
from gateway.commands.command import Command
from gateway.commands.registry import COMMANDS
from gateway.services import Services
from governance.accounts.strangers import asks_to_come_in
from governance.approvals.requests import Request
from governance.people.people import Person, Role, Stranger

MOST = 25
_LABEL = 100
_TAKES_AGENT: Mapping[str, int] = {"bind": 0, "grant": 1, "ungrant": 1, "use": 0}
"""Which word of the command is the name of an agent."""
_TAKES_CODE = {"admit", "approve", "cancel", "deny"}


async def complete(account: Account, line: str, services: Services) -> Sequence[Completion]:
    """How that account's line may go on, likeliest first. Raises DatabaseAway."""
    person = await services.people.identify(account)
    if isinstance(person, Stranger):
        return ()
    typed = line.lstrip().replace("／", "/", 1)
    if not typed:
        waiting = await _waiting(person, services)
        codes = [each for name in ("approve", "deny") for each in _codes(name, "", person, waiting)]
        return (*codes, *_names("", person))[:MOST]
    name, blank, rest = typed.removeprefix("/").partition(" ")
    command = COMMANDS.get(name.lower())
    if not typed.startswith("/") or (blank and command is None):
        return ()
    if command is None or not command.is_open_to(person):
        return tuple(_names(name, person))[:MOST]
    arguments = await _arguments(command, rest, person, services)
    return (*arguments, *(() if blank else _names(name, person)))[:MOST]


async def _arguments(command: Command, rest: str, person: Person, services: Services) -> list[Completion]:
    """The codes or agents that may follow the command."""
    *before, begun = rest.split(" ")
    if command.name in _TAKES_CODE:
        return [] if before else _codes(command.name, begun, person, await _waiting(person, services))
    if _TAKES_AGENT.get(command.name) != len(before):
        return []
    names = sorted(person.agents) if command.name == "use" else services.specs.names()
    head = " ".join((f"/{command.name}", *before))
    return [_offered(f"{head} {name}") for name in names if name.startswith(begun.lower())]


async def _waiting(person: Person, services: Services) -> list[Request]:
    return await services.approvals.pending(person)


def _codes(name: str, begun: str, person: Person, waiting: Iterable[Request]) -> list[Completion]:
    return [
        _offered(f"/{name} {request.code}", _about(request, person.language))
        for request in waiting
        if request.code.startswith(begun.upper()) and _suits(name, request, person)
    ]


def _suits(name: str, request: Request, person: Person) -> bool:
    """Whether that command has a chance with that request; what it may do in the end is not for here to say."""
    is_own = request.requester_id == person.id
    if name == "cancel":
        return is_own or person.role is Role.ADMIN
    if name == "admit":
        return asks_to_come_in(request)
    return person.role.covers(request.decider_role) and (not is_own or person.role is Role.ADMIN)


def _about(request: Request, language: str) -> str:
    return " · ".join(filter(None, (request.agent, request.title, request.asker.said(language))))


def _names(begun: str, person: Person) -> list[Completion]:
    return [
        _offered(f"/{command.name}", command.summary(person.language))
        for command in COMMANDS.values()
        if command.name.startswith(begun.lower()) and command.is_open_to(person)
    ]


def _offered(line: str, about: str = "") -> Completion:
    """Others' words on one line, and no longer than is read while one types."""
    label = " · ".join(filter(None, (line, one_line(about))))
    return Completion(line=line, label=shortened(label, _LABEL))
