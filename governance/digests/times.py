"""When a digest is due: every day or on one day of the week, at a time of day in a person's own time zone.

Pure arithmetic. Clocks that are set forward or back in spring and autumn move a digest by at most that hour and never
send it twice or leave it out.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from channels.base import NexoraError
from channels.text.grammar import folded, spellings, word_called
from channels.times import is_zone

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_OF_DAY = 24 * 60


class ZoneUnknown(NexoraError):
    """There is no such time zone; name one like Europe/Berlin or Asia/Shanghai."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """`weekday` is 0 for Monday, None for every day; `minute` counts from midnight in `time_zone`."""

    minute: int
    time_zone: str
    weekday: int | None = None

    def next_after(self, moment: datetime) -> datetime:
        """The first time strictly after `moment`; raises ZoneUnknown."""
        zone = zone_named(self.time_zone)
        day = moment.astimezone(zone).date()
        for ahead in range(9):
            on = day + timedelta(days=ahead)
            due = datetime.combine(on, time(self.minute // 60, self.minute % 60), zone).astimezone(moment.tzinfo)
            if due > moment and self.weekday in (None, on.weekday()):
                return due
        raise RuntimeError("every weekday comes within nine days")

    @property
    def clock(self) -> str:
        """The time of day, as 08:30."""
        return f"{self.minute // 60:02}:{self.minute % 60:02}"


def zone_named(name: str) -> ZoneInfo:
    """The zone of that IANA name; raises ZoneUnknown."""
    if not is_zone(name):
        raise ZoneUnknown
    return ZoneInfo(name)


def weekday_called(text: str) -> int | None:
    """The day of the week of that name in any language, 0 for Monday; None for no day."""
    day = word_called(text, *_DAYS)
    return _DAYS.index(day) if day else None


def minute_of(text: str) -> int | None:
    """Minutes since midnight of `8`, `8:30`, `08:30` or `8点半`, in any language; None when it is no time of day."""
    found = _time_of_day().fullmatch("".join(folded(text).split()))
    if found is None:
        return None
    past = 30 if found["half"] else int(found["minute"] or found["past"] or 0)
    minute = int(found["hour"]) * 60 + past
    return minute if minute < MINUTES_OF_DAY and past < 60 else None  # noqa: PLR2004 - minutes


@cache
def _time_of_day() -> re.Pattern[str]:
    oclock, half, minutes = (
        "|".join(map(re.escape, sorted(spellings(word), key=len, reverse=True)))
        for word in ("oclock", "half", "minutes")
    )
    past = rf"(?:(?P<half>{half})|(?P<past>[0-9]{{1,2}})(?:{minutes})?)?"
    return re.compile(rf"(?P<hour>[0-9]{{1,2}})(?::(?P<minute>[0-9]{{2}})|(?:{oclock}){past})?")
