"""Numbers before lines of a result, put there once its secrets are hidden, so that no secret is kept with numbers."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Which lines of a result are numbered: `count` of them after the first `skipped`, counted from `first`."""

    skipped: int
    count: int
    first: int


def numbered(lines: Iterable[tuple[int, str]], numbers: Numbers) -> str:
    """The text, from its lines with their places in it, counted from 0; places may be missing."""
    return "\n".join(_row(place - numbers.skipped, line, numbers) for place, line in lines)


def _row(place: int, line: str, numbers: Numbers) -> str:
    return f"{numbers.first + place}\t{line}" if 0 <= place < numbers.count else line
