"""The shape of a command and of its call, and what a command raises when it was called wrongly.

What a command uses is in the record `Needs` of its module, so that it can reach nothing else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from channels.base import NexoraError
from channels.locales import say
from channels.messages import Inbound
from channels.text.grammar import names_of
from channels.times import moment, until
from governance.approvals.requests import Request
from governance.people.people import Origin, Person, Role

N = TypeVar("N")
Suits = Callable[[Request, Person], bool]


@dataclass(frozen=True, slots=True)
class TakesAgent:
    """The place of the agent among the words behind a command, the first being 0; `own`: one of the caller's own."""

    place: int
    own: bool = False


def said(key: str, language: str, **fields: object) -> str:
    """A sentence of the commands, by its name after `command.`."""
    return say(f"command.{key}", language, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCall(Generic[N]):
    """Somebody known typed a command.

    `rest` is all that follows the name, as it was typed; `words` is the same split at blanks, bare of the signs that an
    input method adds.
    """

    person: Person
    inbound: Inbound
    name: str
    words: tuple[str, ...]
    rest: str
    needs: N

    @property
    def origin(self) -> Origin:
        """Where it came from, for the record."""
        return Origin(source="chat", address=self.inbound.address.key)

    def say(self, key: str, **fields: object) -> str:
        """A sentence of the commands in the caller's language, by its name after `command.`."""
        return said(key, self.person.language, **fields)

    def moment(self, at: datetime) -> str:
        """A time in the caller's language and time zone."""
        return moment(at, self.person.language, self.person.time_zone)

    def until(self, at: datetime, now: datetime) -> str:
        """A time to come likewise, with what is left until then."""
        return until(at, now, self.person.language, self.person.time_zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Generic[N]):
    """One command. Without a `role` everybody known may call it, and what it shows depends on who that is.

    What it is for, in a line, and what to type stand in the catalogue of sentences under its name. `needs` is what it
    uses. One that is urgent must not queue behind the turn that it is about; one that is `on_cards` is what
    cards tell people to type, with the code of their request. `suits` says which requests that wait have a chance with
    it, so that their codes are offered to whoever types it, and `takes_agent` which of its words is an agent.
    """

    name: str
    role: Role | None
    run: Callable[[CommandCall[N]], Awaitable[str]]
    needs: type[N]
    is_urgent: bool = False
    on_cards: bool = False
    suits: Suits | None = None
    takes_agent: TakesAgent | None = None

    def is_open_to(self, person: Person) -> bool:
        """Whether this person may call it at all."""
        return self.role is None or person.role is self.role

    def names(self, language: str) -> tuple[str, ...]:
        """What it is called for somebody who speaks this language, its own name first."""
        return tuple(dict.fromkeys((self.name, *names_of(self.name, language))))

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
