"""When a schedule is due: at moments, by cron, every so many minutes or days, in the local time of a zone.

One rule holds whatever way a time is written. Each local time comes once: one that a change of clocks leaves out comes
at the first minute that is there again, and one that comes twice counts at its first. cronsim is only ever asked about
local times without a zone, for with one it treats `0,30 2` and `*/30 2` differently.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

from channels.base import NexoraError
from channels.times import is_zone

_MINUTE = timedelta(minutes=1)
_FIELDS = 5
_LOOKED_AT = 60
_LONGEST = 500
_MOST_LINES = 24
_LAST_YEAR = 9990
"""Python's calendar ends soon after; zones need some room before."""


class TimingWrong(NexoraError):
    """These times cannot be read. Write: every weekday at 9, tomorrow at 15:00, in 20 minutes, or 0 9 * * 1-5."""


class SecondsRefused(NexoraError):
    """A schedule comes at most once a minute, so leave out the field of the seconds: minute hour day month weekday."""


@dataclass(frozen=True, slots=True)
class Once:
    """At one moment, or, without an offset, when clocks show it."""

    at: datetime

    def __str__(self) -> str:
        return f"at {self.at.isoformat(timespec='seconds')}"


@dataclass(frozen=True, slots=True)
class Cron:
    """Minute, hour, day, month, weekday, as cron has them."""

    expression: str

    def __str__(self) -> str:
        return f"cron {self.expression}"


@dataclass(frozen=True, slots=True)
class Minutes:
    """Every so many minutes that pass, whatever clocks show."""

    count: int
    since: datetime

    def __str__(self) -> str:
        return f"minutes {self.count} {self.since.isoformat(timespec='seconds')}"


@dataclass(frozen=True, slots=True)
class Days:
    """Every so many days at the same local time, from that one on."""

    count: int
    since: datetime

    def __str__(self) -> str:
        return f"days {self.count} {self.since.isoformat(timespec='minutes')}"


Line: TypeAlias = Once | Cron | Minutes | Days


@dataclass(frozen=True, slots=True)
class Timing:
    """Due whenever one of its lines is."""

    lines: tuple[Line, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.lines))

    @property
    def is_single(self) -> bool:
        """Whether it comes to an end by itself."""
        return all(isinstance(line, Once) for line in self.lines)

    def next_after(self, moment: datetime, zone: str) -> datetime | None:
        """The first time strictly after `moment`, in UTC; None when none comes any more."""
        here = ZoneInfo(zone) if is_zone(zone) else ZoneInfo("UTC")
        coming = (_next(line, moment.astimezone(UTC), here) for line in self.lines)
        return min((at for at in coming if at is not None), default=None)

    def upcoming(self, moment: datetime, zone: str) -> Iterator[datetime]:
        """Each time that comes."""
        at = self.next_after(moment, zone)
        while at is not None:
            yield at
            at = self.next_after(at, zone)

    def least_gap(self, moment: datetime) -> timedelta | None:
        """The shortest time between two of the next ones, clocks being changed or not; None where only one comes."""
        coming = list(islice(self.upcoming(moment, "UTC"), _LOOKED_AT))
        return min((later - at for at, later in pairwise(coming)), default=None)


def timing_of(written: str) -> Timing:
    """The timing that `str` wrote. Raises TimingWrong and SecondsRefused."""
    lines = tuple(_line_of(line.strip()) for line in written[:_LONGEST].split(";"))
    if len(lines) > _MOST_LINES or len(written) > _LONGEST:
        raise TimingWrong
    return Timing(lines)


def cron(expression: str) -> Cron:
    """A line of cron, once it is sure that it is one and that it comes. Raises TimingWrong and SecondsRefused."""
    from cronsim import CronSim, CronSimError  # noqa: PLC0415  # no start needs it

    fields = expression.split()
    if len(fields) == _FIELDS + 1:
        raise SecondsRefused
    try:
        sim = CronSim(expression, datetime(2026, 1, 1))  # noqa: DTZ001  # local times have no zone here
        next(sim)
    except (CronSimError, StopIteration, OverflowError, ValueError) as error:
        raise TimingWrong from error
    if len(fields) != _FIELDS:
        raise TimingWrong
    return Cron(" ".join(fields))


def _line_of(written: str) -> Line:
    kind, _, rest = written.partition(" ")
    if kind == "cron":
        return cron(rest)
    try:
        return _LINES[kind](rest)
    except (KeyError, ValueError) as error:
        raise TimingWrong from error


def _once(rest: str) -> Line:
    at = datetime.fromisoformat(rest)
    if at.year > _LAST_YEAR:
        raise ValueError(rest)
    return Once(at)


def _minutes(rest: str) -> Line:
    count, since = rest.split()
    found = Minutes(int(count), datetime.fromisoformat(since))
    if found.count < 1 or found.since.tzinfo is None:
        raise ValueError(rest)
    return found


def _days(rest: str) -> Line:
    count, since = rest.split()
    found = Days(int(count), datetime.fromisoformat(since))
    if found.count < 1 or found.since.tzinfo is not None:
        raise ValueError(rest)
    return found


_LINES: dict[str, Callable[[str], Line]] = {"at": _once, "days": _days, "minutes": _minutes}


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """When clocks there show that local time: the first time they do, and if they never do, when they go on."""
    early = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if early.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return early
    before, after = local.replace(tzinfo=zone, fold=1).astimezone(UTC), early
    offset = after.astimezone(zone).utcoffset()
    while after - before > _MINUTE:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(second=0, microsecond=0)


def _next(line: Line, moment: datetime, zone: ZoneInfo) -> datetime | None:
    if isinstance(line, Once):
        at = instant(line.at, zone) if line.at.tzinfo is None else line.at.astimezone(UTC)
        return at if at > moment else None
    if isinstance(line, Minutes):
        step = timedelta(minutes=line.count)
        passed = max(0, (moment - line.since) // step)
        at = line.since + passed * step
        return (at if at > moment else at + step).astimezone(UTC)
    locals_ = _by_cron(line, moment, zone) if isinstance(line, Cron) else _by_days(line, moment, zone)
    return next((at for local in locals_ if (at := instant(local, zone)) > moment), None)


def _by_cron(line: Cron, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    from cronsim import CronSim  # noqa: PLC0415  # as above

    local = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    try:
        yield from CronSim(line.expression, local)
    except (OverflowError, ValueError):
        return


def _by_days(line: Days, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    local = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    step = timedelta(days=line.count)
    at = line.since + max(0, (local - line.since) // step) * step
    while at.year < _LAST_YEAR:
        yield at
        at += step


def on(day: date, minute: int) -> datetime:
    """That minute of that day, without a zone."""
    return datetime.combine(day, time(minute // 60, minute % 60))
