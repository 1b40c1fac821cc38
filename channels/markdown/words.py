"""What several dialects need of Markdown: where code ends, tables as columns, a card letter by letter.

It knows no platform; an adapter brings what its own dialect takes for live. Pure functions of text.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from channels.messages import BodyKind, Card

JOINER = "\u2060"
"""A word joiner, which nobody sees: between a sign and what it would act on, it makes the sign a letter."""

_CELLS = re.compile(r"(?<!\\)\|")
_MARKS = re.compile(r"([\\`*_~\[\]#>|!])")
_INDENTED = re.compile(r"[ \t]*(`{3,}|~{3,})[^`]*$")
_TICKS = re.compile(r"`{3,}")


def end_of_fence(lines: Sequence[str], start: int, opened: str) -> int:
    """The line, from `start` on, that closes the fence which `opened` began; the number of lines when none does."""
    for index in range(start, len(lines)):
        closing = lines[index].strip()
        if len(closing) >= len(opened) and not closing.strip(opened[0]):
            return index
    return len(lines)


def dedented(lines: Sequence[str], opening: str) -> list[str]:
    """The lines of a block of code without the blanks before `opening`, the line of the fence that began it.

    A fence inside a list is indented as far as the item's words are, which may be more than three blanks.
    """
    most = len(opening) - len(opening.lstrip())
    return [line[min(most, len(line) - len(line.lstrip())) :] for line in lines]


def flush(text: str) -> str:
    """The text with every block of code at the margin, for what knows no code inside of lists."""
    lines, at = text.split("\n"), 0
    while at < len(lines):
        if fence := _INDENTED.match(lines[at]):
            end = end_of_fence(lines, at + 1, fence[1]) + 1
            lines[at:end] = dedented(lines[at:end], lines[at])
            at = end
        else:
            at += 1
    return "\n".join(lines)


def cells_of(line: str) -> list[str]:
    """The cells of one row of a table."""
    return [cell.strip() for cell in _CELLS.split(line.strip().strip("|"))]


def rows_of(lines: Sequence[str]) -> list[list[str]]:
    """The rows of a table without its divider, each with as many cells as the longest."""
    rows = [cells_of(line) for line in lines]
    columns = max(len(row) for row in rows)
    return [row + [""] * (columns - len(row)) for row in rows]


def widths_of(rows: Sequence[Sequence[str]]) -> list[int]:
    """The width of each column."""
    return [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]


def aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """A row whose cells stand below those of the others, in a font of fixed width."""
    return "  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)).rstrip()


def width(text: str) -> int:
    """Columns on a screen, of which a Chinese sign takes two."""
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def unmarked(text: str) -> str:
    """The text with every mark escaped, so that it is shown as it stands."""
    return _MARKS.sub(r"\\\1", text)


def fenced(text: str) -> str:
    """The text as a block of code that nothing inside it closes."""
    fence = "`" * (max((len(run) for run in _TICKS.findall(text)), default=2) + 1)
    return f"{fence}\n{text}\n{fence}"


def card_words(card: Card, escaped: Callable[[str], str]) -> str:
    """A card as Markdown; `escaped` makes any text of it be shown letter by letter."""
    lines = [f"**{escaped(card.title)}**"]
    lines += [f"{escaped(fact.label)}: {escaped(fact.value)}" for fact in card.facts]
    if card.body.strip():
        lines.append(escaped(card.body) if card.body_kind is BodyKind.TEXT else fenced(card.body))
    if card.note:
        lines.append(escaped(card.note))
    return "\n".join(lines)
