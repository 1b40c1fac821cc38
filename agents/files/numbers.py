"""Numbers before lines of a result, put there once its secrets are hidden, so that no secret is kept with numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Which lines of a result are numbered: `count` of them after the first `skipped`, counted from `first`."""

    skipped: int
    count: int
    first: int


def numbered(lines: Iterable[tuple[int, str]], numbers: Sequence[Numbers]) -> str:
    """The text, from its lines with their places in it, counted from 0; places may be missing."""
    known = {each.skipped + place: each.first + place for each in numbers for place in range(each.count)}
    return "\n".join(f"{known[place]}\t{line}" if place in known else line for place, line in lines)
