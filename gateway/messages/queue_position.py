"""Tells whoever waits for a place how many wait before them, when more is asked than this gateway answers at a time.

A conversation hears it once for a message, and only after some seconds: most waits are over before anybody wonders.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

import structlog

from channels.codec import load
from channels.locales import say_to
from channels.messages import Inbound, Outbound, notice
from gateway.queue.lanes import Lanes
from governance.record.transaction import DatabaseAway, Store, load_queries

_log = structlog.get_logger(__name__)

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
LOOK_SECONDS = 2.0
SOON = timedelta(seconds=5)
"""A shorter wait is not spoken of."""
MOST = 100
"""Conversations told in one look; those behind them hear of it at the next."""


class QueuePosition:
    """Looks at the queue while every place is taken; costs nothing otherwise."""

    def __init__(
        self, store: Store, lanes: Lanes, *, soon: timedelta = SOON, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._store = store
        self._lanes = lanes
        self._soon = soon
        self._look_seconds = look_seconds

    async def run(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            await asyncio.sleep(self._look_seconds)
            if self._lanes.has_room:
                continue
            try:
                await self.tell()
            except DatabaseAway as error:
                _log.warning("waiting_not_told", reason=str(error))

    async def tell(self) -> int:
        """Tell those who have waited for a while and were not told yet; how many. Raises DatabaseAway."""
        rows = await self._store.fetch(QUERIES["waiting"], self._soon, MOST)
        if rows:
            async with self._store.transaction() as work:
                for row in rows:
                    work.send(_notice(row["key"], load(Inbound, row["body"]), row["place"]))
        return len(rows)


def _notice(key: str, inbound: Inbound, place: int) -> Outbound:
    return Outbound(
        key=key,
        address=inbound.address,
        parts=notice(say_to(inbound.text, inbound.language, "chat.waiting", place=place)),
        answers=inbound.message,
    )
