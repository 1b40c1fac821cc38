"""A kind of request as a value: how it is shown, which choices it has, how its end is told and what that sets off.

Each kind is defined in the file of what it is about; which of them there are is said where the gateway is assembled.
Nothing else asks of which kind a request is, so that a further kind is one file and one line there.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from channels.locales import say
from channels.messages import Account, Button, Fact
from governance.people.people import Person
from governance.record.transaction import Transaction

if TYPE_CHECKING:  # a request has its kind, and a kind speaks of requests
    from governance.approvals.close import RequestEnding
    from governance.approvals.requests import Request

Effect = Callable[[Transaction, "Request", "RequestEnding"], Awaitable[None]]
"""What the end of a request sets off, in the same transaction; the request carries its new status."""
Facts = Callable[["Request", str], tuple[Fact, ...]]
Sentence = Callable[["Request", str], str]
"""What is said of a request in a language."""


def _asks(request: "Request", language: str) -> str:
    return say(f"card.{request.kind.name}", language, agent=request.agent, title=request.title)


def _in_words(request: "Request", language: str) -> str:
    return say(f"fallback.{request.kind.name}", language, code=request.code)


def _approved(_: "Request", language: str) -> str:
    return say("press.approved", language)


def _no_body(_: "Request", *, masked: bool) -> str:  # noqa: ARG001  # the argument of every body
    return ""


def _no_scope(_: "Request") -> str:
    return ""


def _anybodys(_: "Request", by: Person, account: Account) -> str | None:  # noqa: ARG001  # as above
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestType:
    """One kind of request. What it leaves unsaid is as with a plain yes or no."""

    name: str
    """As it is stored, in the record, and in the names of its sentences."""
    title: Callable[["Request"], str]
    """What is asked, in a few words."""
    about: Facts
    """Who asks for what: the first facts of its card, while it waits and when it has ended."""
    details: Facts
    """What is to be known besides, before deciding."""
    buttons: Callable[["Request", str], tuple[Button, ...]]
    choices: frozenset[str]
    """The choices that count, beside the agents from which a request lets choose.

    "For this conversation" leaves a grant, if the risk allows it. "Open" makes it a kind that is approved only by
    whoever was shown all of it.
    """
    body: Callable[..., str] = _no_body
    """The text that is approved, letter by letter; with `masked` as others may read it."""
    asks: Sentence = _asks
    """The title of its card while it waits."""
    is_headed_by_it: bool = False
    """Whether that title says what is to be done, so that lists are headed by it as well."""
    in_words: Sentence = _in_words
    """How it is decided by typing."""
    approved: Sentence = _approved
    """What somebody is told who approved it."""
    denied: str = "press.denied"
    """The word for what somebody is told who denied it."""
    unfit: str = ""
    """The word for what somebody is told who made another choice; empty for the usual."""
    scope: Callable[["Request"], str] = _no_scope
    """The word for how far an approval goes; empty where that is plain."""
    names_ends: bool = False
    """Whether its card says in words of its own how it ended."""
    not_theirs: Callable[["Request", Person, Account], str | None] = _anybodys
    """Why it is not for this person of the right role to decide, or not from there; None when it is."""
    is_of_call: bool = False
    """Whether a call waits for it; such requests of one conversation are listed together."""
    is_question: bool = False
    """Whether an agent asks it while it works, so that it takes one of the places that there are for questions."""
    is_known: bool = True
    """Whether it was assembled here; no for what stands for a kind that was not."""
    is_urgent: bool = True
    """Whether its cards go before other messages: whether anybody waits for it."""
    effect: Effect | None = None

    def with_effect(self, effect: Effect) -> "RequestType":
        """The same kind, whose end sets this off."""
        return replace(self, effect=effect)


Known = Mapping[str, RequestType]
"""The kinds that there are, by their names. What is stored of any other kind is shown, and can be denied."""


def known(*kinds: RequestType) -> Known:
    """These kinds by their names. Raises ValueError where two have the same."""
    found = {kind.name: kind for kind in kinds}
    if len(found) != len(kinds):
        raise ValueError(f"two kinds of requests have one name: {', '.join(kind.name for kind in kinds)}")
    return found


def of_calls(kinds: Known) -> list[str]:
    """The names of those for which calls wait."""
    return [name for name, kind in kinds.items() if kind.is_of_call]
