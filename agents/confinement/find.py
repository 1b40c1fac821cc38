"""Looks for a regular expression in files, in a process of its own: a hostile one may take for ever, and is killed.

Started as `python -I -S -B -c BOOT folder plan`, with the names of files on its input and the folder that holds them
as an open descriptor. It follows no links and opens nothing but ordinary files below that folder.
"""

import json
import os
import re
import stat
import sys
from typing import Any

BOOT = "import sys;sys.path.insert(0,sys.argv[1]);from agents.confinement.find import main;main(sys.argv[2])"
_MAX_LINE = 4_000
_SNIFFED_BYTES = 1_024


def main(plan: str) -> None:
    """Write a JSON list `[name, line, text]` for each line found, at once, until there are enough."""
    wanted: dict[str, Any] = json.loads(plan)
    pattern = re.compile(wanted["pattern"], re.IGNORECASE if wanted["ignore_case"] else 0)
    left: int = wanted["most"]
    for name in json.load(sys.stdin):
        for number, line in enumerate(_lines_of(wanted["folder"], name, wanted["file_bytes"]), 1):
            text = line[:_MAX_LINE]
            if pattern.search(text):
                found = json.dumps([name, number, text.strip()[: wanted["shown"]]])
                os.write(1, f"{found}\n".encode())
                left -= 1
                if not left:
                    return


def _lines_of(folder: int, name: str, limit_bytes: int) -> list[str]:
    """The lines of a text file; none for what is no text, is too large or is gone."""
    try:
        opened = _open(folder, name)
    except OSError:
        return []
    with open(opened, "rb") as file:  # noqa: PTH123  # a descriptor, not a path
        about = os.fstat(opened)
        if not stat.S_ISREG(about.st_mode) or about.st_size > limit_bytes:
            return []
        data = file.read(limit_bytes)
    return [] if b"\0" in data[:_SNIFFED_BYTES] else data.decode("utf-8", "replace").splitlines()


def _open(folder: int, name: str) -> int:
    """Folder by folder, so that none that became a link meanwhile is followed."""
    *above, last = name.split("/")
    here = os.dup(folder)
    try:
        for part in above:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        return os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
    finally:
        os.close(here)
