"""Whose conversation a room of the console is. Only its person may look into it; a stranger's does not exist."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from channels.console import notices_room
from channels.messages import Account, Address
from governance.people import CONSOLE, Person
from governance.store import Store, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
ROOM = re.compile(r"[0-9a-f]{32}")
MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One conversation of one person. `title` is empty until it has one; the room of notices has no agent."""

    room: str
    agent: str = ""
    title: str = ""
    updated_at: datetime | None = None
    is_notices: bool = False

    @property
    def address(self) -> Address:
        """Where it happens."""
        return Address(channel=CONSOLE, room=self.room)


class Conversations:
    """The console's conversations."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, person: Person) -> list[Conversation]:
        """The person's conversations, the latest first."""
        rows = await self._store.fetch(QUERIES["of"], person.id, CONSOLE, MOST)
        notices = notices_room(str(person.id))
        return [
            Conversation(room=row["room"], agent=row["agent"], title=row["title"], updated_at=row["updated_at"])
            for row in rows
            if row["room"] != notices
        ]

    async def find(self, person: Person, room: str) -> Conversation | None:
        """The person's conversation in that room; None when there is none or it is somebody else's."""
        if room == notices_room(str(person.id)):
            return Conversation(room=room, is_notices=True)
        if not ROOM.fullmatch(room):
            return None
        row = await self._store.fetchrow(QUERIES["owner"], Address(channel=CONSOLE, room=room).key)
        if row is None or row["user_id"] != person.id:
            return None
        return Conversation(room=room, agent=row["agent"], title=row["title"])

    async def open(self, person: Person, room: str = "", agent: str = "") -> Conversation | None:
        """That conversation, begun if it is new; None for a wrong name or somebody else's room."""
        room = room or uuid4().hex
        if not ROOM.fullmatch(room):
            return None
        address = Address(channel=CONSOLE, room=room)
        owner = await self._store.fetchval(
            QUERIES["open"], address.key, CONSOLE, room, person.id, agent, self._store.now()
        )
        return await self.find(person, room) if owner == person.id else None

    async def choose(self, person: Person, room: str, agent: str) -> bool:
        """Let another agent answer from now on; whether the person may is the caller's to check."""
        address = Address(channel=CONSOLE, room=room)
        return await self._store.fetchval(QUERIES["choose"], address.key, person.id, agent) is not None


def account_of(person: Person) -> Account:
    """The account as which a signed-in person speaks and presses."""
    return Account(channel=CONSOLE, id=str(person.id), name=person.shown)
