"""One sentence for a burst: whoever is told the same again and again is told once, until it has been quiet a while."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

QUIET = timedelta(minutes=1)
"""What is said again after so long is news."""
MOST = 5000
"""So many places are remembered; the one that was silent longest is forgotten."""


class Bursts:
    """Who was told what, in this process."""

    def __init__(self, now: Callable[[], datetime], *, quiet: timedelta = QUIET, most: int = MOST) -> None:
        self._now = now
        self._quiet = quiet
        self._most = most
        self._latest: OrderedDict[str, datetime] = OrderedDict()

    def begins(self, place: str) -> bool:
        """Whether this is the first time in a while. A burst lasts as long as it goes on, and is told of once a while.

        A time that lies ahead was noted before the clock was set back, and silences nobody.
        """
        now, told = self._now(), self._latest.get(place)
        if told is not None and told <= now < told + self._quiet:
            return False
        self._latest[place] = now
        self._latest.move_to_end(place)
        while len(self._latest) > self._most:
            self._latest.popitem(last=False)
        return True
