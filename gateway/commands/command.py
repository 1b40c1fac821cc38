"""The shape of a command and of its call, and what a command raises when it was called wrongly."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from channels.base import NexoraError
from channels.locales import say
from channels.messages import Inbound
from gateway.services import Services
from governance.people.people import Origin, Person, Role


def said(key: str, language: str, **fields: object) -> str:
    """A sentence of the commands, by its name after `command.`."""
    return say(f"command.{key}", language, **fields)


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
        """A sentence of the commands in the caller's language, by its name after `command.`."""
        return said(key, self.person.language, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. Without a `role` everybody known may call it, and what it shows depends on who that is.

    What it is for, in a line, and what to type stand in the catalogue of sentences under its name.
    """

    name: str
    role: Role | None
    run: Callable[[CommandCall], Awaitable[str]]

    def is_open_to(self, person: Person) -> bool:
        """Whether this person may call it at all."""
        return self.role is None or person.role is self.role

    def summary(self, language: str) -> str:
        """What it is for, in one line."""
        return said(f"summary.{self.name}", language)

    def usage(self, language: str) -> str:
        """What to type."""
        return said(f"usage.{self.name}", language)


class Misused(NexoraError):
    """The command was called without what it needs, or with something else."""


class Unfit(NexoraError):
    """What was asked for cannot be done; the text is a sentence in the caller's language that says what to do next."""
