"""Finds the lines of a text that an expression is found in. Each line is tried by itself, without its end."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agents.files.searching.literals import required


class Hit(NamedTuple):
    """Where a line stands in the text, and where in that line what was found begins and ends."""

    start: int
    end: int
    begins: int
    ends: int


class Seeker:
    """One expression. What a line must hold is looked for first, and the expression tried only on lines that do."""

    def __init__(self, pattern: str, *, ignore_case: bool, literal: bool) -> None:
        """Raises re.error for what is no expression."""
        self._line = re.compile(re.escape(pattern) if literal else pattern, re.IGNORECASE if ignore_case else 0)
        self._ignores_case = bool(self._line.flags & re.IGNORECASE)
        self._texts = required(self._line.pattern, self._line.flags)
        self._is_ascii = all(text.isascii() for text in self._texts)
        try:
            self._needles = [text.encode() for text in self._texts]
        except UnicodeEncodeError:
            self._texts, self._needles = (), []
        self.at = 0
        """Where the line that is being tried begins."""

    def rules_out(self, data: bytes) -> bool:
        """Whether no line of a file with these bytes can be hit, in any encoding but UTF-16 and UTF-32."""
        if not self._needles:
            return False
        if self._ignores_case:
            return data.isascii() and not _holds(data.lower(), self._needles)
        if _holds(data, self._needles):
            return False
        return self._is_ascii or data.isascii() or _is_utf8(data)

    def hits(self, text: str) -> Iterator[Hit]:
        """The lines of a text, which end at line feeds alone, in which it is found."""
        search = self._line.search
        for start, end in self._candidates(text):
            self.at = start
            if found := search(text[start:end]):
                yield Hit(start, end, *found.span())

    def _candidates(self, text: str) -> Iterator[tuple[int, int]]:
        if not self._texts or (self._ignores_case and not text.isascii()):
            return _every(text)
        return _holding(text.lower() if self._ignores_case else text, self._texts)


def _holds(data: bytes, needles: Sequence[bytes]) -> bool:
    return any(needle in data for needle in needles)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _every(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1


def _holding(text: str, wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The lines that hold one of the wanted texts."""
    after = 0
    places = {each: text.find(each) for each in wanted}
    while places := {each: place for each, place in places.items() if place >= 0}:
        place = min(places.values())
        start = text.rfind("\n", after, place) + 1 or after
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        yield start, end
        after = end + 1
        places = {each: at if at >= after else text.find(each, after) for each, at in places.items()}
