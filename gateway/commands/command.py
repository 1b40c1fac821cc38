"""The shape of a command and of its call, and what a command raises when it was called wrongly."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from channels.base import NexoraError
from channels.messages import Inbound
from gateway.commands.words import say
from gateway.services import Services
from governance.people.people import Origin, Person, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCall:
    """Somebody known typed a command. `rest` is all that follows the name, `words` the same split at blanks."""

    person: Person
    inbound: Inbound
    name: str
    words: tuple[str, ...]
    rest: str
    services: Services

    @property
    def origin(self) -> Origin:
        """Where it came from, for the record."""
        return Origin(source="chat", address=self.inbound.address.key)

    def say(self, key: str, **fields: object) -> str:
        """A sentence of the commands in the caller's language."""
        return say(key, self.person.language, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. Without a `role` everybody known may call it, and what it shows depends on who that is.

    `summary` is one line and `usage` what to type, each in English and Chinese.
    """

    name: str
    role: Role | None
    summary: tuple[str, str]
    usage: tuple[str, str]
    run: Callable[[CommandCall], Awaitable[str]]

    def is_open_to(self, person: Person) -> bool:
        """Whether this person may call it at all."""
        return self.role is None or person.role is self.role


class Misused(NexoraError):
    """The command was called without what it needs, or with something else."""


class Unfit(NexoraError):
    """What was asked for cannot be done; the text is a sentence in the caller's language that says what to do next."""
