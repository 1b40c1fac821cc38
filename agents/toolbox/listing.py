"""Walks the workspace for the tools that list and search it: bounded in entries, depth and time, following no links."""

import os
import stat
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

MAX_ENTRIES = 50_000
MAX_DEPTH = 40
MAX_WALK_SECONDS = 5.0
HEAVY = frozenset(
    {
        *(".cache", ".git", ".hg", ".mypy_cache", ".nexora", ".pytest_cache", ".ruff_cache", ".svn", ".tox", ".venv"),
        *("__pycache__", "node_modules", "venv"),
    }
)
"""Folders that are not entered unless they are asked for by path."""


class Entry(NamedTuple):
    """A file or folder by its path from where the walk began."""

    name: str
    is_folder: bool

    @property
    def is_heavy(self) -> bool:
        """Whether it is a folder that is not entered."""
        return self.is_folder and self.name.rpartition("/")[2] in HEAVY


def entries_of(folder: int) -> Iterator[Entry]:
    """What lies in an open folder, sorted; links, devices and the like are left out."""
    for name in sorted(os.listdir(folder)):
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(mode.st_mode) or stat.S_ISREG(mode.st_mode):
            yield Entry(name, stat.S_ISDIR(mode.st_mode))


def walk(folder: int) -> Iterator[Entry]:
    """Every file and folder below an open folder, each folder's own entries before what lies deeper."""
    until = time.monotonic() + MAX_WALK_SECONDS
    left = MAX_ENTRIES
    waiting = [""]
    while waiting:
        place = waiting.pop(0)
        try:
            here = _below(folder, place)
        except OSError:
            continue
        try:
            found = list(entries_of(here))
        finally:
            os.close(here)
        for entry in found:
            left -= 1
            if left < 0 or time.monotonic() > until:
                return
            whole = entry._replace(name=f"{place}{entry.name}")
            yield whole
            if entry.is_folder and not entry.is_heavy and whole.name.count("/") < MAX_DEPTH:
                waiting.append(f"{whole.name}/")


def matches(name: str, glob: str) -> bool:
    """Whether a path fits a pattern: `*` and `?` within a part, `**` for any parts; without `/`, at any depth."""
    parts = [part for part in glob.split("/") if part not in {"", "."}]
    if len(parts) == 1 and parts[0] != "**":
        return fnmatchcase(name.rpartition("/")[2], parts[0])
    return _fits(name.split("/"), parts)


def _fits(names: list[str], parts: list[str]) -> bool:
    """Row by row over both lists, so that many `**` cost no more than their product."""
    reached = [True, *([False] * len(names))]
    for part in parts:
        if part == "**":
            for at in range(1, len(reached)):
                reached[at] = reached[at] or reached[at - 1]
        else:
            reached = [False, *(was and fnmatchcase(name, part) for was, name in zip(reached, names, strict=False))]
    return reached[-1]


def _below(folder: int, place: str) -> int:
    """A descriptor of a folder below, reached without following any link."""
    here = os.dup(folder)
    for part in place.split("/")[:-1]:
        try:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
        finally:
            os.close(here)
        here = below
    return here
