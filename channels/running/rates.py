"""Keeps within a platform's rates: a bucket of tokens for each room and one for the whole bot. Refuses to reorder.

Whoever comes first takes the next token, also while others wait. A fifth of each burst is kept for what is urgent,
which does not wait behind tokens that others have taken ahead. What the platform itself says (Retry-After) closes the
bucket until then, for everybody who uses it. Time is the loop's clock, which no change of the wall clock moves.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from channels.base import Channel, Rate, RateLimited, RatesRooms

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]

PATIENCE_SECONDS = 5.0
"""Longer than this nobody waits in memory: the message goes back into its lane, and its lease with it."""
SHORTEST_SECONDS = 0.001
"""What is shorter is the rounding of a clock."""
ROOMS = 2048
"""So many rooms are remembered; the one that was silent longest is forgotten, and its bucket is full by then."""


@dataclass(slots=True)
class _Bucket:
    """A token bucket told by one number: when it would be full again, in seconds of the loop's clock.

    Urgent messages take tokens as well, and may overtake what waits by as many as are kept for them.
    """

    full_at: float = 0.0
    share_full_at: float = 0.0
    closed_until: float = 0.0

    def wait(self, rate: Rate | None, now: float, kept: int = 0) -> float:
        """Seconds until a token is there beyond those that are `kept`; not above 0 when there is one."""
        if rate is None:
            return self.closed_until - now
        ahead = max(0, rate.count - 1 - kept - _share(rate)) * rate.interval_seconds
        return max(self.full_at - now - ahead, self.closed_until - now)

    def wait_urgently(self, rate: Rate | None, now: float) -> float:
        """Seconds until what is urgent finds a token, its own or any."""
        if rate is None:
            return self.closed_until - now
        own = self.share_full_at - now - max(0, _share(rate) - 1) * rate.interval_seconds
        common = self.full_at - now - (rate.count - 1) * rate.interval_seconds
        return max(min(own, common), self.closed_until - now)

    def take(self, rate: Rate | None, now: float, *, urgent: bool = False) -> None:
        """Take the next token, which may lie in the future."""
        if rate is not None:
            self.full_at = max(self.full_at, now) + rate.interval_seconds
            if urgent:
                self.share_full_at = max(self.share_full_at, now) + rate.interval_seconds


def _share(rate: Rate) -> int:
    """Of how many tokens nobody but what is urgent makes use."""
    return max(1, rate.count // 5) if rate.count > 1 else 0


@dataclass(slots=True)
class Rates:
    """The buckets of one channel; they outlive its connections."""

    sleep: Sleep = asyncio.sleep
    clock: Clock | None = None
    _bot: _Bucket = field(default_factory=_Bucket)
    _rooms: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)

    async def pass_through(
        self, room: str, room_rate: Rate | None, bot_rate: Rate | None, *, urgent: bool = False
    ) -> None:
        """Take a token of the room and of the bot, waiting for both. Raises RateLimited when that would be long.

        A token that is taken is not given back, so a message that fails still counts, as it does at the platform.
        """
        now, bucket = self._now(), self._room(room)
        if urgent:
            wait = max(bucket.wait_urgently(room_rate, now), self._bot.wait_urgently(bot_rate, now))
        else:
            wait = max(bucket.wait(room_rate, now), self._bot.wait(bot_rate, now))
        if wait > PATIENCE_SECONDS:
            raise RateLimited(wait, f"waiting {wait:.0f} s to keep within the platform's rate")
        bucket.take(room_rate, now, urgent=urgent)
        self._bot.take(bot_rate, now, urgent=urgent)
        if wait >= SHORTEST_SECONDS:
            await self.sleep(wait)

    def has_spare(self, room: str, room_rate: Rate | None, bot_rate: Rate | None) -> bool:
        """Take a token if one is there now, for what may be left out: one more update of a live message.

        The last token of the room is kept for the final text.
        """
        now, bucket = self._now(), self._room(room)
        if bucket.wait(room_rate, now, kept=1) > 0 or self._bot.wait(bot_rate, now, kept=1) > 0:
            return False
        bucket.take(room_rate, now)
        self._bot.take(bot_rate, now)
        return True

    def close(self, room: str, limited: RateLimited) -> None:
        """The platform said for how long; nothing of this room, or of the whole bot, is sent before."""
        bucket = self._bot if limited.whole_bot else self._room(room)
        bucket.closed_until = max(bucket.closed_until, self._now() + limited.retry_after_seconds)

    def _room(self, room: str) -> _Bucket:
        bucket = self._rooms.setdefault(room, _Bucket())
        self._rooms.move_to_end(room)
        if len(self._rooms) > ROOMS:
            self._rooms.popitem(last=False)
        return bucket

    def _now(self) -> float:
        return self.clock() if self.clock else asyncio.get_running_loop().time()


def rates_of(channel: Channel, room: str) -> tuple[Rate | None, Rate | None]:
    """What the platform takes in that room and from the whole bot."""
    traits = channel.traits
    return channel.room_rate(room) if isinstance(channel, RatesRooms) else traits.room_rate, traits.bot_rate
