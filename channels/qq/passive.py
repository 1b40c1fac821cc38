"""Which message may still be answered: QQ lets a bot speak only in answer, for a while and a few times.

Facts: bot.q.qq.com/wiki, "发送单聊消息", "发送群聊消息": in private within 60 minutes and at most 4 times (5 until June
2026), in a group within 5 minutes and at most 5 times; a press opens another. Sending first was withdrawn on 21 April
2025.
"""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from channels.qq.normalise import GROUP

PRIVATE_WINDOW = timedelta(minutes=59)
GROUP_WINDOW = timedelta(minutes=4, seconds=50)
"""A little less than the platform's own, because its clock began earlier than ours."""
PRIVATE_ANSWERS, GROUP_ANSWERS = 4, 5
ROOMS = 4096
KEPT = 8


@dataclass(slots=True, kw_only=True)
class Opening:
    """One message or press that may be answered. `by` is the field that names it: msg_id or event_id.

    `is_signed`: whoever wrote it was shown that it is being answered.
    """

    by: str
    id: str
    until: datetime
    used: int = 0
    is_signed: bool = False


@dataclass(slots=True)
class Openings:
    """The newest openings of each room; rooms that were silent longest are forgotten."""

    now: Callable[[], datetime]
    _rooms: OrderedDict[str, deque[Opening]] = field(default_factory=OrderedDict)

    def note(self, room: str, by: str, opening_id: str, at: datetime) -> None:
        """Something that may be answered came in."""
        window = GROUP_WINDOW if room.startswith(GROUP) else PRIVATE_WINDOW
        openings = self._rooms.setdefault(room, deque(maxlen=KEPT))
        self._rooms.move_to_end(room)
        if all(known.id != opening_id for known in openings):
            openings.append(Opening(by=by, id=opening_id, until=at + window))
        if len(self._rooms) > ROOMS:
            self._rooms.popitem(last=False)

    def find(self, room: str, wanted: str = "") -> Opening | None:
        """The opening of that message if it still is one, else the newest; None when nothing may be answered."""
        fit = self._fit(room)
        return next((each for each in fit if each.id == wanted), fit[-1] if fit else None)

    def left(self, room: str) -> int:
        """How many messages may still be sent there."""
        return sum(_most(room) - each.used for each in self._fit(room))

    def _fit(self, room: str) -> list[Opening]:
        now, most = self.now(), _most(room)
        return [each for each in self._rooms.get(room, ()) if each.until > now and each.used < most]

    def close(self, room: str, opening: Opening) -> None:
        """The platform says that this one may not be answered any more."""
        openings = self._rooms.get(room)
        if openings is not None and opening in openings:
            openings.remove(opening)


def _most(room: str) -> int:
    return GROUP_ANSWERS if room.startswith(GROUP) else PRIVATE_ANSWERS


def sequence(key: str) -> int:
    """The msg_seq of a message: the same for every attempt, so that the platform drops a repeat."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") >> 1 or 1
