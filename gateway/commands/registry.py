"""From a line of text to the answer of a command, for somebody who may use it. It knows no command but /help."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from channels.base import NexoraError
from channels.messages import Inbound
from channels.mistakes import LOOSELY, nearest
from channels.text.grammar import command_called, words
from gateway.commands import accounts
from gateway.commands.command import Command, CommandCall, Misused, N, Unfit
from gateway.commands.table import TABLE
from governance.accounts.sentences import sentence_of
from governance.people.people import Person, Role
from governance.record.audit import Status
from governance.record.transaction import DatabaseAway, Store

_LONGEST_NAME = 32
"""So much of what somebody took for a command is told back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What running any command uses."""

    store: Store


class Commands:
    """Every command, with the record of what it uses among `records`. Raises TypeError when one was forgotten."""

    def __init__(self, records: Iterable[object], commands: Mapping[str, Command[Any]] | None = None) -> None:
        self._known = COMMANDS if commands is None else commands
        self._records = {type(record): record for record in records}
        forgotten = {command.needs for command in self._known.values()} - self._records.keys()
        if forgotten:
            raise TypeError(f"nobody gave {', '.join(sorted(each.__module__ for each in forgotten))} what it needs")

    async def run(self, person: Person, inbound: Inbound, name: str, rest: str) -> str:
        """The answer to a command, in the person's language, whatever they did wrong. Raises DatabaseAway."""
        command = self._known.get(name)
        call = CommandCall(
            person=person,
            inbound=inbound,
            name=name,
            words=words(rest),
            rest=rest,
            needs=self._of(command.needs if command else Needs),
        )
        if command is None:
            return _no_such(call, name, [each for each in self._known.values() if each.is_open_to(person)])
        if not command.is_open_to(person):
            event = call.origin.event("command:denied", person, resource=f"/{name}", status=Status.DENIED)
            await self._of(Needs).store.record(event)
            return call.say("denied", name=name)
        try:
            return await command.run(call)
        except DatabaseAway:
            raise
        except Misused:
            return _usage(command, call)
        except Unfit as error:
            return str(error)
        except NexoraError as error:
            return sentence_of(error, person.language)

    async def link(self, inbound: Inbound, rest: str) -> str:
        """The answer to /link from an account that nobody knows. Raises DatabaseAway."""
        return await accounts.link(inbound, rest, self._of(accounts.Needs))

    def _of(self, kind: type[N]) -> N:
        record = self._records[kind]
        if not isinstance(record, kind):
            raise TypeError(kind)
        return record


def _usage(command: Command[Any], call: CommandCall[Any]) -> str:
    language = call.person.language
    return call.say("usage", usage=command.usage(language), summary=command.summary(language))


async def _help(call: CommandCall[Needs]) -> str:
    """What this person may use, or more about one of the commands."""
    open_to_them = [command for command in COMMANDS.values() if command.is_open_to(call.person)]
    if call.words:
        wanted = command_called(call.words[0].lstrip("/"))
        command = next((each for each in open_to_them if each.name == wanted), None)
        if command is None:
            raise Unfit(_no_such(call, wanted, open_to_them))
        admins_only = f" {call.say('help.admin')}" if command.role is Role.ADMIN else ""
        return f"{_usage(command, call)}{admins_only}"
    language = call.person.language
    lines = [f"- `{each.usage(language)}` {each.summary(language)}" for each in open_to_them]
    return "\n".join((call.say("help.title"), *lines, call.say("help.more")))


def _no_such(call: CommandCall[Any], wanted: str, known: Collection[Command[Any]]) -> str:
    """That there is no such command, with the one that is called nearly so, in whatever language."""
    called = [name for each in known for name in each.names(call.person.language)]
    near = nearest(wanted, called, LOOSELY)
    shown = "".join(sign for sign in wanted if sign.isalnum() or sign in "-_")[:_LONGEST_NAME]
    return call.say("unknown.near" if near else "unknown", name=shown, near=near)


_HELP = Command(name="help", role=None, run=_help, needs=Needs)
COMMANDS: Mapping[str, Command[Any]] = {command.name: command for command in (_HELP, *TABLE)}
