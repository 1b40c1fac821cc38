"""The text of documents, taken out by the real process, with its limits."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pypdf
import pytest

from agents.confinement import landlock
from agents.files.documents import reader
from agents.files.documents.reader import Document, Documents, DocumentUnread
from agents.toolbox.kinds import document_of
from tests.unit.made_documents import docx, notebook, pdf, pptx, shape, zipped


class Desk:
    """Puts documents into files and takes their text out."""

    def __init__(self, folder: Path) -> None:
        self.documents = Documents()
        self._path = folder / "document"

    async def __call__(self, kind: str, content: bytes) -> Document:
        self._path.write_bytes(content)
        opened = os.open(self._path, os.O_RDONLY)
        try:
            return await self.documents.text(opened, kind)
        finally:
            os.close(opened)

    async def lines(self, kind: str, content: bytes) -> list[str]:
        return (await self(kind, content)).text.decode().split("\n")[:-1]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def paragraph(text: str, about: str = "") -> str:
    return f"<w:p><w:pPr>{about}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


async def test_a_word_file_keeps_headings_lists_and_tables_in_their_order(desk: Desk) -> None:
    styles = (
        '<w:style w:styleId="1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="a"><w:name w:val="List Bullet"/><w:pPr><w:numPr/></w:pPr></w:style>'
    )
    row = f"<w:tr><w:tc>{paragraph('a|b')}</w:tc><w:tc>{paragraph('一')}{paragraph('二')}</w:tc></w:tr>"
    body = (
        paragraph("年度报告", '<w:pStyle w:val="1"/>')
        + paragraph("Words.")
        + paragraph("a point", '<w:pStyle w:val="a"/>')
        + paragraph("deeper", '<w:numPr><w:ilvl w:val="1"/></w:numPr>')
        + f"<w:tbl>{row}</w:tbl>"
        + paragraph("end", '<w:outlineLvl w:val="1"/>')
    )

    assert await desk.lines("docx", docx(body, styles=styles)) == [
        "# 年度报告",
        "Words.",
        "- a point",
        "  - deeper",
        "",
        r"| a\|b | 一 二 |",
        "",
        "## end",
    ]


async def test_a_word_file_shows_what_was_put_in_and_not_what_was_struck_out(desk: Desk) -> None:
    body = (
        "<w:p><w:r><w:t>kept </w:t></w:r><w:ins><w:r><w:t>new</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:r><w:tab/><w:t>tab</w:t><w:br/><w:t>below</w:t></w:r>"
        '<w:r><w:footnoteReference w:id="2"/></w:r></w:p><w:sdt><w:sdtContent>'
        f"{paragraph('in a control')}</w:sdtContent></w:sdt>"
    )
    notes = f'<w:footnote w:id="2">{paragraph("a note")}</w:footnote>'
    comments = f'<w:comment w:id="0" w:author="王">{paragraph("is that so?")}</w:comment>'

    assert await desk.lines("docx", docx(body, footnotes=notes, comments=comments)) == [
        "kept new\ttab",
        "below[^2]",
        "in a control",
        "[^2]: a note",
        "[comment 0 by 王]: is that so?",
    ]


async def test_slides_come_in_the_order_in_which_they_are_shown(desk: Desk) -> None:
    cells = "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{each}</a:t></a:r></a:p></a:txBody></a:tc>" for each in "xy")
    table = f"<p:graphicFrame><a:tbl><a:tr>{cells}</a:tr></a:tbl></p:graphicFrame>"
    document = await desk("pptx", pptx([shape("First", "point"), shape("Second") + table], {1: "say hello"}))

    assert document.facts == ("2 slides",)
    assert document.text.decode().split("\n") == [
        *("## Slide 1", "First", "point", "", "Notes:", "say hello", ""),
        *("## Slide 2", "Second", "| x | y |", ""),
    ]


async def test_a_workbook_shows_values_dates_and_formulas_that_were_never_computed(desk: Desk) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "销售"
    sheet.append(["城市", "数量", "日期", "时间", None])
    sheet.append(["上海\n浦东", 12.0, date(2026, 1, 2), datetime(2026, 1, 2, 3, 4, 5), True])  # noqa: DTZ001  # cells have no zone
    sheet["B6"] = "=SUM(B2:B3)"
    sheet["C6"] = 0.1
    book.create_sheet("空")
    held = io.BytesIO()
    book.save(held)
    document = await desk("xlsx", held.getvalue())

    assert document.facts == ("2 sheets: 销售, 空",)
    assert document.text.decode().split("\n") == [
        "## Sheet 销售",
        "1:\t城市\t数量\t日期\t时间",
        "2:\t上海⏎浦东\t12\t2026-01-02\t2026-01-02 03:04:05\tTRUE",
        "[3 empty rows]",
        "6:\t\t=SUM(B2:B3)\t0.1",
        "",
        "## Sheet 空",
        "",
    ]


async def test_a_pdf_comes_page_by_page(desk: Desk) -> None:
    document = await desk("pdf", pdf(["Herons", "", "wait"]))

    assert document.facts == ("3 pages",)
    assert [line for line in document.text.decode().split("\n") if line] == [
        *("## Page 1 of 3", "Herons", "## Page 2 of 3", "[no text]", "## Page 3 of 3", "wait"),
    ]


async def test_a_pdf_of_pictures_says_that_it_has_no_text(desk: Desk) -> None:
    assert "probably pictures" in (await desk("pdf", pdf(["", ""]))).facts[-1]


async def test_a_locked_pdf_says_so(desk: Desk) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(["secret"])))
    writer.encrypt("password", algorithm="AES-256")
    held = io.BytesIO()
    writer.write(held)

    with pytest.raises(DocumentUnread, match="locked with a password"):
        await desk("pdf", held.getvalue())


async def test_a_notebook_shows_cells_and_what_they_put_out(desk: Desk) -> None:
    content = notebook(
        {"cell_type": "markdown", "source": ["# Title\n", "words"]},
        {
            "cell_type": "code",
            "source": "plot()",
            "outputs": [
                {"output_type": "stream", "text": ["one\n", "two\n"]},
                {"output_type": "display_data", "data": {"image/png": "AAAA", "text/plain": "<Figure>"}},
                {"output_type": "error", "traceback": ["\x1b[31mValueError\x1b[0m: no"]},
            ],
        },
    )

    assert await desk.lines("ipynb", content) == [
        *("## Cell 1 (markdown)", "# Title", "words", ""),
        *("## Cell 2 (code)", "plot()", "Output:", "one", "two", "Output:", "<Figure>", "[image/png]"),
        *("Output:", "ValueError: no"),
    ]


_BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9)
)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("docx", b"PK\x03\x04 cut off"),
        ("docx", zipped({"other": "x"})),
        ("docx", zipped({"word/document.xml": "<unclosed>"})),
        ("docx", zipped({"word/document.xml": f"{_BOMB}]><x>&j;</x>"})),
        ("docx", zipped({"word/document.xml": "<w>" * 200_000})),
        ("pptx", zipped({"ppt/presentation.xml": "<x/>"})[:-30]),
        ("xlsx", zipped({"xl/workbook.xml": "<x/>"})),
        ("pdf", b"%PDF-1.7 and nothing"),
        ("ipynb", b"{"),
    ],
)
async def test_what_is_damaged_or_hostile_is_a_sentence(desk: Desk, kind: str, content: bytes) -> None:
    with pytest.raises(DocumentUnread) as told:
        await desk(kind, content)

    assert str(told.value).startswith("it ")


async def test_what_unpacks_to_too_much_is_not_unpacked(desk: Desk) -> None:
    held = io.BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as part:
        for _ in range(60):
            part.write(bytes(1 << 20))

    assert len(held.getvalue()) < 100_000
    with pytest.raises(DocumentUnread, match="unpacks to more than"):
        await desk("docx", held.getvalue())


async def test_one_that_takes_too_long_is_ended_and_what_came_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "TAKING_SECONDS", 0.0)
    cut = await desk("pdf", pdf(["one", "two"]))
    monkeypatch.setattr(reader, "KILLED_AFTER_SECONDS", 0.0)

    assert cut.text.decode() == "[stopped before page 1 of 2: it took too long; the shell can read the rest]\n"
    with pytest.raises(DocumentUnread, match="it took too long"):
        await desk("pdf", pdf(["other"]))


async def test_text_without_end_is_cut_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_TEXT_BYTES", 50_000)
    document = await desk("docx", docx(paragraph("word " * 100) * 1_000))

    assert len(document.text) < 400_000
    assert document.text.decode().endswith(
        "[this is not all: its text is longer than 0 MB; the shell can read the rest]\n"
    )


async def test_a_document_is_taken_apart_once_until_it_changes(desk: Desk) -> None:
    first = await desk("pdf", pdf(["one"]))
    os.utime(desk._path)
    opened = os.open(desk._path, os.O_RDONLY)
    again = [await desk.documents.text(opened, "pdf") for _ in range(2)]
    os.close(opened)

    assert again[0] is again[1]
    assert again[0].text == first.text
    assert b"two" in (await desk("pdf", pdf(["two"]))).text


@pytest.mark.parametrize(
    ("path", "head", "kind"),
    [
        ("a.PDF", b"%PDF-1.7", "pdf"),
        ("no-ending", b"%PDF-1.7", "pdf"),
        ("a.docx", b"PK\x03\x04", "docx"),
        ("a.xlsm", b"PK\x03\x04", "xlsx"),
        ("a.docx", b"plain words", ""),
        ("a.zip", b"PK\x03\x04", ""),
        ("a.ipynb", b'{"cells": []}', "ipynb"),
        ("a.ipynb", b"plain", ""),
    ],
)
def test_a_document_is_known_by_its_first_bytes_and_its_name(path: str, head: bytes, kind: str) -> None:
    assert document_of(path, head) == kind


def test_the_plan_lets_the_process_read_programs_and_nothing_of_a_person() -> None:
    plan: Mapping[str, object] = reader._plan("pdf")

    assert isinstance(plan["reads"], list)
    assert not any(str(Path.home()) == each or each == "/" for each in plan["reads"])


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
def test_the_process_can_read_no_file_and_reach_no_network_once_it_has_begun(tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("canary")
    program = (
        "import json,socket,sys; sys.path.insert(0, sys.argv[1]); from agents.files.documents import taking\n"
        "taking._confine(json.loads(sys.argv[2]))\n"
        "for reach in (lambda: open(sys.argv[3]), lambda: socket.socket(), lambda: open('/tmp/made', 'w')):\n"
        "    try: reach()\n"
        "    except OSError as problem: print(type(problem).__name__)\n"
        "    else: print('reached')\n"
        "import openpyxl, pypdf"
    )
    argv = [sys.executable, "-I", "-B", "-c", program, str(Path(reader.__file__).parents[2])]
    done = subprocess.run(
        [*argv, json.dumps(reader._plan("pdf")), str(tmp_path / "canary")], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["PermissionError"] * 3
