"""Whole files that the tools write or add to, in real layers, and the form that they get."""

import codecs
from pathlib import Path

import pytest

from agents.layers import Layers
from agents.sandbox import choose
from tests.unit.test_editing import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    workspace = tmp_path / "workspaces" / "one"
    workspace.mkdir(parents=True)
    return Desk(Layers(tmp_path / "layers", choose()), workspace)


@pytest.mark.parametrize(
    ("before", "content", "after"),
    [
        (b"", "a\nb\n", b"a\nb\n"),
        (b"x\r\ny\r\n", "a\nb\n", b"a\r\nb\r\n"),
        (b"x\ny\n", "a\r\nb\r\n", b"a\nb\n"),
        (codecs.BOM_UTF8 + b"x\r\n", "\ufeffä\n", codecs.BOM_UTF8 + "ä\r\n".encode()),
        ("苍鹭站在水边，鱼还没有来。\n".encode("gbk"), "鱼\n", "鱼\n".encode("gbk")),
        (codecs.BOM_UTF16_LE + "x\r\n".encode("utf-16-le"), "鱼\n", codecs.BOM_UTF16_LE + "鱼\r\n".encode("utf-16-le")),
        (b"\0\1\2\xff", "a\n", b"a\n"),
    ],
)
async def test_a_whole_file_is_written_in_the_form_of_the_one_that_is_there(
    desk: Desk, before: bytes, content: str, after: bytes
) -> None:
    path = desk.put("a.txt", before)

    said = await desk("write_file", path="a.txt", content=content)
    new = await desk("write_file", path="new/b.txt", content="a\nä\n")

    assert said.startswith("Replaced a.txt, ")
    assert path.read_bytes() == after
    assert new == "Wrote new/b.txt, 2 lines, 5 bytes."
    assert (desk.workspace / "new/b.txt").read_bytes() == "a\nä\n".encode()


async def test_a_file_is_written_in_parts_in_one_form(desk: Desk) -> None:
    path = desk.put("a.txt", codecs.BOM_UTF16_BE + "one\r\ntwo".encode("utf-16-be"))

    said = await desk("write_file", path="a.txt", content=" and a half\nthree\n", append=True)
    await desk("write_file", path="b.txt", content="a\n", append=True)
    binary = await desk("write_file", path=desk.put("c", b"\0\1").name, content="a", append=True)

    assert said.startswith("Added to a.txt, which has 3 lines now (utf-16-be · CRLF, as before):\n1\tone\n2\ttwo and a")
    assert path.read_bytes() == codecs.BOM_UTF16_BE + "one\r\ntwo and a half\r\nthree\r\n".encode("utf-16-be")
    assert (desk.workspace / "b.txt").read_text() == "a\n"
    assert binary == "c is not text, so no text can be added to it; write another file."
