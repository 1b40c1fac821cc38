"""Walks the folders below an open one, and keeps in mind what it passes over, so that it can be said."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

MAX_DEPTH = 100
HEAVY = frozenset(
    {
        *(".cache", ".git", ".hg", ".mypy_cache", ".nexora", ".pytest_cache", ".ruff_cache", ".svn", ".tox", ".venv"),
        *("__pycache__", "node_modules", "venv"),
    }
)
"""Folders that are not entered unless they are asked for by path."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderContents(NamedTuple):
    """What lies in one folder, each list sorted. `place` leads there, as `src/lib/`.

    `descriptor` is the open folder, until the next level is asked for.
    """

    place: str
    descriptor: int
    files: list[str]
    folders: list[str]
    links: list[str]


@dataclass(slots=True, kw_only=True)
class Passed:
    """What a walk passed over, by paths from where it began; `is_cut` when it was stopped with `left` folders to go."""

    heavy: list[str] = field(default_factory=list)
    deep: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    links: int = 0
    others: int = 0
    is_cut: bool = False
    left: int = 0


def walk(root: int, passed: Passed, *, until: float, is_stopped: Callable[[], bool] = bool) -> Iterator[FolderContents]:
    """Each folder below an open one, itself first, those of a level before those below.

    It ends at `until`, in seconds of the monotonic clock, or when it is stopped; then `passed.is_cut`.
    """
    waiting = deque([""])
    while waiting:
        if time.monotonic() > until or is_stopped():
            passed.is_cut, passed.left = True, len(waiting)
            return
        place = waiting.popleft()
        try:
            here = open_folder(root, place)
        except OSError:
            passed.closed.append(place)
            continue
        try:
            level = _level(place, here, passed)
            yield level
        finally:
            os.close(here)
        for name in level.folders:
            whole = f"{place}{name}/"
            if name in HEAVY:
                passed.heavy.append(whole)
            elif whole.count("/") > MAX_DEPTH:
                passed.deep.append(whole)
            else:
                waiting.append(whole)


def open_folder(root: int, place: str) -> int:
    """A descriptor of a folder below, `a/b/`, reached without following any link."""
    here = os.dup(root)
    for part in place.split("/")[:-1]:
        try:
            below = os.open(part, _FOLDER, dir_fd=here)
        finally:
            os.close(here)
        here = below
    return here


def _level(place: str, here: int, passed: Passed) -> FolderContents:
    files, folders, links = [], [], []
    with os.scandir(here) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                files.append(entry.name)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif entry.is_symlink():
                links.append(entry.name)
            else:
                passed.others += 1
    passed.links += len(links)
    return FolderContents(place, here, sorted(files), sorted(folders), sorted(links))
