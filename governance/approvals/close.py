"""The end of a request, whichever way it ends: the compare-and-set, its audit line, its notice, its cards.

It decides nothing about who may end one; that is `approvals`' to say, and `accounts`' where an admission is overtaken.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from channels.codec import load
from channels.locales import say
from channels.messages import Account, Outbound, notice
from channels.times import lasting
from governance.approvals.batches import place_of_batch, rewrite_batch
from governance.approvals.request_type import Known
from governance.approvals.requests import Request, RequestStatus, acted, columns_of, request_of, told_of
from governance.approvals.shown.card_text import masked_text
from governance.approvals.shown.cards import card_for, still_waiting
from governance.approvals.shown.copies import requester_key
from governance.people.names import Acted
from governance.people.people import Person
from governance.record.audit import Event
from governance.record.transaction import Transaction, load_queries

QUERIES = load_queries(Path(__file__).with_name("decide.sql"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEnding:
    """How a request ends: by whom and by which account, with which choice and why, where a person ends it."""

    status: RequestStatus
    at: datetime
    by: Person | None = None
    account: Account | None = None
    choice: str = ""
    reason: str = ""
    is_quiet: bool = False
    """Whether it begins no turn: the model is told with the next one."""


async def locked(
    work: Transaction,
    kinds: Known,
    *,
    card_id: str | None = None,
    code: str | None = None,
    request_id: UUID | None = None,
) -> Request | None:
    """The request as it stands, of these kinds, which nobody else changes until the transaction ends."""
    row = await work.fetchrow(QUERIES["find"], card_id, request_id, code)
    if row is None:
        return None
    await work.execute(QUERIES["lock"], row["id"])
    again = await work.fetchrow(QUERIES["find"], None, row["id"], None)
    return None if again is None else request_of(again, kinds)


async def close(work: Transaction, request: Request, ending: RequestEnding) -> Request:
    """End a pending request that this transaction has locked; its effect and its cards are the caller's."""
    by_id = ending.by.id if ending.by else None
    done = await work.fetchval(
        QUERIES["close"],
        request.id,
        ending.status.value,
        ending.at,
        by_id,
        ending.choice,
        ending.reason,
        *columns_of(ending.account),
    )
    if done is None:
        raise RuntimeError("a locked pending request was closed by somebody else")
    closed = replace(
        request,
        status=ending.status,
        decided_at=ending.at,
        decided_by=by_id,
        decider=await _decider(work, request) if ending.by else Acted(),
        choice=ending.choice,
        reason=ending.reason,
    )
    work.record(
        Event(
            tag=f"approvals:request:{ending.status.value}",
            actor=str(by_id or "system"),
            actor_name=ending.by.name if ending.by else "",
            resource=str(request.id),
            address=request.conversation,
            detail={
                "about": request.title,
                "digest": request.digest,
                "choice": ending.choice,
                "reason": ending.reason,
                **told_of(ending.account),
            },
        )
    )
    return closed


async def _decider(work: Transaction, request: Request) -> Acted:
    """Who ended it just now, and by which account they decided."""
    row = await work.fetchrow(QUERIES["find"], None, request.id, None)
    return acted(row) if row else Acted()


async def rewrite(work: Transaction, request: Request, what: str, *, was: str = "", only_mends: bool = False) -> None:
    """Bring every copy of the card, on every channel, to how the request stands; `what` names the change, once each.

    `was` is the code that the request had before, where it has another now. What `only_mends` is not sent anew where
    the platform cannot change what was sent.
    """
    for row in await work.fetch(QUERIES["copies"], request.id):
        copy = load(Outbound, row["body"])
        language = copy.in_language or row["language"]
        copy = _with_code(copy, was, request.code) if was else copy
        again = _rewritten(copy, request, what, language)
        if only_mends:
            again = replace(again, repairs=True)
        work.send(again, urgent=request.is_urgent, apart=request.requester_id)
    await rewrite_batch(work, request)


def _with_code(copy: Outbound, was: str, code: str) -> Outbound:
    """The copy with another code in its note; what else it says is worded anew."""
    return copy if copy.card is None else replace(copy, card=replace(copy.card, note=copy.card.note.replace(was, code)))


def repair(work: Transaction, request: Request, copy: Outbound, language: str) -> None:
    """Bring one copy, which somebody pressed though nothing is to be decided any more, to how the request stands."""
    stands = request.call.value if request.call else request.status.value
    again = _rewritten(copy, request, f"repair:{stands}", copy.in_language or language)
    work.send(replace(again, repairs=True), urgent=request.is_urgent, apart=request.requester_id)


def _rewritten(copy: Outbound, request: Request, what: str, language: str) -> Outbound:
    card = card_for(request, language, zone=copy.in_zone, is_private=copy.only_for is not None)
    if request.is_pending:
        card = still_waiting(card, copy.card, language)
    return Outbound(
        key=f"{copy.key}:{what}",
        address=copy.address,
        card=card,
        rewrites=copy.key,
        in_language=language,
        in_zone=copy.in_zone,
        repairs=copy.repairs,
    )


async def tell_requester(work: Transaction, request: Request, word: str, **fields: object) -> None:
    """Say a sentence about the request where it was asked, once; a span of time as its reader has it."""
    own = requester_key(request)
    rows = await work.fetch(QUERIES["copies"], request.id)
    copy = next((load(Outbound, row["body"]) for row in rows if row["outbox_key"] == own), None)
    copy = copy or await place_of_batch(work, request)
    if copy is None:
        return
    language = copy.in_language or "en"
    why = masked_text(request.why.said(language)) if request.why else ""
    who = request.decider.said(language)
    about = {name: lasting(each, language) if isinstance(each, timedelta) else each for name, each in fields.items()}
    sentence = say(word, language, code=request.code, title=request.title, who=who, why=why, **about)
    work.send(Outbound(key=f"{word}:{request.id}", address=copy.address, parts=notice(sentence)))
