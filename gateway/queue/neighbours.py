"""The gateways that share this database: who is alive, what each can reach, and which one listens on a channel.

Each beats: one statement every two seconds says that we live, keeps our seats and shows the others. A seat is the
place of the one gateway that listens where a platform bears no second listener; it is free once its holder has not
beaten for the length of its lease, by the database's clock, and is handed on at once at a clean stop. Two that listen
for a moment do no harm, since an event is stored once.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import structlog

from gateway.queue.owners import has_ended
from gateway.queue.reach import ClaimReach, ReachBounds
from governance.record.transaction import DatabaseAway, Store, load_queries

_log = structlog.get_logger(__name__)

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
READY_CHANNEL = "nexora_ready"
SEATS = "seats"
BEAT_SECONDS = 2.0
LEASE = timedelta(seconds=8)
LEAVE_SECONDS = 1.0
RING_SECONDS = 0.1
"""Others are told of rows that they may take at most so often, since a NOTIFY takes a lock of the whole database."""


class Connected(Protocol):
    """What is asked of a supervisor."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether another gateway listens and nobody but it can send."""


class Neighbours:
    """This gateway among the others. `channels` maps the names of its settings to their supervisors."""

    def __init__(self, store: Store, owner: str, channels: Mapping[str, Connected]) -> None:
        self._store = store
        self._owner = owner
        self._channels = channels
        self._wanted: set[str] = set()
        self._held: frozenset[str] = frozenset()
        self._asked: list[asyncio.Future[None]] = []
        self._soon = asyncio.Event()
        self._changed = asyncio.Event()
        self._rung = asyncio.Event()
        self._seen_at = 0.0
        self._gateways = 0
        self._theirs: frozenset[str] = frozenset()

    async def leave(self) -> None:
        """Hand on every seat, and tell the others that there is work; the last act of a stop."""
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._store.fetch(QUERIES["leave"], self._owner)
        except (DatabaseAway, TimeoutError) as error:
            _log.warning("seats_not_handed_on", reason=str(error) or "no answer")

    @property
    def bounds(self) -> ReachBounds:
        """What of the inbox is ours."""
        return ReachBounds(reach=self.within_reach, on_left=self.ring)

    def hear(self, what: str) -> None:
        """Another gateway says that there is work, or a free seat."""
        if what == SEATS:
            self._soon.set()

    def ring(self) -> None:
        """Rows became ready that another may have to take; tells them soon, if there are any."""
        if self._gateways:
            self._rung.set()

    def within_reach(self) -> ClaimReach:
        """What of the inbox is ours: all but the channels that others have and we do not."""
        elsewhere = {name for name, supervisor in self._channels.items() if supervisor.is_elsewhere}
        return ClaimReach(never=sorted(elsewhere | (self._theirs - self._channels.keys())))

    def seat(self, channel: str) -> "ChannelSeat":
        """The seat of that channel."""
        return ChannelSeat(self, channel)

    async def take(self, channel: str) -> bool:
        """Want the seat, ask for it now; whether it is ours."""
        asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wanted.add(channel)
        self._asked.append(asked)
        self._soon.set()
        await asked
        return channel in self._held

    async def until(self, channel: str, *, is_held: bool) -> None:
        """Return once the seat is ours, or is not."""
        while (channel in self._held) is not is_held:
            await self._changed.wait()

    def give_up(self, channel: str) -> None:
        """Want the seat no more."""
        self._wanted.discard(channel)
        self._sit(self._held - {channel})
        self._soon.set()

    async def _forget_gone(self) -> None:
        """Free at once what a process on this host held that was killed, so that a restart need not wait for it."""
        try:
            owners = [row["owner"] for row in await self._store.fetch(QUERIES["owners"])]
            if gone := [owner for owner in owners if has_ended(owner)]:
                await self._store.fetch(QUERIES["forget"], gone)
        except DatabaseAway as error:
            _log.warning("gone_gateways_not_forgotten", reason=error.reason)

    async def beat(self) -> None:
        """Say that we live, and see who else does, until cancelled."""
        await self._forget_gone()
        while True:
            self._soon.clear()
            asked, self._asked = self._asked, []
            try:
                await self._beat_once()
            finally:
                for question in asked:
                    if not question.done():
                        question.set_result(None)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._soon.wait(), BEAT_SECONDS)

    async def _beat_once(self) -> None:
        begun = asyncio.get_running_loop().time()
        names, wanted = sorted(self._channels), sorted(self._wanted)
        try:
            row = await self._store.fetchrow(QUERIES["beat"], self._owner, names, wanted, LEASE)
        except DatabaseAway as error:
            _log.warning("beat_missed", reason=error.reason)
            if self._gateways and begun - self._seen_at > LEASE.total_seconds():
                self._sit(frozenset())  # another may have taken them; alone, nobody can
            return
        if row is not None:
            self._seen_at = begun
            self._gateways, self._theirs = row["gateways"], frozenset(row["channels"])
            self._sit(frozenset(row["seats"]) & self._wanted)

    def _sit(self, held: frozenset[str]) -> None:
        if held == self._held:
            return
        self._held = held
        self._changed.set()
        self._changed = asyncio.Event()

    async def tell(self) -> None:
        """Pass on what was rung, until cancelled."""
        while True:
            await self._rung.wait()
            self._rung.clear()
            try:
                await self._store.fetch(QUERIES["ring"])
            except DatabaseAway as error:
                _log.warning("others_not_told", reason=error.reason)
            await asyncio.sleep(RING_SECONDS)


@dataclass(frozen=True, slots=True)
class ChannelSeat:
    """A `channels.seat.Seat`."""

    neighbours: Neighbours
    channel: str

    async def take(self) -> bool:
        """Ask for it now, and go on asking; whether it is ours."""
        return await self.neighbours.take(self.channel)

    async def until_taken(self) -> None:
        """Return once it is ours."""
        await self.neighbours.until(self.channel, is_held=True)

    async def until_lost(self) -> None:
        """Return once it is not ours any more."""
        await self.neighbours.until(self.channel, is_held=False)

    def leave(self) -> None:
        """Let another have it."""
        self.neighbours.give_up(self.channel)
