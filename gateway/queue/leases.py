"""Keeps the leases of what runs here, and tells which of others' are over. It trusts no clock alone: clocks jump.

Our own are renewed three times before one ends. One that could not be renewed is over here before it is over for the
others, by a clock that counts sleep too, with a fifth of it to spare for what is on its way to a platform.

Others' are judged from what was seen at each look, where each renewal is seen as a change. A lease is over when it
looked the same for as many looks as it lasts; or for half as many, when the database's clock says so too. A clock set
forward therefore takes nothing from a living worker, and one set back keeps nothing for a dead one.
"""

import asyncio
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from governance.record.fence import Fence, Seconds
from governance.record.transaction import DatabaseAway, Store

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """What one look shows of one row. `is_past` is the opinion of the database's clock.

    `is_over` when somebody saw it past half a lease ago, and it was not renewed since: looks of a gateway that has
    ended since count too, or one that ends again and again would never take anything back.
    """

    id: int
    until: datetime
    is_past: bool
    owner: str = ""
    is_over: bool = False


class Leases:
    """What earlier looks have shown of the rows that others hold."""

    def __init__(self, *, lease_seconds: float, look_seconds: float) -> None:
        self._most_looks = max(2, math.ceil(lease_seconds / look_seconds))
        self._seen: dict[int, tuple[datetime, int]] = {}

    def over(self, leases: Iterable[Lease]) -> list[Lease]:
        """Which of these, all that can be seen now, have not been renewed for so long that nobody holds them."""
        before, self._seen = self._seen, {}
        over: list[Lease] = []
        for lease in leases:
            until, looks = before.get(lease.id, (None, 0))
            looks = looks + 1 if until == lease.until else 0
            self._seen[lease.id] = (lease.until, looks)
            most = math.ceil(self._most_looks / 2) if lease.is_past else self._most_looks
            if lease.is_over or looks >= most:
                over.append(lease)
        return over

    def forget(self) -> None:
        """Nothing could be seen, and nobody could renew either: begin anew."""
        self._seen.clear()


class Holds:
    """The leases of the jobs that run here, by the ids of their rows."""

    def __init__(self, store: Store, queries: Mapping[str, str], lease: timedelta, clock: Seconds) -> None:
        self.good_seconds = lease.total_seconds() * 0.8
        self._store = store
        self._queries = queries
        self._lease = lease
        self._clock = clock
        self._held: dict[int, Fence] = {}

    def add(self, fence: Fence) -> None:
        """A job begins under it."""
        self._held[fence.id] = fence

    def drop(self, row_id: int) -> None:
        """The job has ended."""
        self._held.pop(row_id, None)

    def go_on(self, newer: Fence) -> bool:
        """Let what runs go on under a newer lease of the same row, if nobody can have had it in between."""
        fence = self._held.get(newer.id)
        if fence is None or fence.is_past or newer.number != fence.number + 1:
            return False
        fence.number, fence.good_until = newer.number, newer.good_until
        return True

    async def run(self, lose: Callable[[int], None]) -> None:
        """Renew, and tell of what could not be renewed in time, until cancelled."""
        tick = min(1.0, self._lease.total_seconds() / 10)
        while True:
            await asyncio.sleep(tick)
            if lost := [fence for fence in self._held.values() if fence.is_past]:
                for fence in lost:
                    self._held.pop(fence.id)
                    lose(fence.id)
                _log.warning("leases_run_out", rows=len(lost))
            try:
                async with asyncio.timeout(tick * 2):
                    await self._let_go(lost)
                    await self._renew()
            except (DatabaseAway, TimeoutError) as error:
                _log.warning("leases_not_renewed", rows=len(self._held), reason=str(error) or type(error).__name__)

    async def _let_go(self, lost: list[Fence]) -> None:
        """Hand over at once what is still ours in the database; without that the others find out by themselves."""
        if lost:
            await self._store.fetch(self._queries["let_go"], *_columns(lost))

    async def _renew(self) -> None:
        since = self._clock()
        aged = since + self.good_seconds - self._lease.total_seconds() / 4
        if due := [fence for fence in self._held.values() if fence.good_until <= aged]:
            renewed = await self._store.fetch(self._queries["renew"], *_columns(due), self._lease)
            for row in renewed:
                if (fence := self._held.get(row["id"])) is not None:
                    fence.good_until = since + self.good_seconds


def _columns(fences: Iterable[Fence]) -> tuple[list[int], list[int]]:
    held = list(fences)
    return [fence.id for fence in held], [fence.number for fence in held]
