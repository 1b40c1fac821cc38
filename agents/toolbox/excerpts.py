r"""Shows lines of a text around what was changed or meant, with their numbers, as `read_file` does.

Bounded, and without cutting through a secret: secrets are hidden later, where they are seen whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agents.files.numbers import Numbers
from agents.files.texts import shown
from agents.tools.tool import ToolResult
from governance.masking import keys_in

AROUND = 3
MOST_SPANS = 20
_MOST_LINES = 60
_LONGEST_LINE = 300
_ENDS_OF_LONG = 8
"""So many lines are shown of the beginning and the end of a long change."""
_SECRET_REACHES = 20_000
"""A secret of several lines is at most so long, in characters."""

Span = tuple[int, int]
"""Characters from the first to before the last."""
Row = tuple[int, str]
"""A line with its number; 0 for what is no line of the text."""


def excerpt(text: str, spans: Sequence[Span], *, around: int = AROUND) -> list[Row]:
    """The lines of those characters, in order, and so many before and after each; some left out."""
    rows: list[Row] = []
    last = -1
    for first, end in _ranges(text, spans[:MOST_SPANS], around):
        if last >= 0 and first > last + 1:
            rows.append((0, "…"))
        rows += _rows(text, first, end)
        last = end
        if len(rows) > _MOST_LINES:
            break
    return rows


def told(said: str, rows: Sequence[Row], *, ok: bool = True) -> ToolResult:
    """A sentence with such lines below it, numbered."""
    skipped = said.count("\n") + 1
    numbers: list[Numbers] = []
    for place, (number, _) in enumerate(rows, skipped):
        before = numbers[-1] if numbers else None
        if before and number == before.first + before.count and place == before.skipped + before.count:
            numbers[-1] = replace(before, count=before.count + 1)
        elif number:
            numbers.append(Numbers(skipped=place, count=1, first=number))
    return ToolResult(text="\n".join([said, *(line for _, line in rows)]), ok=ok, numbers=tuple(numbers))


def lines_between(text: str, first: int, last: int) -> Span:
    """The characters of lines from `first` to `last`, counted from 1, without the last line end."""
    start = 0
    for _ in range(first - 1):
        start = text.find("\n", start) + 1
    end = start
    for _ in range(last - first + 1):
        found = text.find("\n", end)
        if found < 0:
            return start, len(text)
        end = found + 1
    return start, end - 1


def count_lines(text: str) -> int:
    r"""How many lines there are; what comes after the last `\n` is one where there is something."""
    return text.count("\n") + (not text.endswith("\n") if text else 0)


def _ranges(text: str, spans: Sequence[Span], around: int) -> Iterator[Span]:
    """First and last line of each group, counted from 0, groups that touch being one."""
    total = max(1, count_lines(text))
    known: Span | None = None
    at = line = 0
    for start, end in sorted(spans):
        line += text.count("\n", at, start)
        at = start
        inside = text.count("\n", start, max(start, end - 1))
        first, last = max(0, line - around), min(total - 1, line + inside + around)
        if known and first <= known[1] + 1:
            known = known[0], max(last, known[1])
            continue
        if known:
            yield known
        known = first, last
    if known:
        yield known


def _rows(text: str, first: int, last: int) -> Iterator[Row]:
    start, end = lines_between(text, first + 1, last + 1)
    lines = text[start:end].split("\n")
    secret = within_secrets(text, start, lines)
    for number, line in enumerate(lines):
        if len(lines) > 3 * _ENDS_OF_LONG and _ENDS_OF_LONG <= number < len(lines) - _ENDS_OF_LONG:
            if number == _ENDS_OF_LONG:
                yield 0, f"… {len(lines) - 2 * _ENDS_OF_LONG} more lines …"
            continue
        yield first + number + 1, "(part of a secret)" if number in secret else _bounded(shown(line.removesuffix("\r")))


def within_secrets(text: str, start: int, lines: Sequence[str]) -> set[int]:
    """Which of the lines that begin at that character are parts of secrets of several lines, counted from 0."""
    end = start + sum(len(line) + 1 for line in lines)
    begin = max(0, start - _SECRET_REACHES)
    around = text[begin : end + _SECRET_REACHES]
    if "-----BEGIN" not in around:
        return set()
    found = [
        (each.start + begin, each.end + begin) for each in keys_in(around) if "\n" in around[each.start : each.end]
    ]
    hidden: set[int] = set()
    at = start
    for number, line in enumerate(lines):
        if any(at < last and first < at + len(line) for first, last in found):
            hidden.add(number)
        at += len(line) + 1
    return hidden


def _bounded(line: str) -> str:
    """The line, or its beginning where it is long, which never ends within a secret."""
    if len(line) <= _LONGEST_LINE:
        return line
    cut = next((each.start for each in keys_in(line) if each.start < _LONGEST_LINE < each.end), _LONGEST_LINE)
    return f"{line[:cut]}… ({len(line):,} characters)"
