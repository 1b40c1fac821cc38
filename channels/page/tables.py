"""Tables that hold data, as Markdown. Tables that only arrange a page are no tables for a reader."""

import re
from collections.abc import Callable
from typing import Any

_INSIDE = frozenset({"table", "ul", "ol", "pre", "blockquote", "h1", "h2", "h3", "h4", "form"})
_MOST_CELLS = 50_000
_SPACE = re.compile(r"\s+")


def is_table_of_data(table: Any) -> bool:
    """Whether it has rows of two cells or more that hold words and nothing larger."""
    if (table.attributes.get("role") or "") in ("presentation", "none"):
        return False
    if any(each.tag in _INSIDE and each.mem_id != table.mem_id for each in table.traverse()):  # up to the first alone
        return False
    rows = table.css("tr")
    if table.css_first("th") is not None:
        return bool(rows)
    return len(rows) > 1 and len(list(rows[0].iter())) > 1


def rows_of(table: Any, whole: Callable[[str], str]) -> list[str]:
    """The table's lines, the first row as its head; `whole` makes addresses of links whole."""
    caption = table.css_first("caption")
    rows = [_cells(row, whole) for row in table.css("tr")]
    rows = [row for row in rows if any(row)]
    width = max(map(len, rows), default=0)
    if not rows or width * len(rows) > _MOST_CELLS:
        return [_flat(table.text())]
    lines = [f"| {' | '.join([*row, *([''] * (width - len(row)))])} |" for row in rows]
    lines.insert(1, f"|{' --- |' * width}")
    return [*([_flat(caption.text()), ""] if caption else []), *lines]


def _cells(row: Any, whole: Callable[[str], str]) -> list[str]:
    cells: list[str] = []
    for cell in row.iter():
        if cell.tag not in ("td", "th"):
            continue
        cells.append(_inline(cell, whole))
        span = cell.attributes.get("colspan") or "1"
        cells += [""] * (min(int(span), 50) - 1 if span.isdecimal() else 0)
    return cells


def _inline(cell: Any, whole: Callable[[str], str]) -> str:
    """The words of a cell, with the addresses behind its links."""
    links = [(_flat(link.text()), whole(link.attributes.get("href") or "")) for link in cell.css("a")]
    text = _flat(cell.text(deep=True, separator=" "))
    for words, target in links[:20]:
        if words and target:
            text = text.replace(words, f"[{words}]({target})", 1)
    return text.replace("|", "\\|")


def _flat(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
