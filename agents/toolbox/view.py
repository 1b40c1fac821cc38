"""A part of a text as a model reads it: numbered lines up to a size, long ones cut, and how to read on."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from agents.files.line_index import LineIndex
from agents.files.texts import Piece, lines, shown
from agents.tools.schema import ToolFailed

MOST_LINES = 2_000
MOST_CHARACTERS = 22_000
"""Below the longest result of a call, so that the references in the place of secrets have room."""
LINE_CHARACTERS = 2_000
ALONE_CHARACTERS = 20_000
_COUNT_SECONDS = 5.0
_PIECE = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLines:
    """Which lines, counted from 1 or, if negative, from the end; an `end` of 0 is as far as they fit.

    From a `column` beyond 1 on only the first of them is shown.
    """

    start: int = 1
    end: int = 0
    column: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """Lines from the `first` on, without their numbers, and what is to be said below them."""

    first: int
    rows: Sequence[str]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A part of a line: `length` is that of the whole, at least that where it is not `is_counted`."""

    text: str
    length: int
    is_counted: bool


def viewed(file: BinaryIO, index: LineIndex, wanted: WantedLines, path: str) -> LineView:
    """Those lines; raises ToolFailed where there are none."""
    first, last = _range(index, wanted, path)
    if not index.seek(file, first):
        raise ToolFailed(f"{path} has only {index.lines} lines")
    last = first if wanted.column > 1 else last
    limit = ALONE_CHARACTERS if first == last else LINE_CHARACTERS
    rows: list[str] = []
    room = MOST_CHARACTERS
    pieces = lines(file, index.form, number=first, longest=_PIECE)
    for number in range(first, min(last, first + MOST_LINES - 1) + 1):
        line = _line(pieces, wanted.column, limit)
        row = _told(line, wanted.column, limit, path)
        room -= len(row) + len(f"{number}") + 2
        if room < 0 and rows:
            break
        rows.append(row)
        if not line.is_counted:
            break
    clean = [shown(row) for row in rows]
    broken = [] if clean == rows else [f"(� stands for each byte that is not {index.form.encoding})"]
    return LineView(first=first, rows=clean, notes=[*broken, *_rest(index, first, first + len(rows) - 1, last)])


def _range(index: LineIndex, wanted: WantedLines, path: str) -> tuple[int, int]:
    total = index.lines
    if not index.is_complete and (min(wanted.start, wanted.end) < 0 or wanted.start > total):
        raise ToolFailed(f"only the first {total} lines of {path} are counted yet; call it again, and it goes on")
    first, end = (total + 1 + place if place < 0 else place for place in (wanted.start, wanted.end))
    first = max(1, first)
    if first > total:
        raise ToolFailed(f"{path} has only {total} lines; start_line=-100 reads the last 100")
    if wanted.end and end < first:
        raise ToolFailed(f"end_line {wanted.end} lies before start_line {wanted.start}; both are numbers of lines")
    return first, min(end, total) if wanted.end else total


def _line(pieces: Iterator[Piece], column: int, limit: int) -> _Line:
    """The next line from that column on, up to a limit, and how long it is."""
    until = time.monotonic() + _COUNT_SECONDS
    text, length = "", 0
    for piece in pieces:
        part = piece.text.removesuffix("\r") if piece.ends else piece.text
        length = piece.column - 1 + len(part)
        if length >= column and len(text) < limit:
            text = (text + part[max(0, column - piece.column) :])[:limit]
        if piece.ends:
            return _Line(text=text, length=length, is_counted=True)
        if time.monotonic() > until and len(text) == limit:
            return _Line(text=text, length=length, is_counted=False)
    return _Line(text=text, length=length, is_counted=True)


def _told(line: _Line, column: int, limit: int, path: str) -> str:
    if column > 1 and column > line.length:
        raise ToolFailed(f"that line of {path} has only {line.length} characters")
    shown_to = column - 1 + len(line.text)
    if shown_to >= line.length:
        return line.text
    how_many = f"{line.length:,}" if line.is_counted else f"more than {line.length:,}"
    return f"{line.text[:limit]}…[{how_many} characters; column={shown_to + 1} reads on]"


def _rest(index: LineIndex, first: int, shown_to: int, last: int) -> list[str]:
    if shown_to >= last:
        return []
    total = f"{index.lines}" if index.is_complete else f"more than {index.lines}"
    return [f"(lines {first}-{shown_to} of {total}; start_line={shown_to + 1} reads on)"]
