"""Persons to test with: a clock that is moved by hand, and everything that knows people, on one real database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from channels.messages import Account
from governance.accounts.accounts import Accounts
from governance.people.agent_grants import AgentGrants
from governance.people.people import Origin, People, Person, Role
from governance.record.transaction import Store
from governance.sign_in.passwords import Passwords
from governance.sign_in.sessions import Sessions
from governance.sign_in.sign_in import SignIn, SignInRefused

KEY = bytes(range(64))
PASSWORD = "a horse that reads 7 books"
WEB = Origin(source="web", address="192.0.2.7", user_agent="a browser")


@dataclass
class HandClock:
    at: datetime = datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **duration: float) -> None:
        self.at += timedelta(**duration)


@dataclass
class Stage:
    """Passwords are hashed cheaply here; what production takes has a test of its own."""

    store: Store
    clock: HandClock
    passwords: Passwords = field(default_factory=lambda: Passwords(memory_kib=64, passes=1))

    def __post_init__(self) -> None:
        self.people = People(self.store)
        self.accounts = Accounts(self.store, self.people)
        self.agent_grants = AgentGrants(self.store)
        self.sessions = Sessions(self.store, KEY)
        self.sign_in = SignIn(self.store, self.people, self.sessions, self.agent_grants, self.passwords)

    async def person(self, name: str, role: Role = Role.OPERATOR, *, password: str = PASSWORD) -> Person:
        """Somebody who has set a password."""
        person, code = await self.people.create(name, role, by=None)
        signed = await self.sign_in.by_link(code, "", password, origin=WEB)
        assert signed.person.id == person.id
        return signed.person

    async def newcomer(self, name: str, role: Role = Role.OPERATOR) -> Person:
        """Somebody who has neither a password nor an account yet."""
        return (await self.people.create(name, role, by=None))[0]

    async def link(self, account: Account, person: Person) -> None:
        """Make an account somebody's, as once they have said yes."""
        async with self.store.transaction() as work:
            await self.accounts.link(work, account, person, by=person)

    async def tags(self) -> list[str]:
        rows = await self.store.fetch("select tag from nexora_audit_events order by at, writer, seq")
        return [row["tag"] for row in rows]

    async def last_event(self, tag: str):
        return await self.store.fetchrow(
            "select * from nexora_audit_events where tag = $1 order by at desc, seq desc limit 1", tag
        )


def by_address(address):
    """Somebody at this address."""
    return Origin(source="web", address=address)


async def wrong(stage, name="alice", address="192.0.2.7", times=1):
    """Somebody guesses, and is refused each time."""
    for _ in range(times):
        with pytest.raises(SignInRefused):
            await stage.sign_in.by_password(name, "not this one", origin=by_address(address))
