"""Searches one open file of any size and encoding in flat memory, and keeps the lines that are to be shown."""

import io
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, NamedTuple

from agents.files import texts
from agents.files.searching.seeking import Hit, Seeker

LONGEST = 1 << 20
"""A longer line is searched in parts of about so many characters, each with the end of the one before."""
OVERLAP = 2_000
SHOWN_CHARACTERS = 300
_BEFORE = 100
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


class SearchMode(StrEnum):
    """What is asked for: the lines, the names of the files, or how many lines of each."""

    COUNT = "count"
    FILES = "files"
    LINES = "lines"


class ShownLine(NamedTuple):
    """A line as it is shown. `column` is that of its first letter here, above 1 where the beginning is left out."""

    number: int
    column: int
    text: str
    is_hit: bool


class NoText(Exception):  # what was found out, no error
    """The file is no text."""


class OverTime(Exception):  # as above
    """Trying a line took too long; raised in the middle of it."""


@dataclass(slots=True, kw_only=True)
class HitBounds:
    """What is kept of a file: so many hits with so many lines around each, or none where `hits` is 0."""

    mode: SearchMode
    context: int = 0
    hits: int = 20


@dataclass(slots=True)
class Finds:
    """What was found in one file. `stuck` is the line at which the time was over, 0 where it was not."""

    seeker: Seeker
    bounds: HitBounds
    count: int = 0
    stuck: int = 0
    is_parted: bool = False
    lines: dict[int, ShownLine] = field(default_factory=dict)
    _number: int = 1
    _column: int = 1
    _last: int = 0
    _tail: list[str] = field(default_factory=list)
    _owed: int = 0

    @property
    def is_enough(self) -> bool:
        """Whether nothing more need be known of this file."""
        return self.bounds.mode is SearchMode.FILES and self.count > 0

    def take(self, text: str, again: int = 0) -> None:
        """Search the next piece of the file: whole lines, or a part of one whose last `again` letters come again."""
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        self._pay(text)
        number, counted = self._number, 0
        try:
            for hit in self.seeker.hits(text):
                number += text.count("\n", counted, hit.start)
                counted = hit.start
                if number != self._last:
                    self._last = number
                    self.count += 1
                    self._keep(text, hit, number)
                if self.is_enough:
                    return
        except OverTime:
            self.stuck = self._number + text.count("\n", 0, self.seeker.at)
            return
        self._go_on(text, again)

    def _go_on(self, text: str, again: int) -> None:
        if again:
            self._column += len(text) - again
            self.is_parted = True
            return
        if self.bounds.context:
            self._tail = [*self._tail, *text.removesuffix("\n").rsplit("\n", self.bounds.context)][
                -self.bounds.context :
            ]
        self._number += text.count("\n")
        self._column = 1

    def _keep(self, text: str, hit: Hit, number: int) -> None:
        if self.bounds.mode is not SearchMode.LINES or self.count > self.bounds.hits:
            return
        base = self._column if number == self._number else 1
        line = text[hit.start : hit.end]
        start = 0 if len(line) <= SHOWN_CHARACTERS else max(0, min(hit.begins - _BEFORE, len(line) - SHOWN_CHARACTERS))
        self.lines[number] = _line(number, base + start, line[start:], is_hit=True)
        for away, around in enumerate(self._before(text, hit.start), 1):
            self.lines.setdefault(number - away, _line(number - away, 1, around))
        following = _following(text, hit.end, self.bounds.context)
        for away, around in enumerate(following, 1):
            self.lines.setdefault(number + away, _line(number + away, 1, around))
        self._owed = self.bounds.context - len(following)

    def _before(self, text: str, start: int) -> Iterator[str]:
        left = self.bounds.context
        while left and start:
            end = start - 1
            start = text.rfind("\n", 0, end) + 1
            yield text[start:end]
            left -= 1
        yield from self._tail[::-1][:left]

    def _pay(self, text: str) -> None:
        """Keep what the hit before still wants of this piece."""
        if self._owed and self._column == 1:
            for away, line in enumerate(_following(text, -1, self._owed)):
                self.lines.setdefault(self._number + away, _line(self._number + away, 1, line))
                self._owed -= 1


def search(opened: int, finds: Finds, beat: Callable[[], None]) -> None:
    """Search an open file. `beat` is called before each piece. Raises NoText, OSError."""
    about = os.fstat(opened)
    if not stat.S_ISREG(about.st_mode):
        raise NoText
    if about.st_size > texts.WHOLE_BYTES:
        with open(opened, "rb", closefd=False) as file:  # a descriptor, not a path
            _search_file(file, texts.form_of(file), finds, beat)
        return
    data = _whole(opened, about.st_size)
    if b"\0" not in data and not data.startswith(_WIDE_MARKS):
        if finds.seeker.rules_out(data):
            return
        if data.isascii():
            beat()
            finds.take(data.decode("ascii"))
            if finds.count and texts.form_of_bytes(data) is None:
                raise NoText
            return
    _search_file(io.BytesIO(data), texts.form_of_bytes(data), finds, beat)


def _whole(opened: int, size: int) -> bytes:
    data = os.read(opened, size + 1)
    while len(data) < size and (more := os.read(opened, size - len(data))):
        data += more
    return data


def _search_file(file: BinaryIO, form: texts.Form | None, finds: Finds, beat: Callable[[], None]) -> None:
    if form is None:
        raise NoText
    file.seek(0)
    for text, again in _pieces(file, form):
        beat()
        finds.take(text, again)
        if finds.is_enough or finds.stuck:
            return


def _pieces(file: BinaryIO, form: texts.Form) -> Iterator[tuple[str, int]]:
    rest = ""
    for text in texts.decoded(file, form):
        rest += text
        if cut := rest.rfind("\n") + 1:
            yield rest[:cut], 0
            rest = rest[cut:]
        elif len(rest) > LONGEST:
            yield rest, OVERLAP
            rest = rest[-OVERLAP:]
    if rest:
        yield rest, 0


def _following(text: str, end: int, most: int) -> list[str]:
    """At most so many of the lines after the one that ends there."""
    found: list[str] = []
    while len(found) < most and end + 1 < len(text):
        start = end + 1
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        found.append(text[start:end])
    return found


def _line(number: int, column: int, text: str, *, is_hit: bool = False) -> ShownLine:
    cut = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
    return ShownLine(number, column, texts.shown(cut), is_hit)
