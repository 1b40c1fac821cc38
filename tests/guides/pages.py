"""A guide as somebody follows it: its numbered steps, what each says in bold, and the blocks to be pasted."""

import json
import re
import textwrap
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PAGES = Path(__file__).parents[2] / "docs" / "channels"
LANGUAGES = ("en", "zh")
_STEP = re.compile(r"^(\d+)\. ")
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Something to paste, as `kind` (json, yaml) it is."""

    kind: str
    text: str

    def read(self) -> Any:
        return json.loads(self.text) if self.kind == "json" else yaml.safe_load(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. `does`: what it sets in bold, in order, which is what is to be done."""

    number: int
    text: str
    blocks: tuple[Block, ...] = ()
    does: tuple[str, ...] = field(default=())

    def block(self, kind: str) -> Block:
        """The one of that kind; fails when there is none to paste."""
        [found] = [block for block in self.blocks if block.kind == kind]
        return found


class Page:
    """The guide of a kind of channel in one language."""

    def __init__(self, kind: str, language: str) -> None:
        self.text = (PAGES / f"{kind}{'.zh' if language == 'zh' else ''}.md").read_text(encoding="utf-8")
        self.kind = kind

    @property
    def lists(self) -> list[list[Step]]:
        """The numbered lists of the page, in order."""
        found: list[list[Step]] = []
        for lines in _steps(self.text):
            step = _step("\n".join(lines))
            if step.number == 1:
                found.append([])
            found[-1].append(step)
        return found

    def settings(self, mode: str, usual: str) -> list[Block]:
        """The blocks of settings with a channel of this kind in that mode, in the order of the page.

        usual: the mode of a channel that names none.
        """
        found = [block for block in _blocks(self.text) if block.kind == "yaml" and "\nchannels:" in f"\n{block.text}"]
        return [block for block in found if self._is_of(block, mode, usual)]

    def _is_of(self, block: Block, mode: str, usual: str) -> bool:
        [channel] = block.read()["channels"].values()
        return bool(channel["kind"] == self.kind and channel.get("mode", usual) == mode)

    @property
    def troubles(self) -> list[list[str]]:
        """The rows of the table of errors: what is seen, what it means, what to do."""
        tables = re.findall(r"^(?:\|.*\n)+", self.text, flags=re.MULTILINE)
        heads = ("what you see", "看到的内容")
        [found] = [table for table in tables if table.lstrip("| ").startswith(heads)]
        return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in found.splitlines()[2:]]


@cache
def page(kind: str, language: str) -> Page:
    return Page(kind, language)


def _steps(text: str) -> list[list[str]]:
    """The lines of each numbered step, with what is indented below it."""
    found: list[list[str]] = []
    is_inside = False
    for line in text.splitlines():
        if _STEP.match(line):
            found.append([line])
            is_inside = True
        elif is_inside and (not line or line.startswith("  ")):
            found[-1].append(line)
        else:
            is_inside = False
    return found


def _step(text: str) -> Step:
    number = _STEP.match(text)
    assert number is not None
    words = _FENCE.sub("", text)
    return Step(number=int(number[1]), text=words, blocks=tuple(_blocks(text)), does=tuple(_BOLD.findall(words)))


def _blocks(text: str) -> list[Block]:
    return [Block(kind=found[2], text=textwrap.dedent(found[3])) for found in _FENCE.finditer(text)]
