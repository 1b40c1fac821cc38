"""A package read from a folder, from descriptor to descriptor: a link, a device or a FIFO in it refuses it whole."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from governance.packages.bounds import PackageBounds, ReadTally
from governance.packages.naming import FileNames
from governance.packages.package import Package, package_of
from governance.packages.refused import PackageRefused

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_SET_UID = stat.S_ISUID | stat.S_ISGID


def read_folder(path: Path, bounds: PackageBounds = PackageBounds()) -> Package:  # noqa: B008  # a frozen value
    """All files below a folder. Raises PackageRefused, and OSError where the folder itself cannot be read."""
    top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return read_opened(top, bounds)
    finally:
        os.close(top)


def read_opened(top: int, bounds: PackageBounds = PackageBounds()) -> Package:  # noqa: B008  # a frozen value
    """All files below a folder that is open already. Raises PackageRefused, and OSError."""
    tally, names = ReadTally(bounds=bounds), FileNames()
    files: dict[str, tuple[int, bytes]] = {}
    for name, mode, content in _below(top, "", tally):
        files[names.taken(name)] = (mode, content)
    return package_of(files)


def _below(folder: int, start: str, tally: ReadTally) -> Iterator[tuple[str, int, bytes]]:
    for name in sorted(os.listdir(folder)):
        shown = start + name
        tally.entry()
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode):
            raise PackageRefused("link", file=shown)
        if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
            raise PackageRefused("device", file=shown)
        opened = _opened(name, folder, shown)
        try:
            kind = os.fstat(opened).st_mode
            if stat.S_ISDIR(kind):
                yield from _below(opened, f"{shown}/", tally)
            else:
                yield shown, kind, _read(opened, shown, tally)
        finally:
            os.close(opened)


def _opened(name: str, folder: int, shown: str) -> int:
    """What was looked at may have been changed for something else since; then it is not opened."""
    try:
        return os.open(name, _OPEN, dir_fd=folder)
    except PermissionError as problem:
        raise PackageRefused("unreadable", file=shown) from problem
    except OSError as problem:
        raise PackageRefused("link", file=shown) from problem


def _read(opened: int, shown: str, tally: ReadTally) -> bytes:
    kind = os.fstat(opened).st_mode
    if not stat.S_ISREG(kind):
        raise PackageRefused("device", file=shown)
    if kind & _SET_UID:
        raise PackageRefused("set_uid", file=shown)
    with open(opened, "rb", closefd=False) as file:
        content = file.read(tally.room())
    tally.content(shown, len(content))
    return content
