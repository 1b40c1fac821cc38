"""Markdown as a tree: what was written, without the signs that said so. Plain frozen values that know no platform.

`gap` says that an empty line stood before a block, so that a dialect of plain lines can keep the writer's own spacing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Style(StrEnum):
    """How words are set. Alphabetical."""

    BOLD = "bold"
    ITALIC = "italic"
    STRUCK = "struck"


@dataclass(frozen=True, slots=True)
class Words:
    """Letters that mean nothing but themselves."""

    text: str


@dataclass(frozen=True, slots=True)
class Break:
    """The end of a line within a paragraph. Every one that was written counts: people see lines where they are."""


@dataclass(frozen=True, slots=True)
class CodeSpan:
    """Code within a line."""

    text: str


@dataclass(frozen=True, slots=True)
class Styled:
    """Words that are set differently."""

    style: Style
    spans: tuple["Span", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address with the words that stand for it, as it was written: any scheme.

    `is_bare`: the address itself was written, and the words are the address. Of a picture they describe it.
    """

    url: str
    spans: tuple["Span", ...]
    is_bare: bool = False


Span: TypeAlias = Words | Break | CodeSpan | Styled | Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Words of one or more lines."""

    spans: tuple[Span, ...]
    gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A title, of level 1 to 6."""

    level: int
    spans: tuple[Span, ...]
    gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A block of code, without the indent that it owes to where it stands. `about` is the rest of the fence's line.

    `is_open`: nothing ended it, because it is still growing or was forgotten.
    """

    text: str
    language: str = ""
    about: str = ""
    is_open: bool = False
    gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Divider:
    """A line between two parts."""

    gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """Another's words."""

    blocks: tuple["Block", ...]
    gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A point of a list. `is_done` is None where it is no task."""

    blocks: tuple["Block", ...]
    is_done: bool | None = None
    gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list; `start` is the number of its first point, None where points have none."""

    items: tuple[Item, ...]
    start: int | None = None
    gap: bool = False


Cell: TypeAlias = tuple[Span, ...]
Row: TypeAlias = tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: the first row is its head, and all rows have as many cells. `written` are its lines as they stood."""

    rows: tuple[Row, ...]
    written: tuple[str, ...] = ()
    gap: bool = False


Block: TypeAlias = Paragraph | Heading | Code | Divider | Quoted | Listing | Table


def said(spans: Iterable[Span]) -> str:
    """The letters of spans, without how they are set."""
    return "".join(_said(spans))


def _said(spans: Iterable[Span]) -> Iterator[str]:
    for span in spans:
        match span:
            case Words(text) | CodeSpan(text):
                yield text
            case Break():
                yield "\n"
            case Styled() | Link():
                yield from _said(span.spans)


def without_bold(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same spans, nothing of them bold: for titles that are bold as a whole."""
    found: list[Span] = []
    for span in spans:
        if isinstance(span, Styled):
            inner = without_bold(span.spans)
            found += inner if span.style is Style.BOLD else [Styled(span.style, inner)]
        else:
            found.append(span)
    return tuple(found)
