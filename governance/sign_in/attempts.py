"""Lets few attempts to sign in through at a time, and turns away at once whoever is locked out: before any other work.

It keeps nothing that must last: what it remembers of a lock is what the database said, for as long as it said. An
attempt holds one of a few places, so that no flood takes the processor or the connections from those who are here.
"""

import asyncio
import math
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from channels.base import NexoraError
from channels.locales import say

AT_ONCE = 2
"""As many passwords are verified at a time."""
MOST_WAITING = 64
"""So many wait for that, some two seconds of work; more are told to come back."""
MOST_OF_ONE_ADDRESS = 8
BUSY_SECONDS = 2
MOST_LOCKS = 10_000
"""So many locks are remembered; of more, the database has to be asked again."""


class LockedOut(NexoraError):
    """Too many wrong passwords; wait a little."""

    def __init__(self, retry_after_seconds: int, *, address: str = "") -> None:
        """`address` is given where all who come from there have to wait; otherwise it is the name at that place."""
        super().__init__()
        self.retry_after_seconds = retry_after_seconds
        self.address = address

    def said(self, language: str) -> str:
        """Who has to wait, and how long."""
        minutes = max(1, math.ceil(self.retry_after_seconds / 60))
        key = "error.LockedOut.address" if self.address else "error.LockedOut.name"
        return say(key, language, address=self.address, minutes=minutes)


class TooManyAttempts(LockedOut):
    """Too many people, or programs, sign in at this moment; try again in some seconds."""

    def said(self, language: str) -> str:
        """Everybody has to come back, whoever they are."""
        return say("error.TooManyAttempts", language)


class Attempts:
    """The attempts of one process. A lock that ends later than any can was noted before the clock was set back."""

    def __init__(self, clock: Callable[[], float], *, longest_seconds: float) -> None:
        self._clock = clock
        self._longest_seconds = longest_seconds
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._of_address: Counter[str] = Counter()
        self._locks: OrderedDict[str, float] = OrderedDict()

    def require_open(self, keys: Sequence[str], *, address: str = "") -> None:
        """Raise LockedOut, of that address if one is given, while one of these is known to be locked. Costs nothing."""
        now = self._clock()
        ends = max((self._locks.get(key, now) for key in keys), default=now)
        if now < ends <= now + self._longest_seconds:
            raise LockedOut(math.ceil(ends - now), address=address)

    def lock(self, key: str, seconds: float) -> None:
        """Remember a lock that the database knows of."""
        self._locks[key] = self._clock() + seconds
        self._locks.move_to_end(key)
        while len(self._locks) > MOST_LOCKS:
            self._locks.popitem(last=False)

    @asynccontextmanager
    async def place(self, address: str) -> AsyncIterator[None]:
        """Wait for a place and hold it. Raises TooManyAttempts when that would take long."""
        if self._waiting >= MOST_WAITING or self._of_address[address] >= MOST_OF_ONE_ADDRESS:
            raise TooManyAttempts(BUSY_SECONDS)
        self._waiting += 1
        self._of_address[address] += 1
        try:
            async with self._places:
                yield
        finally:
            self._waiting -= 1
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]
