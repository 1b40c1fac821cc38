"""The text of PDF files, page by page."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from agents.files.documents.bounds import DocumentBounds, DocumentWrong


def pages(file: BinaryIO, bounds: DocumentBounds) -> Iterator[str]:
    """The lines of a PDF. A page that is broken says so; the others are read."""
    from pypdf import PdfReader  # noqa: PLC0415  # on first use
    from pypdf.errors import PyPdfError  # noqa: PLC0415  # as above

    try:
        reader: Any = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentWrong("it is locked with a password; ask the person for one without")
        count = len(reader.pages)
    except PyPdfError as problem:
        raise DocumentWrong(f"it is damaged ({problem})") from problem
    bounds.tell(f"{count} {'page' if count == 1 else 'pages'}")
    has_text = False
    for number in range(1, count + 1):
        if bounds.is_over():
            yield f"[stopped before page {number} of {count}: it took too long; the shell can read the rest]"
            return
        yield from ("", f"## Page {number} of {count}")
        try:
            text = str(reader.pages[number - 1].extract_text()).strip()
        except (PyPdfError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
            yield f"[this page is damaged: {problem}]"
            continue
        has_text = has_text or bool(text)
        yield from text.split("\n") if text else ("[no text]",)
    if not has_text:
        bounds.tell("no text: its pages are probably pictures, as of a scanner")
