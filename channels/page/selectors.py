"""Which elements of a page a selector means, by the names, classes and attributes that it asks for."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_LONGEST = 200
_MOST_STEPS = 200_000
_STEP = re.compile(r"\s*([>+~]|\s)\s*")
_SIMPLE = re.compile(
    r"([.#]?)((?:[\w-]|[^\x00-\x7f]|\\.)+)|\[\s*([\w-]+)\s*(?:([*^$~|]?=)\s*[\"']?([^\"'\]]*)[\"']?\s*)?\]|(\*)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What selectors ask of one element; `parent` is the place of the one above it in the list, -1 for none."""

    tag: str
    about: Mapping[str, str | None]
    parent: int
    classes: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Compound:
    """What is asked of one element."""

    tag: str = ""
    name: str = ""
    classes: set[str] = field(default_factory=set)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)

    def fits(self, element: Element) -> bool:
        if self.tag not in ("", element.tag) or self.name not in ("", element.about.get("id")):
            return False
        if not self.classes <= element.classes:
            return False
        return all(_has(element.about, *asked) for asked in self.attributes)


class Index:
    """The elements of a page by what selectors ask for first. What costs too much means nothing any more."""

    def __init__(self, elements: list[Element]) -> None:
        self._elements = elements
        self._steps = 0
        self._by: dict[str, list[int]] = defaultdict(list)
        for number, element in enumerate(elements):
            self._by[element.tag].append(number)
            if name := element.about.get("id"):
                self._by[f"#{name}"].append(number)
            for each in element.classes:
                self._by[f".{each}"].append(number)

    def meant(self, selector: str) -> Iterator[int]:
        """The places of the elements that a selector means; none for one that asks for more than is known here."""
        chain = _chain(selector) if len(selector) <= _LONGEST else None
        if chain is None:
            return
        last = chain[-1][1]
        for number in self._candidates(last):
            self._steps += 1
            if self._steps > _MOST_STEPS:
                return
            if last.fits(self._elements[number]) and self._is_below(number, chain[:-1], chain[-1][0]):
                yield number

    def _candidates(self, asked: _Compound) -> Iterable[int]:
        if asked.name:
            return self._by.get(f"#{asked.name}", ())
        if asked.classes:
            return min((self._by.get(f".{each}", []) for each in asked.classes), key=len)
        return self._by.get(asked.tag, ()) if asked.tag else range(len(self._elements))

    def _is_below(self, number: int, chain: list[tuple[str, _Compound]], step: str) -> bool:
        """Whether what the chain asks for stands above. The nearest that fits is taken, which is enough but for `>`."""
        above = self._elements[number].parent
        for before, asked in reversed(chain):
            while above >= 0 and step == " " and not asked.fits(self._elements[above]):
                self._steps += 1
                above = self._elements[above].parent
            if above < 0 or not asked.fits(self._elements[above]):
                return False
            above, step = self._elements[above].parent, before
        return True


def _chain(selector: str) -> list[tuple[str, _Compound]] | None:
    """The compounds of a selector, each with what stands before it: a blank or `>`."""
    pieces = _STEP.split(selector.strip())
    found: list[tuple[str, _Compound]] = []
    for number in range(0, len(pieces), 2):
        step = pieces[number - 1] if number else ""
        asked = _compound(pieces[number])
        if asked is None or step in ("+", "~"):
            return None
        found.append((" " if step.isspace() else step, asked))
    return found


def _compound(text: str) -> _Compound | None:
    asked, at = _Compound(), 0
    while at < len(text):
        found = _SIMPLE.match(text, at)
        if found is None:
            return None
        kind, word, name, how, value, _ = found.groups()
        if word and not kind:
            asked.tag = word.lower()
        elif word and kind == "#":
            asked.name = word.replace("\\", "")
        elif word:
            asked.classes.add(word.replace("\\", ""))
        elif name:
            asked.attributes.append((name.lower(), how or "", value or ""))
        at = found.end()
    return asked if text else None


def _has(about: Mapping[str, str | None], name: str, how: str, value: str) -> bool:
    if name not in about:
        return False
    given = about[name] or ""
    if how == "*=":
        return value in given
    if how == "^=":
        return given.startswith(value)
    if how == "$=":
        return given.endswith(value)
    if how == "~=":
        return value in given.split()
    return not how or (given == value if how == "=" else given == value or given.startswith(f"{value}-"))
