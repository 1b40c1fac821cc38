"""What does not fit on a card is sent whole to whoever may decide, and only that lets them approve it.

Where a card shows less than what runs, its only positive button opens the whole text: as a file or in messages,
the last of which has the buttons. Whoever decides by typing types the code that stands there, so that nobody
approves unseen.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from channels.locales import say
from channels.messages import Account, Address, Card, Outbound
from governance.approvals.requests import Choice, Request, new_code
from governance.approvals.shown.cards import card_for
from governance.approvals.shown.copies import PRIVATE
from governance.people.people import Person
from governance.record.audit import Event
from governance.record.transaction import Store, Transaction, load_queries

QUERIES = load_queries(Path(__file__).with_name("disclosure.sql"))
CODE_LENGTH = 6
MOST_TIMES = 5
"""So often the same text is sent to the same person."""
_SURELY_SHOWN = 600
POSITIVE = frozenset({Choice.APPROVE.value, Choice.FOR_THIS_CONVERSATION.value, Choice.ONCE.value})

Shows = Callable[[str, Card], bool]
"""Whether the channel of that name shows everything that is on the card."""


def surely_shown(channel: str, card: Card) -> bool:  # noqa: ARG001  # whatever the channel is
    """Whether every channel shows all of the card, however little it takes."""
    return len(card.body) + sum(len(text) for _, text in card.attachments) <= _SURELY_SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """Somebody tries to decide. `typed` is the code of what they were shown, None where they pressed a button."""

    by: Person
    account: Account
    choice: str
    typed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosures:
    """What is sent in place of a decision about what somebody was not shown.

    `shows` says whether a channel shows all of a card; `public_url` is where people reach the console, if anywhere.
    """

    shows: Shows = surely_shown
    public_url: str = ""

    async def instead(self, work: Transaction, request: Request, attempt: Try) -> str:
        """The sentence that answers in place of a decision, the whole text being sent; empty where it may be made."""
        if attempt.choice != Choice.OPEN.value and not await self._is_unseen(work, request, attempt):
            return ""
        language = attempt.by.language
        word = "press.opened" if attempt.choice == Choice.OPEN.value else "press.unseen"
        is_sent = await disclose(work, request, attempt.by, attempt.account)
        sentence = say(word if is_sent else "press.opened_often", language, times=MOST_TIMES)
        if not self.public_url:
            return sentence
        return f"{sentence} {say('press.page', language, page=f'{self.public_url}/approvals/{request.id}')}"

    async def _is_unseen(self, work: Transaction, request: Request, attempt: Try) -> bool:
        """Whether this approves what that person has not been shown whole."""
        if Choice.OPEN not in request.kind.choices or attempt.choice not in POSITIVE:
            return False
        if self.shows(attempt.account.channel, card_for(request, attempt.by.language)):
            return False
        known = await work.fetchval(QUERIES["code_of"], request.id, attempt.by.id)
        return known is None or (attempt.typed is not None and attempt.typed.upper() != known)


async def disclose(work: Transaction, request: Request, by: Person, account: Account) -> bool:
    """Send the whole text to that person, with the buttons below it; False when that was done often enough."""
    row = await work.fetchrow(QUERIES["disclose"], request.id, by.id, new_code(CODE_LENGTH), MOST_TIMES)
    if row is None:
        return False
    key = f"whole:{request.id}:{account.channel}:{account.id}:{row['times']}"
    copy = Outbound(
        key=key,
        address=Address(channel=account.channel, room=PRIVATE + account.id),
        card=whole_card(request, by, row["code"]),
        only_for=account,
        in_language=by.language,
        in_zone=by.time_zone,
    )
    work.send(copy, expires_at=request.expires_at, urgent=request.is_urgent)
    await work.execute(QUERIES["add_copy"], request.id, key, account.channel, by.id)
    work.record(_disclosed(request, by, account))
    return True


async def shown_on_page(store: Store, request: Request, by: Person, account: Account) -> None:
    """Note that a page has shown the whole text to that person."""
    async with store.transaction() as work:
        await _shown_on_page(work, request, by, account)


async def was_shown(store: Store, card_id: str, by: Person) -> bool:
    """Whether that person was shown all of what the card of that id asks."""
    return await store.fetchval(QUERIES["was_shown"], card_id, by.id) is not None


async def _shown_on_page(work: Transaction, request: Request, by: Person, account: Account) -> None:
    if await work.fetchval(QUERIES["code_of"], request.id, by.id) is None:
        await work.fetchrow(QUERIES["disclose"], request.id, by.id, new_code(CODE_LENGTH), MOST_TIMES)
        work.record(_disclosed(request, by, account))


def whole_card(request: Request, by: Person, code: str) -> Card:
    """The card that leaves nothing out, for that person, with the line that approves it in words."""
    language = by.language
    card = card_for(request, language, zone=by.time_zone)
    return replace(
        card,
        title=say("card.whole", language, title=card.title),
        fallback=say("fallback.whole", language, code=request.code, shown=code),
        is_whole=True,
    )


def _disclosed(request: Request, by: Person, account: Account) -> Event:
    return Event(
        tag="approvals:request:disclosed",
        actor=str(by.id),
        actor_name=by.name,
        resource=str(request.id),
        address=f"{account.channel}:{account.id}",
        detail={"digest": request.digest},
    )
