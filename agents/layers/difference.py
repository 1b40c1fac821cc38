"""The difference of two texts as people read it, bounded in size and work."""

import difflib
import os
import stat
from pathlib import Path

FILE_BYTES = 256 * 1024
"""Larger files are named and not compared."""
FILE_LINES = 4_000
SHOWN_CHARACTERS = 40_000
_SNIFFED_BYTES = 8_192


def difference(before: Path | None, after: Path | None, path: str) -> str:
    """The unified difference, or one line that says why there is none; None stands for nothing there."""
    old, new = _lines(before), _lines(after)
    if old is None or new is None:
        return f"--- {path}: not text, or too large to compare\n"
    if len(old) + len(new) > FILE_LINES:
        return f"--- {path}: {len(old)} lines before, {len(new)} after\n"
    compared = difflib.unified_diff(
        old, new, f"a/{path}" if before else "/dev/null", f"b/{path}" if after else "/dev/null", n=2
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n" for line in compared)


def bounded(texts: list[str], limit: int = SHOWN_CHARACTERS) -> str:
    """Several differences as one, cut between lines."""
    whole = "".join(texts)
    if len(whole) <= limit:
        return whole
    cut = whole.rfind("\n", 0, limit) + 1
    return f"{whole[:cut]}… {whole.count(chr(10), cut)} more lines\n"


def _lines(path: Path | None) -> list[str] | None:
    """Lines with their ends; none for nothing, a link as its target; None for what is no text or too large."""
    if path is None:
        return []
    try:
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):
            return [f"-> {path.readlink()}\n"]
        if not stat.S_ISREG(about.st_mode) or about.st_size > FILE_BYTES:
            return None
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(opened, "rb") as file:  # noqa: PTH123  # a descriptor, not a path
            data = file.read(FILE_BYTES + 1)
    except OSError:
        return None
    if b"\0" in data[:_SNIFFED_BYTES] or len(data) > FILE_BYTES:
        return None
    return data.decode("utf-8", "replace").replace("\r\n", "\n").splitlines(keepends=True)
