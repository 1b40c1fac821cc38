"""The difference of two texts as people read it, bounded in size and work."""

import difflib
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.files.texts import LineEnds, form_of_bytes

FILE_BYTES = 256 * 1024
"""Larger files are named and not compared."""
FILE_LINES = 4_000
SHOWN_CHARACTERS = 40_000
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """Lines with their ends, and the form of their file; empty for nothing at all."""

    lines: Sequence[str] = ()
    form: str = ""


def difference(before: Path | None, after: Path | None, path: str) -> str:
    """The unified difference, or one line that says why there is none; None stands for nothing there.

    What lines do not show, encoding, byte order mark and line ends, is named where it changes.
    """
    old, new = _text(before), _text(after)
    if old is None or new is None:
        return f"--- {path}: not text, or too large to compare\n"
    if len(old.lines) + len(new.lines) > FILE_LINES:
        return f"--- {path}: {len(old.lines)} lines before, {len(new.lines)} after\n"
    compared = difflib.unified_diff(
        old.lines, new.lines, f"a/{path}" if before else "/dev/null", f"b/{path}" if after else "/dev/null", n=2
    )
    is_other = old.form and new.form and old.form != new.form
    form = f"--- {path}: {old.form} before, {new.form} after\n" if is_other else ""
    return form + "".join(line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n" for line in compared)


def bounded(texts: list[str], limit: int = SHOWN_CHARACTERS) -> str:
    """Several differences as one, cut between lines."""
    whole = "".join(texts)
    if len(whole) <= limit:
        return whole
    cut = whole.rfind("\n", 0, limit) + 1
    return f"{whole[:cut]}… {whole.count(chr(10), cut)} more lines\n"


def _text(path: Path | None) -> _Text | None:
    """The text of a file, a link as its target; None for what is no text or too large."""
    if path is None:
        return _Text()
    try:
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):
            return _Text(lines=[f"-> {path.readlink()}\n"])
        if not stat.S_ISREG(about.st_mode) or about.st_size > FILE_BYTES:
            return None
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(opened, "rb") as file:  # noqa: PTH123  # a descriptor, not a path
            data = file.read(FILE_BYTES + 1)
    except OSError:
        return None
    form = form_of_bytes(data)
    if form is None or len(data) > FILE_BYTES:
        return None
    text = data[len(form.bom) :].decode(form.encoding, "replace").replace("\r\n", "\n")
    has_ends = form.line_ends is not LineEnds.NONE
    return _Text(lines=_LINE.findall(text), form=f"{form.label}, {form.line_ends}" if has_ends else "")
