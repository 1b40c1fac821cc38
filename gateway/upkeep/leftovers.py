"""Old files and folders: which there are, and their removal. It follows no link.

Whether something may go is the caller's to know. Everything is opened by descriptor, so that a command of an agent that
swaps a folder for a link meanwhile gains nothing. What cannot be removed is logged and stays.
"""

import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

_log = structlog.get_logger(__name__)

MOST = 1000
"""Most of a kind that one round looks for; the rest waits for the next."""


def old_folders(place: Path, before: float, names: re.Pattern[str]) -> list[str]:
    """Folders of our own user directly in `place`, unchanged since `before` (seconds since 1970), at most `MOST`."""
    found: list[str] = []
    with _opened(place) as folder:
        for name, status in _entries(folder):
            if stat.S_ISDIR(status.st_mode) and status.st_mtime < before and names.fullmatch(name):
                found.append(name)
            if len(found) == MOST:
                break
    return found


def remove_folders(place: Path, names: Sequence[str]) -> int:
    """Remove these folders in `place` with all that is in them; how many went."""
    count = 0
    with _opened(place) as folder:
        for name in names if folder is not None else ():
            try:
                shutil.rmtree(name, dir_fd=folder)
            except OSError as error:
                _log.warning("leftover_stays", folder=str(place / name), reason=error.strerror)
            else:
                count += 1
    return count


def remove_old_files(place: Path, inner: str, before: float) -> int:
    """Remove plain files and links directly in `place`/`inner` that are older than `before`; how many went."""
    count = 0
    with _opened(place) as outer, _opened(Path(inner), outer) as folder:
        for name, status in _entries(folder):
            if stat.S_ISDIR(status.st_mode) or status.st_mtime >= before or count == MOST:
                continue
            try:
                os.unlink(name, dir_fd=folder)
            except OSError as error:
                _log.warning("leftover_stays", file=str(place / inner / name), reason=error.strerror)
            else:
                count += 1
    return count


@contextmanager
def _opened(place: Path, within: int | None = None) -> Iterator[int | None]:
    """The folder itself, never what a link in its stead points at; None when it is not there.

    A relative place lies in the folder `within`, and nowhere when that is not there.
    """
    if within is None and not place.is_absolute():
        yield None
        return
    try:
        folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=within)
    except OSError:
        yield None
        return
    try:
        yield folder
    finally:
        os.close(folder)


def _entries(folder: int | None) -> Iterator[tuple[str, os.stat_result]]:
    """What is in a folder and belongs to our own user."""
    if folder is None:
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if status.st_uid == os.geteuid():
                yield entry.name, status
