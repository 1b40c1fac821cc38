"""Moments, days, durations and sums of money as somebody reads them: in their language and their time zone.

babel knows how; it is loaded when the first of them is shown, and what it makes is kept. A zone goes by its IANA name,
and an empty one is that of nobody in particular: of the deployment, as `zone_of` finds it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from channels.home import home
from channels.locales import DEFAULT, languages, locale_of, say

_OFFSET = re.compile(r"(?:UTC|GMT)\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_FIXED = re.compile(r"Etc/GMT([+-])(\d{1,2})")
_WEST, _EAST = 12, 14
"""How far from UTC clocks are set, in hours."""
_BETWEEN_HOURS: Mapping[str, str] = {
    "+3:30": "Asia/Tehran",
    "+4:30": "Asia/Kabul",
    "+5:30": "Asia/Kolkata",
    "+5:45": "Asia/Kathmandu",
    "+6:30": "Asia/Yangon",
    "+9:30": "Australia/Darwin",
}
"""Zones without a summer time whose clocks differ from UTC by no whole hours."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_SMALLEST = Decimal("0.0001")
_DAY_FORM, _YEAR = "language.day", "language.day.year"
_SEASONS = tuple(datetime(2026, month, 15, 12, tzinfo=UTC) for month in (1, 7))
"""A time with and one without a summer time, wherever there is one."""
_FIXED_NAME = re.compile(r"GMT[+-]|UTC[+-]")


def zone_of(own: str, language: str) -> str:
    """The zone in which somebody reads: their own, else the deployment's, else that of their language, else its host's.

    A language has a usual zone where most who speak it live in one; the settings go before it.
    """
    return own or home().time_zone or say("language.zone", language) or _host()


def zone(name: str) -> tzinfo:
    """The zone of that IANA name; UTC for a name that this machine does not know."""
    return ZoneInfo(name) if is_zone(name) else UTC


def is_zone(name: str) -> bool:
    """Whether this machine knows a zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def zone_called(words: str) -> str | None:
    """The zone that somebody names: by its IANA name, by its city in any language there is, or as UTC+8."""
    wanted = " ".join(words.split()).casefold()
    if offset := _OFFSET.fullmatch(wanted):
        return _at_offset(offset[1], int(offset[2]), int(offset[3] or 0))
    return _places().get(wanted)


class Precision(StrEnum):
    """How much of a time is told: to the minute, the same with its year, or to the second, as the record has it."""

    DATED = "dated"
    EXACT = "exact"
    NEAR = "near"


def moment(at: datetime, language: str, own: str = "", precision: Precision = Precision.NEAR) -> str:
    """A time with the name of its zone, as `30 Nov, 04:29 CET`."""
    here, name = _here(at, language, own)
    day = _day(here.date(), language, _DAY_FORM if precision is Precision.NEAR else _YEAR)
    clock = f"{here:%H:%M:%S}" if precision is Precision.EXACT else f"{here:%H:%M}"
    return say("time.moment", language, day=day, clock=clock, zone=name)


def until(at: datetime, now: datetime, language: str, own: str = "") -> str:
    """A time to come, with how long that is from now."""
    if at <= now:
        return moment(at, language, own)
    here, name = _here(at, language, own)
    day, left = _day(here.date(), language), lasting(at - now, language)
    return say("time.until", language, day=day, clock=f"{here:%H:%M}", zone=name, left=left)


def within(at: datetime, since: datetime, language: str, own: str = "") -> str:
    """A time to come, with how long that is from when it was set: words that stay true while they stand."""
    here, name = _here(at, language, own)
    day, given = _day(here.date(), language), lasting(at - since, language)
    return say("time.within", language, day=day, clock=f"{here:%H:%M}", zone=name, given=given)


def at_home(at: datetime) -> tuple[datetime, str]:
    """A time as the clocks of the deployment have it, and what their zone is called: for words that models read."""
    return _here(at, DEFAULT, "")


def day(at: datetime, language: str, own: str = "") -> str:
    """The day on which that was in the zone of whoever reads, with its year."""
    return _day(_here(at, language, own)[0].date(), language, _YEAR)


def day_of(at: datetime, language: str, own: str = "") -> date:
    """The same as a date."""
    return at.astimezone(zone(zone_of(own, language))).date()


def midnights(first: datetime, last: datetime, language: str, own: str = "") -> list[tuple[date, datetime]]:
    """Each day from that of `first` to that of `last` in the zone of whoever reads, and when it began there.

    Where clocks skip midnight, the day begins when they do: of a time that is skipped, Python takes the former offset.
    """
    here = zone(zone_of(own, language))
    on, end = first.astimezone(here).date(), last.astimezone(here).date()
    days = (on + timedelta(days=number) for number in range((end - on).days + 1))
    return [(day, datetime.combine(day, time(), here).astimezone(UTC)) for day in days]


def lasting(span: timedelta, language: str) -> str:
    """A duration in its largest unit, and in the next one where that matters: `29 min`, `1 h 20 min`, `3 days`."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < _MINUTE:
        return say("time.seconds", language, count=seconds)
    if seconds < _HOUR:
        return say("time.minutes", language, count=round(seconds / _MINUTE))
    larger, smaller, unit, rest = ("hours", "minutes", _HOUR, _MINUTE)
    if seconds >= 2 * _DAY:
        larger, smaller, unit, rest = ("days", "hours", _DAY, _HOUR)
    steps = round(seconds / rest)
    whole, left = divmod(steps, unit // rest)
    told = [say(f"time.{larger}", language, count=whole)]
    if left:
        told.append(say(f"time.{smaller}", language, count=left))
    return " ".join(told)


def zone_name(at: datetime, name: str, language: str) -> str:
    """What a zone is called at that time: as people there call it, else by how far it is from UTC."""
    if name == say("language.zone", language) and (called := say("language.zone_name", language)):
        return called
    fixed = _FIXED.fullmatch(name)
    if fixed:
        return f"UTC{'-' if fixed[1] == '+' else '+'}{fixed[2]}"
    here = at.astimezone(zone(name))
    return _called(name, here.utcoffset() or timedelta(), here.tzname() or "", language)


def money(dollars: Decimal, language: str) -> str:
    """A cost in the currency of the deployment; a very small one is still not nothing."""
    from babel.numbers import format_currency  # noqa: PLC0415  # as above

    amount = dollars * home().rate
    known = max(amount, _SMALLEST) if amount else amount
    pattern = _pattern(language, 0 if not amount else 2 if amount >= 1 else 4)
    where = locale_of(language)
    said = str(format_currency(known, home().currency, format=pattern, locale=where, currency_digits=False))
    return said if known == amount else f"<{said}"


@cache
def _pattern(language: str, digits: int) -> str:
    """How a language writes money, with so many digits behind the point."""
    standard = str(locale_of(language).currency_formats["standard"].pattern)
    return standard.replace("0.00", f"0.{'0' * digits}" if digits else "0")


def _here(at: datetime, language: str, own: str) -> tuple[datetime, str]:
    name = zone_of(own, language)
    return at.astimezone(zone(name)), zone_name(at, name, language)


@lru_cache(maxsize=1024)
def _day(on: date, language: str, pattern: str = _DAY_FORM) -> str:
    from babel.dates import format_date  # noqa: PLC0415  # as above

    return str(format_date(on, say(pattern, language), locale_of(language)))


@lru_cache(maxsize=1024)
def _called(name: str, offset: timedelta, short: str, language: str) -> str:
    """The name of a zone while its clocks are so far from UTC: where its language knows none, that of its country."""
    from babel.dates import get_timezone_name  # noqa: PLC0415  # as above

    at_that_time = next((at for at in _SEASONS if at.astimezone(zone(name)).utcoffset() == offset), _SEASONS[0])
    here, where = at_that_time.astimezone(zone(name)), locale_of(language)
    is_long = say("language.zone_width", language) == "long"
    known = str(get_timezone_name(here, width="long" if is_long else "short", locale=where))
    if known[:1].isalpha() and not _FIXED_NAME.match(known):
        return known
    if short.isalpha():
        return short
    minutes = round(offset.total_seconds()) // _MINUTE
    hours, rest = divmod(abs(minutes), _MINUTE)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


@cache
def _places() -> Mapping[str, str]:
    """Every name by which a zone may be named, and that zone: cities in each language, and IANA names."""
    found: dict[str, str] = {}
    for name in sorted(available_timezones()):
        found.setdefault(name.rpartition("/")[2].replace("_", " ").casefold(), name)
        found[name.casefold()] = name
    for language in languages():
        for name, called in locale_of(language).time_zones.items():
            if isinstance(called, Mapping) and "city" in called and is_zone(name):
                found[str(called["city"]).casefold()] = name
        for pair in say("language.cities", language).split():
            city, _, name = pair.partition("=")
            found[city.casefold()] = name
    return found


def _at_offset(sign: str, hours: int, minutes: int) -> str | None:
    if minutes:
        return _BETWEEN_HOURS.get(f"{sign}{hours}:{minutes:02}")
    if hours > (_EAST if sign == "+" else _WEST):
        return None
    return f"Etc/GMT{'-' if sign == '+' else '+'}{hours}" if hours else "UTC"


@cache
def _host() -> str:
    from babel.localtime import get_localzone  # noqa: PLC0415  # as above

    name = str(getattr(get_localzone(), "key", "UTC"))
    return "UTC" if name in {"Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "UCT"} else name
