"""Which files of its workspace an agent may touch, and the only way in which tools open them.

`judge_path` answers by name, before a call; `safe_open` holds the line when the file is opened, whatever has become
of the name since. Nothing is expanded or decoded: what is judged is what is opened.
"""

import os
import unicodedata
from pathlib import Path

from governance.shell.places import steers_programs
from governance.values.reasons import because, why
from governance.values.safe_files import (
    NotOrdinary,
    OutsideWorkspace,
    PathRefused,
    relative_to,
    safe_open,
    safe_read,
    safe_replace,
    shown,
)
from governance.values.secret_names import JOINERS, folded, is_secret, unseen
from governance.values.verdicts import Allowed, Ask, Refused, Risk, Verdict

__all__ = [
    "NotOrdinary",
    "OutsideWorkspace",
    "PathRefused",
    "judge_path",
    "relative_to",
    "safe_open",
    "safe_read",
    "safe_replace",
]

MAX_PATH_BYTES = 4_096
"""The system refuses longer paths (`PATH_MAX`)."""


def judge_path(path: str, workspace: Path, *, writes: bool) -> Verdict:
    """Whether a file tool may read, or with `writes` change, this path, relative to the workspace or absolute in it.

    Refused: what lies outside, by name or by a link, and names made to deceive. Ask: names under which credentials
    are kept, and for writing those that other programs obey when they start (shells, git, CI, editors, agents).
    """
    if deceit := _deceit(path):
        return Refused(because=because(deceit))
    try:
        names = _names_of(path, workspace)
    except OutsideWorkspace as problem:
        return Refused(because=because(str(problem)))
    if any(is_secret(name) for name in names):
        return Ask(because=why("path.secret", path=shown(path)), risk=Risk.HIGH)
    if writes and any(steers_programs(name) for name in names):
        return Ask(because=why("path.obeyed", path=shown(path)), risk=Risk.HIGH)
    return Allowed(because=why("path.inside"))


def _names_of(path: str, workspace: Path) -> set[str]:
    """Every name from the workspace under which the file may be known; raises OutsideWorkspace for a link out."""
    inner = relative_to(workspace, path)
    root = os.path.realpath(workspace)
    real = os.path.relpath(os.path.realpath(os.path.join(root, inner)), root)  # noqa: PTH118  # pathlib would normalise
    if real == ".." or real.startswith("../"):
        raise OutsideWorkspace(f"{shown(path)} is a link that leads outside the workspace")
    return {name for meant in (inner, real) for name in (meant, folded(meant))}


def _deceit(path: str) -> str:  # noqa: PLR0911  # a list of reasons, one a line
    """Why no honest path looks like this; empty for an honest one."""
    if not path.strip():
        return "the path is empty"
    if len(os.fsencode(path.encode("utf-8", "replace"))) > MAX_PATH_BYTES:
        return f"the path is longer than {MAX_PATH_BYTES} bytes"
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in path if letter not in JOINERS):
        return "the path holds control characters or invisible ones"
    if "\\" in path:
        return "the path holds a backslash; folders are separated by /"
    if path.startswith("~"):
        return "~ is not expanded; use a path relative to the workspace"
    plain = unseen(path)
    if _structure(unicodedata.normalize("NFKC", plain)) != _structure(plain):
        return "the path holds characters that look like / or .. but are not"
    return ""


def _structure(path: str) -> tuple[int, int, int]:
    parts = path.split("/")
    return len(parts), parts.count(".."), path.count("\\")
