"""When each channel last heard and last sent something, kept in the database, so that a restart forgets neither.

What a gateway sees is written together every few seconds, never for each message; other gateways' times count too.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from channels.running.pace import Record
from channels.running.supervisor import Supervisor
from governance.record.transaction import DatabaseAway, Store, load_queries

_log = structlog.get_logger(__name__)

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
WRITE_SECONDS = 5.0
LAST_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LastTraffic:
    """When a channel last heard something, and last sent something; None for never."""

    last_in: datetime | None = None
    last_out: datetime | None = None


class ChannelTimes:
    """Writes what the channels of this gateway have seen."""

    def __init__(self, store: Store, channels: Mapping[str, Supervisor]) -> None:
        self._store = store
        self._channels = channels
        self._written: dict[str, LastTraffic] = {}

    async def run(self) -> None:
        """Write now and then, and once more when cancelled."""
        try:
            while True:
                await asyncio.sleep(WRITE_SECONDS)
                try:
                    await self.write()
                except DatabaseAway as error:
                    _log.warning("channel_times_not_written", reason=str(error))
        finally:
            with suppress(DatabaseAway, TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    await self.write()

    async def write(self) -> None:
        """Write what changed since the last time. Raises DatabaseAway."""
        for name, channel in self._channels.items():
            seen = _seen(channel.record)
            if seen not in {self._written.get(name), LastTraffic()}:
                await self._store.fetch(QUERIES["keep"], name, seen.last_in, seen.last_out)
                self._written[name] = seen


async def times_of(store: Store, channels: Mapping[str, Supervisor]) -> Mapping[str, LastTraffic]:
    """When each channel last heard and sent, at whichever gateway and before whichever restart."""
    kept = {row["name"]: LastTraffic(row["heard"], row["sent"]) for row in await store.fetch(QUERIES["kept"])}
    return {name: _later(kept.get(name, LastTraffic()), _seen(channel.record)) for name, channel in channels.items()}


def _seen(record: Record) -> LastTraffic:
    return LastTraffic(record.last_in, record.last_out)


def _later(one: LastTraffic, other: LastTraffic) -> LastTraffic:
    return LastTraffic(_latest(one.last_in, other.last_in), _latest(one.last_out, other.last_out))


def _latest(*given: datetime | None) -> datetime | None:
    return max((at for at in given if at is not None), default=None)
