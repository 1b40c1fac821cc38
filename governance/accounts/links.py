"""Whether a new account is somebody's is asked on a side that was theirs before, and until they say yes it is nobody's.

The other side of a code typed in chat is every account of theirs and the console; of one typed in the console it is
their chats, for whoever sits there may not be them. Whoever has no other side yet is not asked: it is their first
account, and the code or the admin's word is all there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from channels.codec import dump, load
from channels.locales import say, say_in_each
from channels.messages import Account, Address, Button, Fact, Outbound, Tone, notice
from governance.accounts.strangers import about_account, account_title
from governance.approvals.close import QUERIES
from governance.approvals.opening import Asking, insert, opened
from governance.approvals.request_type import RequestType
from governance.approvals.requests import Choice, Request
from governance.approvals.shown.copies import PRIVATE, for_account
from governance.guard.calls import hashed
from governance.people.people import CONSOLE, Person
from governance.record.audit import canonical
from governance.record.transaction import Store, Transaction
from governance.values.reasons import why
from governance.values.verdicts import Ask, Risk

ANSWER_WITHIN = timedelta(minutes=10)
AskedIn = Literal["admin", "chat", "console"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOutcome:
    """What came of linking: done, or put to the person on the channels `asked`, and until a yes nothing is linked."""

    account: Account
    person: Person
    asked: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether the account is that person's now."""
        return not self.asked


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLink:
    """A link that somebody wants: where the code was typed, or the admin `by`. `address`: where the account waits."""

    account: Account
    person: Person
    asked_in: AskedIn
    by: Person
    address: Address | None = None


def _details(request: Request, language: str) -> tuple[Fact, ...]:
    by = say(f"link.by.{request.subject.get('asked_in', '')}", language, name=request.subject.get("by", ""))
    return (
        Fact(label=say("fact.link", language), value=say("link.what", language)),
        Fact(label=say("fact.link_by", language), value=by),
    )


def _buttons(_: Request, language: str) -> tuple[Button, ...]:
    return (
        Button(choice=Choice.APPROVE.value, label=say("button.link_yes", language), tone=Tone.PRIMARY),
        Button(choice=Choice.DENY.value, label=say("button.link_no", language), tone=Tone.DANGER),
    )


def _approved(_: Request, language: str) -> str:
    return say("press.link_yes", language)


def _not_theirs(request: Request, by: Person, account: Account) -> str | None:
    """Why this answer does not count: not theirs, or of the side that asks."""
    if str(by.id) != request.person_id:
        return say("press.link_theirs", by.language, name=request.subject.get("person", ""))
    if account.channel == CONSOLE and request.subject.get("asked_in") == CONSOLE:
        return say("press.link_other_side", by.language)
    return None


LINK = RequestType(
    name="link",
    title=account_title,
    about=about_account,
    details=_details,
    buttons=_buttons,
    choices=frozenset({Choice.APPROVE, Choice.DENY}),
    approved=_approved,
    denied="press.link_no",
    names_ends=True,
    not_theirs=_not_theirs,
)


def others(wanted: WantedLink, places: Sequence[Account]) -> list[Account]:
    """The other sides, of the places where a person is: those that were not asked from, and not the new one."""
    return [
        place
        for place in places
        if (place.channel, place.id) != (wanted.account.channel, wanted.account.id)
        and not (wanted.asked_in == CONSOLE and place.channel == CONSOLE)
    ]


async def ask(work: Transaction, store: Store, wanted: WantedLink, sides: Sequence[Account]) -> LinkOutcome:
    """Put it to the person, with two buttons on each of these sides, in the caller's transaction."""
    account, person = wanted.account, wanted.person
    subject = {
        "channel": account.channel,
        "account_id": account.id,
        "account_name": account.name,
        "person_id": str(person.id),
        "person": person.label,
        "asked_in": wanted.asked_in,
        "by": wanted.by.label,
        "address": dump(wanted.address) if wanted.address else "",
    }
    asking = Asking(
        kind=LINK,
        requester=None,
        subject=subject,
        digest=hashed(canonical(subject)),
        ask=Ask(
            because=why("link.what"),
            risk=Risk.HIGH,
            decider_role="operator",
            expiry_seconds=int(ANSWER_WITHIN.total_seconds()),
        ),
    )
    request = await insert(work, asking, store.now())
    keys = []
    for side in sides:
        key = f"card:{request.id}:{side.channel}:{side.id}"
        work.send(
            for_account(request, key, side, person.language, person.time_zone),
            expires_at=request.expires_at,
            urgent=True,
        )
        keys.append(key)
    people = [person.id] * len(sides)
    await work.execute(QUERIES["add_copy"], request.id, keys, [side.channel for side in sides], people)
    work.record(opened(request, (person.label,)))
    return LinkOutcome(account=account, person=person, asked=tuple(dict.fromkeys(side.channel for side in sides)))


def account_of(request: Request) -> Account:
    """The account that asks to be somebody's."""
    subject = request.subject
    return Account(channel=subject["channel"], id=subject["account_id"], name=subject["account_name"])


def tell_new_account(work: Transaction, request: Request, word: str) -> None:
    """Say how it ended where the account waits, in every language, for it is nobody's."""
    if request.subject["address"]:
        address = load(Address, request.subject["address"])
        sentence = say_in_each(word)
        work.send(Outbound(key=f"{word}:{request.id}", address=address, parts=notice(sentence)))


def tell_taken(work: Transaction, request: Request, by: Person, places: Sequence[Account]) -> None:
    """Say to a person who said yes that the account was somebody else's by then."""
    account = account_of(request)
    for place in places:
        words = say("link.taken", by.language, channel=account.channel, account=account.id)
        work.send(
            Outbound(
                key=f"link.taken:{request.id}:{place.channel}:{place.id}",
                address=Address(channel=place.channel, room=PRIVATE + place.id),
                parts=notice(words),
                only_for=place,
                in_language=by.language,
            ),
            urgent=True,
        )
