"""Requests about hosts that a command was not let through to: what their cards say."""

from channels.locales import listed, say
from channels.messages import Button, Fact, Tone
from governance.approvals.request_type import RequestType
from governance.approvals.requests import Choice, Request
from governance.approvals.shown.cards import denying, for_whom


def places_of(request: Request) -> tuple[str, ...]:
    """The hosts with their ports and methods that it is about."""
    return tuple(request.subject.get("places", ()))


def _title(request: Request) -> str:
    places = places_of(request)
    more = f" +{len(places) - 1}" if len(places) > 1 else ""
    return f"{next(iter(places), '')}{more}"


def _details(request: Request, language: str) -> tuple[Fact, ...]:
    return (
        Fact(label=say("fact.why", language), value=request.because.said(language)),
        Fact(label=say("fact.hosts", language), value=listed(places_of(request), language)),
    )


def _buttons(request: Request, language: str) -> tuple[Button, ...]:
    allow = say("button.host_allow", language, agent=request.agent)
    return (
        Button(choice=Choice.APPROVE.value, label=allow, tone=Tone.PRIMARY),
        Button(choice=Choice.ONCE.value, label=say("button.host_once", language)),
        denying("button.host_deny", language),
    )


def _approved(request: Request, language: str) -> str:
    word = "press.host_once" if request.choice == Choice.ONCE.value else "press.host_allowed"
    return say(word, language, agent=request.agent, title=request.title)


def _scope(request: Request) -> str:
    return "once" if request.choice == Choice.ONCE.value else "agent"


HOST = RequestType(
    name="host",
    title=_title,
    about=for_whom,
    details=_details,
    buttons=_buttons,
    choices=frozenset({Choice.APPROVE, Choice.DENY, Choice.ONCE}),
    approved=_approved,
    denied="press.host_denied",
    unfit="press.unknown_choice",
    scope=_scope,
    names_ends=True,
    is_question=True,
    is_urgent=False,
)
