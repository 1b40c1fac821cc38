"""What the platform remembers: chats, messages as a person sees them now, and updates not yet confirmed."""

import asyncio
import itertools
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.platforms.telegram.html import Entity

Json = dict[str, Any]

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
ME: Json = {"id": 123456789, "is_bot": True, "first_name": "Ops", "username": "ops_bot"}
ALICE: Json = {"id": 777, "is_bot": False, "first_name": "Alice", "username": "alice", "language_code": "en"}
BOB: Json = {"id": 888, "is_bot": False, "first_name": "Bob", "username": "bob", "language_code": "zh"}
GROUP = -1001234
TOPIC = 42


class Refused(Exception):
    """The platform's answer to a call that it does not take."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


@dataclass(slots=True, kw_only=True)
class Message:
    """A message of the bot, after all edits."""

    id: int
    chat: int
    text: str
    entities: list[Entity] = field(default_factory=list)
    keyboard: list[list[Json]] = field(default_factory=list)
    file: tuple[str, str, bytes] | None = None
    answers: int = 0
    thread: int = 0
    at: float = field(default_factory=time.time)


class Chats:
    """All chats of one bot. A person's id is also the id of the private chat with them."""

    def __init__(self) -> None:
        self.chats: dict[int, Json] = {
            person["id"]: {"id": person["id"], "type": "private", "first_name": person["first_name"]}
            for person in (ALICE, BOB)
        }
        self.chats[GROUP] = {"id": GROUP, "type": "supergroup", "title": "ops", "is_forum": True}
        self.topics = {GROUP: {TOPIC}}
        self.migrated: dict[int, int] = {}
        self.blocked: set[int] = set()
        self.sent: dict[int, list[Message]] = defaultdict(list)
        self.said: dict[tuple[int, int], Json] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.updates: list[Json] = []
        self.allowed: frozenset[str] = frozenset()
        self.answered: dict[str, Json] = {}
        self.open_queries: dict[str, int] = {}
        self.previews: dict[int, list[str]] = defaultdict(list)
        self.stoppable: dict[int, int] = {}
        """The chat of each draft below which a button is shown, by the draft's number."""
        self.actions: list[tuple[int, int, str]] = []
        """What the bot was seen doing: chat, topic, action."""
        self.acknowledged = 0
        self.changed = asyncio.Event()
        self._messages = itertools.count(101)
        self._updates = itertools.count(70_001)
        self._queries = itertools.count(4_382_000_001)

    def begin_at(self, number: int) -> None:
        """Number messages and updates from there on, so that two servers never use the same number."""
        self._messages, self._updates = itertools.count(number), itertools.count(number)

    def chat(self, chat_id: int) -> Json:
        if chat_id in self.migrated:
            raise Refused(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=self.migrated[chat_id],
            )
        if chat_id in self.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        if chat_id not in self.chats:
            raise Refused(400, "Bad Request: chat not found")
        return self.chats[chat_id]

    def next_id(self) -> int:
        return next(self._messages)

    def allow(self, kinds: list[str] | None) -> None:
        """Which kinds of update the bot wants from now on; None changes nothing."""
        self.allowed = self.allowed if kinds is None else frozenset(kinds)

    def push(self, **body: Any) -> Json:
        """An update that waits until it is confirmed, unless the bot said that it wants none of this kind."""
        update = {"update_id": next(self._updates), **body}
        if self.allowed and not self.allowed & set(body):
            return update
        self.updates.append(update)
        self.wake()
        return update

    def confirm(self, below: int) -> None:
        kept = [update for update in self.updates if update["update_id"] >= below]
        self.acknowledged += len(self.updates) - len(kept)
        self.updates = kept

    def wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    def say(self, chat_id: int, by: Json, **content: Any) -> int:
        """A person's message; `content` holds the platform's own fields."""
        if chat_id not in self.chats:
            self.chats[chat_id] = {"id": chat_id, "type": "private", "first_name": by["first_name"]}
        message = {
            "message_id": self.next_id(),
            "from": by,
            "chat": self.chats[chat_id],
            "date": int(time.time()),
            **content,
        }
        self.said[chat_id, message["message_id"]] = message
        self.push(message=message)
        return int(message["message_id"])

    def edit(self, chat_id: int, message_id: int, text: str) -> None:
        """A person rewrites a message."""
        message = {**self.said[chat_id, message_id], "text": text, "edit_date": int(time.time())}
        self.said[chat_id, message_id] = message
        self.push(edited_message=message)

    def press(self, chat_id: int, message_id: int, data: str, by: Json) -> str:
        """A person presses a button; returns the callback query's id."""
        message = self.find(chat_id, message_id)
        query = str(next(self._queries))
        self.open_queries[query] = by["id"]
        body = {"message_id": message_id, "from": ME, "chat": self.chats[chat_id], "date": int(message.at)}
        if message.thread:
            body |= {"message_thread_id": message.thread, "is_topic_message": True}
        self.push(callback_query={"id": query, "from": by, "chat_instance": "-1", "data": data, "message": body})
        return query

    def stop(self, draft_id: int) -> None:
        """Whoever the chat is with presses the button below that draft; fails where none is shown."""
        self.push(stopped_message_generation={"chat": self.chat(self.stoppable.pop(draft_id)), "draft_id": draft_id})

    def find(self, chat_id: int, message_id: int) -> Message:
        for message in reversed(self.sent[chat_id]):
            if message.id == message_id:
                return message
        raise Refused(400, "Bad Request: message to edit not found")

    def quoted(self, chat_id: int, message_id: int) -> Json | None:
        """A message as it stands in `reply_to_message`, whoever wrote it."""
        if (chat_id, message_id) in self.said:
            return self.said[chat_id, message_id]
        for message in reversed(self.sent[chat_id]):
            if message.id == message_id:
                return {
                    "message_id": message.id,
                    "from": ME,
                    "chat": self.chats[chat_id],
                    "date": int(message.at),
                    "text": message.text,
                }
        return None
