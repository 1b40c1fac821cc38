"""Events too large for one frame arrive in several, in any order; whoever never sends the rest fills no memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from channels.feishu.frames import Frame

MOST_PIECES = 256
MOST_WAITING = 64
MOST_BYTES = 16 * 2**20
WAIT_SECONDS = 5.0
"""As long as the SDK waits for the rest."""


@dataclass(slots=True)
class _Event:
    until: float
    pieces: dict[int, bytes] = field(default_factory=dict)


class Pieces:
    """The events of which something is still missing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: dict[str, _Event] = {}

    def whole(self, frame: Frame) -> Frame | None:
        """The frame with the payload of all its pieces; None while some are missing, or where they make no sense."""
        try:
            count, number = int(frame.headers.get("sum", 1)), int(frame.headers.get("seq", 0))
        except ValueError:
            return None
        if count <= 1:
            return frame
        if count > MOST_PIECES or not 0 <= number < count:
            return None
        self._forget()
        name = frame.headers.get("message_id", "")
        event = self._waiting.setdefault(name, _Event(self._clock() + WAIT_SECONDS))
        event.pieces[number] = frame.payload
        if sum(map(len, event.pieces.values())) > MOST_BYTES:
            del self._waiting[name]
            return None
        if len(event.pieces) < count:
            return None
        del self._waiting[name]
        return replace(frame, payload=b"".join(event.pieces[at] for at in range(count)))

    def _forget(self) -> None:
        now = self._clock()
        for name in [name for name, event in self._waiting.items() if event.until < now]:
            del self._waiting[name]
        while len(self._waiting) >= MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
