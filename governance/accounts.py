"""Chat accounts and the persons behind them: linking by a code in both directions, admission, and the end of a link.

A link is made by somebody who holds both ends (the code was shown on one and typed on the other) or by an admin who
admits an account that asked; never by anybody for an account that is somebody else's already.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID

from channels.base import NexoraError
from channels.messages import Account
from governance.audit import Status
from governance.closing import Ending, close, locked, rewrite
from governance.link_notices import notices
from governance.people import CHAT, CONSOLE, Origin, People, Person, PersonMissing, Role
from governance.requests import RequestStatus
from governance.store import Row, Store, Transaction, load_queries

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

    async def link_from_console(self, person: Person, code: str, *, origin: Origin) -> Account:
        """Link the account that was given this code in chat. Raises CodeWrong, TooManyCodes and AlreadyLinked."""
        async with self._store.transaction() as work:
            row = await self._try(work, "use_from_chat", code, f"person:{person.id}", origin)
            if row is not None:
                account = Account(channel=row["channel"], id=row["account_id"], name=row["account_name"])
                await self._link(work, account, person, by=person, origin=origin)
                return account
        raise CodeWrong

    async def link_from_chat(self, account: Account, code: str) -> Person:
        """Link this account to the person to whom the console showed the code.

        Raises CodeWrong, TooManyCodes and AlreadyLinked.
        """
        origin = Origin(source="chat", address=f"{account.channel}:{account.id}")
        async with self._store.transaction() as work:
            row = await self._try(work, "use_from_console", code, f"account:{account.channel}:{account.id}", origin)
            person = await self._active(work, row["user_id"]) if row else None
            if person is not None:
                await self._link(work, account, person, by=person, origin=origin, typed_at=account)
                return person
        raise CodeWrong

    async def unlink(self, account: Account, *, by: Person, of: UUID | None = None, origin: Origin = CHAT) -> bool:
        """Part an account from its person at once; False when it was not linked, or to somebody else than `of`.

        Who may is the caller's to check.
        """
        async with self._store.transaction() as work:
            person_id = await work.fetchval(self._queries["unlink"], account.channel, account.id, self._store.now(), of)
            if person_id is None:
                return False
            detail = {"channel": account.channel, "account": account.id}
            work.record(origin.event("account:unlinked", by, resource=person_id, detail=detail))
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
        self, work: Transaction, account: Account, by: Person, name: str = "", *, origin: Origin = CHAT
    ) -> Person:
        """Make a new operator, without a password, of an account. `name` is a wish. Raises AlreadyLinked."""
        wished = _sign_in_name(name) or _sign_in_name(account.name) or _sign_in_name(f"{account.channel}-{account.id}")
        person, number = None, 1
        while person is None:
            unique = wished if number == 1 else f"{wished[:58]}-{number}"
            person = await self._people.add(
                work, unique, Role.OPERATOR, by=by, display_name=account.name[:100], origin=origin
            )
            number += 1
        await self._link(work, account, person, by=by, origin=origin)
        return person

    async def admit_as(
        self, work: Transaction, account: Account, person: Person, by: Person, *, origin: Origin = CHAT
    ) -> None:
        """Link an account that asked to somebody who is there. Raises OwnAdmission, PersonMissing, AlreadyLinked."""
        if person.id == by.id:
            raise OwnAdmission
        if await self._active(work, person.id) is None:
            raise PersonMissing
        await self._link(work, account, person, by=by, origin=origin)

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

    async def _link(
        self,
        work: Transaction,
        account: Account,
        person: Person,
        *,
        by: Person,
        origin: Origin,
        typed_at: Account | None = None,
    ) -> None:
        if account.channel == CONSOLE:
            raise AlreadyLinked
        now = self._store.now()
        await self._withdraw_admission(work, account, by)
        linked = await work.fetchval(self._queries["link"], account.channel, account.id, account.name, person.id, now)
        if linked is None:
            raise AlreadyLinked
        detail = {"channel": account.channel, "account": account.id, "name": account.name}
        work.record(origin.event("account:linked", by, resource=person.id, detail=detail))
        await self._tell(work, account, person, typed_at)

    async def _tell(self, work: Transaction, account: Account, person: Person, typed_at: Account | None) -> None:
        """Say it on every channel of the person, but where the answer to what was typed says so already."""
        rows = await work.fetch(self._queries["of"], person.id)
        places = [_known(row).account for row in rows]
        if await work.fetchval(self._queries["signs_in"], person.id):
            places.append(Account(channel=CONSOLE, id=str(person.id)))
        for notice in notices(account, person, places, key=self._store.now().isoformat()):
            if notice.only_for != typed_at:
                work.send(notice, urgent=True)

    async def _withdraw_admission(self, work: Transaction, account: Account, by: Person) -> None:
        """What the admins were asked about this account needs no answer any more; their cards say so."""
        request_id = await work.fetchval(self._queries["asked_by"], account.channel, account.id)
        request = await locked(work, request_id=request_id) if request_id else None
        if request is not None and request.is_pending:
            ending = Ending(status=RequestStatus.CANCELLED, at=self._store.now(), by=by)
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
