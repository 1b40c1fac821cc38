"""The text of Excel files: a row a line, with its number, cells apart by tabs; formulas where no value was computed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import repeat
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

from agents.files.documents.bounds import DocumentBounds, DocumentWrong

MOST_UNPACKED_BYTES = 512 << 20
MOST_COLUMNS = 500
MOST_NAMED = 20
_CHUNK = 1 << 20


def sheets(file: BinaryIO, bounds: DocumentBounds) -> Iterator[str]:
    """The lines of an xlsx, sheet by sheet."""
    from openpyxl import load_workbook  # noqa: PLC0415  # on first use

    has_formulas = _has_formulas(file)
    values = load_workbook(file, read_only=True, data_only=True)
    formulas = load_workbook(file, read_only=True) if has_formulas else None
    titles = [sheet.title for sheet in values.worksheets]
    bounds.tell(f"{len(titles)} {'sheet' if len(titles) == 1 else 'sheets'}: {', '.join(titles[:MOST_NAMED])}")
    for number, sheet in enumerate(values.worksheets):
        hidden = "" if sheet.sheet_state == "visible" else " (hidden)"
        yield from ("", f"## Sheet {sheet.title}{hidden}")
        yield from _rows(_cells(sheet), _cells(formulas.worksheets[number]) if formulas else repeat(()), bounds)
        if bounds.is_over():
            yield f"[stopped in sheet {sheet.title}: it took too long; the shell can read the rest]"
            return


def _cells(sheet: Any) -> Iterable[Sequence[Any]]:
    sheet.reset_dimensions()  # what a file says of its own size may be wrong
    rows: Iterable[Sequence[Any]] = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS)
    return rows


def _rows(values: Iterable[Sequence[Any]], formulas: Iterable[Sequence[Any]], bounds: DocumentBounds) -> Iterator[str]:
    empty = 0
    for number, (row, meant) in enumerate(zip(values, formulas, strict=False), 1):
        if not number % 256 and bounds.is_over():
            return
        cells = [_told(_of(row, meant, at)) for at in range(max(len(row), len(meant)))]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            empty += 1
            continue
        if empty:
            yield f"[{empty} empty {'row' if empty == 1 else 'rows'}]"
            empty = 0
        yield "\t".join((f"{number}:", *cells))


def _of(row: Sequence[Any], meant: Sequence[Any], at: int) -> Any:
    """The value, or where none was computed the formula."""
    value = row[at] if at < len(row) else None
    return meant[at] if value is None and at < len(meant) else value


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004  # exact so far
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(getattr(value, "text", value)).replace("\t", " ").replace("\n", "⏎")


def _has_formulas(file: BinaryIO) -> bool:
    """Whether any sheet holds a formula; raises DocumentWrong for what unpacks to too much."""
    try:
        with ZipFile(file) as archive:
            if sum(each.file_size for each in archive.infolist()) > MOST_UNPACKED_BYTES:
                raise DocumentWrong(f"it unpacks to more than {MOST_UNPACKED_BYTES >> 20} MB")
            return any(_holds(archive, name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet"))
    except BadZipFile as problem:
        raise DocumentWrong("it is damaged: its archive cannot be opened") from problem


def _holds(archive: ZipFile, name: str) -> bool:
    with archive.open(name) as packed:
        before = b""
        while data := packed.read(_CHUNK):
            if b"<f>" in before + data or b"<f " in before + data:
                return True
            before = data[-2:]
    return False
