"""Chat accounts and the persons behind them: linking by a code in both directions, admission, and the end of a link.

A link is asked for by somebody who holds both ends (the code was shown on one and typed on the other) or by an admin
who admits an account that asked; never for an account that is somebody else's already. Who has another side says yes
there first (`links`).
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal
from uuid import UUID

from channels.base import NexoraError
from channels.messages import Account, Address
from governance.accounts.link_notices import notices, parted
from governance.accounts.links import LinkOutcome, WantedLink, account_of, ask, others, tell_new_account, tell_taken
from governance.accounts.strangers import ADMISSION
from governance.approvals.close import RequestEnding, close, locked, rewrite
from governance.approvals.request_type import known
from governance.approvals.requests import Request, RequestStatus
from governance.approvals.shown.copies import PRIVATE
from governance.people import name_book
from governance.people.names import plain_shown
from governance.people.people import CHAT, CONSOLE, NAME, Origin, People, Person, Role
from governance.people.wrong import NameWrong, PersonMissing
from governance.record.audit import Status
from governance.record.transaction import Row, Store, Transaction, load_queries

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0 O 1 I L: what is read from one screen and typed on another must not be mistaken."""
CODE_LENGTH = 8
CODE_TTL = timedelta(minutes=10)
MOST_WRONG = 5
WRONG_WITHIN = timedelta(minutes=10)
_QUERIES = Path(__file__).with_name("accounts.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAccount:
    """An account that has been heard of. `room` and `request_id` say where and by which request it asked to come in."""

    account: Account
    state: Literal["linked", "refused", "unlinked", "waiting"]
    person_id: UUID | None
    person: str
    room: str
    request_id: UUID | None
    changed_at: datetime


class CodeWrong(NexoraError):
    """This code is wrong, used or older than ten minutes; ask for a new one."""


class TooManyCodes(NexoraError):
    """Too many wrong codes; wait ten minutes."""


class AlreadyLinked(NexoraError):
    """This account belongs to somebody else already; it must be unlinked there first."""


class OwnAdmission(NexoraError):
    """Nobody admits an account as themselves; link it by a code instead."""


class Accounts:
    """What is known of accounts. Every change commits with its audit line and holds from the next message on."""

    def __init__(self, store: Store, people: People, *, letter: Callable[[str], str] = secrets.choice) -> None:
        """`letter` chooses one letter of a code."""
        self._store = store
        self._people = people
        self._letter = letter
        self._queries = load_queries(_QUERIES)

    async def let_go(self, work: Transaction, account: Account) -> None:
        """An account that waited to come in is nobody's again, as one that never asked."""
        await work.execute(self._queries["let_go"], account.channel, account.id, self._store.now())

    async def code_for_account(self, account: Account) -> str:
        """The code that the owner of this chat account types into the console; an older one ends."""
        code = self._code()
        async with self._store.transaction() as work:
            now = self._store.now()
            await work.execute(self._queries["end_codes_of_account"], account.channel, account.id, now)
            await work.execute(
                self._queries["create_from_chat"],
                _digest(code),
                account.channel,
                account.id,
                account.name,
                now + CODE_TTL,
            )
        return code

    async def code_for_person(self, person: Person) -> str:
        """The code that this person types in chat, as `/link CODE`; an older one ends."""
        code = self._code()
        async with self._store.transaction() as work:
            now = self._store.now()
            await work.execute(self._queries["end_codes_of_person"], person.id, now)
            await work.execute(self._queries["create_from_console"], _digest(code), person.id, now + CODE_TTL)
        return code

    async def account_of_code(self, person: Person, code: str, *, origin: Origin) -> Account:
        """Whose code this is, to show before linking. A wrong one counts. Raises CodeWrong and TooManyCodes."""
        async with self._store.transaction() as work:
            row = await self._try(work, "look_from_chat", code, f"person:{person.id}", origin)
        if row is None:
            raise CodeWrong
        return Account(channel=row["channel"], id=row["account_id"], name=row["account_name"])

    async def link_from_console(self, person: Person, code: str, *, origin: Origin) -> LinkOutcome:
        """Link the account that was given this code in chat, or ask the person in their other chats whether to.

        Raises CodeWrong, TooManyCodes and AlreadyLinked.
        """
        async with self._store.transaction() as work:
            row = await self._try(work, "use_from_chat", code, f"person:{person.id}", origin)
            if row is not None:
                account = Account(channel=row["channel"], id=row["account_id"], name=row["account_name"])
                wanted = WantedLink(
                    account=account,
                    person=person,
                    asked_in="console",
                    by=person,
                    address=Address(channel=account.channel, room=PRIVATE + account.id),
                )
                return await self._link_or_ask(work, wanted, origin)
        raise CodeWrong

    async def link_from_chat(self, account: Account, code: str, address: Address | None = None) -> LinkOutcome:
        """Link this account to the person to whom the console showed the code, or ask them where they were before.

        `address` is where the account hears of the answer. Raises CodeWrong, TooManyCodes and AlreadyLinked.
        """
        origin = Origin(source="chat", address=f"{account.channel}:{account.id}")
        async with self._store.transaction() as work:
            row = await self._try(work, "use_from_console", code, f"account:{account.channel}:{account.id}", origin)
            person = await self._active(work, row["user_id"]) if row else None
            if person is not None:
                wanted = WantedLink(account=account, person=person, asked_in="chat", by=person, address=address)
                return await self._link_or_ask(work, wanted, origin)
        raise CodeWrong

    async def answered(self, work: Transaction, request: Request, ending: RequestEnding) -> None:
        """What the end of the question whether an account is somebody's sets off, in the same transaction."""
        account, by = account_of(request), ending.by
        if request.status is RequestStatus.APPROVED and by is not None:
            try:
                await self.link(work, account, by, by=by)
            except AlreadyLinked:
                tell_taken(work, request, by, await self._places(work, by))
        elif request.status is RequestStatus.DENIED:
            tell_new_account(work, request, "link.refused")
        elif request.status is RequestStatus.EXPIRED:
            tell_new_account(work, request, "link.not_answered")

    async def unlink(
        self,
        account: Account,
        *,
        by: Person,
        of: UUID | None = None,
        origin: Origin = CHAT,
        typed_at: Account | None = None,
    ) -> bool:
        """Part an account from its person at once; False when it was not linked, or to somebody else than `of`.

        The account and the person's others are told, but for the one where it was typed. Who may is the caller's to
        check.
        """
        async with self._store.transaction() as work:
            person_id = await work.fetchval(self._queries["unlink"], account.channel, account.id, self._store.now(), of)
            if person_id is None:
                return False
            detail = {"channel": account.channel, "account": account.id}
            work.record(origin.event("account:unlinked", by, resource=person_id, detail=detail))
            person = await self._people.hold(work, person_id)
            others = await self._places(work, person)
            for told in parted(account, person, others, key=self._store.now().isoformat()):
                if typed_at is None or (typed_at.channel, typed_at.id) != (told.address.channel, told.address.room[1:]):
                    work.send(told, urgent=True)
        return True

    async def of(self, person_id: UUID) -> list[KnownAccount]:
        """The accounts linked to one person."""
        return [_known(row) for row in await self._store.fetch(self._queries["of"], person_id)]

    async def asking(self, limit: int) -> list[KnownAccount]:
        """Accounts that wait to come in, then those that were refused, each the latest first; `limit` at most."""
        return [_known(row) for row in await self._store.fetch(self._queries["asking"], limit)]

    async def of_people(self, person_ids: Sequence[UUID]) -> list[KnownAccount]:
        """The accounts of these persons, the latest change first."""
        return [_known(row) for row in await self._store.fetch(self._queries["of_people"], list(person_ids))]

    async def page(self, *, after: tuple[str, str] = ("", ""), limit: int = 100) -> list[KnownAccount]:
        """Accounts that were heard of, by channel and id, those after that one."""
        return [_known(row) for row in await self._store.fetch(self._queries["page"], *after, limit)]

    async def get(self, account: Account) -> KnownAccount | None:
        """What is known of one account."""
        row = await self._store.fetchrow(self._queries["get"], account.channel, account.id)
        return _known(row) if row else None

    async def waiting(self, work: Transaction, account: Account, room: str, request_id: UUID) -> bool:
        """Note that an unknown account asks to come in; False when it is known, waiting or refused already."""
        noted = await work.fetchval(
            self._queries["wait"],
            account.channel,
            account.id,
            account.name,
            room,
            request_id,
            self._store.now(),
        )
        if noted is None:
            return False
        detail = {"channel": account.channel, "account": account.id, "name": account.name}
        origin = Origin(source="chat", address=f"{account.channel}:{room}")
        work.record(origin.event("account:waiting", None, resource=request_id, detail=detail))
        return True

    async def admit_new(
        self,
        work: Transaction,
        account: Account,
        by: Person,
        name: str = "",
        *,
        language: str = "en",
        time_zone: str = "",
        origin: Origin = CHAT,
    ) -> Person:
        """Make a new operator, without a password, of an account, by its own name or by the `name` of a choice.

        Raises AlreadyLinked, NameWrong, and NameRefused where it can be mistaken for somebody else's.
        """
        if name and not NAME.fullmatch(name):
            raise NameWrong
        plain = plain_shown(account.name)
        shown = await name_book.if_free(work, plain) if name else plain
        unique = name or _sign_in_name(shown) or _sign_in_name(f"{account.channel}-{account.id}")
        add = partial(self._people.add, language=language, time_zone=time_zone, origin=origin)
        person = await add(work, unique, Role.OPERATOR, by=by, display_name=shown)
        if person is None:
            raise await name_book.refusal(work, unique)
        await self.link(work, account, person, by=by, origin=origin)
        return person

    async def admit_as(
        self,
        work: Transaction,
        account: Account,
        person: Person,
        by: Person,
        *,
        address: Address | None = None,
        origin: Origin = CHAT,
    ) -> LinkOutcome:
        """Link an account that asked to somebody who is there, who has to say yes where they have another side.

        `address` is where the account hears of it. Raises OwnAdmission, PersonMissing, AlreadyLinked.
        """
        if person.id == by.id:
            raise OwnAdmission
        if await self._active(work, person.id) is None:
            raise PersonMissing
        wanted = WantedLink(account=account, person=person, asked_in="admin", by=by, address=address)
        return await self._link_or_ask(work, wanted, origin)

    async def refuse(self, work: Transaction, account: Account, by: Person, *, origin: Origin = CHAT) -> bool:
        """Turn an account away that is not linked, until an admin admits it after all; False when it is linked."""
        refused = await work.fetchval(
            self._queries["refuse"], account.channel, account.id, account.name, self._store.now()
        )
        if refused is None:
            return False
        detail = {"channel": account.channel, "account": account.id}
        work.record(origin.event("account:refused", by, detail=detail))
        return True

    def _code(self) -> str:
        return "".join(self._letter(ALPHABET) for _ in range(CODE_LENGTH))

    async def _try(self, work: Transaction, query: str, code: str, who: str, origin: Origin) -> Row | None:
        """The row of a right code; None after noting a wrong one. Raises TooManyCodes. One try at a time per `who`."""
        now = self._store.now()
        await work.execute(self._queries["one_at_a_time"], f"code {who}")
        if await work.fetchval(self._queries["count_wrong"], who, now - WRONG_WITHIN, now) >= MOST_WRONG:
            raise TooManyCodes
        row = await work.fetchrow(self._queries[query], _digest(code), now)
        if row is None:
            await work.execute(self._queries["note_wrong"], who, now, now - WRONG_WITHIN)
            work.record(origin.event("account:code_wrong", None, resource=who, status=Status.DENIED))
        return row

    async def _active(self, work: Transaction, person_id: UUID) -> Person | None:
        """The person, held active until the end of the transaction."""
        try:
            person = await self._people.hold(work, person_id)
        except PersonMissing:
            return None
        return person if person.active else None

    async def _link_or_ask(self, work: Transaction, wanted: WantedLink, origin: Origin) -> LinkOutcome:
        """Ask the person on their other sides; where there is none, this is their first account, and linked at once."""
        account, person = wanted.account, wanted.person
        if account.channel == CONSOLE:
            raise AlreadyLinked
        owner = await work.fetchval(self._queries["owner"], account.channel, account.id)
        if owner is not None and owner != person.id:
            raise AlreadyLinked
        sides = others(wanted, await self._places(work, person))
        if sides and owner is None:
            return await ask(work, self._store, wanted, sides)
        await self.link(work, account, person, by=wanted.by, origin=origin, is_typed=wanted.asked_in == "chat")
        return LinkOutcome(account=account, person=person)

    async def link(
        self,
        work: Transaction,
        account: Account,
        person: Person,
        *,
        by: Person,
        origin: Origin = CHAT,
        is_typed: bool = False,
    ) -> None:
        """Make an account somebody's, and tell them everywhere; `is_typed`: the answer to what it typed says so there.

        Nobody is asked. Raises AlreadyLinked.
        """
        if account.channel == CONSOLE:
            raise AlreadyLinked
        now = self._store.now()
        asked_by = await self.asked_by(work, account)
        linked = await work.fetchval(self._queries["link"], account.channel, account.id, account.name, person.id, now)
        if linked is None:
            raise AlreadyLinked
        await self._withdraw_admission(work, asked_by, by)
        detail = {"channel": account.channel, "account": account.id, "name": account.name}
        work.record(origin.event("account:linked", by, resource=person.id, detail=detail))
        for told in notices(account, person, await self._places(work, person), key=now.isoformat()):
            if not (is_typed and told.only_for == account):
                work.send(told, urgent=True)

    async def asked_by(self, work: Transaction, account: Account) -> UUID | None:
        """The request by which a waiting account asks to come in."""
        found: UUID | None = await work.fetchval(self._queries["asked_by"], account.channel, account.id)
        return found

    async def _places(self, work: Transaction, person: Person) -> list[Account]:
        """Where a person is: every account of theirs, and the console where they sign in."""
        places = [_known(row).account for row in await work.fetch(self._queries["of"], person.id)]
        if await work.fetchval(self._queries["signs_in"], person.id):
            places.append(Account(channel=CONSOLE, id=str(person.id)))
        return places

    async def _withdraw_admission(self, work: Transaction, request_id: UUID | None, by: Person) -> None:
        """What the admins were asked about an account needs no answer any more; their cards say so."""
        request = await locked(work, known(ADMISSION), request_id=request_id) if request_id else None
        if request is not None and request.is_pending:
            ending = RequestEnding(status=RequestStatus.CANCELLED, at=self._store.now(), by=by)
            await rewrite(work, await close(work, request, ending), "outcome")


def _digest(code: str) -> str:
    plain = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()


def _sign_in_name(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text).strip("-.")[:64]


def _known(row: Row) -> KnownAccount:
    return KnownAccount(
        account=Account(channel=row["channel"], id=row["account_id"], name=row["name"]),
        state=row["state"],
        person_id=row["user_id"],
        person=row["person"],
        room=row["room"],
        request_id=row["request_id"],
        changed_at=row["changed_at"],
    )
