"""Signing in by name and password, and keeping guessers out: of a name at an address, of a name, and of an address.

After ten wrong passwords a lock begins that grows with each further one, up to a quarter of an hour; while it lasts
even the right password is refused, and nothing tried then prolongs it. Ten tries of one name at one address lock that
name there and nothing else: of them only the first three count for the name everywhere and for the address whatever
the name. So it takes several addresses to lock a name, and several names to lock an address. A name that nobody has
locks just the same, so a lock tells nothing about who there is. At an address from which somebody has signed in before,
only what was tried there counts, so that nobody elsewhere can keep them out. What is locked is refused before any work
is done.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path

from channels.base import NexoraError
from governance.people import invitations, people
from governance.people.agent_grants import AgentGrants
from governance.people.people import NAME, Origin, People, Person, Role
from governance.people.wrong import NameWrong, PersonExists
from governance.record.audit import Status
from governance.record.transaction import Row, Store, Transaction, load_queries
from governance.sign_in.attempts import Attempts, LockedOut
from governance.sign_in.passwords import Passwords, require_usable
from governance.sign_in.sessions import Session, Sessions

MOST_WRONG = 10
COUNTS_ELSEWHERE = 3
"""So many wrong passwords for one name at one address count for that name elsewhere, and for other names there."""
REMEMBERED = timedelta(hours=1)
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(minutes=15)
_QUERIES = Path(__file__).with_name("sign_in.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who signed in, and the token of the new session."""

    person: Person
    token: str


class SignInRefused(NexoraError):
    """The name or the password is wrong."""


class LinkUsed(NexoraError):
    """This link is wrong, used or expired; ask for a new one."""


class SignIn:
    """Every way to a session: a password, a one-time link. And the one way to another password."""

    def __init__(
        self, store: Store, people: People, sessions: Sessions, agent_grants: AgentGrants, passwords: Passwords
    ) -> None:
        self._store = store
        self._people = people
        self._sessions = sessions
        self._agent_grants = agent_grants
        self._passwords = passwords
        self._attempts = Attempts(lambda: self._store.now().timestamp(), longest_seconds=LONGEST_LOCK.total_seconds())
        self._queries = load_queries(_QUERIES)

    async def by_password(self, name: str, password: str, *, origin: Origin) -> SignedIn:
        """Raises SignInRefused, the same for an unknown name as for a wrong password, and LockedOut."""
        self.require_open(origin)
        self._attempts.require_open([_pair_key(name, origin)])
        async with self._attempts.place(_network(origin.address)):
            self.require_open(origin)
            self._attempts.require_open([_pair_key(name, origin)])
            return await self._by_password(name, password, origin)

    def require_open(self, origin: Origin) -> None:
        """Raise LockedOut while this address is known to be locked, before what was sent is even read."""
        self._attempts.require_open([_address_key(origin)], address=origin.address)

    async def _by_password(self, name: str, password: str, origin: Origin) -> SignedIn:
        person = await self._people.by_name(name) if NAME.fullmatch(name) else None
        kept = await self._verified(name, person, password, origin)
        renewed = await self._passwords.renew(password) if kept and self._passwords.is_outdated(kept) else None
        async with self._store.transaction() as work:
            if await self._admits(work, name, person, kept, origin) and person is not None:
                if renewed:
                    await work.execute(people.QUERIES["set_password"], person.id, renewed)
                return await self._signed_in(work, person, origin)
        raise SignInRefused

    async def by_link(
        self, code: str, name: str, password: str, *, language: str = "", agents: Sequence[str] = (), origin: Origin
    ) -> SignedIn:
        """Use a one-time link up: set the password of its person, or make the first admin, who is granted `agents`.

        `name` is asked of the first admin alone; `language` becomes theirs with their first password, unless one was
        chosen for them. Raises LinkUsed, NameWrong, PersonExists, PasswordRefused and TooManyAttempts.
        """
        async with self._attempts.place(_network(origin.address)):
            return await self._by_link(code, name, password, language=language, agents=agents, origin=origin)

    async def _by_link(
        self, code: str, name: str, password: str, *, language: str, agents: Sequence[str], origin: Origin
    ) -> SignedIn:
        link = await invitations.find(self._store, code)
        if link is None:
            raise LinkUsed
        name = link.name or name
        if not NAME.fullmatch(name):
            raise NameWrong
        kept = await self._passwords.hash(password, name=name)
        async with self._store.transaction() as work:
            used = await invitations.use(work, code, now=self._store.now())
            if used is None:
                raise LinkUsed
            if used.person_id is None:
                person = await self._first_admin(work, name, agents, origin)
            else:
                person = await self._people.hold(work, used.person_id)
            if language:
                await work.execute(people.QUERIES["set_first_language"], person.id, language)
            await work.execute(people.QUERIES["set_password"], person.id, kept)
            await work.execute(self._queries["forget_name"], _name_key(person.name))
            ended = await self._sessions.end_all(work, person.id)
            work.record(origin.event("password:set", person, resource=person.id, detail={"sessions_ended": ended}))
            return await self._signed_in(work, person, origin)

    async def confirm_password(self, person: Person, password: str, *, origin: Origin) -> None:
        """Make sure that it is really them. A wrong password counts as at sign-in.

        Raises SignInRefused, LockedOut and TooManyAttempts.
        """
        async with self._attempts.place(_network(origin.address)):
            kept = await self._verified(person.name, person, password, origin)
            async with self._store.transaction() as work:
                if await self._admits(work, person.name, person, kept, origin):
                    return
        raise SignInRefused

    async def note_foreign_token(self, origin: Origin) -> None:
        """Count a token that is none of ours as a wrong password from its address. Raises LockedOut."""
        keys = [_address_key(origin)]
        async with self._attempts.place(_network(origin.address)), self._store.transaction() as work:
            await work.fetch(self._queries["one_at_a_time"], keys)
            self._require_open(await work.fetch(self._queries["wrong"], keys, *self._span()), "", origin)
            await work.execute(self._queries["note_wrong"], keys, self._store.now(), self._since())
            work.record(origin.event("token:refused", None, status=Status.DENIED))
            locked = self._locked_for(await work.fetch(self._queries["wrong"], keys, *self._span()))
            if locked:
                detail = {"seconds": locked}
                work.record(origin.event("session:locked", None, status=Status.DENIED, detail=detail))

    async def change_password(self, session: Session, current: str, new: str, *, origin: Origin) -> None:
        """Change one's own password, which ends all other sessions. A wrong current one counts as at sign-in.

        Raises SignInRefused, LockedOut and PasswordRefused.
        """
        require_usable(new, name=session.person.name)
        async with self._attempts.place(_network(origin.address)):
            await self._change_password(session, current, new, origin)

    async def _change_password(self, session: Session, current: str, new: str, origin: Origin) -> None:
        person = session.person
        kept = await self._verified(person.name, person, current, origin)
        fresh = await self._passwords.hash(new, name=person.name) if kept else ""
        async with self._store.transaction() as work:
            if await self._admits(work, person.name, person, kept, origin):
                await work.execute(people.QUERIES["set_password"], person.id, fresh)
                ended = await self._sessions.end_all(work, person.id, but=session.id)
                detail = {"sessions_ended": ended}
                work.record(origin.event("password:changed", person, resource=person.id, detail=detail))
                return
        raise SignInRefused

    async def _verified(self, name: str, person: Person | None, password: str, origin: Origin) -> str | None:
        """What is kept of the person's password, if this is it; takes as long for nobody. Raises LockedOut."""
        keys = await self._keys(self._store, name, person, origin)
        self._require_open(await self._store.fetch(self._queries["wrong"], keys, *self._span()), name, origin)
        kept: str | None = await self._store.fetchval(self._queries["password_of"], person.id) if person else None
        return kept if await self._passwords.verify(kept, password) else None

    async def _admits(
        self, work: Transaction, name: str, person: Person | None, kept: str | None, origin: Origin
    ) -> bool:
        """Whether a verified password still opens, now that nobody else tries; what does not is noted.

        A hundred tries at once are verified side by side, but each is answered here, after those that failed before.
        Raises LockedOut.
        """
        keys = await self._keys(work, name, person, origin)
        await work.fetch(self._queries["one_at_a_time"], keys)
        self._require_open(await work.fetch(self._queries["wrong"], keys, *self._span()), name, origin)
        if person is not None and kept and await work.fetchval(self._queries["hold_same"], person.id, kept):
            await work.execute(self._queries["forget_wrong"], [_name_key(name), _pair_key(name, origin)])
            return True
        pair = _pair_key(name, origin)
        here = await work.fetch(self._queries["wrong"], [pair], *self._span())
        noted = [pair]
        if sum(row["count"] for row in here) < COUNTS_ELSEWHERE:
            noted += [_address_key(origin), _name_key(name)]
        await work.execute(self._queries["note_wrong"], noted, self._store.now(), self._since())
        resource = person.id if person else ""
        work.record(origin.event("session:refused", None, resource=resource, status=Status.DENIED))
        locked = self._locked_for(await work.fetch(self._queries["wrong"], keys, *self._span()))
        if locked:
            detail = {"seconds": locked}
            work.record(origin.event("session:locked", None, resource=resource, status=Status.DENIED, detail=detail))
        return False

    async def _keys(self, asked: Store | Transaction, name: str, person: Person | None, origin: Origin) -> list[str]:
        """What counts against this attempt, in the order in which it is locked."""
        if person is not None and await asked.fetchval(self._queries["is_familiar"], person.id, origin.address):
            return [_address_key(origin), _pair_key(name, origin)]
        return [_address_key(origin), _name_key(name), _pair_key(name, origin)]

    def _require_open(self, failures: Sequence[Row], name: str, origin: Origin) -> None:
        locked = self._locked_for(failures)
        if not locked:
            return
        own = self._locked_for([row for row in failures if row["who"] == _address_key(origin)])
        self._attempts.lock(_address_key(origin) if own == locked else _pair_key(name, origin), locked)
        raise LockedOut(locked, address=origin.address if own == locked else "")

    def _locked_for(self, failures: Sequence[Row]) -> int:
        """Seconds for which these failures keep a name or an address locked; 0 for none."""
        now = self._store.now()
        ends = max((_lock_ends(row["count"], row["latest"]) for row in failures), default=now)
        return max(0, math.ceil((ends - now).total_seconds()))

    async def _first_admin(self, work: Transaction, name: str, agents: Sequence[str], origin: Origin) -> Person:
        person = await self._people.add(work, name, Role.ADMIN, by=None, origin=origin)
        if person is None:
            raise PersonExists(f"There is already a person named {name}.")
        for agent in agents:
            await self._agent_grants.grant_in(work, person.id, agent, by=None, origin=origin)
        return replace(person, agents=frozenset(agents))

    async def _signed_in(self, work: Transaction, person: Person, origin: Origin) -> SignedIn:
        token = await self._sessions.open(work, person.id, origin=origin)
        work.record(origin.event("session:created", person, resource=person.id))
        return SignedIn(person=person, token=token)

    def _span(self) -> tuple[datetime, datetime]:
        """The times that count. What lies farther ahead was noted before the clock was set back, and locks nobody."""
        return self._since(), self._store.now() + LONGEST_LOCK

    def _since(self) -> datetime:
        return self._store.now() - REMEMBERED


def _lock_ends(count: int, latest: datetime) -> datetime:
    """When the lock after so many wrong passwords ends: one minute after the tenth, doubling with each further one."""
    if count < MOST_WRONG:
        return latest
    doublings = min(count - MOST_WRONG, 10)
    return latest + min(LONGEST_LOCK, FIRST_LOCK * float(2**doublings))


def _address_key(origin: Origin) -> str:
    return f"address:{_network(origin.address)}"


def _name_key(name: str) -> str:
    return f"name:{hashlib.sha256(name.casefold().encode(errors='replace')).hexdigest()}"


def _pair_key(name: str, origin: Origin) -> str:
    return f"{_name_key(name)} at {_network(origin.address)}"


def _network(address: str) -> str:
    """Whom an address stands for: with IPv6 it is the whole /64, of which one machine has as many as it likes."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address
