"""Reads the command corpora: one command a line, `## section` above, ␤ for a line feed, ⟦U+202E⟧ for a character."""

import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent / "corpora"


def commands(name: str) -> Iterator[tuple[str, str]]:
    section = ""
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif line and not line.startswith("# "):
            decoded = re.sub(r"⟦U\+([0-9A-F]+)⟧", lambda match: chr(int(match[1], 16)), line)
            yield section, decoded.replace("␤", "\n")
