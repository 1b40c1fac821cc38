"""`read_file` on real files of many forms and sizes."""

import os
import random
import struct
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from agents.files.line_index import LineIndices
from agents.files.numbers import numbered
from agents.models.pictures import LARGEST_BYTES
from agents.toolbox.reading import reading_tool
from agents.tools.tool import ToolContext, ToolResult
from governance.people.people import Person, Role
from tests.unit.made_documents import pdf

GREY = "苍鹭站在水边。"


class Reader:
    """The tool, and a workspace."""

    def __init__(self, workspace: Path, indices: LineIndices | None = None) -> None:
        self.workspace = workspace
        self._tool = reading_tool(indices=indices)
        self._context = ToolContext(
            person=Person(id=uuid4(), name="alice", role=Role.OPERATOR),
            agent="assistant",
            conversation="c",
            workspace=workspace,
        )

    async def __call__(self, path: str, **arguments: Any) -> ToolResult:
        result = await self._tool.run(self._context, {"path": path, **arguments})
        if result.numbers is None:
            return result
        return replace(result, text=numbered(enumerate(result.text.split("\n")), result.numbers))

    def put(self, name: str, content: bytes | str) -> None:
        data = content if isinstance(content, bytes) else content.encode()
        (self.workspace / name).write_bytes(data)


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    (tmp_path / "workspace").mkdir()
    return Reader(tmp_path / "workspace")


@pytest.mark.parametrize(
    ("content", "first"),
    [
        (b"one\ntwo\n", "a · 2 lines · 8 B · utf-8 · LF"),
        (b"one\ntwo", "a · 2 lines · 7 B · utf-8 · LF · the last line has no line end"),
        (b"one", "a · 1 line · 3 B · utf-8 · no line end"),
        (f"{GREY}\r\n{GREY}\r\n".encode("gbk"), "a · 2 lines · 32 B · gb18030 · CRLF"),
        (f"{GREY}\n".encode("utf-8-sig"), "a · 1 line · 25 B · utf-8 with BOM · LF"),
        (f"{GREY}\r\n".encode("utf-16"), "a · 1 line · 20 B · utf-16-le · CRLF"),
        (b"one\r\ntwo\n", "a · 2 lines · 9 B · utf-8 · mixed line ends"),
        (GREY.encode() * 10 + b"\xff\n", "a · 1 line · 212 B · utf-8, in part damaged · LF"),
    ],
)
async def test_the_first_line_says_how_much_there_is_and_in_what_form(read: Reader, content: bytes, first: str) -> None:
    read.put("a", content)

    assert (await read("a")).text.split("\n")[0] == first


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-le"])
async def test_every_encoding_is_read_line_by_line(read: Reader, encoding: str) -> None:
    read.put("a", "".join(f"第 {number} 行，還沒有等到。\r\n" for number in range(1, 40)).encode(encoding))

    result = await read("a", start_line=20, end_line=21)

    assert result.text.split("\n")[1:] == ["20\t第 20 行，還沒有等到。", "21\t第 21 行，還沒有等到。"]


async def test_lines_end_at_newlines_alone(read: Reader) -> None:
    read.put("a", "one\x0c\x85\u2028still one\ntwo\n")

    assert "· 2 lines ·" in (await read("a")).text
    assert (await read("a", start_line=2)).text.endswith("\n2\ttwo")


async def test_a_log_of_200_001_lines_is_known_to_its_end(read: Reader) -> None:
    read.put("log", "".join(f"{number} something happened\n" for number in range(1, 200_002)))

    whole = await read("log")
    end = await read("log", start_line=-2)

    assert whole.text.startswith("log · 200001 lines · 5.1 MB · utf-8 · LF\n1\t1 something happened\n")
    assert " of 200001; start_line=" in whole.text
    assert len(whole.text) < 24_000
    assert end.text.split("\n")[1:] == ["200000\t200000 something happened", "200001\t200001 something happened"]


async def test_what_is_said_to_read_on_reads_on_until_nothing_is_left(read: Reader) -> None:
    read.put("a", "".join(f"{number} {'x' * (number % 97)}\n" for number in range(1, 5_001)))

    seen, start = [], 1
    while start:
        first, *rows = (await read("a", start_line=start)).text.split("\n")
        start = int(rows.pop().split("start_line=")[1].split()[0]) if rows[-1].startswith("(lines") else 0
        seen += [row.partition("\t")[0] for row in rows]

    assert first.startswith("a · 5000 lines")
    assert seen == [str(number) for number in range(1, 5_001)]


async def test_a_long_line_is_read_on_by_column(read: Reader) -> None:
    line = "".join(chr(0x4E00 + number % 5_000) for number in range(91_204))
    read.put("a", f"short\n{line}\nlast\n")

    row = (await read("a")).text.split("\n")[2]
    seen, column = "", 1
    while column:
        text = (await read("a", start_line=2, column=column)).text.split("\n")[1].removeprefix("2\t")
        text, _, more = text.partition("…[")
        column = int(more.split("column=")[1].split()[0]) if more else 0
        seen += text

    assert row.endswith("…[91,204 characters; column=2001 reads on]")
    assert seen == line
    assert "only 91204 characters" in (await read("a", start_line=2, column=100_000)).text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"start_line": 9}, "only 3 lines; start_line=-100 reads the last 100"),
        ({"start_line": 3, "end_line": 2}, "lies before"),
        ({"column": 0}, "`column`"),
    ],
)
async def test_what_is_not_there_is_said_with_what_is(read: Reader, arguments: dict[str, int], told: str) -> None:
    read.put("a", "1\n2\n3\n")

    result = await read("a", **arguments)

    assert not result.ok
    assert told in result.text


async def test_lines_may_be_counted_from_the_end_and_beyond_it(read: Reader) -> None:
    read.put("a", "1\n2\n3\n4\n")

    assert (await read("a", start_line=-3, end_line=-2)).text.split("\n")[1:] == ["2\t2", "3\t3"]
    assert (await read("a", start_line=-99, end_line=1)).text.split("\n")[1:] == ["1\t1"]
    assert (await read("a", start_line=4, end_line=99)).text.split("\n")[1:] == ["4\t4"]


async def test_an_empty_file_a_folder_and_a_pipe_say_what_they_are(read: Reader) -> None:
    read.put("empty", b"")
    (read.workspace / "src").mkdir()
    read.put("src/a.py", "x")
    os.mkfifo(read.workspace / "pipe")

    assert (await read("empty")).text == "empty · empty (0 B). write_file fills it."
    assert "src is a folder with a.py; name a file" in (await read("src")).text
    assert "pipe" in (await read("pipe")).text
    assert "choose another" in (await read("pipe")).text


async def test_a_file_that_is_not_there_has_its_nearest_names(read: Reader) -> None:
    (read.workspace / "src").mkdir()
    read.put("src/settings.py", "x")

    assert "did you mean src/settings.py?" in (await read("settings.py")).text
    assert "did you mean src/settings.py?" in (await read("src/setings.py")).text
    assert "a part of src/settings.py/x is a file" in (await read("src/settings.py/x")).text
    assert "list_files shows what there is" in (await read("zzzzzzzzzz")).text


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\0\1\2", "binary data of 3 B; the shell can look into it"),
        (b"PK\x03\x04 and more", "a ZIP archive of 13 B; the shell lists it (unzip -l)"),
        (b"SQLite format 3\0", "an SQLite database of 16 B; the shell reads it (sqlite3"),
    ],
)
async def test_what_is_no_text_is_named_with_what_can_be_done(read: Reader, content: bytes, told: str) -> None:
    read.put("a", content)

    result = await read("a")

    assert not result.ok
    assert told in result.text


async def test_a_late_character_in_gbk_is_found_while_counting(read: Reader) -> None:
    """No sample sees it, and the bytes between are ASCII."""
    with (read.workspace / "a").open("wb") as file:
        file.write(b"ascii line\n" * 900_000)
        file.write(f"{GREY}\n".encode("gbk"))
        file.write(b"ascii line\n" * 900_000)

    result = await read("a", start_line=900_001, end_line=900_001)

    assert result.text.split("\n")[1] == f"900001\t{GREY}"
    assert "· gb18030 ·" in result.text


async def test_bytes_that_do_not_decode_are_shown_and_said(read: Reader) -> None:
    read.put("a", f"{GREY}\n".encode() * 30 + b"broken \xff\xfe here\n")

    result = await read("a", start_line=31)

    assert result.text.split("\n")[1:] == ["31\tbroken �� here", "(� stands for each byte that is not utf-8)"]


async def test_any_line_of_300_megabytes_is_found(read: Reader) -> None:
    """By index, with a count that is right at both ends, at borders of blocks and anywhere between."""
    total = 3_000_000
    with (read.workspace / "big").open("wb") as file:
        for start in range(0, total, 10_000):
            file.write(b"".join(b"%08d %s\n" % (n, b"x" * (n * 7 % 181)) for n in range(start + 1, start + 10_001)))

    chance = random.Random(3)
    wanted = [1, 2, total - 1, total, *(chance.randrange(1, total) for _ in range(30))]
    seen = [(await read("big", start_line=number, end_line=number)).text.split("\n") for number in wanted]

    assert {first.split(" · ")[1] for first, _ in seen} == {f"{total} lines"}
    assert [row.split("\t")[1].split(" ")[0] for _, row in seen] == [f"{number:08d}" for number in wanted]


async def test_a_sparse_file_is_read_in_flat_memory(read: Reader) -> None:
    with (read.workspace / "sparse").open("wb") as file:
        file.write(b"first\n" * 20_000)
        file.truncate(300 << 20)
        file.seek(0, os.SEEK_END)
        file.write(b"\nlast\n")

    result = await read("sparse", start_line=-1)

    assert result.text.endswith("\n20002\tlast")


async def test_a_file_that_changed_is_counted_anew(read: Reader) -> None:
    read.put("a", "1\n2\n")
    before = await read("a")
    read.put("a", "1\n2\n3\n")

    assert "· 2 lines ·" in before.text
    assert "· 3 lines ·" in (await read("a")).text


def test_counting_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"line\n" * 400_000)
    indices = LineIndices(seconds=2, now=count().__next__)

    known = []
    with (tmp_path / "a").open("rb") as file:
        while not known or not known[-1][1]:
            index = indices.of(file)
            assert index is not None
            known.append((index.lines, index.is_complete))

    assert len(known) > 2
    assert known[-1] == (400_000, True)
    assert known == sorted(known)


async def test_lines_that_are_not_counted_yet_are_no_end(tmp_path: Path) -> None:
    read = Reader(tmp_path, LineIndices(seconds=2, now=count().__next__))
    read.put("a", b"line\n" * 400_000)

    early = await read("a", start_line=399_999)
    near = await read("a", start_line=5, end_line=5)
    results = [await read("a", start_line=399_999) for _ in range(8)]

    assert "are counted yet; call it again, and it goes on" in early.text
    assert near.text.startswith("a · more than ")
    assert near.text.endswith("\n5\tline")
    assert results[-1].text.endswith("\n399999\tline\n400000\tline")


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480)
WEBP = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0"
JPEG = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08" + struct.pack(">HH", 480, 640)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "a PNG picture"),
        (JPEG, "a JPEG picture"),
        (WEBP, "a WebP picture"),
        (b"GIF89a" + struct.pack("<HH", 640, 480), "a GIF picture"),
    ],
)
async def test_a_picture_comes_to_be_seen_with_what_is_known_of_it(read: Reader, content: bytes, kind: str) -> None:
    read.put("a", content)

    result = await read("a")

    assert result.text.startswith(f"a · {kind} · 640 × 480 pixels · ")
    assert [picture.content for picture in result.pictures] == [content]


async def test_a_picture_that_no_model_takes_says_what_to_do(read: Reader) -> None:
    read.put("a.bmp", b"BM" + bytes(16) + struct.pack("<ii", 640, -480))
    read.put("large.png", PNG + bytes(LARGEST_BYTES))
    read.put("cut.jpg", JPEG[:6])

    assert (await read("a.bmp")).text.endswith(
        "640 × 480 pixels · 26 B; it cannot be shown: convert it to PNG or JPEG first."
    )
    assert "at most 5 MB can" in (await read("large.png")).text
    assert (await read("cut.jpg")).text.startswith("cut.jpg · a JPEG picture · 6 B")


async def test_the_text_of_a_document_is_read_by_lines_too(read: Reader) -> None:
    read.put("a.pdf", pdf(["Herons", "wait"]))

    whole = await read("a.pdf")
    part = await read("a.pdf", start_line=-1)

    assert whole.text.startswith("a.pdf · text of a pdf · ")
    assert " · 2 pages · 5 lines\n1\t## Page 1 of 2\n2\tHerons\n" in whole.text
    assert part.text.endswith("\n5\twait")


async def test_a_broken_document_says_why(read: Reader) -> None:
    read.put("a.docx", b"PK\x03\x04 cut off")

    result = await read("a.docx")

    assert not result.ok
    assert result.text == "a.docx cannot be read as text: it is damaged: its archive cannot be opened."
