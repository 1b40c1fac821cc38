"""The only admin of an installation confirms their own requests by a second step, until there is a second admin.

A press sends a code to the presser's private conversation, and what is typed there decides. A code is good once, for
some minutes, for that person, that request and that conversation; wrong ones are counted. No model ever sees one.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from pathlib import Path
from uuid import UUID, uuid4

from channels.locales import say
from channels.messages import Account, Address, Outbound, notice
from channels.times import lasting
from governance.approvals.requests import Choice, Request
from governance.approvals.shown.copies import PRIVATE
from governance.people.people import Person
from governance.record.audit import Event, Status
from governance.record.transaction import Store, Transaction, load_queries
from governance.values.reasons import Why, why
from governance.values.verdicts import Risk, SoleAdmin

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
CODE = re.compile(r"\s*(\d{3})[-\s]?(\d{3})\s*")
"""How a code is typed; it is shown with a hyphen."""
GOOD_FOR = timedelta(minutes=5)
HEARD_FOR = timedelta(hours=1)
"""So long after a code was sent, what looks like one is taken for one, and never for something said to an agent."""
MOST_TRIES, MOST_CODES = 5, 5
"""So many wrong codes end a code, and so many codes are sent for one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoleWish:
    """What somebody wants to decide of their own request, and where they said so.

    `is_direct` says that it was in a private conversation, which is then the one in which the code has to be typed.
    """

    by: Person
    account: Account
    choice: str
    reason: str = ""
    address: Address | None = None
    is_direct: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What a code that was typed decides."""

    id: UUID
    request_id: UUID
    choice: str
    reason: str


class OwnRequests:
    """Asked within the transaction that decides, so that a second admin ends it from one moment to the next."""

    def __init__(self, store: Store, mode: SoleAdmin = SoleAdmin.CONFIRMS) -> None:
        self._store = store
        self._mode = mode

    async def is_sole(self, asked: Transaction | Store, person: Person) -> bool:
        """Whether this person is the only active admin, and the policy lets such a one confirm."""
        return self._mode is SoleAdmin.CONFIRMS and bool(await asked.fetchval(QUERIES["is_sole"], person.id))

    async def lack(self, risk: Risk, person: Person) -> Why | None:
        """Why the only admin cannot be asked about what they want themselves; None when they can."""
        if not await self.is_sole(self._store, person):
            return None
        return why("lack.critical") if risk is Risk.CRITICAL else None

    async def may_confirm(self, asked: Transaction | Store, request: Request, person: Person) -> bool:
        """Whether this person may decide this request of their own, by a second step."""
        is_own = request.requester_id == person.id and request.risk is not Risk.CRITICAL
        return is_own and await self.is_sole(asked, person)

    async def refusal(self, work: Transaction, request: Request, by: Person) -> str | None:
        """Why this person may not decide this request of their own; None when they may, by a second step."""
        if not await self.is_sole(work, by):
            return say("press.own", by.language)
        return say("press.own_critical", by.language) if request.risk is Risk.CRITICAL else None

    # The code

    async def send_code(self, work: Transaction, request: Request, wish: SoleWish) -> str:
        """Send a code that decides this; the sentence for the presser. It takes the place of earlier ones."""
        by, now = wish.by, self._store.now()
        if await work.fetchval(QUERIES["codes_sent"], request.id) >= MOST_CODES:
            return say("confirm.too_many", by.language, code=request.code)
        await work.execute(QUERIES["end_of_request"], request.id, now)
        code, number = f"{secrets.randbelow(10**6):06}", uuid4()
        place = _place(wish)
        await work.execute(
            QUERIES["add"],
            number,
            request.id,
            by.id,
            wish.account.channel,
            wish.account.id,
            place.room if wish.is_direct and wish.address else "",
            wish.choice,
            wish.reason,
            _digest(number, code),
            now,
            now + GOOD_FOR,
        )
        word = "confirm.code_grant" if wish.choice == Choice.FOR_THIS_CONVERSATION.value else "confirm.code"
        text = say(
            word,
            by.language,
            code=f"{code[:3]}-{code[3:]}",
            title=request.title,
            request=request.code,
            span=lasting(GOOD_FOR, by.language),
        )
        work.send(
            Outbound(
                key=f"confirm:{number}",
                address=place,
                parts=notice(text),
                only_for=wish.account,
                in_language=by.language,
            ),
            expires_at=now + GOOD_FOR,
            urgent=True,
        )
        work.record(_event(by, wish.account, str(request.id)))
        return say("confirm.sent" if wish.is_direct else "confirm.sent_privately", by.language)

    async def is_awaited(self, by: Person, account: Account, text: str) -> bool:
        """Whether what was said may be a code that this person was sent, also one that is worth nothing any more."""
        if not CODE.fullmatch(text):
            return False
        since = self._store.now() - HEARD_FOR
        return bool(await self._store.fetchval(QUERIES["is_awaited"], by.id, account.channel, account.id, since))

    async def typed(self, by: Person, account: Account, room: str, text: str) -> Confirmed | None:
        """What this code decides; None for a wrong one, which counts against every code that is open there."""
        found = CODE.fullmatch(text)
        code = "".join(found.groups()) if found else ""
        async with self._store.transaction() as work:
            now = self._store.now()
            rows = await work.fetch(QUERIES["try"], by.id, account.channel, account.id, room, now, MOST_TRIES)
            meant = next((row for row in rows if compare_digest(row["code_digest"], _digest(row["id"], code))), None)
            if meant is None:
                work.record(_event(by, account, "", is_wrong=True))
                return None
            await work.execute(QUERIES["give_back"], [row["id"] for row in rows if row["id"] != meant["id"]])
        return Confirmed(id=meant["id"], request_id=meant["request_id"], choice=meant["choice"], reason=meant["reason"])

    async def spend(self, work: Transaction, confirmed: Confirmed) -> bool:
        """Use the code up; False when somebody has, or its time was up meanwhile."""
        return await work.fetchval(QUERIES["spend"], confirmed.id, self._store.now()) is not None


def _place(wish: SoleWish) -> Address:
    """Where the code goes: the private conversation of the press, else that of the account."""
    if wish.is_direct and wish.address is not None:
        return wish.address
    return Address(channel=wish.account.channel, room=PRIVATE + wish.account.id)


def _digest(number: UUID, code: str) -> str:
    return hashlib.sha256(f"{number}:{code}".encode()).hexdigest()


def _event(by: Person, account: Account, resource: str, *, is_wrong: bool = False) -> Event:
    return Event(
        tag="approvals:confirmation:refused" if is_wrong else "approvals:confirmation:sent",
        actor=str(by.id),
        actor_name=by.name,
        resource=resource,
        status=Status.DENIED if is_wrong else Status.OK,
        address=f"{account.channel}:{account.id}",
    )
