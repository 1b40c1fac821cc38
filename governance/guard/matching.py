"""The files of a workspace that a pattern of the shell may mean. It looks nowhere else, and neither long nor far.

What bash would expand outside the workspace is of no account: the sandbox does not hold it.
"""

import os
import posixpath
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

MOST_ENTRIES = 50_000
MOST_SECONDS = 5.0


class TooMuch(Exception):  # no error: an answer of this module to its one caller
    """More would have to be looked at than a judgement may look at."""


@dataclass(slots=True, kw_only=True)
class MatchBudget:
    """What one judgement may still look at: entries of folders, and until when by `clock`, in seconds."""

    clock: Callable[[], float] = time.monotonic
    entries_left: int = MOST_ENTRIES
    seconds: float = MOST_SECONDS
    is_stopped: bool = False
    _ends: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._ends = self.clock() + self.seconds

    def spend(self) -> None:
        """Look at one entry more; raises TooMuch where that is one too many, too late, or nobody waits any more."""
        self.entries_left -= 1
        if self.entries_left < 0 or self.is_stopped or self.clock() > self._ends:
            raise TooMuch


def matches(pattern: str, place: str, workspace: Path, budget: MatchBudget) -> Iterator[str]:
    """The paths in the workspace that the pattern means from this folder, absolute; raises TooMuch."""
    root = str(workspace)
    wanted = posixpath.normpath(posixpath.join(place, pattern))
    if not wanted.startswith(root.rstrip("/") + "/"):
        return
    parts = wanted[len(root.rstrip("/")) + 1 :].split("/")
    yield from _below(root, parts, os.path.realpath(root), budget)


def _below(folder: str, parts: list[str], root: str, budget: MatchBudget) -> Iterator[str]:
    part, rest = parts[0], parts[1:]
    if not any(mark in part for mark in "*?["):
        path = posixpath.join(folder, part)
        budget.spend()
        yield from _found(path, rest, root, budget)
        return
    try:
        entries = os.scandir(folder)
    except OSError:
        return
    with entries:
        for entry in entries:
            budget.spend()
            if fnmatchcase(entry.name, part):
                yield from _found(entry.path, rest, root, budget)


def _found(path: str, rest: list[str], root: str, budget: MatchBudget) -> Iterator[str]:
    """The path itself, or what lies below it; never what lies behind a link that leads out."""
    if not rest:
        if os.path.lexists(path):
            yield path
        return
    real = os.path.realpath(path)
    if real == root or real.startswith(root.rstrip("/") + "/"):
        yield from _below(path, rest, root, budget)
