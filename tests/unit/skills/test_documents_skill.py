"""The skill for documents, on real files: written by its scripts in the sandbox, and read as everybody else reads."""

import json
from io import BytesIO
from pathlib import Path

import openpyxl
import pypdf
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.unit.tool_desk import ToolDesk

MARKDOWN = """# 季度报告 Quarterly

收入**增长**了 *12 %*，详见[网站](https://example.org/a?b=1&c=2)[^1]。
第二行接着写。

## 数据 Data

| 地区 | Q1 | Q2 |
|:--|--:|--:|
| 华东 | 1,200 | 1,340 |
| 华南 | 900 | << |
| ^^ | 7 | a \\| b |

- 第一点 `x = 1`
  - 第二层
1. one

---

Note: 说给听众

[^1]: 来自《年报》 & more
"""

DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92"
    "ef0000000049454e44ae426082"
)
"""A picture of one red dot."""


async def written(desk: ToolDesk, kind: str, more: str = "", text: str = MARKDOWN) -> str:
    """What is read of a document of that kind that was written from that text."""
    (desk.workspace / "in.md").write_text(text, encoding="utf-8")
    script = f"{desk.place_of('documents')}/write_{kind}.py"
    said = await desk.call("shell", command=f"python3 {script} in.md out/report.{kind} {more}")
    assert said.startswith(f"wrote out/report.{kind}"), said
    return await desk.call("read_file", path=f"out/report.{kind}")


async def test_a_word_file_has_its_tables_headers_footnotes_and_merged_cells(desk: ToolDesk):
    read = await written(desk, "docx", "--header 机密 --footer '第三版' --pages")

    assert "# 季度报告 Quarterly\n收入增长了 12 %，详见网站[^1]。第二行接着写。" in read
    assert "## 数据 Data" in read
    assert "| 华东 | 1,200 | 1,340 |" in read
    assert "| 华南 | 900 |\n" in read, "two cells are one"
    assert "a | b" in read.replace("\\|", "|")
    assert "[^1]: 来自《年报》 & more" in read
    assert "机密" in read
    assert "第三版" in read


async def test_slides_have_tables_and_what_is_only_said(desk: ToolDesk):
    read = await written(desk, "pptx")

    assert "## Slide 1\n季度报告 Quarterly" in read
    assert "| 华东 | 1,200 | 1,340 |" in read
    assert "  第二层" in read
    assert "Notes:\n说给听众" in read
    assert "Note: 说给听众" not in read


@pytest.mark.parametrize("text", [MARKDOWN, "# Plain\n\nWords **and** *more* in English[^1].\n\n[^1]: A note.\n"])
async def test_a_pdf_can_be_read_again_in_both_languages(desk: ToolDesk, text: str):
    read = await written(desk, "pdf", "--header Draft --pages", text)

    words = (
        ("收入增长", "华东\n1,200\n1,340", "来自《年报》 & more")
        if text == MARKDOWN
        else ("Words and more in English", "A note.")
    )
    assert all(each in read for each in (*words, "Draft"))
    pages = len(pypdf.PdfReader(BytesIO((desk.workspace / "out/report.pdf").read_bytes())).pages)
    assert pages == (2 if text == MARKDOWN else 1)


async def test_a_picture_is_put_in_and_one_that_is_missing_is_named(desk: ToolDesk):
    await desk.call(
        "shell", command="python3 -c \"from PIL import Image; Image.new('RGB', (90, 60), 'red').save('p.png')\""
    )
    await written(desk, "pdf", text="# A\n\n![Caption](p.png)\n")
    [page] = pypdf.PdfReader(BytesIO((desk.workspace / "out/report.pdf").read_bytes())).pages
    assert len(page.images) == 1
    (desk.workspace / "in.md").write_text("![x](q.png)\n")
    said = await desk.call("shell", command=f"python3 {desk.place_of('documents')}/write_docx.py in.md b.docx")

    assert said.startswith("there is no picture q.png; paths are relative to the Markdown file")


async def test_a_workbook_keeps_numbers_days_formulas_notes_and_merged_cells(desk: ToolDesk):
    sheet = {
        "name": "费用/2026",
        "rows": [["项目", "金额", "日期"], ["纸", 12.5, "2026-11-30"], ["合计", "=SUM(B2:B2)", None], ["跨列", "", ""]],
        "merge": ["A4:C4"],
        "notes": {"B2": "来自发票"},
        "formats": {"B": "#,##0.00"},
    }
    given = {"sheets": [sheet, {"name": "藏", "rows": [["x"]], "hidden": True}]}
    (desk.workspace / "in.json").write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")

    said = await desk.call("shell", command=f"python3 {desk.place_of('documents')}/write_xlsx.py in.json out.xlsx")
    read = await desk.call("read_file", path="out.xlsx")
    page = workbook(desk.workspace / "out.xlsx")

    assert said.startswith("wrote out.xlsx: 费用-2026 4 x 3, 藏 1 x 1")
    assert "2:\t纸\t12.5\t2026-11-30" in read
    assert "3:\t合计\t=SUM(B2:B2)" in read
    assert "Sheet 藏 (hidden)" in read
    assert [str(each) for each in page.merged_cells.ranges] == ["A4:C4"]
    assert (page["B2"].comment.text, page["B2"].number_format, page.freeze_panes) == ("来自发票", "#,##0.00", "A2")


def workbook(path: Path) -> Worksheet:
    return openpyxl.load_workbook(path).worksheets[0]
