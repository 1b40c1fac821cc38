"""The state machine of a request: asked, decided, expired, withdrawn. It alone says who may decide, and when.

A decision is a compare-and-set in the transaction that also writes the decision, the grant, the audit line, the
notice that continues the conversation and the rewriting of every copy of the card. What cannot be decided is answered
with a sentence to the presser alone, and recorded.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from channels.locales import say
from channels.messages import Account
from channels.times import moment
from governance.approvals.batches import Batch, BatchChoice, find_batch
from governance.approvals.close import QUERIES, RequestEnding, locked, repair, rewrite
from governance.approvals.opening import Asking
from governance.approvals.presses.batch_presses import card_of_each, is_of_batch
from governance.approvals.presses.press_answers import (
    DecisionRefusal,
    WhyNot,
    decision_event,
    late,
    refused_event,
    unfit,
)
from governance.approvals.presses.pressed import Pressed, copy_of
from governance.approvals.request_type import RequestType, of_calls
from governance.approvals.requests import (
    Choice,
    Request,
    RequestStatus,
    acted,
    request_of,
    requests_of,
    reserved_choices,
)
from governance.approvals.shown.disclosure import Disclosures, Try
from governance.approvals.sole_admin import OwnRequests, SoleWish
from governance.approvals.tool_grants import ToolGrants
from governance.approvals.withdrawals import PressOutcome, RequestEnds
from governance.people.names import NameRefused
from governance.people.people import Person, Role
from governance.record.transaction import Store, Transaction
from governance.values.reasons import Why
from governance.values.verdicts import SoleAdmin

__all__ = ["Approvals", "Asking", "PressOutcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """Somebody tries to decide."""

    by: Person
    account: Account
    choice: str
    reason: str
    is_quiet: bool = False
    """Whether it is decided together with another, whose end is told."""


class Approvals(RequestEnds):
    """All requests of these `kinds`."""

    def __init__(
        self,
        store: Store,
        grants: ToolGrants,
        kinds: Iterable[RequestType],
        *,
        sole_admin: SoleAdmin = SoleAdmin.CONFIRMS,
        grant_seconds: float = 8 * 3600,
        run_within_seconds: float = 900,
        disclosures: Disclosures = Disclosures(),  # noqa: B008  # it never changes
    ) -> None:
        own, within = OwnRequests(store, sole_admin), timedelta(seconds=run_within_seconds)
        super().__init__(store, own, kinds, run_within=within)
        self._disclosures = disclosures
        self._grants = grants
        self._grant_ttl = timedelta(seconds=grant_seconds)

    # Deciding

    async def decide(
        self,
        by: Person,
        account: Account,
        *,
        choice: str,
        card_id: str | None = None,
        code: str | None = None,
        reason: str = "",
        pressed: Pressed | None = None,
        place: Pressed | None = None,
        is_confirmed: bool = False,
        shown: str | None = None,
        is_seen: bool = False,
    ) -> PressOutcome:
        """Decide a request, named by the id on its card or by its code. Never raises for what a person can do wrong.

        `pressed` says where a card was pressed; such a press counts only on a copy that was sent there. `place` says
        where it was decided in words instead. `is_confirmed`: by a second step, which one's own request takes. `shown`
        is the code that stands below the whole text, where it was typed; `is_seen`: they were shown it all just now.
        The choice that withdraws decides nothing, whoever made it.
        """
        request: Request | None = None
        try:
            if choice == Choice.WITHDRAW.value:
                return await self.withdraw(by, account, card_id=card_id, code=code, pressed=pressed)
            async with self._store.transaction() as work:
                request = await locked(work, self.kinds, card_id=card_id, code=code.upper() if code else None)
                wish = SoleWish(by=by, account=account, choice=choice, reason=reason.strip()[:1000])
                if request is None:
                    return await self._of_no_request(work, card_id or "", wish, pressed)
                if turned_away := await self._turned_away(work, request, wish, pressed):
                    return turned_away
                typed = None if code is None else shown or ""
                look = Try(by=by, account=account, choice=choice, typed=typed)
                if not is_seen and (sentence := await self._disclosures.instead(work, request, look)):
                    return PressOutcome(sentence=sentence, request=request)
                attempt = _Attempt(by=by, account=account, choice=choice, reason=wish.reason)
                is_own = request.requester_id == by.id and choice != Choice.DENY.value
                takes_a_step = is_own and not is_confirmed
                return await (
                    self._second_step(work, request, attempt, pressed or place)
                    if takes_a_step
                    else self._decided(work, request, attempt)
                )
        except NameRefused as error:
            return await self._not_admitted(error, by, account, request, choice)

    async def _turned_away(
        self, work: Transaction, request: Request, wish: SoleWish, pressed: Pressed | None
    ) -> PressOutcome | None:
        """Why nothing can be decided, recorded, the copy that was pressed being mended; None where it can be."""
        by, account = wish.by, wish.account
        copy = await copy_of(work, request, account, pressed) if pressed else None
        is_elsewhere = pressed is not None and copy is None
        refusal = await self._refusal(work, request, by, account, wish.choice, is_elsewhere=is_elsewhere)
        if copy is not None and not request.is_pending:
            refusal = DecisionRefusal(WhyNot.LATE, late(request, by))
            repair(work, request, copy, by.language)
        if refusal is not None:
            work.record(refused_event(by, account, request, refusal.why.recorded))
            return PressOutcome(sentence=refusal.sentence, request=request, refused=refusal.why)
        return await self._too_late(work, request, by) if request.expires_at <= self._store.now() else None

    async def _not_admitted(
        self, error: NameRefused, by: Person, account: Account, request: Request | None, choice: str
    ) -> PressOutcome:
        """Nothing of the decision was kept, since the account cannot be called what it calls itself."""
        code, agent = (request.code, request.agents.get(choice, "")) if request else ("", "")
        free = " ".join(filter(None, (error.free or say("admission.any_name", by.language), agent)))
        refusal = f"{error.said(by.language)} {say('admission.name', by.language, code=code, free=free)}"
        await self._store.record(refused_event(by, account, request, Why(word=error.key, fields=error.fields)))
        return PressOutcome(sentence=refusal, request=request, refused=WhyNot.UNFIT)

    async def _second_step(
        self, work: Transaction, request: Request, attempt: _Attempt, where: Pressed | None
    ) -> PressOutcome:
        """Send the only admin the code that their own request takes."""
        wish = SoleWish(
            by=attempt.by,
            account=attempt.account,
            choice=attempt.choice,
            reason=attempt.reason,
            address=where.address if where else None,
            is_direct=where is not None and where.is_direct,
        )
        sentence = await self.own.send_code(work, request, wish)
        return PressOutcome(sentence=sentence, request=request, refused=WhyNot.UNCONFIRMED)

    async def confirm(self, by: Person, account: Account, text: str, *, room: str) -> PressOutcome:
        """Decide one's own request by the code that was sent, typed in the private conversation `room`."""
        typed = await self.own.typed(by, account, room, text)
        if typed is None:
            return PressOutcome(sentence=say("confirm.wrong", by.language))
        async with self._store.transaction() as work:
            request = await locked(work, self.kinds, request_id=typed.request_id)
            if request is None or not await self.own.spend(work, typed):
                return PressOutcome(sentence=say("confirm.wrong", by.language))
            refusal = await self._refusal(work, request, by, account, typed.choice, is_elsewhere=False)
            if refusal is not None:
                work.record(refused_event(by, account, request, refusal.why.recorded))
                return PressOutcome(sentence=refusal.sentence, request=request, refused=refusal.why)
            if request.expires_at <= self._store.now():
                return await self._too_late(work, request, by)
            attempt = _Attempt(by=by, account=account, choice=typed.choice, reason=typed.reason)
            return await self._decided(work, request, attempt)

    async def _too_late(self, work: Transaction, request: Request, by: Person) -> PressOutcome:
        expired = await self._close(work, request, RequestEnding(status=RequestStatus.EXPIRED, at=self._store.now()))
        return PressOutcome(sentence=late(expired, by), request=expired, changed=True, refused=WhyNot.LATE)

    async def _decided(self, work: Transaction, request: Request, attempt: _Attempt) -> PressOutcome:
        by, account, choice, reason = attempt.by, attempt.account, attempt.choice, attempt.reason
        now = self._store.now()
        added = await work.fetchval(
            QUERIES["add_decision"], request.id, by.id, choice, reason, now, account.channel, account.id
        )
        rows = await work.fetch(QUERIES["approvals_so_far"], request.id)
        request = replace(request, approvals=tuple(acted(row) for row in rows))
        missing = request.quorum - len(rows)
        if added is not None:
            work.record(decision_event(by, account, request, choice, reason))
        if choice == Choice.DENY.value:
            closed = await self._end(work, request, RequestStatus.DENIED, attempt)
            return PressOutcome(sentence=say(request.kind.denied, by.language), request=closed, changed=True)
        if missing > 0:
            await rewrite(work, request, f"progress:{len(rows)}")
            key = "press.progress" if added else "press.again"
            again = None if added else WhyNot.LATE
            sentence = say(key, by.language, missing=missing)
            return PressOutcome(sentence=sentence, request=request, changed=bool(added), refused=again)
        closed = await self._end(work, request, RequestStatus.APPROVED, attempt)
        return PressOutcome(sentence=await self._grant(work, closed, by), request=closed, changed=True)

    async def _end(self, work: Transaction, request: Request, status: RequestStatus, attempt: _Attempt) -> Request:
        ending = RequestEnding(
            status=status,
            at=self._store.now(),
            by=attempt.by,
            account=attempt.account,
            choice=attempt.choice,
            reason=attempt.reason,
            is_quiet=attempt.is_quiet,
        )
        return await self._close(work, request, ending)

    async def _grant(self, work: Transaction, request: Request, by: Person) -> str:
        if request.choice != Choice.FOR_THIS_CONVERSATION.value:
            return request.kind.approved(request, by.language)
        until = self._store.now() + self._grant_ttl
        code = await self._grants.add(work, request, by, until)
        return say("press.granted", by.language, until=moment(until, by.language, by.time_zone), code=code)

    async def _refusal(
        self, work: Transaction, request: Request, by: Person, account: Account, choice: str, *, is_elsewhere: bool
    ) -> DecisionRefusal | None:
        """Why this person may not decide this now and there, in their language; None when they may."""
        language = by.language
        if choice not in reserved_choices() | request.agents.keys():
            return DecisionRefusal(WhyNot.UNFIT, say("press.unknown_choice", language))
        if sentence := await self._not_theirs(work, request, by, account):
            return DecisionRefusal(WhyNot.NOT_THEIRS, sentence)
        if not request.is_pending:
            return DecisionRefusal(WhyNot.LATE, late(request, by))
        if is_elsewhere:
            return DecisionRefusal(WhyNot.ELSEWHERE, say("press.elsewhere", language, code=request.code))
        sentence = unfit(request, choice, language)
        return DecisionRefusal(WhyNot.UNFIT, sentence) if sentence else None

    async def _not_theirs(self, work: Transaction, request: Request, by: Person, account: Account) -> str | None:
        """Why it is not for this person to decide, or not from there; None when it is."""
        decider = await work.fetchrow(QUERIES["decider_now"], by.id)
        if decider is None or decider["status"] != "active" or not Role(decider["role"]).covers(request.decider_role):
            return say("press.not_yours", by.language, role=say(f"role.{request.decider_role}", by.language))
        if sentence := request.kind.not_theirs(request, by, account):
            return sentence
        return await self.own.refusal(work, request, by) if request.requester_id == by.id else None

    async def deny_all(
        self, by: Person, account: Account, *, conversation: str = "", code: str = "", reason: str = ""
    ) -> PressOutcome:
        """Deny every call that waits in a conversation, that of the request of this code or the one named.

        What they asked for themselves is withdrawn. One turn tells of it all.
        """
        async with self._store.transaction() as work:
            row = await work.fetchrow(QUERIES["find"], None, None, code.upper()) if code else None
            if code and row is None:
                return PressOutcome(sentence=say("press.missing", by.language))
            place = row["conversation"] if row is not None else conversation
            return await self._deny_all(work, place, _Attempt(by=by, account=account, choice="", reason=reason[:1000]))

    async def _deny_all(self, work: Transaction, place: str, attempt: _Attempt) -> PressOutcome:
        denied, withdrawn, refusal, by = 0, 0, "", attempt.by
        for each in await work.fetch(QUERIES["pending_of"], place, of_calls(self.kinds)):
            request = await locked(work, self.kinds, request_id=each["id"])
            if request is None or not request.is_pending:
                continue
            attempt = replace(attempt, is_quiet=bool(denied or withdrawn))
            why_not = await self._refusal(work, request, by, attempt.account, Choice.DENY.value, is_elsewhere=False)
            if why_not is None:
                await self._decided(work, request, replace(attempt, choice=Choice.DENY.value))
                denied += 1
            elif request.requester_id == by.id:
                await self._end(work, request, RequestStatus.CANCELLED, attempt)
                withdrawn += 1
            else:
                refusal = why_not.sentence
                work.record(refused_event(by, attempt.account, request, why_not.why.recorded))
        return _of_all(by, denied, withdrawn, refusal)

    async def _of_no_request(
        self, work: Transaction, card_id: str, wish: SoleWish, pressed: Pressed | None
    ) -> PressOutcome:
        """A press on a card that is no request's: it is that of several, or nobody's."""
        batch = await find_batch(work, self.kinds, card_id)
        if batch is not None and wish.choice in set(BatchChoice):
            return await self._batch_pressed(work, batch, wish, pressed)
        work.record(refused_event(wish.by, wish.account, None, WhyNot.MISSING.recorded))
        return PressOutcome(sentence=say("press.missing", wish.by.language))

    async def _batch_pressed(
        self, work: Transaction, batch: Batch, wish: SoleWish, pressed: Pressed | None
    ) -> PressOutcome:
        """A press on the card of several: it shows each of them, or denies all of the conversation."""
        by, account = wish.by, wish.account
        first = next(iter(batch.waiting), batch.requests[0])
        is_elsewhere = not await is_of_batch(work, batch, account, pressed)
        refusal = await self._refusal(work, first, by, account, Choice.APPROVE.value, is_elsewhere=is_elsewhere)
        if refusal is not None:
            work.record(refused_event(by, account, first, refusal.why.recorded))
            return PressOutcome(sentence=refusal.sentence, refused=refusal.why)
        if wish.choice == BatchChoice.DENY_ALL.value:
            attempt = _Attempt(by=by, account=account, choice="", reason=wish.reason)
            return await self._deny_all(work, first.conversation, attempt)
        for request, (copy, person) in card_of_each(batch, by, account, pressed):
            work.send(copy, expires_at=request.expires_at, urgent=True, apart=request.requester_id)
            await work.execute(QUERIES["add_copy"], request.id, [copy.key], [copy.address.channel], [person])
        return PressOutcome(sentence=say("press.shown_each", by.language))

    # Reading

    async def get(self, request_id: UUID) -> Request | None:
        """The request of that id."""
        row = await self._store.fetchrow(QUERIES["find"], None, request_id, None)
        return None if row is None else request_of(row, self.kinds)

    async def pending(self, viewer: Person) -> list[Request]:
        """What waits for a decision: everything for admins, for others their own and what they may decide."""
        rows = await self._store.fetch(QUERIES["pending"], viewer.role is Role.ADMIN, viewer.id, viewer.role.value)
        return requests_of(rows, self.kinds)

    async def recent(self, viewer: Person, limit: int = 20) -> list[Request]:
        """What was decided lately, newest first: everything for admins, one's own for others."""
        rows = await self._store.fetch(QUERIES["recent"], viewer.role is Role.ADMIN, viewer.id, limit)
        return requests_of(rows, self.kinds)


def _of_all(by: Person, denied: int, withdrawn: int, refusal: str) -> PressOutcome:
    """What became of all that waited in a conversation, what was left waiting last."""
    told = {"press.denied_all": denied, "press.withdrawn_all": withdrawn}
    said = [say(word, by.language, count=count) for word, count in told.items() if count]
    if refusal or not said:
        said.append(refusal or say("press.none_of_all", by.language))
    return PressOutcome(sentence=say("language.between", by.language).join(said), changed=bool(denied or withdrawn))
