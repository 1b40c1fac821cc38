"""Several questions of one kind on one card, with their number: it approves none, shows each, or denies them all.

What is approved has to be seen whole, so approving takes the card of each question, which a press on this one sends.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from channels.codec import load
from channels.locales import listed, say
from channels.messages import Address, BodyKind, Button, Card, Fact, Outbound, Tone
from channels.times import moment
from governance.approvals.request_type import Known, known
from governance.approvals.requests import Request, requests_of
from governance.approvals.shown.cards import decided_by
from governance.approvals.shown.copies import PRIVATE, Copy, reached
from governance.people.people import Person
from governance.record.transaction import Row, Transaction, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
LEAST = 3
"""So many questions of one kind in one answer stand on one card."""
MOST_SHOWN = 300
"""A question that is longer, in characters, is named only: its own card shows it whole."""


class BatchChoice(StrEnum):
    """What a button of such a card says. Alphabetical."""

    DENY_ALL = "x"
    SHOW_EACH = "e"
    WITHDRAW_ALL = "w"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The requests that stand on one card, in the order in which they were asked."""

    id: UUID
    card_id: str
    requests: Sequence[Request]

    @property
    def waiting(self) -> list[Request]:
        """Those that wait for a decision."""
        return [request for request in self.requests if request.is_pending]


def kinds_of(titles: Sequence[str]) -> list[list[int]]:
    """Which of these, by their places, stand on one card together; each of the others is alone."""
    together: dict[str, list[int]] = {}
    for number, title in enumerate(titles):
        together.setdefault(title, []).append(number)
    groups: list[list[int]] = []
    for numbers in together.values():
        groups += [numbers] if len(numbers) >= LEAST else [[number] for number in numbers]
    return groups


async def send_batch(
    work: Transaction, batch: Batch, deciders: Sequence[Row], waits: Copy | None, *, now: datetime
) -> None:
    """Write a batch and send its card to each decider, and as `waits` says to where the requester waits."""
    first = batch.requests[0]
    await work.execute(QUERIES["add"], batch.id, batch.card_id, [request.id for request in batch.requests], now)
    copies: dict[str, Copy] = {}
    for account, row in reached(deciders):
        copy = Outbound(
            key=f"card:batch:{batch.id}:{account.channel}:{account.id}",
            address=Address(channel=account.channel, room=PRIVATE + account.id),
            card=batch_card(batch, row["language"], zone=row["time_zone"], is_private=True),
            only_for=account,
            in_language=row["language"],
            in_zone=row["time_zone"],
        )
        copies[copy.key] = (copy, row["id"])
    if waits is not None:
        copies[waits[0].key] = waits
    for copy, _ in copies.values():
        work.send(copy, expires_at=first.expires_at, urgent=True, apart=first.requester_id)
    keys, persons = list(copies), [person for _, person in copies.values()]
    await work.execute(QUERIES["add_copies"], batch.id, keys, persons)


def waiting_copy(
    batch: Batch, address: Address, *, language: str, zone: str, has_buttons: bool, is_private: bool
) -> Copy:
    """The card of a batch where the requester waits; a group is given no zone."""
    card = batch_card(batch, language, zone=zone, is_private=is_private)
    withdraw = Button(choice=BatchChoice.WITHDRAW_ALL.value, label=say("button.withdraw_all", language))
    if not has_buttons:
        card = replace(card, buttons=(withdraw,), fallback="")
    elif not is_private:
        card = replace(card, buttons=(*card.buttons, withdraw))
    key = f"card:batch:{batch.id}:requester"
    copy = Outbound(key=key, address=address, card=card, in_language=language, in_zone=zone)
    return copy, batch.requests[0].requester_id


async def find_batch(work: Transaction, kinds: Known, card_id: str) -> Batch | None:
    """The batch on whose card that button stands."""
    number = await work.fetchval(QUERIES["of_card"], card_id)
    return None if number is None else await _batch(work, kinds, number)


async def rewrite_batch(work: Transaction, request: Request) -> None:
    """Bring the card on which a request stands with others to how they stand now; once for all of a transaction."""
    number = request.subject.get("batch")
    batch = await _batch(work, known(request.kind), UUID(str(number))) if number else None
    if batch is None:
        return
    codes = hashlib.sha256(" ".join(each.code for each in batch.requests).encode()).hexdigest()
    stands = f"{''.join(each.status.value[0] for each in batch.requests)}:{codes[:8]}"
    for row in await work.fetch(QUERIES["copies"], batch.id):
        copy = load(Outbound, row["body"])
        language = copy.in_language or row["language"]
        card = batch_card(batch, language, zone=copy.in_zone, is_private=copy.only_for is not None)
        if batch.waiting:
            card = with_buttons_of(card, copy.card)
        work.supersede(copy.key)
        again = Outbound(
            key=f"{copy.key}:{stands}",
            address=copy.address,
            card=card,
            rewrites=copy.key,
            in_language=language,
            in_zone=copy.in_zone,
        )
        work.send(again, urgent=True, apart=request.requester_id)


def with_buttons_of(card: Card, had: Card | None) -> Card:
    """The card with what could be pressed on that copy of it, and no more."""
    choices = {button.choice for button in had.buttons} if had else set()
    own = tuple(button for button in had.buttons if button.choice == BatchChoice.WITHDRAW_ALL.value) if had else ()
    theirs = tuple(button for button in card.buttons if button.choice in choices)
    return replace(card, buttons=(*theirs, *own), fallback=card.fallback if theirs else "")


async def send_batch_again(work: Transaction, batch: Batch, copy: Outbound, to: Person, key: str) -> None:
    """Send the card once more to where that copy stands, as one more, which changes as all others do."""
    first, language = batch.requests[0], copy.in_language or to.language
    card = batch_card(batch, language, zone=copy.in_zone, is_private=copy.only_for is not None)
    again = Outbound(
        key=f"card:batch:{batch.id}:again:{key}",
        address=copy.address,
        card=with_buttons_of(card, copy.card),
        only_for=copy.only_for,
        in_language=language,
        in_zone=copy.in_zone,
    )
    work.send(again, expires_at=first.expires_at, urgent=True, apart=first.requester_id)
    await work.execute(QUERIES["add_copies"], batch.id, [again.key], [to.id])


async def place_of_batch(work: Transaction, request: Request) -> Outbound | None:
    """The card where the requester of a request waits that stands with others; None for one that stands alone."""
    number = request.subject.get("batch")
    rows = await work.fetch(QUERIES["copies"], UUID(str(number))) if number else []
    copies = [load(Outbound, row["body"]) for row in rows]
    return next((copy for copy in copies if copy.key.endswith(":requester")), None)


async def _batch(work: Transaction, kinds: Known, number: UUID) -> Batch | None:
    rows = await work.fetch(QUERIES["requests"], number)
    requests = requests_of(rows, kinds)
    return Batch(id=number, card_id=rows[0]["batch_card"], requests=requests) if requests else None


def batch_card(batch: Batch, language: str, *, zone: str = "", is_private: bool) -> Card:
    """The card as its requests stand: those that wait with their codes, or how all of them ended."""
    waiting, first = batch.waiting, batch.requests[0]
    facts = [
        Fact(label=say("fact.for", language), value=first.asker.said(language)),
        Fact(label=say("fact.agent", language), value=first.agent),
    ]
    if not waiting:
        ends = Counter(say(f"status.{each.status.value}", language) for each in batch.requests)
        told = listed((f"{end} {count}" for end, count in ends.items()), language)
        return Card(
            id=batch.card_id,
            title=say("card.batch_ended", language, title=first.title, count=len(batch.requests)),
            facts=(*facts, Fact(label=say("fact.ends", language), value=told), *_decided(batch, language)),
        )
    risk = max((each.risk for each in waiting), key=lambda each: each.rank)
    reasons = list(dict.fromkeys(each.because.said(language) for each in waiting))
    facts += [
        Fact(label=say("fact.risk", language), value=say(f"risk.{risk.value}", language)),
        Fact(label=say("fact.why", language), value="; ".join(reasons)),
        Fact(
            label=say("fact.expires", language), value=moment(min(each.expires_at for each in waiting), language, zone)
        ),
    ]
    return Card(
        id=batch.card_id,
        title=say("card.batch", language, agent=first.agent, title=first.title, count=len(waiting)),
        facts=tuple(facts),
        body="\n\n".join(_shown(each, language, is_private=is_private) for each in waiting),
        body_kind=BodyKind.CODE,
        note=say("note.batch", language),
        buttons=(
            Button(choice=BatchChoice.SHOW_EACH.value, label=say("button.show_each", language), tone=Tone.PRIMARY),
            Button(
                choice=BatchChoice.DENY_ALL.value,
                label=say("button.deny_all", language),
                tone=Tone.DANGER,
                takes_reason=True,
            ),
        ),
        fallback=say("fallback.batch", language, code=waiting[0].code),
    )


def _decided(batch: Batch, language: str) -> list[Fact]:
    """Who ended them, each named once, and why."""
    ended = [each for each in batch.requests if each.decided_by is not None]
    by = dict.fromkeys(decided_by(each, language) for each in ended)
    why = dict.fromkeys(each.reason for each in ended if each.reason)
    told = (("fact.by", by), ("fact.reason", why))
    return [Fact(label=say(label, language), value="; ".join(words)) for label, words in told if words]


def _shown(request: Request, language: str, *, is_private: bool) -> str:
    body = request.body if is_private else request.masked_body
    return f"{request.code}\n{body if len(body) <= MOST_SHOWN else say('batch.long', language, number=len(body))}"
