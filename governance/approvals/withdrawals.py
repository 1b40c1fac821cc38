"""How a request ends without a decision: withdrawn by whoever asked, or because its time is up.

Withdrawing decides nothing: it is whoever asked who takes their question back, so it needs no right to decide, and no
press of anybody else counts for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from channels.locales import say
from channels.messages import Account
from governance.approvals.ask import Asks
from governance.approvals.batches import Batch, find_batch
from governance.approvals.close import QUERIES, RequestEnding, close, locked, repair, rewrite
from governance.approvals.presses.batch_presses import is_of_batch
from governance.approvals.presses.press_answers import WhyNot, late, refused_event
from governance.approvals.presses.pressed import Pressed, copy_of
from governance.approvals.request_type import RequestType
from governance.approvals.requests import Request, RequestStatus
from governance.approvals.sole_admin import OwnRequests
from governance.approvals.starting import lapse
from governance.people.people import Person, Role
from governance.record.transaction import Store, Transaction

UNKNOWN_WAITS = timedelta(hours=1)
"""So long what has expired is left to a gateway that knows its kind, as while one after the other is updated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PressOutcome:
    """What a press or a command did: a sentence for the presser alone, and the request where there is one."""

    sentence: str
    request: Request | None = None
    changed: bool = False
    refused: WhyNot | None = None
    """Why nothing was decided, where a decision was refused."""


class RequestEnds(Asks):
    """The half of approvals that ends, whichever way, requests of these `kinds`."""

    def __init__(self, store: Store, own: OwnRequests, kinds: Iterable[RequestType], *, run_within: timedelta) -> None:
        super().__init__(store, own, kinds)
        self._run_within = run_within

    # Withdrawn

    async def withdraw(
        self,
        by: Person,
        account: Account,
        *,
        card_id: str | None = None,
        code: str | None = None,
        pressed: Pressed | None = None,
    ) -> PressOutcome:
        """Take a request back that waits, named by the id on its card or by its code. Never raises for what is wrong.

        Whoever asked may, on every surface: the button of their own card calls it through `decide`, the command with
        the `code`, and the console's page with either, as `approvals.withdraw(person, account, card_id=…)`. An admin
        may by the code alone, never by a button. `pressed` says where a card was pressed, which counts only on a
        copy that was sent there. The card of several withdraws all of them.
        """
        async with self._store.transaction() as work:
            request = await locked(work, self.kinds, card_id=card_id, code=code.upper() if code else None)
            if request is None:
                return await self._withdraw_batch(work, by, account, card_id or "", pressed)
            copy = await copy_of(work, request, account, pressed) if pressed else None
            refusal = _not_theirs(request, by, is_typed=code is not None)
            if not refusal and not request.is_pending:
                if copy is not None:
                    repair(work, request, copy, by.language)
                return PressOutcome(sentence=late(request, by), request=request, refused=WhyNot.LATE)
            why_not = WhyNot.NOT_THEIRS if refusal else WhyNot.ELSEWHERE
            if not refusal and pressed is not None and copy is None:
                refusal = say("press.elsewhere_withdrawn", by.language, code=request.code)
            if refusal:
                work.record(refused_event(by, account, request, why_not.recorded))
                return PressOutcome(sentence=refusal, request=request, refused=WhyNot.NOT_THEIRS)
            ending = RequestEnding(status=RequestStatus.CANCELLED, at=self._store.now(), by=by, account=account)
            closed = await self._close(work, request, ending)
            return PressOutcome(sentence=say("press.cancelled", by.language), request=closed, changed=True)

    async def _withdraw_batch(
        self, work: Transaction, by: Person, account: Account, card_id: str, pressed: Pressed | None
    ) -> PressOutcome:
        """Take back all that waits of the several on one card; one turn tells of it."""
        batch: Batch | None = await find_batch(work, self.kinds, card_id) if card_id else None
        if batch is None:
            work.record(refused_event(by, account, None, WhyNot.MISSING.recorded))
            return PressOutcome(sentence=say("press.missing", by.language))
        first = batch.requests[0]
        refusal = _not_theirs(first, by, is_typed=False)
        why_not = WhyNot.NOT_THEIRS if refusal else WhyNot.ELSEWHERE
        if not refusal and not await is_of_batch(work, batch, account, pressed):
            refusal = say("press.elsewhere_withdrawn", by.language, code=first.code)
        if refusal:
            work.record(refused_event(by, account, first, why_not.recorded))
            return PressOutcome(sentence=refusal, request=first, refused=WhyNot.NOT_THEIRS)
        count = 0
        for each in batch.waiting:
            request = await locked(work, self.kinds, request_id=each.id)
            if request is not None and request.is_pending:
                at = self._store.now()
                ending = RequestEnding(
                    status=RequestStatus.CANCELLED, at=at, by=by, account=account, is_quiet=count > 0
                )
                await self._close(work, request, ending)
                count += 1
        word = "press.withdrawn_all" if count else "press.none_waits"
        return PressOutcome(sentence=say(word, by.language, count=count), request=first, changed=count > 0)

    async def cancel_all_of(self, work: Transaction, requester_id: UUID, by: Person | None = None) -> int:
        """Withdraw everything a person has asked for, as when they are shut out by somebody; how many there were."""
        count = 0
        for row in await work.fetch(QUERIES["pending"], False, requester_id, ""):  # noqa: FBT003  # an SQL parameter
            request = await locked(work, self.kinds, request_id=row["id"])
            if request is not None and request.is_pending:
                await self._close(
                    work, request, RequestEnding(status=RequestStatus.CANCELLED, at=self._store.now(), by=by)
                )
                count += 1
        return count

    # Too late

    async def expire(self) -> int:
        """Close what nobody decided in time, as refused, and what was approved but could not run; how many."""
        now = self._store.now()
        rows = await self._store.fetch(QUERIES["expired"], now, list(self.kinds), now - UNKNOWN_WAITS)
        for row in rows:
            async with self._store.transaction() as work:
                request = await locked(work, self.kinds, request_id=row["id"])
                if request is not None and request.is_pending and request.expires_at <= self._store.now():
                    await self._close(work, request, RequestEnding(status=RequestStatus.EXPIRED, at=self._store.now()))
        waiting = await self._store.fetch(QUERIES["approved_before"], self._store.now() - self._run_within)
        for row in waiting:
            async with self._store.transaction() as work:
                await self.lapse(work, row["request_id"])
        return len(rows) + len(waiting)

    async def lapse(self, work: Transaction, request_id: UUID) -> Request | None:
        """End an approval whose call has not begun in time, and say so where it was asked; None when it has begun."""
        return await lapse(work, request_id, now=self._store.now(), within=self._run_within)

    async def _close(self, work: Transaction, request: Request, ending: RequestEnding) -> Request:
        """Close it, and set off what follows for its kind, in the same transaction."""
        closed = await close(work, request, ending)
        if request.kind.effect is not None:
            await request.kind.effect(work, closed, ending)
        await rewrite(work, closed, "outcome")
        return closed


def _not_theirs(request: Request, by: Person, *, is_typed: bool) -> str:
    """Why this person may not withdraw it; empty when they may."""
    if request.requester_id == by.id or (is_typed and by.role is Role.ADMIN):
        return ""
    return say("press.not_yours_to_cancel" if is_typed else "press.not_yours_to_press", by.language)
