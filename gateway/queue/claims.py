"""Claims the heads of lanes, of one class: those of urgent lanes, or all others. Each class has places of its own.

A place is kept from before a row is claimed until its work has ended, so `at_once` is never exceeded, whoever
claims. It claims and counts; what is done with a row is the business of whoever gave it `start`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from governance.record.transaction import DatabaseAway, Row
from governance.record.urgency import Connections, through

_log = structlog.get_logger(__name__)

AGAIN_SECONDS = 0.5
"""The pause after a claim that failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """How to claim: anywhere (so many, also those whose pause ended here), or the heads of these lanes."""

    anywhere: Callable[[int, Sequence[int]], Awaitable[list[Row]]]
    of_lanes: Callable[[Sequence[str]], Awaitable[list[Row]]]
    connections: Connections


class Claims:
    """The claims of one class.

    `start` begins the work on a row, claimed by a statement that was sent at that second of `clock`; whoever works on
    it says so by `began` and `ended`.
    """

    def __init__(
        self, name: str, at_once: int, heads: Heads, start: Callable[[Row, float], None], clock: Callable[[], float]
    ) -> None:
        self.name = name
        self.at_once = at_once
        self._heads = heads
        self._start = start
        self._clock = clock
        self._working = 0
        self._kept = 0
        self._hungry: set[str] = set()
        self._rested: set[int] = set()
        self._everywhere = True
        self._look = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Whether every place is worked on."""
        return self._working >= self.at_once

    @property
    def room(self) -> int:
        """How many rows may be claimed right now."""
        return self.at_once - self._working - self._kept

    @contextmanager
    def keep(self, places: int) -> Iterator[None]:
        """Keep places for rows that are claimed and begun inside; each takes a place of its own as it begins."""
        self._kept += places
        try:
            yield
        finally:
            self._kept -= places
            self._look_again()

    def began(self) -> None:
        """The work on a row has begun."""
        self._working += 1

    def ended(self) -> None:
        """The work on a row has ended."""
        self._working -= 1
        self._look_again()

    def wake(self, lanes: Iterable[str]) -> None:
        """Something is ready in these lanes, on which nobody here works; who came first is served first."""
        if self.is_full:
            self._everywhere = True
        else:
            self._hungry.update(lanes)
        self._look.set()

    def wake_everywhere(self) -> None:
        """Something may be ready anywhere."""
        self._everywhere = True
        self._look.set()

    def _look_again(self) -> None:
        if self._everywhere or self._hungry:
            self._look.set()

    def has_rested(self, job_id: int) -> None:
        """The pause of a row that was put back here is over, whatever the database's clock says."""
        self._rested.add(job_id)
        self.wake_everywhere()

    async def run(self) -> None:
        """Claim whenever there is something and room for it, until cancelled."""
        # A claim must not wait for a connection behind the work that it could start.
        with through(self._heads.connections):
            while True:
                await self._look.wait()
                self._look.clear()
                try:
                    while self.room > 0 and await self._claim():
                        pass
                except Exception as error:
                    self.wake_everywhere()
                    if not isinstance(error, DatabaseAway):
                        raise  # its keeper tells of it and begins it again
                    _log.warning("claim_failed", table=self.name, reason=error.reason)
                    await asyncio.sleep(AGAIN_SECONDS)

    async def _claim(self) -> bool:
        """Claim once; whether to look again."""
        if self._everywhere:
            await self._claim_anywhere()
        elif self._hungry:
            await self._claim_hungry()
        else:
            return False
        return bool(self._hungry) or self._everywhere

    async def _claim_anywhere(self) -> None:
        self._everywhere = False
        self._hungry.clear()
        room, rested = self.room, tuple(self._rested)
        with self.keep(room):
            since = self._clock()
            rows = await self._heads.anywhere(room, rested)
            self._begin(rows, since)
        if len(rows) == room:
            self._everywhere = True
        else:
            self._rested.difference_update(rested)

    async def _claim_hungry(self) -> None:
        lanes = [self._hungry.pop() for _ in range(min(self.room, len(self._hungry)))]
        with self.keep(len(lanes)):
            since = self._clock()
            self._begin(await self._heads.of_lanes(lanes), since)

    def _begin(self, rows: Sequence[Row], since: float) -> None:
        for row in sorted(rows, key=lambda row: row["id"]):
            self._start(row, since)
