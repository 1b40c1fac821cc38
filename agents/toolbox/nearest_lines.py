r"""Finds what an edit may have meant that fits nowhere, and says where the two differ first. Linear in the text.

Lines that are the same, and words that are rare in the text, vote for where the first line would be; the few places
with the most votes are compared.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from itertools import zip_longest

from agents.toolbox.excerpts import lines_between, within_secrets
from agents.toolbox.indentation import before
from governance.masking import keys_in

MOST_COMPARED = 40
"""So many lines of an edit are looked for."""
_MOST_VOTERS = 300
"""A line or word that occurs more often says nothing about the place."""
_MOST_COMPARED_WHOLE = 2_000
"""A text of so many lines is compared line by line where no vote was cast."""
_CANDIDATES = 5
_LEAST_ALIKE = 0.5
_LINE_CHARACTERS = 300
_WORDS = re.compile(r"[A-Za-z0-9_]{3,}|(?=([^\x00-\x7f]{2}))")
_SHOWN = 80
_AROUND = 20
_HOLDS_ONE = "holds a secret there; write its reference exactly as you read it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What is most alike: the numbers of its first and last line, and a sentence about the first difference."""

    first: int
    last: int
    difference: str


def nearest(text: str, old: str) -> Near | None:
    """What `old` may have meant in a text in which it does not occur; None where nothing is like it."""
    given = [line.removesuffix("\r") for line in old.strip("\r\n").split("\n")][:MOST_COMPARED]
    lines = text.split("\n")
    votes: Counter[int] = Counter()
    for number, weight in _votes(lines, text, given):
        votes[number] += weight
    places = [max(0, number) for number, _ in votes.most_common(_CANDIDATES)] or list(_by_signs(lines, given))
    best = max(places, key=lambda number: _alike(lines, number, given), default=None)
    if best is None or _alike(lines, best, given) < _LEAST_ALIKE:
        return None
    there = [line.removesuffix("\r") for line in lines[best : best + len(given)]]
    start, _ = lines_between(text, best + 1, best + 1)
    secret = {best + 1 + each for each in within_secrets(text, start, lines[best : best + len(given)])}
    difference = _first_difference(there, given, best + 1, secret)
    return Near(first=best + 1, last=best + len(there), difference=difference)


def _votes(lines: Sequence[str], text: str, given: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The index at which the first line would be, and how much each line or word makes that likely."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(given):
        if line.strip():
            wanted[line.strip()].append(number)
    found: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if (key := line.strip()) in wanted and len(found[key]) <= _MOST_VOTERS:
            found[key].append(number)
    for key, numbers in found.items():
        if len(numbers) <= _MOST_VOTERS:
            yield from ((number - each, 4 + min(len(key), 40)) for number in numbers for each in wanted[key])
    yield from _votes_of_words(lines, text, given, found)


def _votes_of_words(
    lines: Sequence[str], text: str, given: Sequence[str], found: dict[str, list[int]]
) -> Iterator[tuple[int, int]]:
    words = {
        (each[1] or each[0]): number
        for number, line in enumerate(given)
        if line.strip() not in found
        for each in _WORDS.finditer(line)
    }
    chosen = sorted((word for word in words if word), key=len, reverse=True)[:MOST_COMPARED]
    rare = {word: places for word in chosen if 0 < len(places := list(_places(text, word))) <= _MOST_VOTERS}
    numbers = _line_numbers(lines, sorted({place for places in rare.values() for place in places}))
    for word, places in rare.items():
        yield from ((numbers[place] - words[word], 1 + min(len(word), 10)) for place in places)


def _by_signs(lines: Sequence[str], given: Sequence[str]) -> Iterator[int]:
    """In a short text where no word helps: the lines most like the longest one."""
    anchor = max(given, key=len).strip()
    if len(lines) > _MOST_COMPARED_WHOLE or len(anchor) > _LINE_CHARACTERS:
        return
    numbers = {line.strip(): number for number, line in enumerate(lines) if len(line) <= _LINE_CHARACTERS}
    offset = [line.strip() for line in given].index(anchor)
    for line in get_close_matches(anchor, numbers, _CANDIDATES, _LEAST_ALIKE):
        yield max(0, numbers[line] - offset)


def _places(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    for _ in range(_MOST_VOTERS + 1):
        if at < 0:
            return
        yield at
        at = text.find(word, at + len(word))


def _line_numbers(lines: Sequence[str], places: Sequence[int]) -> dict[int, int]:
    """The index of the line of each place, of places in order."""
    numbers: dict[int, int] = {}
    left = iter(places)
    place = next(left, None)
    start = 0
    for number, line in enumerate(lines):
        end = start + len(line) + 1
        while place is not None and place < end:
            numbers[place] = number
            place = next(left, None)
        if place is None:
            break
        start = end
    return numbers


def _alike(lines: Sequence[str], first: int, given: Sequence[str]) -> float:
    """How much the lines from there are like those given, from 0 to 1."""
    pairs = zip_longest(given, lines[first : first + len(given)], fillvalue="")
    return sum(_line_alike(one.strip(), other.strip()) for one, other in pairs) / len(given)


def _line_alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    return SequenceMatcher(None, one[:_LINE_CHARACTERS], other[:_LINE_CHARACTERS], autojunk=False).ratio()


def _first_difference(there: Sequence[str], given: Sequence[str], first: int, secret: Collection[int]) -> str:
    """The first difference in words, or where there is none, in blanks."""
    last = len(given) - 1
    for number, (line, yours) in enumerate(zip_longest(there, given)):
        if line is None:
            return f"the file ends before your line {_quoted(yours.strip())}"
        if not _is_part(line.strip(), yours.strip(), is_first=not number, is_last=number == last):
            if first + number in secret:
                return f"line {first + number} {_HOLDS_ONE}"
            return f"line {first + number} {_line_difference(line.strip(), yours.strip(), len(before(line)))}"
    for number, (line, yours) in enumerate(zip(there, given, strict=True), first):
        if before(line) != before(yours) and line.strip():
            return f"line {number} begins with {_blanks(before(line))}, yours with {_blanks(before(yours))}"
    return "the lines are the same, but the blank lines around them are not"


def _is_part(line: str, yours: str, *, is_first: bool, is_last: bool) -> bool:
    """Whether a line is as given, of which the first may begin, and the last end within it."""
    if is_first and is_last:
        return yours in line
    return line == yours or (is_first and line.endswith(yours)) or (is_last and line.startswith(yours))


def _line_difference(line: str, yours: str, column: int) -> str:
    """How two lines differ first; `column` characters stand before both."""
    at = next((each for each, (one, other) in enumerate(zip(line, yours, strict=False)) if one != other), None)
    at = min(len(line), len(yours)) if at is None else at
    if any(found.start <= at < found.end for found in keys_in(line)):
        return _HOLDS_ONE
    if at < min(len(line), len(yours)) and (sign := _unlike(line[at], yours[at])):
        return f"has {sign} in column {column + at + 1}"
    return f"is {_quoted(line, at)}, yours {_quoted(yours, at)}"


def _unlike(there: str, yours: str) -> str:
    """Two signs by their names where they look much alike or cannot be seen."""
    if there.isascii() and yours.isascii() and (there + yours).isprintable():
        return ""
    if there.isalnum() and yours.isalnum():
        return ""
    return f"{_name(there)}, yours {_name(yours)},"


def _name(sign: str) -> str:
    named = unicodedata.name(sign, "a control character").lower()
    return f"{sign} ({named})" if sign.isprintable() and not sign.isspace() else f"U+{ord(sign):04X} ({named})"


def _blanks(blanks: str) -> str:
    """Blanks in words: "a tab", "4 spaces"."""
    runs = [(each[0][0], len(each[0])) for each in re.finditer(r"((.)\2*)", blanks, re.DOTALL)]
    words = {" ": ("a space", "{} spaces"), "\t": ("a tab", "{} tabs")}
    named = [words[sign][count > 1].format(count) for sign, count in runs]
    return " and ".join(named) or "no blank"


def _quoted(line: str, at: int = 0) -> str:
    """The line, or what is around that place in a long one, never beginning or ending within a word."""
    if len(line) <= _SHOWN:
        return f"“{line}”"
    start = line.rfind(" ", 0, max(0, at - _AROUND)) + 1
    end = line.find(" ", at + _AROUND)
    shown = line[start : end if end > 0 else len(line)]
    if len(shown) > _LINE_CHARACTERS:
        return f"another from column {at + 1} on"
    return f"“{'…' if start else ''}{shown}{'…' if 0 < end < len(line) else ''}”"
