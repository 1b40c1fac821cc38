"""Keeps a table of lanes in order: takes back what the dead held, finds what nobody told of, forgets what is done."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta

import structlog

from gateway.queue.leases import Lease, Leases
from gateway.queue.owners import has_ended
from gateway.queue.reach import ReachBounds
from governance.record.transaction import DatabaseAway, Row, Store

_log = structlog.get_logger(__name__)

KEPT_DEAD = timedelta(days=30)
"""How long a dead letter waits for an admin to look at it."""
KEPT_DONE = timedelta(days=7)
"""How long finished rows are kept: as long as any platform repeats an event, and for a look back."""
LOOK_SECONDS = 2.0
"""How often to look for what nobody told us of: what a dead worker held, or wrote and did not begin; twice as often
while others are at work, whose end had better be seen soon."""
FORGET_EVERY = 1800
"""After so many looks, finished rows are forgotten."""
FARTHEST = timedelta(hours=1)
"""No row is put off for longer than this; if one is, it was by a clock that has been set back since."""


class Housekeeping:
    """Of one table, whose `queries` are filled in. `running` are the rows that we work on; `wake` looks for work."""

    def __init__(
        self,
        store: Store,
        queries: Mapping[str, str],
        lease: timedelta,
        *,
        running: Collection[int],
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._queries = queries
        self._running = running
        self._wake = wake
        self._lease = lease
        seconds = lease.total_seconds()
        self._often, self._seldom = min(LOOK_SECONDS / 2, seconds / 5), min(LOOK_SECONDS, seconds / 3)
        self._leases = Leases(lease_seconds=seconds, look_seconds=self._often)

    async def run(self, bounds: ReachBounds) -> None:
        """Look again and again, until cancelled. `bounds` says which rows are ours."""
        looks, others_work = 0, False
        while True:
            try:
                others_work = await self._look(bounds)
                if looks % FORGET_EVERY == 0:
                    await self._store.fetch(self._queries["forget_done"], KEPT_DONE)
                    await self._store.fetch(self._queries["forget_dead"], KEPT_DEAD)
                    await self._store.fetch(self._queries["bring_near"], FARTHEST)
            except DatabaseAway as error:
                self._leases.forget()
                _log.warning("house_keeping_failed", reason=str(error))
            looks += 1
            await asyncio.sleep(self._often if others_work else self._seldom)

    async def _look(self, bounds: ReachBounds) -> bool:
        """One query that mostly finds nothing, so that a gateway at rest costs next to nothing. Whether others work."""
        ours = list(self._running)
        found = await self._store.fetch(self._queries["look_round"], ours, self._lease / 2, *bounds.values())
        rows = [row for row in found if row["id"]]
        if over := self._over([_lease_of(row) for row in rows]):
            given = [lease.id for lease in over], [lease.until for lease in over]
            reaped = await self._store.fetch(self._queries["reap"], *given)
            _log.warning("leases_reaped", lanes=[row["lane"] for row in reaped])
            bounds.on_left()
        if doubted := [row["id"] for row in rows if row["is_past"] and not row["is_doubted"]]:
            await self._store.fetch(self._queries["doubt"], doubted)
        if over or found[0]["is_due"]:
            self._wake()
        return bool(rows)

    def _over(self, held: Sequence[Lease]) -> list[Lease]:
        """Those that ran out, and at once those of processes of this machine that have ended."""
        ended = {owner for owner in {lease.owner for lease in held} if has_ended(owner)}
        ran_out = {lease.id for lease in self._leases.over(held)}
        return [
            lease for lease in held if (lease.id in ran_out or lease.owner in ended) and lease.id not in self._running
        ]


def _lease_of(row: Row) -> Lease:
    return Lease(
        id=row["id"], until=row["lease_until"], is_past=row["is_past"], owner=row["owner"] or "", is_over=row["is_over"]
    )
