"""Writes a Word document from Markdown: write_docx.py in.md out.docx [--header T] [--footer T] [--pages]."""

import argparse
import sys
from pathlib import Path

import marked
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Inches, Pt, RGBColor

CHINESE, CODE = "Microsoft YaHei", "Consolas"
WIDEST = Inches(6)
_NOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"


def main() -> None:
    """Write it, and say what was written."""
    reader = argparse.ArgumentParser()
    reader.add_argument("source", type=Path)
    reader.add_argument("target", type=Path)
    reader.add_argument("--header", default="")
    reader.add_argument("--footer", default="")
    reader.add_argument("--pages", action="store_true")
    reader.add_argument("--template", type=Path)
    given = reader.parse_args()
    blocks, notes = marked.read(given.source.read_text(encoding="utf-8-sig"))
    document = Document(str(given.template)) if given.template else _new()
    writer = WordWriter(document, notes, given.source.parent)
    for block in blocks:
        writer.add(block)
    writer.finish()
    section = document.sections[0]
    if given.header:
        section.header.paragraphs[0].text = given.header
    if given.footer or given.pages:
        foot = section.footer.paragraphs[0]
        foot.text = f"{given.footer}  " if given.footer and given.pages else given.footer
        if given.pages:
            foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _field(foot.add_run(), "PAGE")
    given.target.parent.mkdir(parents=True, exist_ok=True)
    document.save(str(given.target))
    tables = sum(block.kind == "table" for block in blocks)
    print(f"wrote {given.target}: {len(blocks)} blocks, {tables} tables, {len(writer.used)} footnotes")


def _new() -> "Document":
    """An empty document whose styles know Chinese letters."""
    document = Document()
    for style in document.styles:
        properties = style.element.find(qn("w:rPr"))
        if properties is None and style.name == "Normal":
            properties = style.element.get_or_add_rPr()
        if properties is not None:
            properties.get_or_add_rFonts().set(qn("w:eastAsia"), CHINESE)
    document.styles["Normal"].font.size = Pt(11)
    return document


class WordWriter:
    """Adds blocks to a document; `used` are the footnotes in the order in which they are named."""

    def __init__(self, document: "Document", notes: dict[str, str], folder: Path) -> None:
        self.document, self.notes, self.folder = document, notes, folder
        self.used: list[str] = []

    def add(self, block: marked.MarkedBlock) -> None:
        """Add one block."""
        getattr(self, f"_{block.kind}")(block)

    def _heading(self, block: marked.MarkedBlock) -> None:
        style = "Title" if block.level == 1 and not self.document.paragraphs else f"Heading {block.level}"
        self._fill(self.document.add_paragraph(style=style), block.runs)

    def _paragraph(self, block: marked.MarkedBlock) -> None:
        self._fill(self.document.add_paragraph(), block.runs)

    def _item(self, block: marked.MarkedBlock) -> None:
        style = "List Number" if block.ordered else "List Bullet"
        level = min(block.level, 2)
        self._fill(self.document.add_paragraph(style=f"{style} {level + 1}" if level else style), block.runs)

    def _quote(self, block: marked.MarkedBlock) -> None:
        self._fill(self.document.add_paragraph(style="Intense Quote"), block.runs)

    def _code(self, block: marked.MarkedBlock) -> None:
        for line in block.text.split("\n"):
            paragraph = self.document.add_paragraph()
            paragraph.paragraph_format.space_after = Pt(0)
            self._fill(paragraph, [marked.MarkedRun(line, code=True)])

    def _rule(self, _: marked.MarkedBlock) -> None:
        self.document.add_page_break()

    def _picture(self, block: marked.MarkedBlock) -> None:
        place = self.folder / block.text
        if not place.is_file():
            sys.exit(f"there is no picture {block.text}; paths are relative to the Markdown file")
        self.document.add_picture(str(place), width=WIDEST)
        if block.runs:
            self._fill(self.document.add_paragraph(style="Caption"), block.runs)

    def _table(self, block: marked.MarkedBlock) -> None:
        table = self.document.add_table(rows=len(block.rows), cols=len(block.rows[0]), style="Table Grid")
        joined = marked.spans(block.rows)
        for r, row in enumerate(block.rows):
            for c, text in enumerate(row):
                if text in {marked.LEFT, marked.UP}:
                    continue
                paragraph = table.cell(r, c).paragraphs[0]
                self._fill(paragraph, marked.runs(text), bold=not r)
                paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, block.aligns[c].upper())
        for top, left, bottom, right in joined:
            cell = table.cell(top, left).merge(table.cell(bottom, right))
            for empty in cell.paragraphs[1:]:
                empty._element.getparent().remove(empty._element)
        if block.rows:
            head = table.rows[0]._tr.get_or_add_trPr()
            head.append(OxmlElement("w:tblHeader"))

    def _fill(self, paragraph: "object", runs: list[marked.MarkedRun], *, bold: bool = False) -> None:
        for run in runs:
            if run.note:
                self._refer(paragraph, run.note)
                continue
            if run.link:
                _link(paragraph, run)
                continue
            added = paragraph.add_run(run.text)
            added.bold, added.italic = run.bold or bold or None, run.italic or None
            if run.code:
                added.font.name, added.font.size = CODE, Pt(9.5)
                added._element.rPr.rFonts.set(qn("w:eastAsia"), CHINESE)

    def _refer(self, paragraph: "object", name: str) -> None:
        if name not in self.notes:
            paragraph.add_run(f"[^{name}]")
            return
        self.used.append(name)
        run = paragraph.add_run()
        run.font.superscript = True
        mark = OxmlElement("w:footnoteReference")
        mark.set(qn("w:id"), str(len(self.used)))
        run._element.append(mark)

    def finish(self) -> None:
        """Put the footnotes into a part of their own, as Word keeps them."""
        if not self.used:
            return
        root = parse_xml(f"<w:footnotes {nsdecls('w')}>{_SEPARATORS}</w:footnotes>")
        for number, name in enumerate(self.used, 1):
            note = parse_xml(
                f'<w:footnote {nsdecls("w")} w:id="{number}"><w:p><w:r><w:rPr>'
                '<w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r>'
                '<w:r><w:t xml:space="preserve"></w:t></w:r></w:p></w:footnote>'
            )
            note.findall(f".//{qn('w:t')}")[0].text = f" {marked.plain(self.notes[name])}"
            root.append(note)
        from lxml import etree

        blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
        part = Part(PackURI("/word/footnotes.xml"), _NOTES, blob, self.document.part.package)
        self.document.part.relate_to(part, _RELATION)


_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_SEPARATORS = (
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>'
)


def _link(paragraph: "object", run: marked.MarkedRun) -> None:
    target = paragraph.part.relate_to(run.link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    element = OxmlElement("w:hyperlink")
    element.set(qn("r:id"), target)
    added = paragraph.add_run(run.text)
    added.font.underline, added.font.color.rgb = True, RGBColor(0x05, 0x63, 0xC1)
    element.append(added._element)
    paragraph._element.append(element)


def _field(run: "object", what: str) -> None:
    for kind, text in (("begin", ""), ("", what), ("end", "")):
        element = OxmlElement("w:instrText" if text else "w:fldChar")
        if text:
            element.text = text
        else:
            element.set(qn("w:fldCharType"), kind)
        run._element.append(element)


if __name__ == "__main__":
    main()
