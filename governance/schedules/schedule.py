"""A schedule as a value, and why one is refused."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from channels.base import NexoraError
from channels.messages import Account, Address
from channels.times import zone_of
from governance.people.people import Person
from governance.record.transaction import Row
from governance.schedules.timing import Timing, timing_of


class IfMissed(StrEnum):
    """What becomes of a time at which nobody could fire. Alphabetical."""

    ONCE = "once"
    """It comes late, once however many there were, and is marked as late."""
    SKIP = "skip"
    """It is left out."""


class ScheduleState(StrEnum):
    """How a schedule stands. Alphabetical."""

    ACTIVE = "active"
    ENDED = "ended"
    PAUSED = "paused"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it is told. `only_for` is the account to whose private room it goes, None where `address` is a room."""

    address: Address
    is_direct: bool = True
    only_for: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """What somebody wants. Without an `agent` the words are told as they are; without a zone it follows theirs."""

    words: str
    timing: Timing
    place: Place
    account: Account
    agent: str = ""
    time_zone: str = ""
    missed: IfMissed = IfMissed.ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One that is kept. `number` is how its owner names it; `why` says why it is paused or has ended, as stored."""

    id: UUID
    number: int
    owner_id: UUID
    agent: str
    words: str
    timing: Timing
    time_zone: str
    missed: IfMissed
    place: Place
    account: Account
    state: ScheduleState
    why: str
    next_at: datetime | None
    failures: int
    changed_at: datetime

    def zone(self, owner: Person) -> str:
        """The zone by whose clocks it comes."""
        return self.time_zone or zone_of(owner.time_zone, owner.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRun:
    """One time that it came. `cost_usd` is None where no price is known."""

    due_at: datetime
    fired_at: datetime
    is_late: bool
    outcome: str
    turn_id: UUID | None
    cost_usd: Decimal | None
    calls: int


class ScheduleMissing(NexoraError):
    """You have no schedule of that number. /schedule lists them."""


class ScheduleTooOften(NexoraError):
    """That is too often. Choose times that lie further apart."""

    def __init__(self, minutes: int) -> None:
        super().__init__(f"That is too often: at least {minutes} minutes must lie between two times.")
        self.minutes = minutes


class ScheduleTooMany(NexoraError):
    """You have as many schedules as you may. Remove one first."""

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} schedules, which is as many as one person may have. Remove one first.")
        self.most = most


class ScheduleNever(NexoraError):
    """That time has passed or never comes. Name one that lies ahead."""


class ScheduleTooLate(NexoraError):
    """It was removed more than a day ago and cannot be brought back."""


def schedule_of(row: Row) -> Schedule:
    """The schedule of a row."""
    address = Address(channel=row["channel"], room=row["room"], thread=row["thread"])
    only_for = Account(channel=row["channel"], id=row["account_id"]) if row["account_id"] else None
    return Schedule(
        id=row["id"],
        number=row["number"],
        owner_id=row["owner_id"],
        agent=row["agent"],
        words=row["words"],
        timing=timing_of(row["timing"]),
        time_zone=row["time_zone"],
        missed=IfMissed(row["missed"]),
        place=Place(address=address, is_direct=row["is_direct"], only_for=only_for),
        account=Account(channel=row["made_channel"], id=row["made_account"]),
        state=ScheduleState(row["state"]),
        why=row["why"],
        next_at=row["next_at"],
        failures=row["failures"],
        changed_at=row["changed_at"],
    )
