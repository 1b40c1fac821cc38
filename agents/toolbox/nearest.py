"""What a wrong path may have meant: names like it in the workspace, found in bounded time."""

import os
import time
from difflib import get_close_matches
from pathlib import Path

from agents.files.searching.walking import Passed, walk
from governance.guard.paths import safe_open

MOST_NAMED = 5
_MOST_WALKED = 20_000
_WALK_SECONDS = 1.0
_ALIKE = 0.6


def missing(workspace: Path, path: str) -> str:
    """A sentence about a path where nothing is, with the nearest names and the next step."""
    near = nearest(workspace, path)
    if not near:
        return f"there is no {path}; list_files shows what there is"
    return f"there is no {path}; did you mean {' or '.join(near)}? list_files shows everything"


def nearest(workspace: Path, path: str) -> list[str]:
    """Paths from the workspace, the likeliest first: the same name elsewhere, then names like it."""
    names = _names(workspace)
    wanted = path.strip("/").rpartition("/")[2].casefold()
    by_last: dict[str, list[str]] = {}
    for name in names:
        by_last.setdefault(name.rpartition("/")[2].casefold(), []).append(name)
    alike = get_close_matches(wanted, list(by_last), n=MOST_NAMED, cutoff=_ALIKE)
    found = [name for last in dict.fromkeys([wanted, *alike]) for name in sorted(by_last.get(last, ()), key=len)]
    return found[:MOST_NAMED]


def _names(workspace: Path) -> list[str]:
    """Files and folders below the workspace, as many as are soon found."""
    until = time.monotonic() + _WALK_SECONDS
    names: list[str] = []
    folder = safe_open(workspace, ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        for level in walk(folder, Passed(), until=until):
            names += [f"{level.place}{name}" for name in (*level.files, *level.folders)]
            if len(names) >= _MOST_WALKED:
                break
    finally:
        os.close(folder)
    return names[:_MOST_WALKED]
