"""How the bytes of files are known, read as text and given back."""

import codecs
import io
import random
import tracemalloc

import pytest

from agents.files import texts
from agents.files.texts import (
    Form,
    LineEnds,
    decode,
    decoded,
    encode,
    form_of,
    form_of_bytes,
    lines,
    shown,
)

SIMPLE = "第一行：苍鹭站在水边。\n第二行：它在等鱼。\n"
TRADITIONAL = "第一行：蒼鷺站在水邊。\n第二行：牠在等魚，還沒有等到。\n"


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (b"", "utf-8"),
        (b"plain\n", "utf-8"),
        (SIMPLE.encode(), "utf-8"),
        (SIMPLE.encode("utf-8-sig"), "utf-8 with BOM"),
        (SIMPLE.encode("gbk"), "gb18030"),
        ("𠮷野家的镕炉里有朱镕基\n".encode("gb18030"), "gb18030"),
        (TRADITIONAL.encode("big5"), "big5"),
        (TRADITIONAL.encode("gbk"), "gb18030"),
        (codecs.BOM_UTF16_LE + SIMPLE.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + SIMPLE.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + SIMPLE.encode("utf-32-le"), "utf-32-le"),
        ("one line\nand another\n".encode("utf-16-le"), "utf-16-le"),
        (b"caf\xe9 one\n", "latin-1"),
        (b"na\xefve caf\xe9s, d\xe9j\xe0 vu\n", "latin-1"),
    ],
)
def test_an_encoding_is_known_and_named_and_its_bytes_come_back(data: bytes, label: str) -> None:
    form = form_of_bytes(data)

    assert form is not None
    assert form.label == label
    assert not form.is_damaged
    assert encode(decode(data, form), form) == data


@pytest.mark.parametrize("data", [b"\0\1\2", b"heron\0", b"\x89PNG\r\n\x1a\n\0\0", bytes(range(32)) * 8, b"\xff\xfe\0"])
def test_what_is_no_text_is_none_and_never_raises(data: bytes) -> None:
    form = form_of_bytes(data)

    assert form is None or form.bom


def test_text_with_broken_bytes_is_damaged_shown_so_and_comes_back() -> None:
    data = SIMPLE.encode() * 5 + b"\xff broken \xe7\xac\n"
    form = form_of_bytes(data)

    assert form is not None
    assert form.encoding == "utf-8"
    assert form.is_damaged
    assert "� broken" in shown(decode(data, form))
    assert encode(decode(data, form), form) == data


def test_a_log_in_gbk_with_characters_cut_in_half_stays_gbk() -> None:
    data = SIMPLE.encode("gbk") * 20 + SIMPLE.encode("gbk")[:9] + b"\n" + SIMPLE.encode("gbk")
    form = form_of_bytes(data)

    assert form is not None
    assert form.encoding == "gb18030"
    assert form.is_damaged
    assert encode(decode(data, form), form) == data


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("a\nb\n", LineEnds.LF),
        ("a\r\nb\r\n", LineEnds.CRLF),
        ("a\r\nb\n", LineEnds.MIXED),
        ("a\rb\r", LineEnds.CR),
        ("a", LineEnds.NONE),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_line_ends_are_known(text: str, ends: LineEnds, encoding: str) -> None:
    form = form_of_bytes(text.encode(encoding))

    assert form is not None
    assert form.line_ends is ends


def test_a_large_file_is_known_by_samples_that_begin_at_borders_of_characters() -> None:
    for encoding in ("utf-8", "gb18030", "big5"):
        text = TRADITIONAL if encoding == "big5" else SIMPLE
        data = (b"ascii only\n" * 10_000) + text.encode(encoding) * 40_000
        form = form_of(io.BytesIO(data))

        assert form is not None
        assert (form.encoding, form.is_damaged) == (encoding, False)


def test_lines_end_at_newlines_alone_and_long_ones_come_in_parts() -> None:
    text = "one\x0b\x0c\x85\u2028still one\r\n" + "x" * 25 + "\n\nlast"
    form = form_of_bytes(text.encode())

    assert form is not None
    assert list(lines(io.BytesIO(text.encode()), form, longest=10)) == [
        (1, 1, "one\x0b\x0c\x85\u2028sti", False),
        (1, 11, "ll one\r", True),
        (2, 1, "x" * 10, False),
        (2, 11, "x" * 10, False),
        (2, 21, "x" * 5, True),
        (3, 1, "", True),
        (4, 1, "last", True),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_pieces_of_any_size_give_the_same_text(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "鹭 heron 𠮷\r\n" * 50
    form = form_of_bytes(text.encode(encoding))
    assert form is not None

    for size in (1, 3, 7, 64):
        monkeypatch.setattr(texts, "PIECE_BYTES", size)
        assert "".join(decoded(io.BytesIO(text.encode(encoding)), form)) == text


def test_one_line_of_many_megabytes_is_read_in_flat_memory() -> None:
    class Endless(io.RawIOBase):
        left = 64 << 20

        def read(self, size: int = -1) -> bytes:
            taken = min(size, self.left)
            self.left -= taken
            return b"x" * taken

        def tell(self) -> int:
            return 0

    tracemalloc.start()
    count = sum(len(piece.text) for piece in lines(Endless(), Form(), longest=1 << 16))  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 64 << 20
    assert peak < 8 << 20


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "latin-1"])
def test_whatever_the_bytes_they_come_back_or_it_is_refused(encoding: str) -> None:
    chance = random.Random(7)
    for _ in range(300):
        data = bytes(chance.choice(b"a \n\x81\xa1\xb0\xd6\xe9\xff0") for _ in range(chance.randrange(40)))
        try:
            text = decode(data, Form(encoding=encoding))
        except UnicodeDecodeError:
            continue
        assert encode(text, Form(encoding=encoding)) == data
