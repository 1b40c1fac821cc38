"""The secrets of the installation and of its people, and the one way to their values. Nothing is kept in memory.

A secret is named, belongs to the installation or to one person, and is handed to those alone who were allowed to have
it; each time that is a line of the record, with its name. A change or a removal holds from the next use on.
"""

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from governance.keys.master_key import KeyChanged, MasterKey
from governance.masking.known import HANDED_OUT
from governance.people.people import CHAT, Origin, Person, Role
from governance.record.audit import Event, Status
from governance.record.transaction import Row, Store, Transaction, load_queries
from governance.secrets.names import (
    SIGN_INS,
    Holder,
    SecretForbidden,
    SecretMissing,
    SecretRefused,
    SecretWrong,
    StoredSecret,
    holder_of,
    require_name,
    require_value,
)
from governance.secrets.sealing import Sealed, bound_to, seal, unseal, wrapped_anew
from governance.values.reasons import why

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
MOST_OF_ONE = 200
"""Secrets of one owner."""


@dataclass(frozen=True, slots=True)
class _Change:
    """Which secret is changed, by whom and from where."""

    name: str
    owner: UUID | None
    by: Person | None
    origin: Origin


class Secrets:
    """All of them. Every method raises DatabaseAway.

    `by` is the person who changes something, None whoever sits at the machine; `owner` None means the installation,
    whose secrets are for admins.
    """

    def __init__(self, store: Store, master: MasterKey) -> None:
        self._store = store
        self._master = master
        self._key = hmac.digest(master.secret, b"nexora prints of secrets", "sha256")

    async def set(
        self,
        name: str,
        value: str,
        *,
        by: Person | None,
        owner: UUID | None = None,
        holders: Collection[Holder] = (),
        origin: Origin = CHAT,
    ) -> int:
        """Keep a value, new or in the place of an older one; `holders` may have it besides those that may already.

        Returns its version. Raises SecretWrong and SecretForbidden.
        """
        async with self._store.transaction() as work:
            return await self.set_within(work, name, value, by=by, owner=owner, holders=holders, origin=origin)

    async def set_within(
        self,
        work: Transaction,
        name: str,
        value: str,
        *,
        by: Person | None,
        owner: UUID | None = None,
        holders: Collection[Holder] = (),
        origin: Origin = CHAT,
    ) -> int:
        """The same as a part of a larger change."""
        name, value = require_name(name), require_value(value)
        require_may_change(by, owner)
        for holder in holders:
            holder_of(holder.kind, holder.name)
        version = await self._put(work, name, owner, value, by)
        detail = {"owner": _told(owner), "value": self.print_of(value), "version": version}
        work.record(origin.event("secret:set", by, resource=name, detail=detail))
        for holder in sorted(holders):
            await self._allow(work, _Change(name, owner, by, origin), holder)
        return version

    async def rotate(self, name: str, *, by: Person | None, owner: UUID | None = None, origin: Origin = CHAT) -> int:
        """Seal the same value under a new key; the version. Raises SecretForbidden and SecretMissing."""
        require_may_change(by, owner)
        async with self._store.transaction() as work:
            row = await _named(work, name, owner)
            version = await self._put(work, name, owner, self._opened(row), by)
            detail = {"owner": _told(owner), "version": version}
            work.record(origin.event("secret:rotated", by, resource=name, detail=detail))
        return version

    async def remove(self, name: str, *, by: Person | None, owner: UUID | None = None, origin: Origin = CHAT) -> None:
        """Forget it for good; nobody gets it any more. Raises SecretForbidden and SecretMissing."""
        require_may_change(by, owner)
        async with self._store.transaction() as work:
            if await work.fetchval(QUERIES["remove"], name, owner) is None:
                raise SecretMissing
            work.record(origin.event("secret:removed", by, resource=name, detail={"owner": _told(owner)}))

    async def entitle(
        self,
        name: str,
        holder: Holder,
        *,
        by: Person | None,
        owner: UUID | None = None,
        may: bool = True,
        origin: Origin = CHAT,
    ) -> bool:
        """Let a holder have it, or no longer where not `may`; False when that was so already.

        Raises SecretForbidden, SecretMissing and SecretWrong.
        """
        require_may_change(by, owner)
        holder = holder_of(holder.kind, holder.name)
        async with self._store.transaction() as work:
            if may:
                return await self._allow(work, _Change(name, owner, by, origin), holder)
            row = await _named(work, name, owner)
            if await work.fetchval(QUERIES["disallow"], row["id"], holder.kind, holder.name) is None:
                return False
            detail = {"owner": _told(owner), "holder": str(holder)}
            work.record(origin.event("secret:disallowed", by, resource=name, detail=detail))
            return True

    async def entitle_within(self, work: Transaction, holder: Holder, names: Collection[str], *, by: Person) -> None:
        """Let a holder have exactly these of the installation, as part of a larger change that an admin agreed to.

        A name under which nothing is kept yet is let go; whoever keeps it later says so themselves.
        """
        for row in await work.fetch(QUERIES["listed"], True, None):  # noqa: FBT003  # an SQL parameter
            has = str(holder) in {str(Holder(*each.split(" ", 1))) for each in row["held"]}
            is_kept = row["owner"] is None and not row["name"].startswith(SIGN_INS)
            if not is_kept or (row["name"] in names) is has:
                continue
            if row["name"] in names:
                await self._allow(work, _Change(row["name"], None, by, CHAT), holder)
                continue
            named = await _named(work, row["name"], None)
            await work.fetchval(QUERIES["disallow"], named["id"], holder.kind, holder.name)
            detail = {"owner": _told(None), "holder": str(holder)}
            work.record(CHAT.event("secret:disallowed", by, resource=row["name"], detail=detail))

    # What the gateway keeps by itself: what it was given when somebody signed in to a server

    async def keep_within(
        self, work: Transaction, name: str, value: str, *, owner: UUID | None, holder: Holder
    ) -> None:
        """Keep a value for one holder alone, as part of a change that the record tells of. Raises SecretWrong."""
        name, value = require_name(name), require_value(value)
        await self._put(work, name, owner, value, None)
        row = await _named(work, name, owner)
        await work.fetchval(QUERIES["allow"], row["id"], holder.kind, holder.name, None, self._store.now())

    async def forget_within(self, work: Transaction, name: str, owner: UUID | None) -> bool:
        """Remove it; False when there is none."""
        return await work.fetchval(QUERIES["remove"], name, owner) is not None

    async def end_sign_ins_of(
        self, work: Transaction, *, holder: Holder | None = None, owner: UUID | None = None
    ) -> int:
        """Remove what was given for that server, or to that person; how much it was."""
        if holder is not None:
            rows = await work.fetch(QUERIES["remove_of_holder"], holder.kind, holder.name, SIGN_INS)
        else:
            rows = await work.fetch(QUERIES["remove_of_owner"], owner, SIGN_INS)
        for row in rows:
            detail = {"owner": _told(row["owner"])}
            work.record(Event(tag="servers:sign_in:ended", resource=row["name"].removeprefix(SIGN_INS), detail=detail))
        return len(rows)

    async def version(self, name: str, owner: UUID | None, work: Transaction | None = None) -> int:
        """Which version is kept, 0 for none; none of somebody who is shut out."""
        found: int | None = await (work or self._store).fetchval(QUERIES["version"], name, owner)
        return found or 0

    async def owners(self, name: str) -> frozenset[UUID | None]:
        """Who has one of that name."""
        return frozenset(row["owner"] for row in await self._store.fetch(QUERIES["owners"], name))

    # Looking

    async def list(self, viewer: Person | None) -> list[StoredSecret]:
        """One's own, and those of the installation for admins and whoever sits at the machine. Never a value."""
        of_all = viewer is None or viewer.role is Role.ADMIN
        rows = await self._store.fetch(QUERIES["listed"], of_all, viewer.id if viewer else None)
        return [_stored(row) for row in rows]

    async def reveal_for(
        self,
        work: Transaction,
        holder: Holder,
        person: UUID | None,
        names: Collection[str] | None = None,
        *,
        own: bool = False,
    ) -> Mapping[str, str]:
        """The values that a holder may have, by name: of the installation, and of that person, whose own go first.

        `names` are those that it needs, all of them; without, it gets every one. With `own` none is the
        installation's. The line of the record commits with `work`. Raises SecretRefused where one that it needs is
        missing or not for it, and SecretWrong where one does not open.
        """
        rows = await work.fetch(QUERIES["entitled"], holder.kind, holder.name, person)
        wanted = [row for row in rows if not own or row["owner"] is not None]
        found = {row["name"]: row for row in wanted if names is None or row["name"] in names}
        missing = sorted(set(names or ()) - found.keys())
        if missing:
            await self._refuse(holder, person, missing)
        values = {name: self._opened(row) for name, row in found.items()}
        if found:
            await work.execute(QUERIES["used"], sorted(row["id"] for row in found.values()), self._store.now())
        for name in sorted(found):
            is_own = found[name]["owner"] is not None
            HANDED_OUT.learn({name: values[name]}, are_named=not is_own)  # nobody else reads the names of one's own
            work.record(_line("read", name, holder, person, found[name]["owner"]))
        return values

    async def reveal(
        self,
        holder: Holder,
        person: UUID | None = None,
        names: Collection[str] | None = None,
        *,
        own: bool = False,
    ) -> Mapping[str, str]:
        """The same in a transaction of its own."""
        async with self._store.transaction() as work:
            return await self.reveal_for(work, holder, person, names, own=own)

    async def rewrap(self, work: Transaction, new: MasterKey) -> int:
        """Have another master key wrap the keys of them all; how many. Raises SecretWrong."""
        rows = await work.fetch(QUERIES["sealed_by"])
        for row in rows:
            self._opened(row)  # what does not open now would never open again
            nonce, wrapped = wrapped_anew(self._master, new, _place(row), _sealed(row))
            await work.execute(QUERIES["rewrap"], row["id"], nonce, wrapped, new.id)
        return len(rows)

    def print_of(self, value: str) -> str:
        """By what two values can be told to be the same, and by nobody who has not the master key (HMAC-SHA-256)."""
        return f"hmac:{hmac.digest(self._key, value.encode(), 'sha256').hex()[:16]}"

    async def _put(self, work: Transaction, name: str, owner: UUID | None, value: str, by: Person | None) -> int:
        await work.execute(QUERIES["lock"])
        row = await work.fetchrow(QUERIES["named"], name, owner)
        if row is None and await work.fetchval(QUERIES["count"], owner) >= MOST_OF_ONE:
            raise SecretWrong(why("secret.many", most=str(MOST_OF_ONE)))
        version = row["version"] + 1 if row else 1
        held = seal(self._master, bound_to(name, owner, version), value)
        await work.execute(
            QUERIES["put"],
            row["id"] if row else uuid4(),
            name,
            owner,
            version,
            held.nonce,
            held.sealed,
            held.key_nonce,
            held.wrapped_key,
            held.master,
            by.id if by else None,
            self._store.now(),
        )
        return version

    async def _allow(self, work: Transaction, change: _Change, holder: Holder) -> bool:
        row, by = await _named(work, change.name, change.owner), change.by
        who = by.id if by else None
        if await work.fetchval(QUERIES["allow"], row["id"], holder.kind, holder.name, who, self._store.now()) is None:
            return False
        detail = {"owner": _told(change.owner), "holder": str(holder)}
        work.record(change.origin.event("secret:allowed", by, resource=change.name, detail=detail))
        return True

    async def _refuse(self, holder: Holder, person: UUID | None, names: Sequence[str]) -> None:
        """Say so in the record, which keeps it whatever becomes of the transaction that asked, and raise it."""
        await self._store.record(*(_line("refused", name, holder, person, None) for name in names))
        raise SecretRefused(why("secret.refused", holder=str(holder), name=names[0]))

    def _opened(self, row: Row) -> str:
        if row["master"] != self._master.id:
            fields = {"name": row["name"], "wanted": row["master"], "here": self._master.id}
            raise SecretWrong(why("secret.locked", **fields))
        try:
            return unseal(self._master, _place(row), _sealed(row))
        except KeyChanged as error:
            raise SecretWrong(why("secret.changed", name=row["name"])) from error


def require_may_change(by: Person | None, owner: UUID | None) -> None:
    """Raises SecretForbidden unless that person, or whoever sits at the machine, may change secrets of this owner."""
    if by is not None and not (by.role is Role.ADMIN if owner is None else by.id == owner):
        raise SecretForbidden
    if by is None and owner is not None:  # whoever sits at the machine is nobody in particular
        raise SecretForbidden


async def _named(work: Transaction, name: str, owner: UUID | None) -> Row:
    row = await work.fetchrow(QUERIES["named"], name, owner)
    if row is None:
        raise SecretMissing
    return row


def _line(what: str, name: str, holder: Holder, person: UUID | None, owner: UUID | None) -> Event:
    status = Status.DENIED if what == "refused" else Status.OK
    detail = {"holder": str(holder), **({} if what == "refused" else {"owner": _told(owner)})}
    actor = str(person) if person else "system"
    return Event(tag=f"secrets:secret:{what}", actor=actor, resource=name, status=status, detail=detail)


def _place(row: Row) -> str:
    return bound_to(row["name"], row["owner"], row["version"])


def _sealed(row: Row) -> Sealed:
    return Sealed(**{field: row[field] for field in Sealed.__dataclass_fields__})


def _told(owner: UUID | None) -> str:
    return str(owner) if owner else "installation"


def _stored(row: Row) -> StoredSecret:
    fields = {
        name: row[name] for name in ("name", "owner", "version", "created_by", "created_at", "changed_at", "used_at")
    }
    return StoredSecret(**fields, holders=tuple(Holder(*each.split(" ", 1)) for each in row["held"]))
