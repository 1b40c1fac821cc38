"""How the indentation of an edit differs from that of the place it means, and how new lines are indented to fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_BLANKS = " \t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indentation:
    """What stands before the lines of an edit, and what stands there in the file instead."""

    there: Mapping[str, str]

    def fit(self, line: str) -> str:
        """A new line with the indentation that the file would give it."""
        given = before(line)
        rest = line[len(given) :]
        return f"{self._meant(given)}{rest}" if rest else ""

    def _meant(self, given: str) -> str:
        if given in self.there:
            return self.there[given]
        if (added := _added(self.there)) is not None:
            return added + given
        given_of = {there: given for given, there in self.there.items()}
        if len(given_of) == len(self.there) and (removed := _added(given_of)) is not None:
            return given.removeprefix(removed) if given.startswith(removed) else ""
        known = max((each for each in self.there if given.startswith(each)), key=len, default=None)
        if known is None:
            return self._in_units(given)
        return self.there[known] + self._in_units(given[len(known) :])

    def _in_units(self, given: str) -> str:
        """The same depth as the file writes it: by the first step from one depth to the next that is known of both."""
        ordered = sorted({"": "", **self.there}.items(), key=lambda pair: len(pair[0]))
        for (one, one_there), (other, other_there) in pairwise(ordered):
            unit, unit_there = other[len(one) :], other_there[len(one_there) :]
            if other.startswith(one) and other_there.startswith(one_there) and unit and unit_there:
                return given.replace(unit, unit_there)
        return given


def _added(pairs: Mapping[str, str]) -> str | None:
    """What the second of each pair has before the first; None where that is not the same of all."""
    one, other = next(iter(pairs.items()))
    added = other.removesuffix(one)
    return added if all(f"{added}{one}" == other for one, other in pairs.items()) else None


def before(line: str) -> str:
    """The blanks before a line."""
    return line[: len(line) - len(line.lstrip(_BLANKS))]


def indentation_of(given: Sequence[str], there: Sequence[str]) -> Indentation | None:
    """How lines of the file are indented that were given otherwise; None where one depth would become two."""
    found: dict[str, str] = {}
    for one, other in zip(given, there, strict=False):
        if one.strip() and found.setdefault(before(one), before(other)) != before(other):
            return None
    return Indentation(there=found) if found else None
