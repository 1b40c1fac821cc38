"""Paths in the settings: a relative one counts from the folder of the file it is written in."""

from pathlib import Path
from typing import Any

from pydantic import ValidationInfo


def resolved(given: Any, info: ValidationInfo) -> Any:
    """A path as written, relative to the file it is written in, `~` included."""
    if not isinstance(given, str | Path):
        return given
    base = (info.context or {}).get("base") or Path.cwd()
    return base / Path(given).expanduser()
