"""Persons, their roles, and who stands behind an account. It sends nothing and knows no platform.

Who somebody is gets asked anew for every message and every request, in one query and without a cache: seconds between
a revocation and its effect would be a way past it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

from channels.locales import DEFAULT
from channels.messages import Account
from governance.people import invitations, name_book
from governance.people.hearing import OnAdmin, OnDisable, OnMove
from governance.people.names import known_as, storable
from governance.people.wrong import LastAdmin, NameWrong, OwnRole, PersonExists, PersonMissing
from governance.record.audit import Event, Status
from governance.record.transaction import Row, Store, Transaction, load_queries

CONSOLE = "console"
"""The channel on which an account's id is the person's own id."""
NAME = re.compile(r"[\w.-]{1,64}")
QUERIES = load_queries(Path(__file__).with_name("people.sql"))


class Role(StrEnum):
    """What a person may do in general. Alphabetical."""

    ADMIN = "admin"
    OPERATOR = "operator"

    def covers(self, role: str) -> bool:
        """Whether this role may decide what that one may: an admin also decides what is put to operators."""
        return self is Role.ADMIN or self.value == role


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody the company knows. `agents` are the names granted right now.

    `language` is the code of a language of the catalogue; `time_zone` the IANA name of theirs, empty where nobody said.
    """

    id: UUID
    name: str
    role: Role
    display_name: str = ""
    language: str = "en"
    time_zone: str = ""
    agents: frozenset[str] = frozenset()
    active: bool = True

    @property
    def label(self) -> str:
        """What others read wherever the person decides or is recorded: `Shown as (sign-in name)`."""
        return known_as(self.name, self.display_name)

    @property
    def shown(self) -> str:
        """The name alone by which they are addressed; it says nothing about who they are."""
        return self.display_name or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """An account behind which no active person stands. `new` also means unlinked."""

    state: Literal["disabled", "new", "refused", "waiting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a change comes from, for the record. `source` is chat, cli or web; `address` as in `audit.Event`."""

    source: Literal["chat", "cli", "web"] = "chat"
    address: str = ""
    user_agent: str = ""

    def event(
        self,
        what: str,
        by: Person | None,
        *,
        resource: object = "",
        status: Status = Status.OK,
        detail: Mapping[str, Any] | None = None,
    ) -> Event:
        """The audit line `source:what`; `what` is `subject:action`. Without `by` the system did it."""
        return Event(
            tag=f"{self.source}:{what}",
            actor=str(by.id) if by else "system",
            actor_name=by.name if by else "",
            resource=str(resource),
            status=status,
            address=self.address,
            user_agent=self.user_agent,
            detail=detail or {},
        )


CHAT = Origin()
"""A change whose maker said no more than that it came by chat."""


class People:
    """Who there is. Every change commits with its audit line; `by` is the person who makes it, None the system."""

    def __init__(
        self,
        store: Store,
        *,
        on_disable: OnDisable | None = None,
        on_admin: OnAdmin | None = None,
        on_move: OnMove | None = None,
    ) -> None:
        self._store = store
        self._on_admin = on_admin
        self._on_disable = on_disable
        self._on_move = on_move
        self._queries = QUERIES

    async def identify(self, account: Account) -> Person | Stranger:
        """The active person behind an account at this moment, with the agents granted, or why there is none."""
        if account.channel == CONSOLE:
            row = await self._by_id(account.id)
        else:
            row = await self._store.fetchrow(self._queries["identify"], account.channel, account.id, self._store.now())
        if row is None:
            return Stranger(state="new")
        if row["id"] is None:
            state: Literal["new", "refused", "waiting"] = "new" if row["state"] == "unlinked" else row["state"]
            return Stranger(state=state)
        person = person_of(row)
        return person if person.active else Stranger(state="disabled")

    async def get(self, person_id: UUID, *, even_disabled: bool = False) -> Person | None:
        """The person of that id; None when unknown or disabled."""
        row = await self._by_id(person_id)
        return _wanted(row, even_disabled=even_disabled)

    async def by_name(self, name: str, *, even_disabled: bool = False) -> Person | None:
        """The person who signs in by that name, in any case; None when unknown or disabled."""
        row = await self._store.fetchrow(self._queries["by_name"], storable(name), self._store.now())
        return _wanted(row, even_disabled=even_disabled)

    async def page(
        self, *, search: str = "", after: str = "", limit: int = 100, only_active: bool = False
    ) -> list[Person]:
        """Up to `limit` persons by name, those after that name; `search` is a part of a name or of an account's."""
        asked = (storable(search.strip()), storable(after), limit, only_active)
        return [person_of(row) for row in await self._store.fetch(self._queries["page"], self._store.now(), *asked)]

    async def names_like(self, name: str) -> list[str]:
        """Names of active persons about as long as this one, among which a slip of the finger may be looked for."""
        return [row["name"] for row in await self._store.fetch(self._queries["like_length"], storable(name))]

    async def create(
        self,
        name: str,
        role: Role,
        *,
        by: Person | None,
        display_name: str = "",
        language: str = "",
        time_zone: str = "",
        origin: Origin = CHAT,
    ) -> tuple[Person, str]:
        """A new person without a password, and the code of the one-time link that sets it.

        Without a `language` theirs is that in which they open the link.

        Raises NameWrong, NameRefused and PersonExists.
        """
        if not NAME.fullmatch(name):
            raise NameWrong
        async with self._store.transaction() as work:
            person = await self.add(
                work,
                name,
                role,
                by=by,
                display_name=display_name,
                language=language,
                time_zone=time_zone,
                origin=origin,
            )
            if person is None:
                raise PersonExists(f"There is already a person named {name}.")
            if role is Role.ADMIN:
                person = await self._admin_made(work, person, by, origin)
            code = await invitations.create(work, "set_password", person.id, now=self._store.now())
        return person, code

    async def add(
        self,
        work: Transaction,
        name: str,
        role: Role,
        *,
        by: Person | None,
        display_name: str = "",
        language: str = "",
        time_zone: str = "",
        origin: Origin = CHAT,
    ) -> Person | None:
        """A new person as part of a larger change; None when the name is taken. Raises NameRefused."""
        await name_book.hold(work)
        person = Person(
            id=uuid4(),
            name=name,
            role=role,
            display_name=display_name.strip(),
            language=language or DEFAULT,
            time_zone=time_zone,
        )
        added = await work.fetchval(
            self._queries["add"],
            person.id,
            name,
            person.display_name,
            role.value,
            language,
            by.id if by else None,
            self._store.now(),
            time_zone,
        )
        if added is None:
            return None
        await name_book.claim(work, person.id, name, person.display_name, is_admin=role is Role.ADMIN)
        detail = {"name": name, "role": role.value}
        work.record(origin.event("user:created", by, resource=person.id, detail=detail))
        return person

    async def reset(
        self,
        person_id: UUID,
        *,
        by: Person | None,
        origin: Origin = CHAT,
    ) -> str:
        """The code of a new one-time link that sets the password; the old password holds until it is used."""
        async with self._store.transaction() as work:
            person = await self.hold(work, person_id)
            work.record(origin.event("user:reset", by, resource=person.id, detail={"name": person.name}))
            return await invitations.create(work, "set_password", person.id, now=self._store.now())

    async def describe(
        self,
        person_id: UUID,
        *,
        by: Person | None,
        display_name: str | None = None,
        language: str | None = None,
        time_zone: str | None = None,
        origin: Origin = CHAT,
    ) -> Person:
        """Change the name that others read, the language or the time zone, whose empty name means none of their own.

        Raises PersonMissing and NameRefused.
        """
        async with self._store.transaction() as work:
            if display_name:
                await name_book.hold(work)
            before = await self.hold(work, person_id)
            if display_name and display_name.strip() != before.display_name:
                is_admin = before.role is Role.ADMIN
                await name_book.claim(work, person_id, "", display_name.strip(), is_admin=is_admin)
            await work.execute(
                self._queries["describe"],
                person_id,
                before.display_name if display_name is None else display_name.strip(),
                language,
                before.time_zone if time_zone is None else time_zone,
            )
            after = await self.hold(work, person_id)
            changes = {
                name: [getattr(before, name), getattr(after, name)]
                for name in ("display_name", "language", "time_zone")
                if getattr(before, name) != getattr(after, name)
            }
            if changes:
                work.record(origin.event("user:described", by, resource=person_id, detail=changes))
            if self._on_move is not None and {"language", "time_zone"} & changes.keys():
                await self._on_move(work, after)
        return after

    async def set_role(
        self,
        person_id: UUID,
        role: Role,
        *,
        by: Person | None,
        is_sure: bool = False,
        origin: Origin = CHAT,
    ) -> Person:
        """Make somebody an admin, who gets every agent that admins have, or an operator, who keeps theirs.

        Raises PersonMissing, LastAdmin, and OwnRole where somebody gives up their own role and is not said to be sure.
        """
        async with self._store.transaction() as work:
            before = await self.hold(work, person_id, admins_too=True)
            if role is not Role.ADMIN:
                await self._require_another_admin(work, before)
                if before.role is Role.ADMIN and by is not None and by.id == person_id and not is_sure:
                    raise OwnRole
            await work.execute(self._queries["set_role"], person_id, role.value)
            if before.role is not role:
                detail = {"before": before.role.value, "after": role.value}
                work.record(origin.event("user:role_changed", by, resource=person_id, detail=detail))
            after = await self.hold(work, person_id)
            is_new = role is Role.ADMIN and before.role is not Role.ADMIN
            return await self._admin_made(work, after, by, origin) if is_new else after

    async def _admin_made(self, work: Transaction, person: Person, by: Person | None, origin: Origin) -> Person:
        if self._on_admin is not None:
            await self._on_admin(work, person, by, origin)
        return await self.hold(work, person.id)

    async def disable(self, person_id: UUID, *, by: Person | None, origin: Origin = CHAT) -> Person:
        """Shut somebody out at once: sessions, tokens, grants, links and pending requests end with it.

        Raises PersonMissing and LastAdmin.
        """
        async with self._store.transaction() as work:
            before = await self.hold(work, person_id, admins_too=True)
            await self._require_another_admin(work, before)
            withdrawn = await self._on_disable(work, person_id, by) if self._on_disable else 0
            ended = {
                what: await work.fetchval(self._queries[f"end_{what}"], person_id, self._store.now(), by and by.id)
                for what in ("agent_grants", "codes", "requests", "sessions", "tokens", "tool_grants")
            }
            ended["requests"] += withdrawn
            await work.execute(self._queries["set_status"], person_id, "disabled")
            if before.active:
                work.record(origin.event("user:disabled", by, resource=person_id, detail=ended))
            return await self.hold(work, person_id)

    async def enable(self, person_id: UUID, *, by: Person | None, origin: Origin = CHAT) -> Person:
        """Let somebody in again, without the grants of before. Raises PersonMissing."""
        async with self._store.transaction() as work:
            before = await self.hold(work, person_id)
            await work.execute(self._queries["set_status"], person_id, "active")
            if not before.active:
                work.record(origin.event("user:enabled", by, resource=person_id))
            return await self.hold(work, person_id)

    async def has_admin(self) -> bool:
        """Whether there is an active admin who can sign in."""
        found: bool = await self._store.fetchval(self._queries["has_admin"])
        return found

    async def _by_id(self, given: UUID | str) -> Row | None:
        try:
            person_id = given if isinstance(given, UUID) else UUID(given)
        except ValueError:
            return None
        return await self._store.fetchrow(self._queries["by_id"], person_id, self._store.now())

    async def hold(self, work: Transaction, person_id: UUID, *, admins_too: bool = False) -> Person:
        """The person, even a disabled one, whom no other transaction changes until this one ends.

        `admins_too` holds all admins likewise. Raises PersonMissing.
        """
        if admins_too:
            await work.fetch(self._queries["hold_admins"])
        row = await work.fetchrow(self._queries["hold"], person_id)
        row = row and await work.fetchrow(self._queries["by_id"], person_id, self._store.now())
        if row is None:
            raise PersonMissing
        return person_of(row)

    async def _require_another_admin(self, work: Transaction, person: Person) -> None:
        if person.role is not Role.ADMIN or not person.active:
            return
        if not await work.fetchval(self._queries["another_admin"], person.id):
            raise LastAdmin


def person_of(row: Row) -> Person:
    """The person in a row that has the columns of the query `by_id`."""
    return Person(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        display_name=row["display_name"],
        language=row["language"] or DEFAULT,
        time_zone=row["time_zone"],
        agents=frozenset(row["agents"]),
        active=row["status"] == "active",
    )


def _wanted(row: Row | None, *, even_disabled: bool) -> Person | None:
    person = person_of(row) if row else None
    return person if person and (person.active or even_disabled) else None
