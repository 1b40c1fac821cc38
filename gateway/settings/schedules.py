"""What people and agents set going later."""

from pydantic import BaseModel, ConfigDict, Field


class ScheduleSettings(BaseModel):
    """What people and agents set going later."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    least_minutes: int = Field(default=5, ge=1, le=1440)
    """Minutes that must lie between two times at which an agent is set going. Five, since each costs a turn; a
    reminder, which costs none, may come every minute."""
    most_per_person: int = Field(default=50, ge=1, le=10_000)
    """Schedules that one person may have at a time, so that a mistake does not fill the queue."""
