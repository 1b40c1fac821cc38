"""Writes a PDF from Markdown: write_pdf.py in.md out.pdf [--header T] [--footer T] [--pages]."""

import argparse
import sys
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import marked
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import Image, PageBreak, Paragraph, Preformatted, SimpleDocTemplate, Spacer, Table, TableStyle

_FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
)
"""Typefaces with Chinese signs that can be put into the file; without one, readers use their own."""
MARGIN = 20 * mm


def main() -> None:
    """Write it, and say what was written."""
    reader = argparse.ArgumentParser()
    reader.add_argument("source", type=Path)
    reader.add_argument("target", type=Path)
    reader.add_argument("--header", default="")
    reader.add_argument("--footer", default="")
    reader.add_argument("--pages", action="store_true")
    given = reader.parse_args()
    text = given.source.read_text(encoding="utf-8-sig")
    blocks, notes = marked.read(text)
    font = _font(text + given.header + given.footer)
    writer = PdfWriter(font, notes, given.source.parent)
    story = [part for block in blocks for part in writer.parts(block)] + writer.footnotes()
    given.target.parent.mkdir(parents=True, exist_ok=True)
    title = "".join(run.text for run in blocks[0].runs) if blocks else ""
    document = SimpleDocTemplate(
        str(given.target), pagesize=A4, title=title, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN
    )

    def frame(canvas, page) -> None:
        canvas.setFont(font, 9)
        width, height = A4
        canvas.drawString(MARGIN, height - 12 * mm, given.header)
        number = str(page.page) if given.pages else ""
        canvas.drawCentredString(width / 2, 10 * mm, "  ".join(each for each in (given.footer, number) if each))

    document.build(story or [Spacer(1, 1)], onFirstPage=frame, onLaterPages=frame)
    print(f"wrote {given.target}: {document.page} pages")


def _font(text: str) -> str:
    """The name of a typeface that has the signs of the text."""
    if all(sign < "\u2000" for sign in text):
        return "Helvetica"
    for path in _FONTS:
        if Path(path).exists():
            try:
                pdfmetrics.registerFont(TTFont("Chinese", path))
            except TTFError:
                continue
            return "Chinese"
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return "STSong-Light"


class PdfWriter:
    """Turns blocks into what ReportLab lays out; `used` are the footnotes in the order in which they are named."""

    def __init__(self, font: str, notes: dict[str, str], folder: Path) -> None:
        self.font, self.notes, self.folder = font, notes, folder
        self.used: list[str] = []
        wrap = "CJK" if font != "Helvetica" else None
        self.body = ParagraphStyle("body", fontName=font, fontSize=10.5, leading=16, spaceAfter=6, wordWrap=wrap)
        self.cell = ParagraphStyle("cell", parent=self.body, fontSize=9.5, leading=13, spaceAfter=0)
        self.code = ParagraphStyle("code", parent=getSampleStyleSheet()["Code"], fontName=self._code_font())

    def _code_font(self) -> str:
        return "Courier" if self.font == "Helvetica" else self.font

    def parts(self, block: marked.MarkedBlock):
        """What one block becomes."""
        if block.kind == "heading":
            size = {1: 20, 2: 15, 3: 12.5}.get(block.level, 11)
            style = ParagraphStyle("h", parent=self.body, fontSize=size, leading=size * 1.4, spaceBefore=size / 2)
            yield Paragraph(
                f"<b>{self.markup(block.runs)}</b>" if self.font == "Helvetica" else self.markup(block.runs), style
            )
        elif block.kind == "item":
            indent = 14 * (block.level + 1)
            style = ParagraphStyle("i", parent=self.body, leftIndent=indent, bulletIndent=indent - 12, spaceAfter=2)
            bullet = f"{self._number(block)}." if block.ordered else "\u2022"
            yield Paragraph(self.markup(block.runs), style, bulletText=bullet)
        elif block.kind == "code":
            yield Preformatted(block.text, self.code)
        elif block.kind == "rule":
            yield PageBreak()
        elif block.kind == "picture":
            yield from self._picture(block)
        elif block.kind == "table":
            yield from (self._table(block), Spacer(1, 8))
        else:
            indent = 14 if block.kind == "quote" else 0
            yield Paragraph(self.markup(block.runs), ParagraphStyle("p", parent=self.body, leftIndent=indent))
        if block.kind != "item":
            self._counts: dict[int, int] = {}

    def _number(self, block: marked.MarkedBlock) -> int:
        counts = self.__dict__.setdefault("_counts", {})
        counts[block.level] = counts.get(block.level, 0) + 1
        return counts[block.level]

    def _picture(self, block: marked.MarkedBlock):
        place = self.folder / block.text
        if not place.is_file():
            sys.exit(f"there is no picture {block.text}; paths are relative to the Markdown file")
        width, height = ImageReader(str(place)).getSize()
        most = A4[0] - 2 * MARGIN
        scale = min(most / width, (A4[1] - 4 * MARGIN) / height, 1)
        yield Image(str(place), width * scale, height * scale)
        if block.runs:
            yield Paragraph(self.markup(block.runs), ParagraphStyle("c", parent=self.cell, alignment=TA_CENTER))

    def _table(self, block: marked.MarkedBlock) -> Table:
        joins = {marked.LEFT, marked.UP}
        rows = [
            ["" if text in joins else Paragraph(self.markup(marked.runs(text)), self.cell) for text in row]
            for row in block.rows
        ]
        lines = [("GRID", (0, 0), (-1, -1), 0.5, colors.grey), ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke)]
        lines += [("SPAN", (left, top), (right, bottom)) for top, left, bottom, right in marked.spans(block.rows)]
        width = (A4[0] - 2 * MARGIN) / len(block.rows[0])
        return Table(
            rows,
            colWidths=[width] * len(block.rows[0]),
            repeatRows=1,
            style=TableStyle([*lines, ("VALIGN", (0, 0), (-1, -1), "TOP")]),
        )

    def markup(self, runs: list[marked.MarkedRun]) -> str:
        """Runs in the marks of ReportLab."""
        return "".join(self._run(run) for run in runs)

    def _run(self, run: marked.MarkedRun) -> str:
        if run.note:
            if run.note not in self.notes:
                return escape(f"[^{run.note}]")
            self.used.append(run.note)
            return f"<super>{len(self.used)}</super>"
        text = escape(run.text)
        if run.code:
            text = f'<font face="{self._code_font()}">{text}</font>'
        if run.bold and self.font == "Helvetica":
            text = f"<b>{text}</b>"
        elif run.bold:
            text = f"<u>{text}</u>"
        if run.italic and self.font == "Helvetica":
            text = f"<i>{text}</i>"
        return f'<a href={quoteattr(run.link)} color="blue">{text}</a>' if run.link else text

    def footnotes(self) -> list:
        """The footnotes, below everything."""
        if not self.used:
            return []
        lines = [f"<super>{n}</super> {escape(marked.plain(self.notes[name]))}" for n, name in enumerate(self.used, 1)]
        return [Spacer(1, 12), *(Paragraph(line, self.cell) for line in lines)]


if __name__ == "__main__":
    main()
