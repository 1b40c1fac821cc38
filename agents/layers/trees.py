"""Looks at what lies at a path, and follows no links: what it is, how large, whether it changed. Changes nothing."""

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

_BLOCK_BYTES = 512
_UNCOUNTED = 1 << 30
"""What lies where nobody can look counts as so many files: too many, whatever the bound."""
ABSENT = "-"
"""The stamp of a path at which there is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A file, a link, or a folder with all that is in it.

    stamp: equal when nothing changed; made of kinds, sizes, times of change and link targets, not of content.
    newest_ns: when the latest change of anything in it was noted, which no program can set back. files: of all kinds,
    folders too.
    """

    stamp: str = ABSENT
    size_bytes: int = 0
    files: int = 0
    newest_ns: int = 0

    @property
    def is_absent(self) -> bool:
        """Whether there is nothing."""
        return self.stamp == ABSENT


def tree_at(path: Path) -> Tree:
    """What lies there now."""
    try:
        about = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Tree()
    if not stat.S_ISDIR(about.st_mode):
        target = _target(path) if stat.S_ISLNK(about.st_mode) else ""
        return Tree(stamp=stamp_of(about, target), size_bytes=about.st_size, files=1, newest_ns=about.st_ctime_ns)
    return _folder(str(path), about)


def stamp_of(about: os.stat_result, target: str = "") -> str:
    """The stamp of a file or link; `target` is where a link leads."""
    if stat.S_ISLNK(about.st_mode):
        return f"l:{target}"
    return f"f:{about.st_size}:{about.st_mtime_ns}:{stat.S_IMODE(about.st_mode):o}"


def written_in(upper: Path) -> tuple[int, int]:
    """Bytes on the disk and number of files and links below a folder; marks of what was removed do not count."""
    size = files = 0
    left = [str(upper)]
    while left:
        try:
            listing = list(os.scandir(left.pop()))
        except OSError as problem:
            files += _UNCOUNTED if problem.errno == errno.ENAMETOOLONG else 0
            continue
        for each in listing:
            if each.is_dir(follow_symlinks=False):
                left.append(each.path)
                continue
            try:
                about = each.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if not stat.S_ISCHR(about.st_mode):
                size += about.st_blocks * _BLOCK_BYTES
                files += 1
    return size, files


def _folder(top: str, about: os.stat_result) -> Tree:
    """All of a folder; one that disappears while we look counts as empty."""
    seen: list[str] = []
    size = files = 0
    newest = about.st_ctime_ns
    left = [""]
    while left:
        inner = left.pop()
        try:
            listing = list(os.scandir(f"{top}/{inner}"))
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        for each in listing:
            found = each.stat(follow_symlinks=False)
            name = f"{inner}{each.name}"
            files += 1
            newest = max(newest, found.st_ctime_ns)
            if stat.S_ISDIR(found.st_mode):
                seen.append(f"{name}/")
                left.append(f"{name}/")
                continue
            size += found.st_size
            target = _target(Path(top, name)) if stat.S_ISLNK(found.st_mode) else ""
            seen.append(f"{name}\0{stamp_of(found, target)}")
    digest = hashlib.sha256("\n".join(sorted(seen)).encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return Tree(stamp=f"d:{digest}", size_bytes=size, files=files + 1, newest_ns=newest)


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""
