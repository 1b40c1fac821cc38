"""What lies in a new workspace of the rehearsal, so that there is something to list, read, search and change."""

from pathlib import Path

from channels.locales import say

_FILES = ("notes.txt", "sales.csv")


def furnish(folder: Path, language: str) -> None:
    """Put the files into a folder that was just made."""
    for name in _FILES:
        (folder / name).write_text(say(f"rehearsal.file.{name}", language), encoding="utf-8")
