"""Says what time it is, anywhere."""

from datetime import UTC, tzinfo
from typing import Annotated

from pydantic import Field

from agents.tools.habits import ArgumentHabit
from agents.tools.schema import ToolFailed
from channels.times import is_zone
from channels.times import zone as zone_of_name
from governance.record.transaction import Clock

ALSO_CALLED = "time now get_time get_current_time current_date get_date datetime"
ZoneArgument = Annotated[
    str, ArgumentHabit("timezone tz time_zone location"), Field(description="as Asia/Shanghai; empty: theirs")
]


def time_in(zone: str, now: Clock) -> str:
    """Date, weekday and time with its offset; raises ToolFailed for a zone that does not exist."""
    place: tzinfo = UTC
    if zone.strip().upper() not in {"", "UTC", "GMT", "Z"}:
        if not is_zone(zone.strip()):
            raise ToolFailed(f"there is no time zone {zone[:60]}; name one as Europe/Berlin or Asia/Shanghai")
        place = zone_of_name(zone.strip())
    here = now().astimezone(place)
    return f"{here:%A} {here.isoformat(sep=' ', timespec='seconds')} ({zone.strip() or 'UTC'})"
