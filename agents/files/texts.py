r"""How the bytes of a file are read as text, and how text becomes the bytes of such a file again.

Lines end at `\n` and nowhere else. Only the standard library is used, since processes of their own read by this too.
Large files are known by samples: what a later byte makes of that is shown where it is read, never passed over.
"""

import codecs
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import BinaryIO, NamedTuple

WHOLE_BYTES = 4 << 20
"""A file up to this size is known by all of its bytes."""
HEAD_BYTES = 64 << 10
SAMPLE_BYTES = 16 << 10
SAMPLES = 16
PIECE_BYTES = 256 << 10
LONGEST_PIECE = 1 << 20
MOST_PAIRS = 20_000
MOST_CONTROLS = 0.05
"""A larger share of control characters is found in no text."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = frozenset({"utf-16-be", "utf-16-le", "utf-32-be", "utf-32-le"})
_CONTROLS = bytes(range(0x20)).translate(None, b"\t\n\r\f\b\x1b")
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_COMMON = (
    ("gb18030", re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")),
    ("big5", re.compile(rb"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]")),
)
"""The rows in which each keeps its punctuation and its common characters."""
_HALVES = re.compile(r"[\ud800-\udfff]")


class LineEnds(StrEnum):
    """How the lines of a file end: `MIXED` in more than one way, `NONE` where it has one line without an end."""

    CR = "CR"
    CRLF = "CRLF"
    LF = "LF"
    MIXED = "mixed line ends"
    NONE = "no line end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form of a text file: what must stay when it is changed.

    `encoding` is a codec of Python. `is_damaged`: some of the bytes that were looked at do not decode by it.
    `is_ascii`: they were ASCII alone, so that a later one may show another encoding (`refined`).
    """

    encoding: str = "utf-8"
    bom: bytes = b""
    line_ends: LineEnds = LineEnds.LF
    is_damaged: bool = False
    is_ascii: bool = False

    @property
    def label(self) -> str:
        """The encoding as a person calls it, `utf-8 with BOM`."""
        return f"{self.encoding} with BOM" if self.bom and self.encoding not in _WIDE else self.encoding

    @property
    def is_wide(self) -> bool:
        """Whether a line end is more than one byte, so that bytes are no place to look for it."""
        return self.encoding in _WIDE


class Piece(NamedTuple):
    """A line without its end, or a part of a long one: `column` counts its characters from 1, `ends` tells the last."""

    number: int
    column: int
    text: str
    ends: bool


def form_of(file: BinaryIO) -> Form | None:
    """The form of an open file that can seek, by samples of a large one; None for what is no text.

    The place in the file is lost.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size <= WHOLE_BYTES:
        return form_of_bytes(file.read(WHOLE_BYTES))
    head = file.read(HEAD_BYTES)
    later = []
    step = (size - HEAD_BYTES) // SAMPLES
    for number in range(1, SAMPLES + 1):
        file.seek(HEAD_BYTES + number * step - SAMPLE_BYTES)
        later.append(_from_a_border(file.read(SAMPLE_BYTES)))
    return _form(head, later, is_whole=False)


def form_of_bytes(data: bytes) -> Form | None:
    """The form of a file by all of its bytes; None for what is no text."""
    return _form(data, (), is_whole=True)


def refined(form: Form, later: bytes) -> Form:
    """The form after more of a file whose bytes were ASCII so far; `later` may begin and end within a character."""
    if not form.is_ascii or form.bom or later.isascii():
        return form
    encoding = _encoding_of([_from_a_border(later)], is_whole=False)
    return replace(form, encoding=encoding, is_ascii=False)


def decode(data: bytes, form: Form) -> str:
    """All bytes of a file as text, without its byte order mark; `encode` gives the same bytes again.

    Bytes that do not decode become halves of characters, which `shown` replaces. Raises UnicodeDecodeError where
    UTF-16 or UTF-32 is cut, and where an encoding has two ways to write a character and the rarer one would be lost.
    """
    text = data[len(form.bom) :].decode(form.encoding, _errors(form))
    if not form.encoding.startswith("utf") and encode(text, form) != data:
        raise UnicodeDecodeError(form.encoding, data, 0, len(data), "it would not come back as it is")
    return text


def encode(text: str, form: Form) -> bytes:
    """The bytes of a whole file of that form. Raises UnicodeEncodeError for a character that its encoding lacks."""
    return form.bom + text.encode(form.encoding, _errors(form))


def shown(text: str) -> str:
    """The text with `�` in the place of each byte that did not decode."""
    return text if text.isascii() else _HALVES.sub("�", text)


def decoded(file: BinaryIO, form: Form) -> Iterator[str]:
    """The text from where the file stands, which must be a border of characters, in flat memory."""
    decoder = codecs.getincrementaldecoder(form.encoding)(_errors(form))
    if form.bom and file.tell() == 0:
        file.seek(len(form.bom))
    while data := file.read(PIECE_BYTES):
        yield decoder.decode(data)
    try:
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        yield "�"  # cut in the middle of a character


def lines(file: BinaryIO, form: Form, *, number: int = 1, longest: int = LONGEST_PIECE) -> Iterator[Piece]:
    r"""The lines from where the file stands, the first of which is `number`; those beyond `longest` in parts.

    A line keeps its `\r`; what comes after the last `\n` is a line only when there is something.
    """
    rest, column = "", 1
    for text in decoded(file, form):
        *whole, rest = f"{rest}{text}".split("\n")
        for line in whole:
            yield from _parts(number, column, line, longest, ends=True)
            number, column = number + 1, 1
        if len(rest) > longest:
            kept = len(rest) % longest or longest
            yield from _parts(number, column, rest[:-kept], longest, ends=False)
            rest, column = rest[-kept:], column + len(rest) - kept
    if rest:
        yield from _parts(number, column, rest, longest, ends=True)


def _parts(number: int, column: int, line: str, longest: int, *, ends: bool) -> Iterator[Piece]:
    """A line, or what is known of one, in parts; `ends` tells whether the last of them ends it."""
    size = len(line)
    for at in range(0, size or 1, longest):
        yield Piece(number, column + at, line[at : at + longest], ends and at + longest >= size)


def _errors(form: Form) -> str:
    return "surrogatepass" if form.is_wide else "surrogateescape"


def _form(head: bytes, later: Sequence[bytes], *, is_whole: bool) -> Form | None:
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return _with_line_ends(Form(encoding=encoding, bom=bom), (head[len(bom) :], *later), is_whole=is_whole)
    if b"\0" in head:
        wide = _wide_without_mark(head)
        return _with_line_ends(Form(encoding=wide), (head,), is_whole=is_whole) if wide else None
    if len(head) - len(head.translate(None, _CONTROLS)) > MOST_CONTROLS * len(head):
        return None
    return _with_line_ends(Form(encoding=_encoding_of((head, *later), is_whole)), (head, *later), is_whole=is_whole)


def _wide_without_mark(head: bytes) -> str:
    """UTF-16 that does not say so: zeros on one side most of all, blanks among its characters, and all can be shown.

    Some of the most common characters, as 一, have a zero on the other side.
    """
    even = head[: len(head) // 2 * 2]
    low, high = even[::2].count(0), even[1::2].count(0)
    if 2 * min(low, high) > max(low, high):
        return ""
    encoding = "utf-16-le" if high > low else "utf-16-be"
    try:
        text = even.decode(encoding)
    except UnicodeDecodeError as problem:
        if problem.end < len(even):
            return ""
        text = even[: problem.start].decode(encoding)
    words = text.split()
    return encoding if len(words) > 1 and all(word.isprintable() for word in words) else ""


def _encoding_of(samples: Sequence[bytes], is_whole: bool) -> str:  # noqa: FBT001  # handed through
    """UTF-8 wherever that is possible, else what fits best of the others; Latin-1 where nothing looks like a pair."""
    if all(sample.isascii() for sample in samples) or _decodes("utf-8", samples, is_whole):
        return "utf-8"
    found = (pair for sample in samples for pair in _PAIR.finditer(sample))
    pairs = [pair.group() for pair in islice(found, MOST_PAIRS)]
    common = {name: sum(1 for pair in pairs if rows.match(pair)) for name, rows in _COMMON}
    fitting = [name for name in common if _decodes(name, samples, is_whole)]
    fails = {} if fitting else {name: _fails(name, samples, is_whole) for name in ("utf-8", *common)}
    if fails and fails["utf-8"] <= min(fails.values()) and not _is_latin(samples):
        return "utf-8"
    if not any(common.values()) and ("gb18030" not in fitting or _is_latin(samples)):
        return "latin-1"
    return min(fitting or common, key=lambda name: (-common[name], fails.get(name, 0), name != "gb18030"))


def _is_latin(samples: Sequence[bytes]) -> bool:
    """Whether every byte that is not ASCII stands alone among those that are."""
    return not any(re.search(rb"[\x80-\xff]{2}", sample) for sample in samples)


def _decodes(encoding: str, samples: Sequence[bytes], is_whole: bool) -> bool:  # noqa: FBT001  # as above
    """Whether nothing fails, which is known far sooner than how much does."""
    make = codecs.getincrementaldecoder(encoding)
    try:
        for sample in samples:
            make().decode(sample, final=is_whole)
    except UnicodeDecodeError:
        return False
    return True


def _fails(encoding: str, samples: Sequence[bytes], is_whole: bool) -> int:  # noqa: FBT001  # as above
    """How many bytes of the samples do not decode, the end of a sample aside."""
    make = codecs.getincrementaldecoder(encoding)
    count = 0
    for sample in samples:
        try:
            make().decode(sample, final=is_whole)
        except UnicodeDecodeError:
            count += len(_HALVES.findall(make("surrogateescape").decode(sample, final=is_whole)))
    return count


def _with_line_ends(form: Form, samples: Sequence[bytes], *, is_whole: bool) -> Form:
    """The form with how its lines end, and whether it is damaged."""
    if form.is_wide:
        text = codecs.getincrementaldecoder(form.encoding)("replace").decode(samples[0], final=is_whole)
        ends, is_damaged = _ends_of(text.encode("utf-8", "replace")), "�" in text
    else:
        ends = _ends_of(b" ".join(samples))
        is_damaged = _fails(form.encoding, samples, is_whole) > 0
    is_ascii = not form.is_wide and all(sample.isascii() for sample in samples)
    return replace(form, line_ends=ends, is_damaged=is_damaged, is_ascii=is_ascii)


def _ends_of(data: bytes) -> LineEnds:
    both, newlines, returns = data.count(b"\r\n"), data.count(b"\n"), data.count(b"\r")
    if not newlines:
        return LineEnds.CR if returns else LineEnds.NONE
    if both == newlines:
        return LineEnds.CRLF
    return LineEnds.MIXED if both else LineEnds.LF


def _from_a_border(sample: bytes) -> bytes:
    """The sample from the first place where a character surely begins: after a byte that no longer one can hold."""
    found = re.search(rb"[\x00-\x2f]", sample)
    return sample[found.end() :] if found else b""
