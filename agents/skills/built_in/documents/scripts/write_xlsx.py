"""Writes a workbook from JSON: write_xlsx.py in.json out.xlsx. What stands in it is described in SKILL.md."""

import datetime as dt
import json
import re
import sys
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?$")
_SIGNS = re.compile(r"[\[\]:*?/\\]")
LONGEST_NAME, WIDEST = 31, 60


def main() -> None:
    """Write it, and say what was written."""
    source, target = map(Path, sys.argv[1:3])
    given = json.loads(source.read_text(encoding="utf-8-sig"))
    sheets = given["sheets"] if isinstance(given, dict) else given
    workbook = Workbook()
    workbook.remove(workbook.active)
    for number, sheet in enumerate(sheets, 1):
        name = _SIGNS.sub("-", str(sheet.get("name") or f"Sheet{number}"))[:LONGEST_NAME]
        fill(workbook.create_sheet(name), sheet)
    target.parent.mkdir(parents=True, exist_ok=True)
    workbook.save(target)
    rows = ", ".join(f"{sheet.title} {sheet.max_row} x {sheet.max_column}" for sheet in workbook)
    print(f"wrote {target}: {rows}")


def fill(page, sheet: dict) -> None:
    """Put what is told of one sheet into it."""
    rows = sheet.get("rows", [])
    for row in rows:
        page.append([_value(cell) for cell in row])
    _show_days(page)
    if sheet.get("header", True) and rows:
        for cell in page[1]:
            cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E7EBF3")
        page.freeze_panes = "A2"
    for place in sheet.get("merge", []):
        page.merge_cells(place)
        page[place.split(":")[0]].alignment = Alignment(horizontal="center", vertical="center")
    _mark(page, sheet)
    for number in range(1, page.max_column + 1):
        letter = get_column_letter(number)
        page.column_dimensions[letter].width = sheet.get("widths", {}).get(letter) or _width(rows, number - 1)
    if sheet.get("hidden"):
        page.sheet_state = "hidden"


def _show_days(page) -> None:
    for row in page.iter_rows():
        for cell in row:
            if isinstance(cell.value, dt.date):
                has_time = isinstance(cell.value, dt.datetime)
                cell.number_format = "yyyy-mm-dd hh:mm" if has_time else "yyyy-mm-dd"


def _mark(page, sheet: dict) -> None:
    for place, text in sheet.get("notes", {}).items():
        page[place].comment = Comment(text, "Nexora")
    for place, form in sheet.get("formats", {}).items():
        for cell in page[place] if place.isalpha() else [page[place]]:
            cell.number_format = form


def _value(cell):
    if isinstance(cell, str) and _DAY.match(cell):
        return dt.date.fromisoformat(cell)
    if isinstance(cell, str) and _MOMENT.match(cell):
        return dt.datetime.fromisoformat(cell)
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, (dict, list)) else cell


def _width(rows: list, column: int) -> int:
    """Wide enough for the longest cell; a Chinese sign takes the room of two."""
    texts = [str(row[column]) for row in rows if column < len(row) and row[column] is not None]
    longest = max((sum(2 if sign > "\u2e7f" else 1 for sign in text) for text in texts), default=8)
    return min(max(longest + 2, 8), WIDEST)


if __name__ == "__main__":
    main()
