"""What is shown of a change to a file, whatever its form."""

from pathlib import Path

import pytest

from agents.layers.difference import difference


def shown(folder: Path, before: bytes, after: bytes) -> str:
    one, other = folder / "before", folder / "after"
    one.write_bytes(before)
    other.write_bytes(after)
    return difference(one, other, "a.txt")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_change_is_read_in_the_encoding_of_its_file(tmp_path: Path, encoding: str) -> None:
    told = shown(tmp_path, "苍鹭站在水边\r\n鱼\r\n".encode(encoding), "苍鹭站在水边\r\n两条鱼\r\n".encode(encoding))

    assert told == "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n 苍鹭站在水边\n-鱼\n+两条鱼\n"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (b"a\r\nb\r\n", b"a\nb\n", "utf-8, CRLF before, utf-8, LF after"),
        (b"a\n", b"\xef\xbb\xbfa\n", "utf-8, LF before, utf-8 with BOM, LF after"),
        ("苍鹭站在水边\n".encode("gbk"), "苍鹭站在水边\n".encode(), "gb18030, LF before, utf-8, LF after"),
    ],
)
def test_what_lines_do_not_show_is_named_where_it_changes(
    tmp_path: Path, before: bytes, after: bytes, told: str
) -> None:
    assert shown(tmp_path, before, after) == f"--- a.txt: {told}\n"


def test_a_form_feed_or_a_separator_ends_no_line(tmp_path: Path) -> None:
    assert "-a\x0cb\u2028c\n+d\n" in shown(tmp_path, "a\x0cb\u2028c\n".encode(), b"d\n")


def test_a_file_without_a_line_end_has_no_form_to_be_lost(tmp_path: Path) -> None:
    told = shown(tmp_path, b"a", b"a\r\n")

    assert told.startswith("--- a/a.txt\n")
    assert "\\ no newline at the end" in told
