"""Reads the sets: a command a line, `## class: verdict[, network]` above, ␤ for a line feed, ⟦U+202E⟧ for a character.

A section's verdict is what a person who knows the sandbox would want: `free`, `asks` (a person decides; refused is as
good) or `refused` (nobody may approve it). `network` marks what does nothing of use without reaching another machine.
The lines of the files that end in `_held_out` are never looked at one by one while the guard is made better: what is
told of them is how many of a class were judged otherwise.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "sets"
HELD_OUT = "_held_out"
_SECTION = re.compile(r"## (?P<kind>[^:]+): (?P<expected>free|asks|refused)(?P<network>, network)?")
_CHARACTER = re.compile(r"⟦U\+([0-9A-F]+)⟧")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One command of a set, and what its section says of it."""

    command: str
    kind: str
    expected: str
    needs_network: bool


def lines(name: str) -> Iterator[Line]:
    """The lines of `everyday` or `dangerous`, with `_held_out` behind it the other third of them."""
    section = None
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("\n"):
        if line.startswith("## "):
            section = _SECTION.fullmatch(line)
            if section is None:
                raise ValueError(line)
        elif line and not line.startswith("# "):
            if section is None:
                raise ValueError(line)
            yield Line(
                command=_decoded(line),
                kind=section["kind"],
                expected=section["expected"],
                needs_network=bool(section["network"]),
            )


def _decoded(line: str) -> str:
    return _CHARACTER.sub(lambda match: chr(int(match[1], 16)), line).replace("␤", "\n")
