"""What was sent together is one message, pictures or the pieces of a long text: told piece by piece, it is one turn.

Each piece is stored and acknowledged by itself, so that nothing is lost. Whoever handles the first waits for a moment
until no more come, takes the others along, and finishes them with it. A gateway that dies meanwhile leaves all of them.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from channels.codec import load
from channels.messages import Inbound, Part, Text
from gateway.queue.inbox import QUERIES
from gateway.queue.jobs import Job
from governance.record.transaction import Row, Store

SETTLED = timedelta(seconds=0.7)
"""An album is whole when nothing of it has come for so long: a platform tells its pieces one right after the other."""
LOOK_SECONDS = 0.2
LONGEST_SECONDS = 5.0


class Albums:
    """Gathers the pieces of albums that wait behind their first."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def gathered(self, job: Job, first: Inbound) -> tuple[Job, Inbound]:
        """The whole message, and the job that finishes all of its pieces; at once for what is no album."""
        if not first.album:
            return job, first
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST_SECONDS
        pieces = await self._pieces(job, first)
        while pieces.is_growing and loop.time() < until:
            await asyncio.sleep(LOOK_SECONDS)
            pieces = await self._pieces(job, first)
        parts = tuple(_together([first, *pieces.others]))
        return replace(job, companions=tuple(pieces.ids)), replace(first, parts=parts)

    async def _pieces(self, job: Job, first: Inbound) -> "_Pieces":
        rows: Sequence[Row] = await self._store.fetch(QUERIES["album"], job.lane, job.id, SETTLED)
        found = _Pieces()
        for row in rows:
            piece = load(Inbound, row["body"])
            if piece.album != first.album or piece.sender.id != first.sender.id:
                continue
            found.is_growing = found.is_growing or row["is_new"]
            if row["id"] != job.id:
                found.ids.append(row["id"])
                found.others.append(piece)
        return found


class _Pieces:
    """What waits of one album, in the order in which it came; `is_growing` while its newest piece is new."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.others: list[Inbound] = []
        self.is_growing = False


def _together(pieces: Sequence[Inbound]) -> Iterator[Part]:
    """All parts; what each piece repeats, as the message that is answered, once; words on lines of their own."""
    seen: list[Part] = []
    for number, piece in enumerate(pieces):
        begins = number > 0 and not piece.continues
        for part in piece.parts:
            if part in seen:
                continue
            seen.append(part)
            if begins and isinstance(part, Text):
                begins = False
                yield Text(text=f"\n{part.text}")
            else:
                yield part
