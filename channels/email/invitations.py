"""What a calendar part says, as words: what, when in which zone, where, who invites, who comes (RFC 5545, 5546)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from channels.times import at_home

_MOST_EVENTS = 5
_MOST_PEOPLE = 40
_MOST_NOTES = 2000
_MOST_LINES = 20_000
_NAME = re.compile(r"([A-Za-z0-9-]+)((?:;[^;:=]+=(?:\"[^\"]*\"|[^;:\"]*))*):(.*)", re.DOTALL)
_PARAMETER = re.compile(r";([^;:=]+)=(?:\"([^\"]*)\"|([^;:\"]*))")
_DURATION = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_TITLES = {
    "ADD": "Invitation to one more time",
    "CANCEL": "Cancelled event",
    "COUNTER": "Another time proposed",
    "DECLINECOUNTER": "Proposed time declined",
    "REFRESH": "Question for the newest state of an event",
    "REPLY": "Answer to an invitation",
    "REQUEST": "Invitation",
}
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "DELEGATED": "delegated", "TENTATIVE": "maybe"}
_DAY_LENGTH = 8


@dataclass(frozen=True, slots=True)
class _Property:
    value: str
    about: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """A value of type TEXT without its escapes."""
        return re.sub(r"\\([nN]|.)", lambda found: "\n" if found[1] in "nN" else found[1], self.value).strip()

    @property
    def line(self) -> str:
        return " ".join(self.text.split())


_Event = dict[str, list[_Property]]


def invitation(text: str, method: str = "", said: str = "") -> str:
    """The words of a calendar; "" for one without an event. `said` is what the mail says beside it."""
    whole, events = _parts(text)
    first = whole.get("METHOD", [_Property(method)])[0].value
    title = _TITLES.get((first or method).strip().upper(), "Event")
    shown = ["\n".join(_told(event, title, said)) for event in events[:_MOST_EVENTS]]
    if len(events) > _MOST_EVENTS:
        shown.append(f"[{len(events) - _MOST_EVENTS} more events]")
    return "\n\n".join(shown)


def _parts(text: str) -> tuple[_Event, list[_Event]]:
    """What the calendar says of itself, and its events and tasks."""
    whole: _Event = {}
    events: list[_Event] = []
    stack: list[tuple[str, _Event]] = []
    for name, found in _properties(text):
        if name == "BEGIN":
            stack.append((found.value.strip().upper(), {} if stack else whole))
            if stack[-1][0] in ("VEVENT", "VTODO"):
                events.append(stack[-1][1])
        elif name == "END" and stack:
            stack.pop()
        elif stack:
            stack[-1][1].setdefault(name, []).append(found)
    return whole, events


def _properties(text: str) -> Iterator[tuple[str, _Property]]:
    unfolded = re.sub(r"\r?\n[ \t]", "", text)
    for line in unfolded.splitlines()[:_MOST_LINES]:
        if found := _NAME.fullmatch(line):
            about = {name.upper(): quoted or plain for name, quoted, plain in _PARAMETER.findall(found[2])}
            yield found[1].upper(), _Property(found[3], about)


def _told(event: _Event, title: str, said: str) -> Iterator[str]:
    one = {name: found[0] for name, found in event.items()}
    state = " (cancelled)" if "STATUS" in one and one["STATUS"].value.upper() == "CANCELLED" else ""
    yield f"{title}{state}: {one['SUMMARY'].line if 'SUMMARY' in one else 'without a title'}"
    if when := _when(one):
        yield f"When: {when}"
    if "RRULE" in one:
        yield f"Repeats: {one['RRULE'].line}"
    if "LOCATION" in one and (where := one["LOCATION"].line):
        yield f"Where: {where}"
    for name in ("X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL"):
        if name in one:
            yield f"Online: {one[name].line}"
    if "ORGANIZER" in one:
        yield f"Organised by: {_person(one['ORGANIZER'])}"
    people = event.get("ATTENDEE", [])
    if people:
        more = f" and {len(people) - _MOST_PEOPLE} more" if len(people) > _MOST_PEOPLE else ""
        yield f"Attending: {', '.join(_guest(each) for each in people[:_MOST_PEOPLE])}{more}"
    for name in ("COMMENT", "DESCRIPTION"):
        notes = one[name].text[:_MOST_NOTES] if name in one else ""
        if notes and " ".join(notes.split())[:200] not in " ".join(said.split()):
            yield f"Notes: {notes}"


def _when(one: dict[str, _Property]) -> str:
    begin, end = one.get("DTSTART"), one.get("DTEND") or one.get("DUE")
    if begin is None:
        return f"until {_time(end)}" if end is not None else ""
    start, zone = _moment(begin), _zone(begin)
    if len(begin.value) == _DAY_LENGTH:
        last = _moment(end) if end is not None else None
        last = last - timedelta(days=1) if last else None  # the end is the first day after it
        days = f"{start:%Y-%m-%d}" if start else begin.value
        return f"{days} to {last:%Y-%m-%d}" if last and start and last > start else f"{days}, all day"
    finish = _moment(end) if end is not None else None
    if finish is None and start and "DURATION" in one:
        finish = start + _length(one["DURATION"].value)
    if start is None or finish is None:
        return f"{_time(begin)}{zone}"
    is_same = start.date() == finish.date() and (end is None or _zone(end) == zone)
    shown = f"{finish:%H:%M}" if is_same else f"{finish:%Y-%m-%d %H:%M}"
    if end is not None and _zone(end) != zone:
        return f"{start:%Y-%m-%d %H:%M}{zone} to {shown}{_zone(end)}"
    return f"{start:%Y-%m-%d %H:%M} to {shown}{zone}"


def _time(found: _Property) -> str:
    moment = _moment(found)
    return f"{moment:%Y-%m-%d %H:%M}" if moment else found.line


def _moment(found: _Property) -> datetime | None:
    """As it stands there, what is in UTC as the deployment's clocks have it; the zone is told beside it."""
    value = found.value.strip().rstrip("Zz")
    try:
        moment = datetime.strptime(value, "%Y%m%dT%H%M%S" if "T" in value else "%Y%m%d")  # noqa: DTZ007 -- as said above
        return at_home(moment.replace(tzinfo=UTC))[0].replace(tzinfo=None) if _is_utc(found) else moment
    except (OverflowError, ValueError):
        return None


def _is_utc(found: _Property) -> bool:
    return found.value.strip().upper().endswith("Z")


def _name_of_home(found: _Property) -> str:
    """What the zone of the deployment is called at that time; UTC where that is no time."""
    try:
        moment = datetime.strptime(found.value.strip().upper(), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return at_home(moment)[1]
    except (OverflowError, ValueError):
        return "UTC"


def _zone(found: _Property) -> str:
    if _is_utc(found):
        return f" ({_name_of_home(found)})"
    name = found.about.get("TZID", "").rpartition(".net/")[2].lstrip("/")
    return f" ({name})" if name else ""


def _length(text: str) -> timedelta:
    found = _DURATION.match(text.strip().lstrip("+"))
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups()) if found else (0,) * 5
    return timedelta(weeks=min(weeks, 5000), days=min(days, 5000), hours=hours, minutes=minutes, seconds=seconds)


def _person(found: _Property) -> str:
    address = re.sub(r"^mailto:", "", found.value.strip(), flags=re.IGNORECASE)
    name = " ".join(found.about.get("CN", "").split())
    return f"{name} <{address}>" if name and name.lower() != address.lower() else address


def _guest(found: _Property) -> str:
    answer = _ANSWERS.get(found.about.get("PARTSTAT", "").upper(), "")
    role = "optional" if found.about.get("ROLE", "").upper() == "OPT-PARTICIPANT" else ""
    told = ", ".join(each for each in (role, answer) if each)
    return f"{_person(found)} ({told})" if told else _person(found)
