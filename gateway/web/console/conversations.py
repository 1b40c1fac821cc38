"""Whose conversation a room of the console is. Only its person may look into it; a stranger's does not exist."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from agents.conversation.choosing import choose_own, open_own
from channels.console import notices_room
from channels.messages import Account, Address
from governance.people.people import CONSOLE, Person
from governance.record.transaction import Store, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
ROOM = re.compile(r"[0-9a-f]{32}")
PAGE = 30
MOST_WORDS, LONGEST_WORDS = 8, 200
"""So many words are looked for, in so many characters."""
_MARK = re.compile(r"(\d{1,18})-([0-9a-f]{32})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One conversation of one person. `title` is empty until it has one; the room of notices has no agent.

    `of_program`: a program of the person has begun it, with a token.
    """

    room: str
    agent: str = ""
    title: str = ""
    updated_at: datetime | None = None
    of_program: bool = False

    @property
    def address(self) -> Address:
        """Where it happens."""
        return Address(channel=CONSOLE, room=self.room)


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """Some of a person's conversations, the latest first. `more` is where the next ones begin; empty at the end."""

    conversations: tuple[Conversation, ...]
    more: str = ""


class ConversationLists:
    """The console's conversations."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, person: Person, *, words: str = "", after: str = "") -> ConversationPage:
        """The person's conversations, the latest first, from that place on; with words, those that hold each of them.

        A word may stand in the title or in any message, in any case, and as a part of a longer one, since Chinese has
        no gaps.
        """
        at, room = _place(after)
        sought = words[:LONGEST_WORDS].split()[:MOST_WORDS]
        rows = await self._store.fetch(
            QUERIES["of"],
            person.id,
            CONSOLE,
            notices_room(str(person.id)),
            at,
            room,
            [_holding(word) for word in sought],
            [_holding(json.dumps(word, ensure_ascii=False)[1:-1]) for word in sought],
            PAGE + 1,
        )
        found = tuple(
            Conversation(**{name: row[name] for name in ("room", "agent", "title", "updated_at", "of_program")})
            for row in rows[:PAGE]
        )
        return ConversationPage(found, _mark(found[-1]) if len(rows) > PAGE else "")

    async def find(self, person: Person, room: str) -> Conversation | None:
        """The person's conversation in that room; None when there is none or it is somebody else's."""
        if room == notices_room(str(person.id)):
            return Conversation(room=room)
        if not ROOM.fullmatch(room):
            return None
        row = await self._store.fetchrow(QUERIES["owner"], Address(channel=CONSOLE, room=room).key)
        if row is None or row["user_id"] != person.id:
            return None
        return Conversation(room=room, agent=row["agent"], title=row["title"], of_program=row["of_program"])

    async def open(
        self, person: Person, room: str = "", agent: str = "", *, of_program: bool = False
    ) -> Conversation | None:
        """That conversation, begun if it is new; None for a wrong name or somebody else's room."""
        room = room or uuid4().hex
        if not ROOM.fullmatch(room):
            return None
        address = Address(channel=CONSOLE, room=room)
        is_theirs = await open_own(self._store, address, person.id, agent, of_program=of_program)
        return await self.find(person, room) if is_theirs else None

    async def choose(self, person: Person, room: str, agent: str) -> bool:
        """Let another agent answer from now on; whether the person may is the caller's to check."""
        address = Address(channel=CONSOLE, room=room)
        return await choose_own(self._store, address, person.id, agent)


def _holding(word: str) -> str:
    """The pattern of what holds that word, none of whose signs means anything but itself."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%"


def _mark(last: Conversation) -> str:
    """Where the conversations after this one begin."""
    micros = (last.updated_at - _EPOCH) // timedelta(microseconds=1) if last.updated_at else 0
    return f"{micros}-{last.room}"


def _place(mark: str) -> tuple[datetime | None, str]:
    """The place that a mark names; the beginning for anything else."""
    found = _MARK.fullmatch(mark)
    try:
        return (_EPOCH + timedelta(microseconds=int(found[1])), found[2]) if found else (None, "")
    except OverflowError:
        return None, ""


def account_of(person: Person) -> Account:
    """The account as which a signed-in person speaks and presses."""
    return Account(channel=CONSOLE, id=str(person.id), name=person.shown)
