r"""Finds the place in a text that an edit means, also where it was copied inexactly; it reads and changes no file.

A ladder: as it is, with other line ends, without the line numbers of `read_file`, with other blanks at the ends of
lines, with other indentation, with other punctuation. Each step is tried only where those before found nothing, and
counts only where it finds one place. Nothing here is quadratic in the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, pairwise

from agents.toolbox.indentation import Indentation, indentation_of

MOST_PLACES = 100_000
"""So many places are replaced at once at most."""
LONGEST_INEXACT = 100_000
"""What is longer is looked for as it is and with other line ends alone, in characters."""
LINE_END = re.compile(r"\r?\n")
_NAMED = 10
_NUMBERED = re.compile(r"[ \t]{0,8}(\d{1,9})(?:\t|→|: ?|\| ?)")
_BLANKS = " \t"
_BREAK = r"[ \t]*+\r?\n"
_LAST_BREAK = r"[ \t]*+(?:\r?\n|\Z)"
_END = r"[ \t]*+(?=\r?\n|\Z)"


class MatchStep(StrEnum):
    """How exactly an edit fits, from the most exact; the value completes "it was found …"."""

    EXACT = "as it is"
    LINE_ENDS = "with the line ends of the file"
    NUMBERS = "without the line numbers"
    TRAILING = "with other blanks at the ends of lines"
    INDENTATION = "with the indentation of the file, which new was given too"
    PUNCTUATION = "with the punctuation of the file"


TO_THE_LETTER = frozenset({MatchStep.EXACT, MatchStep.LINE_ENDS, MatchStep.TRAILING})
"""Steps after which every new line is written as it was given."""
_REPEATED = TO_THE_LETTER | {MatchStep.NUMBERS}
"""Steps by which several places are replaced at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlace:
    """Where it was found: characters `start` to `end`, and how indentation there differs from what was given."""

    start: int
    end: int
    indentation: Indentation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlaces:
    """The places, at least one, in order and apart. `old` and `new` are without line numbers."""

    step: MatchStep
    places: tuple[FoundPlace, ...]
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """It fits in more places than one, or in more than can be replaced. `lines` are the numbers of the first ones."""

    step: MatchStep
    lines: tuple[int, ...]
    is_more: bool = False


def find(text: str, old: str, new: str, *, every: bool = False, strict: bool = False) -> FoundPlaces | Several | None:
    """Where an edit belongs; None for nowhere. `every`: in all places. `strict`: only as `TO_THE_LETTER` finds it."""
    plain, plain_new, number = (old, new, 0) if strict else _without_numbers(old, new)
    for step, places in _ladder(text, old, plain, is_numbered=bool(number)):
        if (strict and step not in TO_THE_LETTER) or (every and step is MatchStep.EXACT and _has_ends(text, old)):
            continue
        found = tuple(islice(places, MOST_PLACES + 1 if every or number else _NAMED + 1))
        if not found:
            continue
        given, put = (old, new) if step in {MatchStep.EXACT, MatchStep.LINE_ENDS} else (plain, plain_new)
        chosen = tuple(_apart(found)) if every and step in _REPEATED else _at(text, number, found)
        if len(chosen) == 1 or (every and step in _REPEATED and len(found) <= MOST_PLACES):
            return FoundPlaces(step=step, places=chosen, old=given, new=put)
        lines = tuple(dict.fromkeys(line_of(text, each.start) for each in found[: _NAMED + 1]))
        return Several(step=step, lines=lines[:_NAMED], is_more=len(lines) > _NAMED)
    return None


def _at(text: str, number: int, found: tuple[FoundPlace, ...]) -> tuple[FoundPlace, ...]:
    """Of several places the one at the line of that number, if there is one; else all."""
    if not number or len(found) == 1:
        return found
    start = 0
    for _ in range(number - 1):
        start = text.find("\n", start) + 1
        if not start:
            return found
    end = text.find("\n", start)
    here = tuple(each for each in found if start <= each.start and (end < 0 or each.start <= end))
    return here if len(here) == 1 else found


def line_of(text: str, at: int) -> int:
    r"""The number of the line of that character, from 1; lines end at `\n`."""
    return text.count("\n", 0, at) + 1


def folded(text: str) -> str:
    """The text with plain quotes, dashes, blanks and full-width signs, each character in its place."""
    return text if text.isascii() else text.translate(_FOLDED)


def _ladder(text: str, old: str, plain: str, *, is_numbered: bool) -> Iterator[tuple[MatchStep, Iterator[FoundPlace]]]:
    """Each step with the places that it finds, overlapping ones too."""
    yield MatchStep.EXACT, _literal(text, old)
    if "\r" in text or "\r" in old:
        yield MatchStep.LINE_ENDS, _by_pattern(text, _lines_pattern(old))
    if len(old) > LONGEST_INEXACT:
        return
    if is_numbered:
        yield MatchStep.NUMBERS, _by_pattern(text, f"(?m:^){_lines_pattern(plain)}")
    yield MatchStep.TRAILING, _by_pattern(text, _trailing_pattern(plain))
    yield MatchStep.INDENTATION, _indented(text, text, plain)
    flat, flat_old = folded(text), folded(plain)
    if flat != text or flat_old != plain:
        yield MatchStep.PUNCTUATION, _by_pattern(flat, _whole_words(flat_old, _lines_pattern(flat_old)))
        yield MatchStep.PUNCTUATION, _by_pattern(flat, _whole_words(flat_old, _trailing_pattern(flat_old)))
        yield MatchStep.PUNCTUATION, _indented(flat, text, flat_old)


def _has_ends(text: str, old: str) -> bool:
    """Whether its lines may end in more than one way there, so that as it is would not be everywhere."""
    return "\n" in old and "\r\n" in text


def _literal(text: str, old: str) -> Iterator[FoundPlace]:
    at = text.find(old)
    while at >= 0:
        yield FoundPlace(start=at, end=at + len(old))
        at = text.find(old, at + 1)


def _by_pattern(text: str, pattern: str) -> Iterator[FoundPlace]:
    if not pattern:
        return
    compiled = re.compile(pattern)
    found = compiled.search(text)
    while found and found.end() > found.start():
        yield FoundPlace(start=found.start(), end=found.end())
        found = compiled.search(text, found.start() + 1)


def _indented(flat: str, text: str, old: str) -> Iterator[FoundPlace]:
    """Whole lines that are the same but for their indentation, where that differs in one and the same way."""
    given = LINE_END.split(old)
    for place in _by_pattern(flat, _indentation_pattern(given)):
        there = LINE_END.split(text[place.start : place.end])
        if (indentation := indentation_of(given, there)) is not None:
            yield FoundPlace(start=place.start, end=place.end, indentation=indentation)


def _lines_pattern(old: str) -> str:
    """As it is, but for the line ends."""
    return r"\r?\n".join(map(re.escape, LINE_END.split(old)))


def _trailing_pattern(old: str) -> str:
    """As it is, but for line ends and blanks before them; the end of the text may stand for the last line end."""
    *lines, last = LINE_END.split(old)
    if not any(line.strip() for line in (*lines, last)):
        return ""
    pieces = [f"{re.escape(line.rstrip(_BLANKS))}{_BREAK}" for line in lines]
    if not last:
        pieces[-1] = pieces[-1].replace(_BREAK, _LAST_BREAK)
    end = re.escape(last.rstrip(_BLANKS)) + (_END if last[-1:] in {" ", "\t"} else "")
    begin = "" if (lines or [last])[0].rstrip(_BLANKS) else r"(?<![ \t])"
    return f"{begin}{''.join(pieces)}{end}"


def _indentation_pattern(lines: list[str]) -> str:
    """Whole lines without regard to blanks around them."""
    if not any(line.strip() for line in lines):
        return ""
    *inner, last = [re.escape(line.strip(_BLANKS)) for line in lines]
    pieces = [f"[ \\t]*+{line}{_BREAK}" if line else _BREAK for line in inner]
    if not last:
        pieces[-1] = pieces[-1].replace(_BREAK, _LAST_BREAK)
    return f"(?m:^){''.join(pieces)}" + (f"[ \\t]*+{last}{_END}" if last else "")


def _whole_words(old: str, pattern: str) -> str:
    """The pattern where it does not begin or end inside a word."""
    if not pattern:
        return ""
    before = r"(?<![A-Za-z0-9_])" if re.match(r"\w", old, re.ASCII) else ""
    after = r"(?![A-Za-z0-9_])" if re.search(r"\w\Z", old, re.ASCII) else ""
    return f"{before}{pattern}{after}"


def _apart(places: tuple[FoundPlace, ...]) -> Iterator[FoundPlace]:
    """Those that do not begin within the one before."""
    end = 0
    for place in places:
        if place.start >= end:
            yield place
            end = place.end


def _without_numbers(old: str, new: str) -> tuple[str, str, int]:
    """Both without the numbers of lines, and the first of them; as they are, and 0, where not every line has one."""
    ends = LINE_END.findall(old)
    lines = LINE_END.split(old)
    counted = lines[:-1] if len(lines) > 1 and not lines[-1] else lines
    found = [_NUMBERED.match(line) for line in counted]
    numbers = [int(each[1]) for each in found if each]
    if len(numbers) < len(counted) or any(after != before + 1 for before, after in pairwise(numbers)):
        return old, new, 0
    bare = [line[each.end() :] for line, each in zip(counted, found, strict=True) if each]
    rest = [*bare, *lines[len(counted) :]]
    plain = "".join(part for pair in zip(rest, [*ends, ""], strict=True) for part in pair)
    if not plain.strip():
        return old, new, 0
    return plain, re.sub(rf"(?m)^{_NUMBERED.pattern}", "", new), numbers[0]


_FOLDED = {
    **{0xFF01 + number: 0x21 + number for number in range(94)},
    **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u202f\u3000"), " "),
    **dict.fromkeys(map(ord, "‘’‚‛′´＇"), "'"),
    **dict.fromkeys(map(ord, "“”„‟″«»＂"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-"),
    0x3002: ".",
    0x3001: ",",
}
