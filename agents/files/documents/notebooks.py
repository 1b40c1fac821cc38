"""The text of Jupyter notebooks: cells in their order, with what they put out."""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from agents.files.documents.bounds import DocumentBounds, DocumentWrong

MOST_BYTES = 64 << 20
MOST_OUTPUT = 4_000
"""Characters of one output that are shown; a notebook may hold a table of many megabytes."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def notebook(file: BinaryIO, bounds: DocumentBounds) -> Iterator[str]:
    """The lines of an ipynb."""
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise DocumentWrong(f"it is larger than {MOST_BYTES >> 20} MB")
    try:
        whole = json.loads(data)
    except ValueError as problem:
        raise DocumentWrong(f"it is no notebook: {problem}") from problem
    cells = [each for each in _list(whole, "cells") if isinstance(each, dict)]
    bounds.tell(f"{len(cells)} cells")
    for number, cell in enumerate(cells, 1):
        yield from ("", f"## Cell {number} ({cell.get('cell_type', 'unknown')})")
        yield from _text(cell.get("source")).split("\n")
        for output in _list(cell, "outputs"):
            text = _output(output).rstrip()
            if text:
                cut = f"\n[{len(text):,} characters in all]" if len(text) > MOST_OUTPUT else ""
                yield from ("Output:", *f"{text[:MOST_OUTPUT]}{cut}".split("\n"))


def _list(holder: Any, name: str) -> list[Any]:
    found = holder.get(name) if isinstance(holder, dict) else None
    return found if isinstance(found, list) else []


def _output(output: Any) -> str:
    if not isinstance(output, dict):
        return ""
    if output.get("output_type") == "error":
        return _COLOURS.sub("", "\n".join(map(str, _list(output, "traceback"))))
    data = output.get("data")
    if not isinstance(data, dict):
        return _text(output.get("text"))
    pictures = [f"[{kind}]" for kind in data if kind.startswith("image/")]
    return "\n".join([_text(data.get("text/plain")), *pictures])


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value or "")
