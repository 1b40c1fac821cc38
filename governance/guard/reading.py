"""The one reading of a command for its call: what is judged, bound to contents, granted and shown, handed on in it."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from governance.guard.calls import ProposedCall
from governance.guard.destinations import destinations_of, wants_network
from governance.guard.scripts import contents_below
from governance.shell import DEFAULT_PORTS, read_command
from governance.shell.scope import Listed, nobody_listed
from governance.values.verdicts import Effect

READ_AT_ONCE = 250
"""So many characters are read within 20 ms, unless loops stand in loops. Nearly no command has more."""

_ONE_LOOP = 2
"""How often `do` stands in a loop: there, and in its `done`."""


def has_unread(call: ProposedCall) -> bool:
    """Whether a call has a command that nobody has read yet."""
    is_command = call.effect in {Effect.RUNS, Effect.UNKNOWN}
    return is_command and call.reading is None and isinstance(call.arguments.get(call.subject), str)


def may_take_long(call: ProposedCall) -> bool:
    """Whether it is read in a thread: a long command, one with more than one `do … done`, one with hosts to look up."""
    command = call.subject_value
    return len(command) > READ_AT_ONCE or command.count("do") > _ONE_LOOP or wants_network(call)


def read_call(
    call: ProposedCall,
    *,
    contained: bool,
    protected: Iterable[Path] = (),
    ports: frozenset[int] = DEFAULT_PORTS,
    undoable: bool = False,
    registries: Listed = nobody_listed,
) -> ProposedCall:
    """The call with its command read, as `read_command` reads it; as it is where there is none or it was read."""
    if not has_unread(call):
        return call
    reading = read_command(
        call.subject_value,
        call.workspace,
        contained=contained,
        protected=protected,
        ports=ports,
        network=wants_network(call),
        undoable=undoable,
        registries=registries,
        folder=call.folder,
        contents=contents_below(call.workspace),
    )
    read = replace(call, reading=reading)
    return replace(read, destinations=destinations_of(read) if wants_network(read) else ())
