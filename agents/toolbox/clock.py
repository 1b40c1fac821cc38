"""Says what time it is, anywhere."""

from datetime import UTC, tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from agents.tools.habits import ArgumentHabit
from agents.tools.schema import ToolFailed
from governance.record.transaction import Clock

ALSO_CALLED = "time now get_time get_current_time current_date get_date datetime"
ZoneArgument = Annotated[
    str, ArgumentHabit("timezone tz time_zone location"), Field(description="as Asia/Shanghai; empty: theirs")
]


def time_in(zone: str, now: Clock) -> str:
    """Date, weekday and time with its offset; raises ToolFailed for a zone that does not exist."""
    place: tzinfo = UTC
    if zone.strip().upper() not in {"", "UTC", "GMT", "Z"}:
        try:
            place = ZoneInfo(zone.strip())
        except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
            raise ToolFailed(
                f"there is no time zone {zone[:60]}; name one as Europe/Berlin or Asia/Shanghai"
            ) from problem
    here = now().astimezone(place)
    return f"{here:%A} {here.isoformat(sep=' ', timespec='seconds')} ({zone.strip() or 'UTC'})"
