"""All wording of cards: what is asked, how it stands, how it ended. Plain text only; adapters escape and lay out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from channels.locales import listed, say
from channels.messages import BodyKind, Button, Card, Fact, Tone
from channels.times import moment, within
from governance.approvals.requests import Choice, Request, RequestStatus, new_card_id
from governance.approvals.shown.card_text import masked_text
from governance.guard.effects import whole
from governance.guard.script import Script, Seen
from governance.record.transaction import Row

FIRST_WORDS = 300
MOST_STRANGERS = 15
"""So many are named on one card; the others stand in /pending."""
MOST_LABEL, FIRST_LINE = 60, 60
DIGITS = 12
"""So much of a digest is shown."""


def card_for(request: Request, language: str, *, zone: str = "", is_private: bool = True) -> Card:
    """The card of a request as it stands: with buttons while it is pending, else its outcome.

    `zone` is the time zone of whoever reads it; empty for a room, which reads that of the deployment.

    `is_private`: nobody but somebody who may decide reads it, so that nothing on it is masked.
    """
    body = request.body if is_private and request.is_pending else request.masked_body
    return (
        _asking(request, language, body, zone=zone, is_private=is_private)
        if request.is_pending
        else _outcome(request, language, body, zone)
    )


def strangers_card(channel: str, strangers: Sequence[Row], language: str) -> Card:
    """Everybody who asks to come in on a channel, with the code by which each is admitted or refused."""
    facts = tuple(
        Fact(
            label=f"{row['name'] or row['account']} ({row['account']})"[:MOST_LABEL],
            value=f"{row['code']} · {str(row['said'])[:FIRST_LINE]}",
        )
        for row in strangers[:MOST_STRANGERS]
    )
    left = len(strangers) - len(facts)
    return Card(
        id=new_card_id(),
        title=say("card.strangers", language, count=len(strangers), channel=channel),
        facts=facts,
        note=say("note.strangers_more" if left else "note.strangers", language, left=left),
    )


def waiting_card(request: Request, deciders: tuple[str, ...], language: str, zone: str = "") -> Card:
    """What the requester sees: the same facts, who is asked, and the one button that takes the request back."""
    note = (
        say("note.requester", language, deciders=listed(deciders, language), code=request.code)
        if deciders
        else say("note.no_decider", language, code=request.code)
    )
    card = _asking(request, language, request.masked_body, zone=zone)
    return Card(
        id=card.id,
        title=card.title,
        facts=card.facts,
        body=card.body,
        body_kind=card.body_kind,
        buttons=(withdraw_button(language),),
        note=note,
    )


def read_along_card(request: Request, deciders: tuple[str, ...], language: str) -> Card:
    """The requester's card in a group, where a decider may be reading along: with the buttons of both."""
    note = waiting_card(request, deciders, language).note
    return _and_withdraw(replace(card_for(request, language, is_private=False), note=note), language)


def withdraw_button(language: str) -> Button:
    """What takes a request back; it counts for whoever asked alone."""
    return Button(choice=Choice.WITHDRAW.value, label=say("button.withdraw", language))


def _and_withdraw(card: Card, language: str) -> Card:
    withdraw = withdraw_button(language)
    when_cut = (*card.buttons_when_cut, withdraw) if card.buttons_when_cut else ()
    return replace(card, buttons=(*card.buttons, withdraw), buttons_when_cut=when_cut)


def still_waiting(card: Card, had: Card | None, language: str) -> Card:
    """The card of a request that still waits, for a copy that stands as `had`: with what could be pressed on that."""
    if had is None or not had.buttons:
        return replace(card, buttons=(), buttons_when_cut=(), fallback="", note=had.note if had else "")
    if Choice.WITHDRAW.value not in {button.choice for button in had.buttons}:
        return card
    if len(had.buttons) == 1:
        return replace(card, buttons=had.buttons, buttons_when_cut=(), fallback="", fallback_when_cut="", note=had.note)
    return _and_withdraw(replace(card, note=had.note), language)


def confirming_card(request: Request, language: str, *, zone: str = "", is_private: bool) -> Card:
    """What the only admin sees of their own request: that approving it takes a second step."""
    return replace(
        card_for(request, language, zone=zone, is_private=is_private),
        buttons=tuple(_confirming(request, button, language) for button in buttons(request, language)),
        note=say("note.confirms", language, code=request.code),
    )


def _confirming(request: Request, button: Button, language: str) -> Button:
    if button.choice != Choice.APPROVE.value or not request.kind.is_of_call:
        return button
    return replace(button, label=say("button.confirm", language))


def decided_by(request: Request, language: str) -> str:
    """Who decided it and by which account, marked where that was whoever asked for it."""
    who = request.decider.said(language)
    return say("who.requester", language, who=who) if request.is_confirmed else who


def _asking(request: Request, language: str, body: str, *, zone: str, is_private: bool = False) -> Card:
    expires = within(request.expires_at, request.created_at, language, zone)
    return Card(
        id=request.card_id,
        title=request.kind.asks(request, language),
        facts=(*_about(request, language), Fact(label=say("fact.expires", language), value=expires)),
        body=body,
        body_kind=BodyKind.CODE,
        buttons=buttons(request, language),
        fallback=request.kind.in_words(request, language),
        attachments=attached(request, language, is_private=is_private),
        **_when_cut(request, language),
    )


def attached(request: Request, language: str, *, is_private: bool = True) -> tuple[tuple[str, str], ...]:
    """All that belongs to what is asked besides its own words: scripts that are not approved yet, and what it did."""
    scripts = tuple(
        (_label(script, language), script.shown if is_private else masked_text(script.shown))
        for script in request.scripts
        if script.seen is not Seen.SAME
    )
    return (*scripts, *_effects(request, language))


def _label(script: Script, language: str) -> str:
    lines = script.text.count("\n") + bool(script.text and not script.text.endswith("\n"))
    known = {"path": script.path, "lines": lines, "size": f"{script.size_bytes:,}", "digest": script.digest[:DIGITS]}
    return say(f"script.{script.seen.value}", language, **known)


def _effects(request: Request, language: str) -> tuple[tuple[str, str], ...]:
    """All that the call did when it was tried, which is what is approved."""
    return ((say("fact.effects", language), whole(request.trial, language)),) if request.trial else ()


def _when_cut(request: Request, language: str) -> dict[str, Any]:
    """What takes the place of the buttons where the card cannot show everything: nobody approves what is not shown."""
    if Choice.OPEN not in request.kind.choices:
        return {}
    opens = Button(choice=Choice.OPEN.value, label=say("button.open", language), tone=Tone.PRIMARY)
    deny = denying("button.deny", language)
    return {
        "buttons_when_cut": (opens, deny),
        "fallback_when_cut": say("fallback.cut", language, code=request.code),
    }


def details(request: Request, language: str) -> tuple[Fact, ...]:
    """What is to be known before deciding, besides who asks for what, the risk and until when it stands."""
    return request.kind.details(request, language)


def _about(request: Request, language: str) -> tuple[Fact, ...]:
    """All facts of a request: who asks for what, and the details."""
    return (*request.kind.about(request, language), *details(request, language))


def for_whom(request: Request, language: str) -> tuple[Fact, ...]:
    """For whom which agent asks, and how much is at risk."""
    about = [
        ("fact.for", request.asker.said(language)),
        ("fact.agent", request.agent),
        ("fact.risk", say(f"risk.{request.risk.value}", language)),
    ]
    return tuple(Fact(label=say(label, language), value=value) for label, value in about)


def first_words(request: Request, language: str) -> tuple[Fact, ...]:
    """Who spoke first in a room, and what was said first."""
    return (
        Fact(label=say("fact.spoken_by", language), value=request.asker.said(language)),
        Fact(label=say("fact.said", language), value=str(request.subject.get("said", ""))[:FIRST_WORDS]),
    )


def agents_named(request: Request, language: str, most: int) -> str:
    """The agents to choose from, with how to do so in words where more than `most` may not have a button each."""
    names = listed(request.agents.values(), language)
    return names if len(request.agents) <= most else say("agents.in_words", language, agents=names, code=request.code)


def buttons(request: Request, language: str) -> tuple[Button, ...]:
    """What can be pressed on the card of a request, in its language."""
    return request.kind.buttons(request, language)


def denying(word: str, language: str) -> Button:
    """A button that denies; whoever presses it may say why, and the reason stands on the outcome."""
    return Button(choice=Choice.DENY.value, label=say(word, language), tone=Tone.DANGER, takes_reason=True)


def _outcome(request: Request, language: str, body: str, zone: str) -> Card:
    facts = [*_about(request, language)[:2]]
    if request.status is not RequestStatus.EXPIRED or request.is_lapsed:
        facts.append(Fact(label=say("fact.by", language), value=decided_by(request, language)))
    if request.decided_at is not None:
        facts.append(Fact(label=say("fact.at", language), value=moment(request.decided_at, language, zone)))
    if request.status is RequestStatus.APPROVED and (scope := request.kind.scope(request)):
        facts.append(Fact(label=say("fact.scope", language), value=say(f"scope.{scope}", language)))
    if request.reason:
        facts.append(Fact(label=say("fact.reason", language), value=request.reason))
    if request.why is not None:
        facts.append(Fact(label=say("fact.not_run", language), value=masked_text(request.why.said(language))))
    return Card(
        id=request.card_id,
        title=say(
            f"card.{_ending(request)}", language, title=request.title, agent=request.chosen_agent or request.agent
        ),
        facts=tuple(facts),
        body=body,
        body_kind=BodyKind.CODE,
    )


def _ending(request: Request) -> str:
    """The word for how it ended: of an approved call by what became of it, as soon as that is known."""
    if request.is_lapsed:
        return "lapsed"
    if request.status is RequestStatus.APPROVED and request.call is not None and request.call.is_end:
        return f"call.{request.call.value}"
    if request.kind.names_ends:
        return f"{request.kind.name}.{request.status.value}"
    return request.status.value
