"""What differs between two packages, as a person reads it before a new version is approved."""

import difflib
from dataclasses import dataclass
from enum import StrEnum

from governance.packages.package import Package, PackageFile

MOST_LINES = 400
MOST_COMPARED_BYTES = 256 << 10
_MOST_PAIRS = 4_000_000
"""Comparing takes time with the product of both counts of lines."""


class ChangeKind(StrEnum):
    """What became of a file. Alphabetical."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file that differs. `lines` is a unified difference; empty where bytes are no text or only the mode changed.

    `is_cut` says that there is more than is shown, or that it is too much to be compared.
    """

    path: str
    kind: ChangeKind
    lines: tuple[str, ...] = ()
    is_cut: bool = False
    is_binary: bool = False
    old_mode: int | None = None
    new_mode: int | None = None


def differences(old: Package, new: Package) -> tuple[FileChange, ...]:
    """Every file that was added, removed or changed, in order."""
    before = {file.path: file for file in old.files}
    after = {file.path: file for file in new.files}
    return tuple(
        _change(path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    )


def _change(path: str, old: PackageFile | None, new: PackageFile | None) -> FileChange:
    kind = ChangeKind.ADDED if old is None else ChangeKind.REMOVED if new is None else ChangeKind.CHANGED
    texts = [_text(file) for file in (old, new)]
    lines: list[str] = []
    is_cut = is_binary = False
    if None in texts:
        is_binary = True
    else:
        first, then = (str(text).splitlines() for text in texts)
        is_cut = any(file and len(file.content) > MOST_COMPARED_BYTES for file in (old, new))
        is_cut = is_cut or len(first) * len(then) > _MOST_PAIRS
        if not is_cut:
            lines = list(difflib.unified_diff(first, then, f"old/{path}", f"new/{path}", lineterm=""))
            is_cut = len(lines) > MOST_LINES
    return FileChange(
        path=path,
        kind=kind,
        lines=tuple(lines[:MOST_LINES]),
        is_cut=is_cut,
        is_binary=is_binary,
        old_mode=old.mode if old else None,
        new_mode=new.mode if new else None,
    )


def _text(file: PackageFile | None) -> str | None:
    """The text of a file, nothing for none; None where it holds no text."""
    if file is None:
        return ""
    if b"\0" in file.content:
        return None
    try:
        return file.content.decode()
    except UnicodeDecodeError:
        return None
