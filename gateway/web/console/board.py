"""What is said in the console, kept in the database and shown live through the bus. It asks nobody for permission.

Messages are kept for good; what is shown live is a stream that any replica can serve and that lives for an hour.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from channels.base import ChannelDown, MessageRefused, NotStored, Receive
from channels.codec import dump, load
from channels.console import as_json, event_id, outgoing, said
from channels.messages import Address, File, Inbound, Outbound
from gateway.web.http.uploads import UploadFolder
from governance.people.people import CONSOLE
from governance.record.transaction import DatabaseAway, Row, Store, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
SAID = "said:"
NEWEST = 2**62
PAGE = 100


class Emits(Protocol):
    """What the board needs of the bus."""

    async def emit(self, topic: str, items: Sequence[str]) -> None:
        """Add items to a stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage:
    """One kept message: the item that shows it, when it was kept, and its files with where they lie."""

    id: int
    at: datetime
    item: dict[str, Any]
    files: tuple[File, ...]


Clear = Callable[[Inbound], Awaitable[Inbound]]
"""Takes out of what is said whatever may not be stored. Raises NotStored."""


async def _as_it_is(inbound: Inbound) -> Inbound:
    return inbound


class ConsoleBoard:
    """A `channels.base.Board` on PostgreSQL, and the pages' way to say something."""

    def __init__(self, store: Store, bus: Emits, uploads: UploadFolder, clear: Clear = _as_it_is) -> None:
        self.uploads = uploads
        self._store = store
        self._bus = bus
        self._receive: Receive | None = None
        self._clear = clear

    async def keep(self, room: str, key: str, body: str, *, replaces: str | None = None) -> str:
        """Keep a message once, or in the place of another; its id. Raises ChannelDown and MessageRefused."""
        try:
            if replaces is None:
                number = await self._store.fetchval(QUERIES["keep"], room, key, body)
            else:
                number = await self._store.fetchval(QUERIES["replace"], room, _number(replaces), body)
        except DatabaseAway as error:
            raise ChannelDown(str(error)) from error
        if number is None:
            raise MessageRefused("the message to replace is not there")
        return str(number)

    async def show(self, room: str, items: Sequence[str]) -> None:
        """Show items to whoever looks."""
        await self._bus.emit(topic(room), items)

    async def titled(self, address: Address, title: str) -> None:
        """Tell open pages that a conversation of the console has a title now."""
        if address.channel == CONSOLE:
            await self.show(address.room, [as_json({"type": "titled", "text": title})])

    async def take(self, file: File) -> File:
        """A copy of an outgoing file."""
        return await self.uploads.take(file)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of an uploaded file."""
        return await self.uploads.fetch(file, limit_bytes)

    async def listen(self, receive: Receive) -> None:
        """Pass on what `say` is told, until cancelled."""
        self._receive = receive
        try:
            await asyncio.Event().wait()
        finally:
            self._receive = None

    async def say(self, inbound: Inbound) -> bool:
        """Keep a person's words, show them in every tab, and pass them on; False when they were said before.

        Raises NotStored when they could not be passed on; saying them again then continues where it stopped.
        """
        is_new = True
        inbound = await self._clear(inbound)
        if inbound.press is None:
            is_new = await self._keep_words(inbound)
        await self.pass_on(inbound)
        return is_new

    async def pass_on(self, inbound: Inbound) -> None:
        """Pass something on that nobody needs to read again. Raises NotStored."""
        if self._receive is None:
            raise NotStored("the console is starting; try again")
        await self._receive(inbound)

    async def _keep_words(self, inbound: Inbound) -> bool:
        room = inbound.address.room
        try:
            row = await self._store.fetchrow(QUERIES["keep"], room, SAID + inbound.event_id, dump(inbound))
        except DatabaseAway as error:
            raise NotStored(str(error)) from error
        if row is None:
            raise NotStored
        if row["is_new"]:
            await self.show(room, [as_json(said(inbound, str(row["id"])))])
        return bool(row["is_new"])

    async def history(self, room: str, *, before: int = NEWEST, limit: int = PAGE) -> list[KeptMessage]:
        """The newest messages of a room before that id, oldest first."""
        return [_kept(row) for row in await self._store.fetch(QUERIES["history"], room, before, limit)]

    async def since(self, room: str, chosen: str) -> list[KeptMessage]:
        """A person's words by the id that the client chose, and what was said after them."""
        number = await self._store.fetchval(QUERIES["number_of"], SAID + event_id(room, chosen))
        if number is None:
            return []
        return [_kept(row) for row in await self._store.fetch(QUERIES["since"], room, number - 1, PAGE)]

    async def message(self, room: str, number: int) -> KeptMessage | None:
        """One message of a room."""
        row = await self._store.fetchrow(QUERIES["message"], room, number)
        return _kept(row) if row else None

    async def settled(self, room: str, at_most: int = NEWEST) -> int:
        """The number of the last item that is no part of a growing answer: to replay from there loses nothing."""
        number: int = await self._store.fetchval(QUERIES["settled"], topic(room), at_most)
        return number

    async def ended_at(self, room: str, number: int) -> bool:
        """Whether that item is the end of an answer."""
        return bool(await self._store.fetchval(QUERIES["is_end"], topic(room), number))

    async def is_over(self, channel: str, event: str) -> bool:
        """Whether the bus is done with that event, for better or worse."""
        state = await self._store.fetchval(QUERIES["state_of"], channel, event)
        return state in {"dead", "done"}

    async def busy_seconds(self, lane: str) -> float | None:
        """For how long an answer has been made in that conversation; None when there is none."""
        seconds: float | None = await self._store.fetchval(QUERIES["busy_seconds"], lane)
        return seconds


def topic(room: str) -> str:
    """The stream of a room."""
    return f"console:{room}"


def _kept(row: Row) -> KeptMessage:
    if row["key"].startswith(SAID):
        words = load(Inbound, row["body"])
        return KeptMessage(id=row["id"], at=row["at"], item=said(words, str(row["id"])), files=words.files)
    message = load(Outbound, row["body"])
    files = tuple(part for part in message.parts if isinstance(part, File))
    return KeptMessage(id=row["id"], at=row["at"], item=outgoing(message, str(row["id"])), files=files)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(NEWEST)) else -1
