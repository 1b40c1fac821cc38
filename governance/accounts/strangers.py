"""Requests of accounts that nobody knows and that ask to come in: what their cards say."""

from channels.locales import say
from channels.messages import Button, Fact, Tone
from governance.approvals.request_type import RequestType
from governance.approvals.requests import Choice, Request
from governance.approvals.shown.cards import agents_named, denying, first_words

MOST_AGENTS = 2
"""Agents on the card of a stranger: beside the two other buttons four in all, which every platform shows."""


def account_title(request: Request) -> str:
    """The account that a request is about, never without what is its alone, and its channel."""
    name, account = request.subject.get("account_name"), request.subject.get("account_id")
    if name and name != account:  # what anybody may call themselves
        name = f"{name} ({account})"
    return f"{name or account} · {request.subject.get('channel')}"


def about_account(request: Request, language: str) -> tuple[Fact, ...]:
    """The account that a request is about, as the first fact of its card."""
    return (Fact(label=say("fact.account", language), value=request.title),)


def later_of(request: Request) -> tuple[str, ...]:
    """What a stranger has said since they asked to come in, in order, each as the codec writes it."""
    return tuple(request.subject.get("later", ()))


def _details(request: Request, language: str) -> tuple[Fact, ...]:
    later = say("said.later", language, count=len(later_of(request))) if later_of(request) else ""
    about = (
        *first_words(request, language),
        Fact(label=say("fact.later", language), value=later),
        Fact(label=say("fact.agents", language), value=agents_named(request, language, MOST_AGENTS)),
    )
    return tuple(fact for fact in about if fact.value)


def _buttons(request: Request, language: str) -> tuple[Button, ...]:
    return (
        *(
            Button(choice=letter, label=say("button.admit_with", language, agent=agent), tone=Tone.PRIMARY)
            for letter, agent in list(request.agents.items())[:MOST_AGENTS]
        ),
        Button(choice=Choice.APPROVE.value, label=say("button.admit", language)),
        denying("button.refuse", language),
    )


ADMISSION = RequestType(
    name="admission",
    title=account_title,
    about=about_account,
    details=_details,
    buttons=_buttons,
    choices=frozenset({Choice.APPROVE, Choice.DENY}),
    is_urgent=False,
)


def asks_to_come_in(request: Request) -> bool:
    """Whether it is the request of a stranger, which alone can be admitted."""
    return request.kind.name == ADMISSION.name
