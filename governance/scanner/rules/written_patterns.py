"""Patterns that stand in `patterns.toml`, because they are long: read and compiled when they are first used."""

import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

_PART = re.compile(r"⟨(\w+)⟩")
"""A part that several patterns share, by its name in the table `parts`."""
_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}


@cache
def _written() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("patterns.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def _lowered(text: str) -> str:
    return text.lower()


def _part(named: re.Match[str]) -> str:
    return str(_written()["parts"][named[1]])


class WrittenPattern:
    """The pattern of that name, `FILE.PATTERN`, with the methods that `re.Pattern` has.

    Where the table names words, it is tried only on a text in which one of them stands: most have none.
    """

    def __init__(self, name: str) -> None:
        self._group, _, self._name = name.partition(".")

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return tuple(_written()[self._group][self._name].get("words", ()))

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        entry = _written()[self._group][self._name]
        flags = 0
        for letter in entry.get("flags", ""):
            flags |= _FLAGS[letter]
        return re.compile(_PART.sub(_part, "|".join(entry["any"])), flags)

    def _may_match(self, text: str) -> bool:
        lowered = _lowered(text) if self._words else ""
        return not self._words or any(word in lowered for word in self._words)

    def search(self, text: str) -> re.Match[str] | None:
        """The first place where it is found."""
        if not self._may_match(text):
            return None
        return self._compiled.search(text)

    def match(self, text: str) -> re.Match[str] | None:
        """Whether the text begins with it."""
        return self._compiled.match(text)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """Whether it is the whole text."""
        return self._compiled.fullmatch(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Every place where it is found."""
        return self._compiled.finditer(text) if self._may_match(text) else iter(())

    def findall(self, text: str) -> list[Any]:
        """What was found, as `re` gives it."""
        return self._compiled.findall(text)

    def sub(self, instead: Callable[[re.Match[str]], str], text: str) -> str:
        """The text with something else in each place."""
        return self._compiled.sub(instead, text)
