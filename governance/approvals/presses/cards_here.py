"""Which card somebody means who decides in words: the one that they answer, or the last thing that they were sent.

Only a copy that was sent to where they speak, and to them where it is for one alone, is meant, as for a press. It
decides nothing.
"""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from channels.codec import load, refs_of
from channels.messages import Account, Outbound
from governance.approvals.batches import Batch, BatchChoice, find_batch
from governance.approvals.close import QUERIES as REQUESTS
from governance.approvals.presses.pressed import Pressed, was_sent_here
from governance.approvals.request_type import Known
from governance.approvals.requests import Choice, Request, request_of
from governance.approvals.shown.cards import card_for, still_waiting
from governance.approvals.shown.copies import PRIVATE
from governance.people.people import Person
from governance.record.transaction import Row, Store, Transaction, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CardHere:
    """A card as it was sent here, and what it asks."""

    request: Request
    copy: Outbound

    @property
    def decides(self) -> bool:
        """Whether it offers a decision, and not only to take back what was asked."""
        return _offers_more_than(Choice.WITHDRAW.value, self.copy)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchHere:
    """The card of several requests as it was sent here, and what it asks."""

    batch: Batch
    copy: Outbound

    @property
    def decides(self) -> bool:
        """Whether it offers a decision, and not only to take back what was asked."""
        return _offers_more_than(BatchChoice.WITHDRAW_ALL.value, self.copy)


async def card_answered(store: Store, kinds: Known, account: Account, at: Pressed) -> CardHere | None:
    """The card that is the message `at` names; None where that is something else, or was not sent here.

    Where that is the message with which a thread began, all that is said in the thread may name it: it is meant until
    something else is said there.
    """
    if at.ref is None:
        return None
    rows = await store.fetch(QUERIES["answered"], at.address.channel, at.ref.id)
    row = next((row for row in rows if _is_here(row, account, at)), None)
    thread = at.address.thread if at.ref.id == at.address.thread else ""
    if row is None or (thread and await _is_followed(store, row, account, at, thread)):
        return None
    return await _card_of(store, kinds, row)


async def card_last_sent(store: Store, kinds: Known, account: Account, at: Pressed) -> CardHere | None:
    """The card of a request that waits, if nothing was said to this account here since."""
    row = await _last_sent(store, "waiting", account, at)
    return None if row is None else await _card_of(store, kinds, row)


async def batch_last_sent(store: Store, kinds: Known, account: Account, at: Pressed) -> BatchHere | None:
    """The card of several requests, likewise."""
    row = await _last_sent(store, "waiting_batches", account, at)
    if row is None:
        return None
    async with store.transaction() as work:
        batch = await find_batch(work, kinds, row["card_id"])
    return None if batch is None else BatchHere(batch=batch, copy=load(Outbound, row["body"]))


async def waiting_of_code(store: Store, kinds: Known, code: str) -> Request | None:
    """The request of that code, if it waits."""
    row = await store.fetchrow(REQUESTS["find"], None, None, code.upper())
    request = None if row is None else request_of(row, kinds)
    return request if request is not None and request.is_pending else None


async def send_again(work: Transaction, card: CardHere, to: Person, key: str) -> None:
    """Send the card once more to where it stands, as one more copy, which ends as all others do."""
    request, copy = card.request, card.copy
    language = copy.in_language or to.language
    shown = card_for(request, language, is_private=copy.only_for is not None)
    again = Outbound(
        key=f"card:{request.id}:again:{key}",
        address=copy.address,
        card=still_waiting(shown, copy.card, language),
        only_for=copy.only_for,
        in_language=language,
    )
    work.send(again, expires_at=request.expires_at, urgent=True)
    await work.execute(REQUESTS["add_copy"], request.id, [again.key], [again.address.channel], [to.id])


async def _last_sent(store: Store, query: str, account: Account, at: Pressed) -> Row | None:
    """The newest card of a query that stands here, if nothing was said to this account here since."""
    rows = await store.fetch(QUERIES[query], at.address.channel)
    row = next((row for row in rows if _is_here(row, account, at)), None)
    return None if row is None or await _is_followed(store, row, account, at) else row


async def _is_followed(store: Store, row: Row, account: Account, at: Pressed, thread: str = "") -> bool:
    """Whether anything was said to this account here since that card; with `thread`, in that thread."""
    rooms = [at.address.room, PRIVATE + account.id]
    said = (row["id"], at.address.channel, rooms, account.id, row["request_id"], thread)
    return bool(await store.fetchval(QUERIES["said_since"], *said))


def _offers_more_than(choice: str, copy: Outbound) -> bool:
    return any(button.choice != choice for button in (copy.card.buttons if copy.card else ()))


def _is_here(row: Row, account: Account, at: Pressed) -> bool:
    return was_sent_here(load(Outbound, row["body"]), refs_of(row["ref"]), account, at)


async def _card_of(store: Store, kinds: Known, row: Row) -> CardHere | None:
    request_id: UUID = row["request_id"]
    found = await store.fetchrow(REQUESTS["find"], None, request_id, None)
    request = None if found is None else request_of(found, kinds)
    return None if request is None else CardHere(request=request, copy=load(Outbound, row["body"]))
