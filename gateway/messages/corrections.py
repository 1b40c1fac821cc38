"""What people edit after they sent it. Words that nobody has read yet are replaced; else the correction is a new event.

The inbox knows what was said: the row of the message that is corrected always holds its newest words, so that what
changes no words, and what a platform tells again, is let go. An edit is never a command, or one could happen twice.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from channels.base import NotStored
from channels.codec import dump, load
from channels.messages import Earlier, File, Inbound
from channels.text.grammar import is_order, parse
from gateway.queue.housekeeping import KEPT_DONE
from gateway.queue.inbox import Bus
from governance.record.transaction import DatabaseAway, Row, Store, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
_FORMATTING = re.compile(r"[\s*_~`>|#\\]+")

Publish = Callable[[Inbound], Awaitable[None]]


class Corrections:
    """Takes what corrects an earlier message."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus

    async def knows(self, inbound: Inbound, earlier: Earlier) -> bool:
        """Whether the message that it corrects was heard. Raises NotStored."""
        try:
            return await self._heard(inbound, earlier) is not None
        except DatabaseAway as error:
            raise NotStored(str(error)) from error

    async def take(self, inbound: Inbound, earlier: Earlier, publish: Publish) -> None:
        """Put the words in their place, publish a correction, or let go of what changes nothing. Raises NotStored."""
        try:
            await self._take(inbound, earlier, publish)
        except DatabaseAway as error:
            raise NotStored(str(error)) from error

    async def _take(self, inbound: Inbound, earlier: Earlier, publish: Publish) -> None:
        row = await self._heard(inbound, earlier)
        if row is None:
            await self._take_unheard(inbound, earlier, publish)
            return
        newest = load(Inbound, row["body"])
        if inbound.at < newest.at or _says(inbound) == _says(newest) or await self._is_repeated(inbound):
            return
        is_command = is_order(inbound.typed)
        corrected = replace(newest, parts=inbound.parts, at=inbound.at, corrects=earlier if is_command else None)
        if row["state"] == "ready" and await self._replaced(row, inbound, corrected):
            return
        parts = tuple(part for part in inbound.parts if not isinstance(part, File) or _of(part) not in _files(newest))
        words = newest.text or ", ".join(file.name for file in newest.files) or earlier.words
        await publish(replace(inbound, parts=parts, to_me=True, album="", corrects=replace(earlier, words=words)))
        await self._store.fetch(QUERIES["keep"], row["id"], dump(replace(corrected, corrects=None)))

    async def _take_unheard(self, inbound: Inbound, earlier: Earlier, publish: Publish) -> None:
        """An edit may be what first calls us. What may have been heard and forgotten startles nobody."""
        if self._store.now() - earlier.at > KEPT_DONE:
            return
        if parse(inbound.typed) is None:
            inbound = replace(inbound, event_id=earlier.event_id, corrects=None)
        await publish(inbound)

    async def _replaced(self, row: Row, inbound: Inbound, corrected: Inbound) -> bool:
        """Replace the words, unless somebody has begun to answer them."""
        async with self._store.transaction() as work:
            held = await work.fetch(QUERIES["hold"], row["lane"], row["id"])
            waits = any(each["id"] == row["id"] and not each["tries"] and not each["error"] for each in held)
            if not waits:
                return False
            if corrected.album:
                running = await work.fetchval(QUERIES["running"], row["lane"])
                if running is not None and load(Inbound, running).album == corrected.album:
                    return False
            told = inbound.address.channel, inbound.event_id, row["lane"], dump(inbound)
            await work.execute(QUERIES["replace"], row["id"], dump(corrected), *told)
        self._bus.lanes.wake([row["lane"]])  # whoever came to claim it meanwhile went away
        return True

    async def _heard(self, inbound: Inbound, earlier: Earlier) -> Row | None:
        """The row of the message that is corrected, where the same person said it."""
        row = await self._store.fetchrow(QUERIES["heard"], inbound.address.channel, earlier.event_id)
        return None if row is None or load(Inbound, row["body"]).sender.id != inbound.sender.id else row

    async def _is_repeated(self, inbound: Inbound) -> bool:
        return bool(await self._store.fetchval(QUERIES["is_repeated"], inbound.address.channel, inbound.event_id))


def _says(inbound: Inbound) -> tuple[str, list[tuple[str, int]]]:
    """The words without their formatting, and the files: what a correction has to change."""
    return _FORMATTING.sub(" ", inbound.text).strip(), _files(inbound)


def _files(inbound: Inbound) -> list[tuple[str, int]]:
    return [_of(file) for file in inbound.files]


def _of(file: File) -> tuple[str, int]:
    """What stays of a file from one telling to the next; its locator may not."""
    return file.name, file.size
