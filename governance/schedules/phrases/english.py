"""The pieces of which English phrases about times are made."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

from channels.times import zone_called
from governance.schedules.phrases.facts import Doubt, Facts, clock_of, date_of, months_after, weekday_range
from governance.schedules.phrases.vocabulary import (
    AND,
    ANY_DAY,
    DAY,
    DAYS,
    EACH,
    HOURS,
    HOURS_IN_WORDS,
    MONTH,
    MONTHS,
    NTH,
    NUMBERS,
    ORDINALS,
    UNIT,
    UNITS,
    N,
)

Handler: TypeAlias = Callable[[re.Match[str], Facts], None]
Piece: TypeAlias = tuple[re.Pattern[str], Handler]


def _number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS[word]


def _unit(word: str) -> str:
    return "month" if word.startswith("mo") else UNITS[word[0]]


def _weekday(word: str) -> int:
    return DAYS.index(word[:3])


def _delay(match: re.Match[str], facts: Facts) -> None:
    count, half, unit = match["n"], match["half"], _unit(match["unit"])
    number = 0.5 if count == "half an" else _number(count) + (0.5 if half else 0)
    _later(facts, number, unit)
    if match["more"]:
        _later(facts, _number(match["more"]), "minute")


def _later(facts: Facts, number: float, unit: str) -> None:
    if unit in {"month", "year"}:
        facts.months_on = int(number * (12 if unit == "year" else 1))
        return
    known = facts.delay or timedelta()
    try:
        facts.delay = known + timedelta(**{f"{unit}s": number})
    except OverflowError as error:
        raise Doubt("no_day") from error


def _hour_and_half(_: re.Match[str], facts: Facts) -> None:
    facts.delay = timedelta(minutes=90)


def _every(match: re.Match[str], facts: Facts) -> None:
    count = match["n"]
    facts.count = 2 if count == "other" else int(ORDINALS.get(count, "0") or 0) if count in ORDINALS else 0
    facts.count = facts.count or (_number(count) if count else 1)
    facts.unit, facts.is_each = _unit(match["unit"]), True


def _half_hourly(_: re.Match[str], facts: Facts) -> None:
    facts.count, facts.unit, facts.is_each = 30, "minute", True


def _named_rhythm(match: re.Match[str], facts: Facts) -> None:
    word = match[0].lower()
    facts.is_each = True
    facts.count = 2 if word in {"biweekly", "fortnightly"} else 3 if word == "quarterly" else 1
    rhythms = {"hourly": "hour", "daily": "day", "monthly": "month", "quarterly": "month", "yearly": "year"}
    facts.unit = rhythms.get(word, "year" if word == "annually" else "week")


def _each_weekday(match: re.Match[str], facts: Facts) -> None:
    facts.is_each = True
    facts.add_weekdays([5, 6] if "weekend" in match[0].lower() else [0, 1, 2, 3, 4])


def _each_part(match: re.Match[str], facts: Facts) -> None:
    facts.unit, facts.is_each, facts.part = "day", True, match[1].lower()


def _weekday_range(match: re.Match[str], facts: Facts) -> None:
    facts.is_each = True
    facts.add_weekdays(weekday_range(_weekday(match[1].lower()), _weekday(match[2].lower())))


def _each_days(match: re.Match[str], facts: Facts) -> None:
    facts.is_each = True
    if match["other"]:
        facts.count, facts.unit = 2, "week"
    facts.add_weekdays([_weekday(each[:3].lower()) for each in re.findall(DAY, match["days"], re.IGNORECASE)])


def _plural_days(match: re.Match[str], facts: Facts) -> None:
    facts.is_each = True
    facts.add_weekdays([_weekday(each.lower()) for each in re.findall(DAY, match[0], re.IGNORECASE)])


def _nth_weekday(match: re.Match[str], facts: Facts) -> None:
    facts.is_each, facts.unit = True, "month"
    nth, day = ORDINALS[match["nth"].lower()], (_weekday(match["day"].lower()) + 1) % 7
    facts.on_weekday = f"{day}L" if nth == "L" else f"{day}#{nth}"


def _of_each_month(match: re.Match[str], facts: Facts) -> None:
    facts.is_each, facts.unit = True, "month"
    facts.of_month = "L" if match["last"] else str(int(match["first"] or match["then"] or 1))


def _each_year(match: re.Match[str], facts: Facts) -> None:
    facts.is_each, facts.unit = True, "year"
    month, day = match["m1"] or match["m2"], match["d1"] or match["d2"]
    facts.month, facts.of_month = MONTHS.index(month[:3].lower()) + 1, str(int(day))


def _near(match: re.Match[str], facts: Facts) -> None:
    word = " ".join(match[0].lower().split())
    today = facts.now.date()
    facts.day = today + timedelta(days=2 if "day after" in word else 1 if "tomorrow" in word or "tmrw" in word else 0)
    if word in {"tonight", "this evening"}:
        facts.part = facts.part or ("night" if word == "tonight" else "evening")
    elif word.startswith("this "):
        facts.part = facts.part or word[5:]


def _weekday_ahead(match: re.Match[str], facts: Facts) -> None:
    weekday, which = _weekday(match["day"].lower()), (match["which"] or "").lower()
    today = facts.now.date()
    monday = today - timedelta(days=today.weekday())
    if which in {"next", "this"}:
        facts.day = monday + timedelta(days=weekday + (7 if which == "next" else 0))
    elif facts.is_each or facts.day is None:
        facts.add_weekdays([weekday])


def _next_unit(match: re.Match[str], facts: Facts) -> None:
    today = facts.now.date()
    if match[1].lower() == "week":
        facts.day = today + timedelta(days=7 - today.weekday())
    elif match[1].lower() == "weekend":
        facts.day = today + timedelta(days=12 - today.weekday())
    else:
        first = months_after(today.replace(day=1), 12 if match[1].lower() == "year" else 1)
        facts.day = first.replace(month=1) if match[1].lower() == "year" else first


def _this_weekend(_: re.Match[str], facts: Facts) -> None:
    today = facts.now.date()
    facts.day = today + timedelta(days=max(5 - today.weekday(), 0))


def _end_of(match: re.Match[str], facts: Facts) -> None:
    today = facts.now.date()
    if match[1].lower() == "day":
        facts.day, facts.part = today, "evening"
    elif match[1].lower() == "week":
        facts.day = today + timedelta(days=(4 - today.weekday()) % 7)
    else:
        facts.day = months_after(today.replace(day=1), 1) - timedelta(days=1)


def _iso(match: re.Match[str], facts: Facts) -> None:
    facts.day = date_of(facts, int(match[1]), int(match[2]), int(match[3]))


def _month_day(match: re.Match[str], facts: Facts) -> None:
    month, day, year = match["m1"] or match["m2"], match["d1"] or match["d2"], match["y"]
    facts.day = date_of(facts, int(year or 0), MONTHS.index(month[:3].lower()) + 1, int(day))


def _the_nth(match: re.Match[str], facts: Facts) -> None:
    if facts.unit == "month" and facts.is_each:
        facts.of_month = str(int(match[1]))
        return
    today = facts.now.date()
    try:
        found = today.replace(day=int(match[1]))
    except ValueError as error:
        raise Doubt("no_day") from error
    facts.day = found if found >= today else months_after(found, 1)


def _slashes(match: re.Match[str], facts: Facts) -> None:
    first, second = int(match[1]), int(match[2])
    if first <= 12 and second <= 12 and first != second:  # noqa: PLR2004  # both may be the month
        raise Doubt("slashes")
    month, day = (second, first) if first > 12 else (first, second)  # noqa: PLR2004  # as above
    facts.day = date_of(facts, int(match[3] or 0), month, day)


def _dotted(match: re.Match[str], facts: Facts) -> None:
    facts.day = date_of(facts, int(match[3] or 0), int(match[2]), int(match[1]))


def _clocks(match: re.Match[str], facts: Facts) -> None:
    found = list(re.finditer(HOURS, match["all"], re.IGNORECASE))
    last = (found[-1][3] or "").lower()[:1]
    for each in found:
        half = (each[3] or "").lower()[:1] or (last if len(found) > 1 else "")
        hour, minute = int(each[1]), int(each[2] or 0)
        _half(facts, hour, minute, half, is_sure=each[1].startswith("0") or hour > 12)  # noqa: PLR2004  # of 24


def _half(facts: Facts, hour: int, minute: int, half: str, *, is_sure: bool = False) -> None:
    if half and not 1 <= hour <= 12:  # noqa: PLR2004  # a clock of twelve hours
        raise Doubt("no_clock")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    clock_of(facts, hour, minute, is_sure=bool(half) or is_sure)


def _worded(match: re.Match[str], facts: Facts) -> None:
    hour = _number(match["n"].lower()) if match["n"] else 0
    _half(facts, hour, 0, (match["half"] or "").lower()[:1])


def _past(match: re.Match[str], facts: Facts) -> None:
    hour, which = _number(match["n"].lower()), match["which"].lower()
    minute = 30 if which == "half" else 15 if which == "quarter" else _number(which)
    total = hour * 60 + minute if match["side"].lower() == "past" else hour * 60 - minute
    _half(facts, total // 60, total % 60, (match["half"] or "").lower()[:1])


def _noon(match: re.Match[str], facts: Facts) -> None:
    if match[0].lower().endswith("midnight"):
        clock_of(facts, 0, 0, is_sure=True)
        if facts.day is None and not facts.is_each:
            facts.day = facts.now.date() + timedelta(days=1)
        return
    clock_of(facts, 12, 0, is_sure=True)


def _part(match: re.Match[str], facts: Facts) -> None:
    facts.part = match[1].lower()


def _window(match: re.Match[str], facts: Facts) -> None:
    def hour(number: str, half: str | None) -> int:
        value = int(number)
        return value % 12 + 12 if (half or "").lower()[:1] == "p" else value

    facts.window = hour(match[1], match[2]), hour(match[3], match[4])
    if not facts.window[0] < facts.window[1] <= 23:  # noqa: PLR2004  # hours
        raise Doubt("no_clock")


def _zone(match: re.Match[str], facts: Facts) -> None:
    found = zone_called(match["zone"])
    if found is None:
        raise Doubt("no_zone", zone=match["zone"])
    facts.zone = found


def _how_often(_: re.Match[str], __: Facts) -> None:
    raise Doubt("how_often")


def _piece(pattern: str, handler: Handler) -> Piece:
    return re.compile(pattern, re.IGNORECASE), handler


GLUE = re.compile(r"(?:\s|,|;|\bstarting\b|\band\b(?=\s+(?:at|on)\b)|\b(?:at|on|by)\b(?=\s*$))+", re.IGNORECASE)
PIECES: tuple[Piece, ...] = (
    _piece(
        r"(?:once|twice|three times|several times)\s+(?:a|per|every)\s+(?:day|week|month)\b|sometimes\b", _how_often
    ),
    _piece(r"(?:in\s+)?an?\s+hour\s+and\s+a\s+half(?:\s+from\s+now)?\b(?<=\w)", _hour_and_half),
    _piece(
        rf"in\s+(?P<n>half an|{N[1:-1]})(?P<half>\s+and\s+a\s+half)?\s*(?P<unit>{UNIT[1:-3]})(?:'s time)?"
        rf"(?![a-z])(?:\s*(?:and\s+)?(?P<more>\d{{1,2}})\s*(?:minutes?|mins?|m)\b)?",
        _delay,
    ),
    _piece(
        rf"(?P<n>half an|{N[1:-1]})(?P<half>\s+and\s+a\s+half)?\s*(?P<unit>{UNIT[1:-3]})(?P<more>)\s+from\s+now\b",
        _delay,
    ),
    _piece(rf"{EACH}half\s+(?:an\s+)?hour\b", _half_hourly),
    _piece(
        rf"(?:on\s+)?(?:the\s+|{EACH}){NTH}\s+(?P<day>{DAY[1:-5]})"
        rf"\s+(?:of|in)\s+(?:the|every|each|a)\s+month\b",
        _nth_weekday,
    ),
    _piece(
        rf"{EACH}month\s+on\s+the\s+{NTH}\s+(?P<day>{DAY[1:-5]})\b",
        _nth_weekday,
    ),
    _piece(
        rf"(?:on\s+)?(?:the\s+|{EACH})"
        r"(?:(?P<last>last\s+day)|(?P<first>\d{1,2})(?:st|nd|rd|th)?(?:\s+day)?|first\s+day)"
        r"\s+(?:of|in)\s+(?:the|every|each|a)\s+month\b(?P<then>)",
        _of_each_month,
    ),
    _piece(
        rf"(?:{EACH}month|monthly)\s+on\s+(?:the\s+)?"
        r"(?:(?P<last>last\s+day)|(?P<first>\d{1,2})(?:st|nd|rd|th)?)\b(?P<then>)",
        _of_each_month,
    ),
    _piece(
        rf"(?:{EACH}year|yearly|annually)\s+on\s+"
        rf"(?:{MONTH.replace('(', '(?P<m1>', 1)}\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?"
        rf"|(?:the\s+)?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH.replace('(', '(?P<m2>', 1)})\b",
        _each_year,
    ),
    _piece(
        rf"{EACH}(?:{MONTH.replace('(', '(?P<m1>', 1)}\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?"
        rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH.replace('(', '(?P<m2>', 1)})\b",
        _each_year,
    ),
    _piece(rf"(?:{EACH}|from\s+|on\s+)?{DAY}\s*(?:-|–|to|through|until|till)\s*{DAY}", _weekday_range),
    _piece(rf"(?:{EACH}|on\s+)?(?:weekdays|weekends)\b", _each_weekday),
    _piece(rf"{EACH}(?:weekday|weekend|working\s*day|work\s*day|business\s+day)s?\b", _each_weekday),
    _piece(
        rf"{EACH}(?P<other>other\s+|second\s+)?(?P<days>{ANY_DAY}(?:{AND}{ANY_DAY})*)",
        _each_days,
    ),
    _piece(
        r"(?:on\s+)?(?:mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays)\b"
        rf"(?:{AND}(?:mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays)\b)*",
        _plural_days,
    ),
    _piece(rf"{EACH}(morning|noon|afternoon|evening|night)\b", _each_part),
    _piece(rf"{EACH}(?:(?P<n>other|second|third|fourth|{N[1:-1]})\s*)?(?P<unit>{UNIT[1:-3]})(?![a-z])", _every),
    _piece(r"(?:hourly|daily|weekly|biweekly|fortnightly|monthly|quarterly|yearly|annually)\b", _named_rhythm),
    _piece(r"(?:the\s+)?day\s+after\s+tomorrow\b", _near),
    _piece(r"(?:today|tonight|tomorrow|tmrw|this\s+(?:morning|afternoon|evening))\b", _near),
    _piece(r"(?:on\s+)?(\d{4})-(\d{1,2})-(\d{1,2})(?:T(?=\d))?", _iso),
    _piece(
        rf"(?:on\s+)?(?:{MONTH.replace('(', '(?P<m1>', 1)}\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.])"
        rf"|(?:the\s+)?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\.?\s+(?:of\s+)?{MONTH.replace('(', '(?P<m2>', 1)})"
        r"(?:,?\s+(?P<y>\d{4})\b)?",
        _month_day,
    ),
    _piece(r"(?:on\s+)?(\d{1,2})/(\d{1,2})(?:/(\d{4}))?\b", _slashes),
    _piece(r"(?:on\s+)?(\d{1,2})\.(\d{1,2})\.(\d{4})?", _dotted),
    _piece(r"(?:this|the)\s+weekend\b", _this_weekend),
    _piece(r"next\s+(weekend|week|month|year)\b", _next_unit),
    _piece(r"(?:at\s+)?(?:the\s+)?end\s+of\s+(?:the\s+)?(day|week|month)\b", _end_of),
    _piece(rf"(?:on\s+)?(?:(?P<which>next|this|coming|the)\s+)?(?P<day>{DAY[1:-5]})\b", _weekday_ahead),
    _piece(r"(?:on\s+)?the\s+(\d{1,2})(?:st|nd|rd|th)\b", _the_nth),
    _piece(
        r"(?:from|between)\s+(\d{1,2})(?::00)?\s*(am|pm)?\s*(?:-|–|to|and|until|till)"
        r"\s*(\d{1,2})(?::00)?\s*(am|pm)?(?![\d:])",
        _window,
    ),
    _piece(
        r"(?:at\s+|by\s+)?(?P<which>half|quarter|five|ten|twenty)\s+(?P<side>past|to)"
        rf"\s+(?P<n>{N[1:-1]})\b\s*(?P<half>am|pm)?",
        _past,
    ),
    _piece(r"(?:at\s+|by\s+)?(?:noon|midday|midnight)\b", _noon),
    _piece(
        r"(?:at\s+|by\s+|@\s*)?(?P<all>\d{1,2}(?:[:.]\d\d)?\s*(?:am|pm|a\.m\.?|p\.m\.?)(?![a-z])"
        rf"(?:{AND}\d{{1,2}}(?:[:.]\d\d)?\s*(?:am|pm)(?![a-z]))*)",
        _clocks,
    ),
    _piece(
        r"(?:at\s+|by\s+|@\s*)(?P<all>\d{1,2}(?:[:.]\d\d)?(?!\d|:\d|[/%-])(?:\s*(?:am|pm)\b)?"
        rf"(?:{AND}(?:at\s+)?\d{{1,2}}(?:[:.]\d\d)?(?!\d|:\d|[/%])(?:\s*(?:am|pm)\b)?)*)"
        r"(?:\s*o'?clock\b)?(?!\s*(?:minutes?|hours?|days?)\b)",
        _clocks,
    ),
    _piece(rf"(?P<all>\d{{1,2}}:\d\d(?!\d)(?:{AND}\d{{1,2}}:\d\d(?!\d))*)", _clocks),
    _piece(r"(?P<all>\d{1,2})\s*o'?clock\b", _clocks),
    _piece(
        rf"at\s+(?P<n>{HOURS_IN_WORDS})\b(?:\s*o'?clock\b)?\s*(?P<half>am|pm)?(?!\s*(?:minutes?|hours?))",
        _worded,
    ),
    _piece(r"(?:in\s+the\s+|at\s+)?(morning|afternoon|evening|night)\b", _part),
    _piece(r"(?:in\s+)?(?P<zone>[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_]+)+|(?-i:UTC|GMT)(?:[+-]\d{1,2})?)(?!\w)", _zone),
    _piece(r"(?:in\s+)?(?P<zone>[A-Z][a-z]+(?:\s[A-Z][a-z]+)?)\s+time\b", _zone),
)
