"""Tables for those who have none: columns in a font of fixed width, and records where that would be too wide."""

from collections.abc import Iterator, Sequence

from channels.shared.markdown.tree import Cell, Table
from channels.shared.markdown.walk import PLAIN
from channels.text.columns import width

BETWEEN = 2


def cells_of(table: Table) -> list[list[str]]:
    """The rows of a table as plain words, each cell on one line."""
    return [[" ".join(PLAIN.spans(cell).split()) for cell in row] for row in table.rows]


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows with their cells below each other, in a font of fixed width."""
    widths = [max(width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [_aligned(row, widths) for row in rows]


def wide(rows: Sequence[Sequence[str]]) -> int:
    """How many columns of a screen the table takes."""
    return sum(max(width(row[column]) for row in rows) + BETWEEN for column in range(len(rows[0]))) - BETWEEN


def records(table: Table) -> Iterator[tuple[Cell, list[tuple[Cell, Cell]]]]:
    """Each row below the head: its first cell, and the others, each after that of the head; empty ones are left out."""
    head, *rows = table.rows
    for row in rows:
        yield row[0], [(name, cell) for name, cell in zip(head[1:], row[1:], strict=True) if cell]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    between = " " * BETWEEN
    return between.join(cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=True)).rstrip()
