"""The command `nexora new channel`: a skeleton of an adapter with its fake, its pages and its block of settings.

It writes into the source tree and nowhere else. `channel_skeleton` beside it holds the files; in their names and texts
`__kind__`, `__Class__`, `__Title__` and `__UPPER__` stand for the name, `__traits__` for a table of what it offers.
"""

import argparse
import keyword
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from channels.base import NexoraError, Traits

ROOT = Path(__file__).parents[2]
SKELETON = Path(__file__).parent / "channel_skeleton"
TRAITS = Traits(max_text=2000)
"""What the skeleton's adapter declares."""
EXAMPLE = Path("config/nexora.example.yaml")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,15}")
_IMPORTS = re.compile(r"^(?:from channels\.\S+ import .+\n)+", re.MULTILINE)
"""Lines whose order depends on the name."""
_BLOCK = re.compile(r"^#  (\w+):\n#    kind: \1\n(?:#.*\n)*?(?=#  \w|\n)", re.MULTILINE)


class NotMade(NexoraError):
    """The skeleton of a channel was not written."""


def channel(chosen: argparse.Namespace) -> int:
    """Write the skeleton of a kind of channel, and say what comes next."""
    made = make(chosen.name, ROOT)
    for path in made:
        _say(f"  {path}")
    _say(f"  {EXAMPLE} (a block)")
    kind = chosen.name
    _say("")
    _say(f"Next:  .venv/bin/python -m pytest tests/contract -x -k {kind}   says what is to be done first,")
    _say("       and docs/write-a-channel.md what each part means. ./nexora test once makes .venv, if it is not there.")
    _say(f"Undo:  rm -r {' '.join(map(str, _places(kind)))}")
    _say(f"       and take its block out of {EXAMPLE}.")
    return 0


def make(kind: str, root: Path) -> list[Path]:
    """Write everything; what was written, relative to the root. Raises NotMade before anything is."""
    _refuse_unless_possible(kind, root)
    told = _told(kind)
    files = dict(_files(kind))
    for place, text in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(_filled(text, told), encoding="utf-8")
    _add_block(root / EXAMPLE, kind, _filled((SKELETON / "docs/example.yaml.txt").read_text(encoding="utf-8"), told))
    return list(files)


def _refuse_unless_possible(kind: str, root: Path) -> None:
    if not all((root / place).exists() for place in (EXAMPLE, Path("tests/contract"), SKELETON)):
        raise NotMade("a channel is written in a checkout of the source, and this is none: clone the repository first")
    if not _NAME.fullmatch(kind) or keyword.iskeyword(kind):
        raise NotMade(f"{kind!r} cannot name a kind: use 2 to 16 of a-z, 0-9 and _, as matrix; a letter comes first")
    there = [place for place in (Path("channels") / f"{kind}.py", *_places(kind)) if (root / place).exists()]
    if there:
        raise NotMade(f"{there[0]} is there already: choose another name, or remove it first")


def _places(kind: str) -> list[Path]:
    """The folders and pages that belong to a kind alone."""
    pages = [Path("docs/channels") / f"{kind}{suffix}" for suffix in (".md", ".zh.md")]
    return [Path("channels") / kind, Path("tests/platforms") / kind, *pages]


def _files(kind: str) -> Iterator[tuple[Path, str]]:
    adapter, fake, page, page_zh = _places(kind)
    for part, place in (("adapter", adapter), ("fake", fake)):
        for path in sorted((SKELETON / part).iterdir()):
            yield place / path.name.removesuffix(".txt"), path.read_text(encoding="utf-8")
    for name, place in (("page.md.txt", page), ("page.zh.md.txt", page_zh)):
        yield place, (SKELETON / "docs" / name).read_text(encoding="utf-8")


def _told(kind: str) -> dict[str, str]:
    words = [word.capitalize() for word in kind.split("_") if word]
    traits = "\n".join(f"| `{each.name}` | {_shown(getattr(TRAITS, each.name))} |" for each in fields(Traits))
    return {
        "__kind__": kind,
        "__Class__": "".join(words),
        "__Title__": " ".join(words),
        "__UPPER__": kind.upper(),
        "__traits__": traits,
    }


def _shown(value: object) -> str:
    """A trait as the table on a page shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _filled(text: str, told: Mapping[str, str]) -> str:
    for mark, word in told.items():
        text = text.replace(mark, word)
    return _IMPORTS.sub(lambda found: "".join(sorted(found[0].splitlines(keepends=True))), text)


def _add_block(example: Path, kind: str, block: str) -> None:
    """Put the block among the others, before the first whose name comes after it."""
    text = example.read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    if not blocks:
        raise NotMade(f"{example} shows no channel beside which this one could stand")
    after = next((each.start() for each in blocks if each[1] > kind), blocks[-1].end())
    example.write_text(text[:after] + block + text[after:], encoding="utf-8")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
