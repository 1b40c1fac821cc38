"""Finds the times in what somebody wrote, and leaves the words that are to be said then.

Times stand at the beginning, at the end or on both sides of the words; those in the midst belong to the words. Times in
quotation marks are all of the times.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from channels.text.grammar import plain
from governance.schedules.phrases import chinese, english
from governance.schedules.phrases.english import Piece
from governance.schedules.phrases.facts import Doubt, Facts, Unsure
from governance.schedules.timing import Cron, SecondsRefused, Timing, TimingWrong, cron

_MOST = 2000
_QUOTED = re.compile(r"""\s*["“”「『'‘](?P<times>[^"“”」』’]{1,200})["“”」』'’][\s,，:：]*(?P<words>.*)""", re.DOTALL)
_NAMES = "MON|TUE|WED|THU|FRI|SAT|SUN|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_FIGURES = r"[\d*][\d*/,-]*"
_DATES = rf"(?:[\d*?L][\d*/,LW#?-]*|(?:{_NAMES})(?:[-,#/][\w#]+)*)"
_CRON = re.compile(
    rf"\s*({_FIGURES}\s+{_FIGURES}(?:\s+{_DATES}){{3}}(?:\s+\*\S*)?)(?=\s|$)(.*)", re.DOTALL | re.IGNORECASE
)
"""Five fields; a sixth counts as one where it begins with a star."""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LEAD = re.compile(
    r"(?:\s*(?:please\b|pls\b|can you\b|remind me\b|remind\b|tell me\b|wake me\b|请|麻烦|帮我|记得|到时候?"
    r"|(?:提醒|告诉|通知|叫)我?一?下?)[\s,，:：]*)+",
    re.IGNORECASE,
)
_BEFORE_WORDS = re.compile(
    r"[\s,，:：;；—–-]*(?:(?:please|pls)\b\s*)?(?:remind me\b\s*)?(?:to\b\s*|that\b\s*|about\b\s*|of\b\s*)?[\s,，:：]*"
    r"(?:请)?(?:记得)?(?:(?:提醒|通知|叫|告诉)我?(?:一下)?)?[\s,，:：]*",
    re.IGNORECASE,
)
_STARTS = re.compile(r"(?<!\w)\w|[\u4e00-\u9fff]|@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was understood: when, in which zone if one was named, and the words that are left."""

    timing: Timing
    words: str
    zone: str = ""


def read(text: str, now: datetime, zone: str) -> Read | Unsure:
    """The times and words of it for somebody in that zone, or what to ask back. Raises SecondsRefused."""
    text = text.strip()[:_MOST]
    if found := _QUOTED.fullmatch(text):
        whole = _whole(found["times"], now, zone)
        if isinstance(whole, Read):
            return Read(timing=whole.timing, words=found["words"].strip(), zone=whole.zone)
        if whole is not None:
            return whole
    if found := _CRON.fullmatch(text):
        try:
            return Read(timing=Timing((cron(found[1]),)), words=found[2].strip())
        except TimingWrong:
            pass
    try:
        return _around(text, now, zone)
    except Doubt as doubt:
        return doubt.unsure


def read_times(text: str, now: datetime, zone: str) -> Read | Unsure:
    """Times alone. Raises SecondsRefused."""
    return _whole(text, now, zone) or Unsure(word="none")


def _whole(text: str, now: datetime, zone: str) -> Read | Unsure | None:
    """What it means where all of it is times."""
    try:
        if len(text.split()) in {5, 6} and _CRON.fullmatch(text):
            return Read(timing=Timing((cron(text),)), words="")
    except SecondsRefused:
        raise
    except TimingWrong:
        pass
    usual = _usual(text)
    facts = _facts(now, zone)
    try:
        end = _consume(usual, 0, facts, _pieces(usual), _glue(usual))
        if end < len(usual) or not _says(facts):
            return None
        return _read(facts, "", now)
    except Doubt as doubt:
        return doubt.unsure


def _around(text: str, now: datetime, zone: str) -> Read | Unsure:
    usual = _usual(text)
    same = usual if len(usual) == len(text) else ""
    shown, pieces, glue = (text if same else usual), _pieces(usual), _glue(usual)
    facts = _facts(now, zone)
    start = _behind(_LEAD, usual, 0)
    end = _consume(usual, start, facts, pieces, glue)
    begins = end if _says(facts) else start
    ends = len(usual)
    if not _says(facts) or not facts.has_time:
        ends, facts = _from_behind(usual, begins, facts, pieces, glue)
    if not _says(facts):
        return Unsure(word="none")
    if before := _BEFORE_WORDS.match(usual, begins, ends):
        begins = before.end()
    return _read(facts, shown[begins:ends].strip(" ,，;；:："), now)


def _from_behind(
    text: str, begins: int, found: Facts, pieces: Sequence[Piece], glue: re.Pattern[str]
) -> tuple[int, Facts]:
    """Where the times at the end begin, the longest first, and all that is known with them."""
    bare = text.rstrip(" .。!！?？")
    for start in (match.start() for match in _STARTS.finditer(text, begins)):
        if start <= begins and _says(found):
            continue
        facts = _copy(found)
        try:
            end = _consume(bare, start, facts, pieces, glue)
        except Doubt:
            if _ends_in_doubt(bare, start, pieces, glue):
                raise
            continue
        if end >= len(bare) and facts != found:
            return start, facts
    return len(text), found


def _ends_in_doubt(text: str, start: int, pieces: Sequence[Piece], glue: re.Pattern[str]) -> bool:
    """Whether the piece that is in doubt stands where times do, rather than among the words."""
    at = _behind(glue, text, start)
    lengths = [match.end() for pattern, _ in pieces if (match := pattern.match(text, at))]
    return bool(lengths) and max(lengths) >= len(text)


def _consume(text: str, at: int, facts: Facts, pieces: Sequence[Piece], glue: re.Pattern[str]) -> int:
    """Take one piece after another; where the last one ends, blanks behind it left out."""
    while True:
        begins = _behind(glue, text, at)
        for pattern, handler in pieces:
            match = pattern.match(text, begins)
            if match and match.end() > begins:
                handler(match, facts)
                at = match.end()
                break
        else:
            return begins if begins == len(text) else at


def _read(facts: Facts, words: str, now: datetime) -> Read:
    try:
        timing = facts.timing(now)
    except (OverflowError, ValueError) as error:
        raise Doubt("no_day") from error
    for line in timing.lines:
        if isinstance(line, Cron):
            try:
                cron(line.expression)
            except TimingWrong as error:
                raise Doubt("no_day") from error
    return Read(timing=timing, words=words, zone=facts.zone)


def _facts(now: datetime, zone: str) -> Facts:
    return Facts(now=now.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0))


def _copy(facts: Facts) -> Facts:
    given = {name: getattr(facts, name) for name in Facts.__dataclass_fields__}
    return Facts(**{**given, "clocks": list(facts.clocks), "weekdays": list(facts.weekdays)})


def _says(facts: Facts) -> bool:
    """Whether anything about a time was found."""
    return facts != Facts(now=facts.now, zone=facts.zone)


def _usual(text: str) -> str:
    """With the usual letters for wide ones, sign for sign, so that places stay what they are."""
    return "".join(usual if len(usual := plain(sign)) == 1 else sign for sign in text)


def _pieces(text: str) -> Sequence[Piece]:
    return (*chinese.PIECES, *english.PIECES) if _HAN.search(text) else english.PIECES


def _glue(text: str) -> re.Pattern[str]:
    return chinese.GLUE if _HAN.search(text) else english.GLUE


def _behind(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
