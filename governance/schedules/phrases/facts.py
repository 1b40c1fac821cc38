"""What a phrase said about times, piece by piece, and the timing that all of it means.

It never guesses between two readings that are both usual: it asks. What it takes for granted, such as nine o'clock for
a day without a time, is told back with the next times.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from governance.schedules.timing import Cron, Days, Line, Minutes, Once, Timing, on

_NOON = 12 * 60
_DAY_MINUTES = 24 * 60
_PARTS = {"dawn": 6, "morning": 9, "noon": 12, "afternoon": 15, "evening": 19, "night": 20}
_LATE = frozenset({"afternoon", "evening", "night"})
_BOTH_USUAL = range(1, 7)
"""Hours that people mean of the night as well as of the afternoon."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as it was written. `is_sure`: with its half of the day, or as a clock of 24 hours shows it."""

    minute: int
    is_sure: bool
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """What has to be asked back: the sentence `schedule.unsure.WORD`, with its blanks."""

    word: str
    fields: dict[str, str] = field(default_factory=dict)


class Doubt(Exception):
    """The phrase has two readings."""

    def __init__(self, word: str, **fields: str) -> None:
        super().__init__(word)
        self.unsure = Unsure(word=word, fields=fields)


@dataclass(slots=True, kw_only=True)
class Facts:
    """The pieces of one phrase, of which `now` is the local time of whoever says it."""

    now: datetime
    clocks: list[Clock] = field(default_factory=list)
    part: str = ""
    day: date | None = None
    weekdays: list[int] = field(default_factory=list)
    is_each: bool = False
    count: int = 1
    unit: str = ""
    of_month: str = ""
    on_weekday: str = ""
    month: int = 0
    delay: timedelta | None = None
    months_on: int = 0
    window: tuple[int, int] | None = None
    zone: str = ""
    cron: str = ""

    @property
    def has_time(self) -> bool:
        """Whether it says what time it is to be."""
        return bool(self.clocks or self.delay or self.cron or self.unit in {"minute", "hour"})

    def add_weekdays(self, days: list[int]) -> None:
        """These too."""
        self.weekdays = sorted({*self.weekdays, *days})

    def timing(self, moment: datetime) -> Timing:
        """What it all means at that moment. Raises Doubt."""
        if self.delay is not None and not (self.clocks and self.delay >= timedelta(days=1)):
            return Timing((Once(moment.replace(microsecond=0) + self.delay),))
        if self.delay is not None:
            self.day = (self.now + self.delay).date()
        if self.months_on:
            self.day = months_after(self.now.date(), self.months_on)
        if self.unit in {"minute", "hour"}:
            return Timing((self._often(moment),))
        minutes = self._minutes()
        if self.is_each or self.unit:
            return Timing(tuple(self._again(minutes)))
        return Timing(tuple(self._ahead(minutes)))

    def _minutes(self) -> list[int]:
        """Each time of day in minutes; nine o'clock where none is said."""
        if not self.clocks:
            return [_PARTS.get(self.part, 9) * 60]
        return [self._minute(clock) for clock in self.clocks]

    def _minute(self, clock: Clock) -> int:
        minute = clock.minute
        if clock.is_sure:
            return minute
        part = clock.part or self.part
        if part in _LATE and minute < _NOON:
            if part == "night" and minute < 5 * 60:
                return minute
            return minute + _NOON
        if part in _LATE and minute >= _NOON and part != "afternoon":
            raise Doubt("midnight")
        if part == "noon" and minute < 3 * 60:
            return minute + _NOON
        if not part and minute // 60 in _BOTH_USUAL:
            hour, past = divmod(minute, 60)
            raise Doubt("half", early=f"{hour:02}:{past:02}", late=f"{hour + 12}:{past:02}")
        return minute

    def _often(self, moment: datetime) -> Line:
        days = _cron_days(self.weekdays) or "*"
        hours = f"{self.window[0]}-{self.window[1]}" if self.window else "*"
        if self.unit == "hour" and 24 % self.count == 0:
            every = hours if self.count == 1 else f"{'*' if hours == '*' else hours}/{self.count}"
            return Cron(f"0 {every} * * {days}")
        if self.unit == "minute" and 60 % self.count == 0:
            return Cron(f"{'*' if self.count == 1 else f'*/{self.count}'} {hours} * * {days}")
        if self.window or self.weekdays:
            raise Doubt("steps")
        each = self.count * (60 if self.unit == "hour" else 1)
        return Minutes(each, moment.replace(microsecond=0))

    def _again(self, minutes: list[int]) -> list[Line]:
        if self.unit in {"day", "week"} and self.count > 1:
            return self._every_so_many(minutes)
        of_month, months, weekdays = "*", "*", "*"
        if self.on_weekday:
            weekdays = self.on_weekday
        elif self.weekdays:
            weekdays = _cron_days(self.weekdays)
        elif self.unit == "week":
            weekdays = str(self.now.isoweekday() % 7)
        if self.unit in {"month", "year"} and not self.on_weekday:
            of_month = self.of_month or (str(self.day.day) if self.day else "1")
            weekdays = "*"
        if self.unit == "month" and self.count > 1:
            months = f"*/{self.count}"
        if self.unit == "year":
            months = str(self.month or (self.day.month if self.day else self.now.month))
        return [Cron(f"{minute % 60} {minute // 60} {of_month} {months} {weekdays}") for minute in minutes]

    def _every_so_many(self, minutes: list[int]) -> list[Line]:
        days = self.count * (7 if self.unit == "week" else 1)
        wanted = self.weekdays or [self.now.weekday()]
        first = self.day or self.now.date()
        lines: list[Line] = []
        for minute in minutes:
            for weekday in wanted if self.unit == "week" else [0]:
                ahead = (weekday - first.weekday()) % 7 if self.unit == "week" else 0
                begins = on(first + timedelta(days=ahead), minute)
                again = 7 if self.unit == "week" else 1
                lines.append(Days(days, begins if begins > self.now else begins + timedelta(days=again)))
        return lines

    def _ahead(self, minutes: list[int]) -> list[Line]:
        lines: list[Line] = []
        for minute in minutes:
            if self.day is None and self.weekdays:
                lines += [Once(self._coming(weekday, minute)) for weekday in self.weekdays]
                continue
            at = on(self.day or self.now.date(), minute)
            if at <= self.now and self.day is None:
                at += timedelta(days=1)
            if at <= self.now:
                raise Doubt("past", at=f"{at:%Y-%m-%d %H:%M}")
            lines.append(Once(at))
        return lines

    def _coming(self, weekday: int, minute: int) -> datetime:
        ahead = (weekday - self.now.weekday()) % 7
        at = on(self.now.date() + timedelta(days=ahead), minute)
        return at if at > self.now else at + timedelta(days=7)


def _cron_days(weekdays: list[int]) -> str:
    """As cron counts them, from Sunday on."""
    return ",".join(str(day) for day in sorted((day + 1) % 7 for day in weekdays))


def months_after(day: date, count: int) -> date:
    """The same day so many months later, or the last of that month where it has none."""
    month = day.month - 1 + count
    first = date(day.year + month // 12, month % 12 + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first + timedelta(days=min(day.day, (following - first).days) - 1)


def date_of(facts: Facts, year: int, month: int, day: int) -> date:
    """That day, of the year in which it comes next where none is said. Raises Doubt."""
    try:
        found = date(year or facts.now.year, month, day)
        return found if year or found >= facts.now.date() else date(found.year + 1, month, day)
    except ValueError as error:
        raise Doubt("no_day") from error


def clock_of(facts: Facts, hour: int, minute: int, *, is_sure: bool) -> None:
    """One more time of day. Raises Doubt."""
    if hour == 24 and minute == 0:  # noqa: PLR2004  # midnight at the end of a day
        raise Doubt("midnight")
    if hour > 23 or minute > 59:  # noqa: PLR2004  # hours and minutes
        raise Doubt("no_clock")
    is_sure = is_sure or hour > 12  # noqa: PLR2004  # a clock of 24 hours
    facts.clocks.append(Clock(hour * 60 + minute, is_sure, facts.part))


def weekday_range(first: int, last: int) -> list[int]:
    """From one day of the week to another, around its end where need be."""
    return [(first + step) % 7 for step in range((last - first) % 7 + 1)]
