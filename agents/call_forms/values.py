"""Values as models write them, in the form of an argument: what a tool names in its `ArgumentHabit`.

What is no such value stays as it was, and the tool's own check says what is wrong with it.
"""

import json
import os
import re
import shlex
from pathlib import Path, PurePosixPath
from typing import Any

_VIRTUAL = "/workspace"
"""What many assistants call the folder in which tools work."""
_INVENTED = re.compile(r"/(?:home/(?:user|username)|Users/(?:user|username)|path/to|mnt/data|app|repo|project)/")
"""How paths begin that models make up when they know of no folder."""
_OF_WINDOWS = re.compile(r"[^/\\\s][^/\\]*(\\[^/\\]+)+")
_BARE_ADDRESS = re.compile(r"(?:[\w-]+\.)+[a-zA-Z]{2,}(?::\d+)?(?:[/?#]|\Z)")
_TIME = re.compile(r"(\d{1,9})\s*(ms|s|sec|seconds?|m|min|minutes?)?", re.IGNORECASE)
_LONGEST_SECONDS = 3_600
"""A time that is longer was meant in milliseconds."""


def as_text(value: Any, _: Path) -> Any:
    """One text in a list is that text, and a number its digits."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def as_command(value: Any, workspace: Path) -> Any:
    """A command for bash; its words in a list are quoted, unless they call a shell for the last of them."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value[2] if value[:2] in (["bash", "-lc"], ["bash", "-c"], ["sh", "-c"]) else shlex.join(value)
    return as_text(value, workspace)


def as_content(value: Any, workspace: Path) -> Any:
    """The content of a file; what was given as JSON is written out."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    return as_text(value, workspace)


def as_path(value: Any, workspace: Path) -> Any:
    """Relative to the workspace, without the quotes and signs of other systems."""
    text = as_text(value, workspace)
    if not isinstance(text, str):
        return text
    path = text.strip()
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"`":
        path = path[1:-1].strip()
    if _OF_WINDOWS.fullmatch(path) and not os.path.lexists(workspace / path):
        path = path.replace("\\", "/")
    if not path.startswith("/") or Path(path).is_relative_to(workspace):
        return path
    if path == _VIRTUAL or path.startswith(f"{_VIRTUAL}/"):
        return path[len(_VIRTUAL) :].strip("/") or "."
    parts = PurePosixPath(path).parts[1:]
    ends = range(len(parts)) if _INVENTED.match(path) else range(1)
    inner = next((each for each in (str(PurePosixPath(*parts[at:])) for at in ends) if _is_there(each, workspace)), "")
    return inner or path


def _is_there(inner: str, workspace: Path) -> bool:
    return inner != "." and ".." not in PurePosixPath(inner).parts and os.path.lexists(workspace / inner)


def as_url(value: Any, workspace: Path) -> Any:
    """With the scheme that people leave out: `example.org/page`, but not `localhost:80` or `mailto:ann@example.org`."""
    text = as_text(value, workspace)
    if not isinstance(text, str):
        return text
    url = text.strip().strip("<>'\"`").strip()
    return f"https://{url}" if _BARE_ADDRESS.match(url) else url


def as_number(value: Any, _: Path) -> Any:
    """A whole number, also where it was written with a point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def as_seconds(value: Any, workspace: Path) -> Any:
    """A time in seconds, also where it has a unit or was meant in milliseconds."""
    value = as_number(value, workspace)
    if isinstance(value, str) and (found := _TIME.fullmatch(value.strip())):
        number, unit = int(found[1]), (found[2] or "").lower()
        value = number // 1_000 if unit == "ms" else number * 60 if unit.startswith("m") else number
    is_milliseconds = isinstance(value, int) and not isinstance(value, bool) and value > _LONGEST_SECONDS
    return -(-value // 1_000) if is_milliseconds else value
