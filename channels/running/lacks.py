"""What one channel cannot do although its connection stands, learnt from the calls themselves.

A kind of call that is refused for a missing right is noted once and forgotten when the platform takes one again. It
asks nothing of the platform by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from channels.base import Deed, Lack, Lacking
from channels.messages import File, Outbound

_log = structlog.get_logger(__name__)

MOST = 50
"""So many are remembered; a bot that may not write in hundreds of rooms need not name each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LackChange:
    """Something cannot be done any more, or can be done again (`is_over`)."""

    channel: str
    lacking: Lacking
    is_over: bool


Told = Callable[[LackChange], None]


def ignore(_: LackChange) -> None:
    """For whoever keeps no record."""


class Lacks:
    """The lacks of one channel; they outlive its connections."""

    def __init__(self, channel: str, now: Callable[[], datetime], told: Told) -> None:
        self._channel = channel
        self._now = now
        self._told = told
        self._found: dict[tuple[Deed, str], Lacking] = {}

    @property
    def current(self) -> tuple[Lacking, ...]:
        """What cannot be done now, the oldest first."""
        return tuple(self._found.values())

    def refused(self, deed: Deed, room: str, lack: Lack) -> None:
        """The platform refused such a call in that room; told and logged once, however often it does so."""
        place = room if lack.only_here else ""
        known = self._found.get((deed, place))
        if known is not None and known.lack.word == lack.word:
            return
        lacking = Lacking(deed=deed, lack=lack, since=self._now(), room=place)
        self._found[deed, place] = lacking
        while len(self._found) > MOST:
            del self._found[next(iter(self._found))]
        _log.warning("channel_cannot", channel=self._channel, deed=deed, room=place, lack=lack.word)
        self._told(LackChange(channel=self._channel, lacking=lacking, is_over=False))

    def taken(self, deed: Deed, room: str) -> None:
        """The platform took such a call in that room."""
        for place in ("", room) if self._found else ():
            if (lacking := self._found.pop((deed, place), None)) is not None:
                _log.info("channel_can_again", channel=self._channel, deed=deed, room=place, lack=lacking.lack.word)
                self._told(LackChange(channel=self._channel, lacking=lacking, is_over=True))


def deed_of(message: Outbound) -> Deed:
    """The kind of call that sends it."""
    if any(isinstance(part, File) for part in message.parts):
        return Deed.FILES
    if message.replaces is not None:
        return Deed.REWRITE
    return Deed.CARDS if message.card is not None else Deed.WORDS
