"""When a digest is due: every day or on one day of the week, at a time of day in a person's own time zone.

Pure arithmetic. Clocks that are set forward or back in spring and autumn move a digest by at most that hour and never
send it twice or leave it out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from channels.base import NexoraError

_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?")
WEEKDAYS: Mapping[str, int] = {
    **{name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
    **{f"周{sign}": day for day, sign in enumerate("一二三四五六日")},
    "周天": 6,
}
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
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ZoneUnknown from error


def minute_of(text: str) -> int | None:
    """Minutes since midnight of `8`, `8:30` or `08:30`; None when it is no time of day."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    minute = int(found[1]) * 60 + int(found[2] or 0)
    return minute if minute < MINUTES_OF_DAY and int(found[2] or 0) < 60 else None  # noqa: PLR2004 - minutes
