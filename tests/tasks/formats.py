"""Tasks with files of many kinds: encodings, line ends, documents, pictures, archives, names."""

import io
import json
import struct
import tarfile
import zlib
from pathlib import Path
from zipfile import ZipFile

from openpyxl import Workbook, load_workbook

from tests.tasks.task import (
    Done,
    Here,
    Route,
    Task,
    answers,
    both,
    call,
    edit,
    files,
    found,
    holds,
    read,
    search,
    shell,
    task,
)
from tests.unit.made_documents import docx, notebook, pdf, pptx, shape

_POEM = "床前明月光\n疑是地上霜\n举头望明月\n低头思故乡\n" * 20


@task(
    "把 poem.txt 里第一句的“明月”改成“圆月”。",
    setup=files({"poem.txt": _POEM.encode("gb18030")}),
    check=holds("poem.txt", _POEM.replace("床前明月光", "床前圆月光", 1).encode("gb18030")),
)
def edit_gbk(_: Here) -> Route:
    text = yield read("poem.txt", end_line=4)
    found(r"(gb18030)", text)
    yield edit("poem.txt", "1\t床前明月光", "床前圆月光")
    return "改好了。"


_NOTES = {
    "a.txt": "会议在周三\n".encode("gb18030"),
    "b.txt": "会议在周四\n".encode(),
    "c.txt": "会议在周五\n".encode("utf-16"),
    "d.txt": "别的事情\n".encode("gb18030"),
}


@task("会议都在哪几天？", setup=files(_NOTES), check=answers("周三", "周四", "周五"))
def search_in_three_encodings(_: Here) -> Route:
    hits = yield search("会议在")
    return "、".join(line.rpartition("在")[2] for line in hits.split("\n") if "会议在" in line)


_CRLF = "[main]\r\nname = old\r\nsize = 4\r\n"


@task(
    "Set name to new and add a line colour = red after it.",
    setup=files({"app.ini": _CRLF}),
    check=holds("app.ini", "[main]\r\nname = new\r\ncolour = red\r\nsize = 4\r\n"),
)
def edit_crlf(_: Here) -> Route:
    yield read("app.ini")
    yield edit("app.ini", "name = old\n", "name = new\ncolour = red\n")
    return "Set."


_BOM = "\ufeffid;name\r\n1;Jörg\r\n"


@task(
    "Add a row 2;Zoë to people.csv.", setup=files({"people.csv": _BOM}), check=holds("people.csv", _BOM + "2;Zoë\r\n")
)
def add_a_row_to_a_table_with_a_byte_order_mark(_: Here) -> Route:
    yield read("people.csv")
    yield call("write_file", path="people.csv", content="2;Zoë\n", append=True)
    return "Added."


@task(
    "What is the warranty in contract.pdf?",
    setup=files({"contract.pdf": pdf(["Contract", "Terms of sale", "Warranty: 24 months"])}),
    check=answers("24 months"),
)
def read_a_pdf(_: Here) -> Route:
    return found(r"Warranty: (.*)$", (yield read("contract.pdf")))


_CELLS = "".join(
    f"<w:tr>{''.join(f'<w:tc><w:p><w:r><w:t>{each}</w:t></w:r></w:p></w:tc>' for each in row)}</w:tr>"
    for row in [("Name", "Hours"), ("Ada", "31"), ("Ben", "12")]
)
_REPORT = docx(f"<w:p><w:r><w:t>Hours of May</w:t></w:r></w:p><w:tbl>{_CELLS}</w:tbl>")


@task(
    "How many hours did Ada work according to report.docx?", setup=files({"report.docx": _REPORT}), check=answers("31")
)
def read_a_table_of_a_word_file(_: Here) -> Route:
    return found(r"Ada\W+(\d+)", (yield read("report.docx")))


def _workbook(folder: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "May"
    for row in [["item", "count"], *[[f"item {n}", n] for n in range(1, 41)]]:
        sheet.append(row)
    book.create_sheet("June").append(["item", "count"])
    book.save(folder / "stock.xlsx")


@task("What is the count of item 17 in stock.xlsx?", setup=_workbook, check=answers("17"))
def read_a_workbook(_: Here) -> Route:
    return found(r"item 17\W+(\d+)", (yield read("stock.xlsx")))


_SLIDES = pptx([shape("Plan", "Three steps"), shape("Step one", "Buy seed")], {2: "Mention the price of 40"})


@task(
    "What should I mention on slide two of plan.pptx?",
    setup=files({"plan.pptx": _SLIDES}),
    check=answers("the price of 40"),
)
def read_the_notes_of_a_slide(_: Here) -> Route:
    return found(r"Mention (.*)$", (yield read("plan.pptx")))


_CELLS_OF_CODE = notebook(
    {"cell_type": "markdown", "source": ["# Study"]},
    {
        "cell_type": "code",
        "source": ["rate = 0.31\n", "print(rate)"],
        "outputs": [],
        "execution_count": 1,
        "metadata": {},
    },
)


@task("Which rate does study.ipynb use?", setup=files({"study.ipynb": _CELLS_OF_CODE}), check=answers("0.31"))
def read_a_notebook(_: Here) -> Route:
    return found(r"rate = ([\d.]+)", (yield read("study.ipynb")))


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x80\x20\x20" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@task("How large is logo.png?", setup=files({"logo.png": _png(320, 48)}), check=answers("320", "48"))
def tell_the_size_of_a_picture(_: Here) -> Route:
    return found(r"(\d+ ?[x×] ?\d+)", (yield read("logo.png")))


_CHINESE = {"资料/一月 报告.txt": "销售 120\n", "资料/二月 报告.txt": "销售 95\n", "资料/说明.md": "# 说明\n"}


def _names_are_changed(done: Done) -> None:
    assert done.text("资料/一月_报告.txt") == "销售 120\n"
    assert done.text("资料/二月_报告.txt") == "销售 95\n"
    assert not (done.folder / "资料/一月 报告.txt").exists()
    assert "120" in done.answer


@task("把资料里文件名的空格换成下划线，再告诉我一月的销售。", setup=files(_CHINESE), check=_names_are_changed)
def rename_files_with_chinese_names(_: Here) -> Route:
    listed = yield call("list_files", path="资料")
    found(r"(一月 报告\.txt)", listed)
    yield shell('cd 资料 && for f in *" "*; do mv "$f" "${f// /_}"; done')
    return found(r"销售 (\d+)", (yield read("资料/一月_报告.txt")))


def _archives(folder: Path) -> None:
    with tarfile.open(folder / "old.tar.gz", "w:gz") as tar:
        for n in range(5):
            data = f"entry {n}: {n * 11}\n".encode()
            about = tarfile.TarInfo(f"data/{n}.txt")
            about.size = len(data)
            tar.addfile(about, io.BytesIO(data))
    with ZipFile(folder / "new.zip", "w") as archive:
        archive.writestr("数据/五.txt", "entry 5: 55\n")


def _everything_is_unpacked(done: Done) -> None:
    assert done.text("data/4.txt") == "entry 4: 44\n"
    assert done.text("数据/五.txt") == "entry 5: 55\n"
    assert done.answer == "6 entries"


@task("Unpack both archives. How many entries are there?", setup=_archives, check=_everything_is_unpacked)
def unpack_two_archives(_: Here) -> Route:
    yield shell("tar xzf old.tar.gz && python3 -m zipfile -e new.zip .")
    counted = yield search(r"^entry \d", mode="count")
    count = found(r"^\((\d+) lines in \d+ files\)", counted)
    return f"{count} entries"


_MINIFIED = "var a=1;" * 9_000 + 'var endpoint="https://api.example.org/v3";' + "var b=2;" * 3_000 + "\n"


@task(
    "Which endpoint does app.min.js use?",
    setup=files({"app.min.js": _MINIFIED}),
    check=answers("https://api.example.org/v3"),
)
def find_something_in_one_very_long_line(_: Here) -> Route:
    return found(r'endpoint="([^"]+)"', (yield search(r"endpoint=", path="app.min.js")))


_UTF16 = "Name\tStadt\r\nJörg\tKöln\r\n"


def _town(done: Done) -> None:
    assert json.loads(done.text("town.json") or "{}") == {"town": "Köln"}


@task(
    "Which town stands in export.txt? Give me town.json.",
    setup=files({"export.txt": _UTF16.encode("utf-16")}),
    check=both(answers("Köln"), _town),
)
def read_utf_16(_: Here) -> Route:
    town = found(r"Jörg\s+(\w+)", (yield read("export.txt")))
    yield call("write_file", path="town.json", content=json.dumps({"town": town}, ensure_ascii=False) + "\n")
    return town


_SOLD = "town,sold\nUlm,14\nRiga,9\nBath,19\n"
_BY_LIBRARY = """python3 - <<'END'
import csv, openpyxl
rows = list(csv.reader(open("sold.csv")))
book = openpyxl.Workbook()
for row in rows[:1] + [[town, int(sold)] for town, sold in rows[1:]]:
    book.active.append(row)
book.active.append(["sum", sum(int(sold) for _, sold in rows[1:])])
book.save("sold.xlsx")
END"""
_BY_HAND = """python3 - <<'END'
import csv, zipfile
rows = list(csv.reader(open("sold.csv")))
rows.append(["sum", str(sum(int(sold) for _, sold in rows[1:]))])
def cell(text):
    return f"<c><v>{text}</v></c>" if text.isdigit() else f'<c t="inlineStr"><is><t>{text}</t></is></c>'
lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
package = "http://schemas.openxmlformats.org/package/2006"
kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
parts = {
    "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
    f'<Override PartName="/xl/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
    f'<Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
    '<sheet name="Sold" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
    f'<Relationship Id="r1" Type="{office}/worksheet" Target="sheet1.xml"/></Relationships>',
    "xl/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>',
}
with zipfile.ZipFile("sold.xlsx", "w") as archive:
    for name, text in parts.items():
        archive.writestr(name, text)
END"""


def _sum_is_there(done: Done) -> None:
    assert done.data("sold.xlsx"), "there is no sold.xlsx"
    rows = list(load_workbook(done.folder / "sold.xlsx").active.iter_rows(values_only=True))
    assert rows == [("town", "sold"), ("Ulm", 14), ("Riga", 9), ("Bath", 19), ("sum", 42)]


@task(
    "Make a workbook sold.xlsx of sold.csv, with the sum below.", setup=files({"sold.csv": _SOLD}), check=_sum_is_there
)
def write_a_workbook(_: Here) -> Route:
    yield read("sold.csv")
    if "No module named" in (yield shell(_BY_LIBRARY)):
        yield shell(_BY_HAND)
    return f"Made; the last row is {found(r'(sum.*)$', (yield read('sold.xlsx')))}"


TASKS: tuple[Task, ...] = (
    edit_gbk,
    search_in_three_encodings,
    edit_crlf,
    add_a_row_to_a_table_with_a_byte_order_mark,
    read_a_pdf,
    read_a_table_of_a_word_file,
    read_a_workbook,
    write_a_workbook,
    read_the_notes_of_a_slide,
    read_a_notebook,
    tell_the_size_of_a_picture,
    rename_files_with_chinese_names,
    unpack_two_archives,
    find_something_in_one_very_long_line,
    read_utf_16,
)
