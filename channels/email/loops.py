"""Breaks circles of machines that answer each other without saying that they are machines."""

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)
_SENDERS = 2000


class Loops:
    """Counts the mails of each sender within an hour."""

    def __init__(self, most: int, now: Callable[[], datetime]) -> None:
        self._most = most
        self._now = now
        self._heard: OrderedDict[str, deque[datetime]] = OrderedDict()

    def is_one(self, sender: str) -> bool:
        """Whether this sender has written more than a person would."""
        times, now = self._heard.get(sender, deque()), self._now()
        while times and now - times[0] > _HOUR:
            times.popleft()
        return len(times) >= self._most

    def count(self, sender: str) -> None:
        """Count one mail that was stored."""
        self._heard.setdefault(sender, deque(maxlen=self._most)).append(self._now())
        self._heard.move_to_end(sender)
        if len(self._heard) > _SENDERS:
            self._heard.popitem(last=False)
