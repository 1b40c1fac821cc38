"""What a file is, told by its content; its name only says which language a text is in.

Signatures are those of the formats themselves. What is neither a text nor of a kind that can carry no program cannot
be certified, and says so: nothing is skipped in silence.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from governance.packages.package import PackageFile
from governance.scanner.report import ScanFinding, ScanVerdict, finding

MOST_TEXT_BYTES = 2 << 20
_END_OF_ZIP = b"PK\x05\x06"


class ContentKind(StrEnum):
    """Alphabetical."""

    ARCHIVE = "archive"
    BINARY = "binary"
    COMPILED = "compiled"
    DOCUMENT = "document"
    FONT = "font"
    MEDIA = "media"
    PICTURE = "picture"
    PROGRAM = "program"
    TEXT = "text"


_SIGNATURES: tuple[tuple[bytes, ContentKind], ...] = (
    (b"\x7fELF", ContentKind.PROGRAM),
    (b"MZ", ContentKind.PROGRAM),
    (b"\xcf\xfa\xed\xfe", ContentKind.PROGRAM),
    (b"\xce\xfa\xed\xfe", ContentKind.PROGRAM),
    (b"\xca\xfe\xba\xbe", ContentKind.PROGRAM),
    (b"\x00asm", ContentKind.PROGRAM),
    (b"dex\n", ContentKind.PROGRAM),
    (b"\x1f\x8b", ContentKind.ARCHIVE),
    (b"BZh", ContentKind.ARCHIVE),
    (b"\xfd7zXZ\x00", ContentKind.ARCHIVE),
    (b"(\xb5/\xfd", ContentKind.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ContentKind.ARCHIVE),
    (b"Rar!\x1a\x07", ContentKind.ARCHIVE),
    (b"\x89PNG\r\n\x1a\n", ContentKind.PICTURE),
    (b"\xff\xd8\xff", ContentKind.PICTURE),
    (b"GIF87a", ContentKind.PICTURE),
    (b"GIF89a", ContentKind.PICTURE),
    (b"BM", ContentKind.PICTURE),
    (b"\x00\x00\x01\x00", ContentKind.PICTURE),
    (b"II*\x00", ContentKind.PICTURE),
    (b"MM\x00*", ContentKind.PICTURE),
    (b"wOFF", ContentKind.FONT),
    (b"wOF2", ContentKind.FONT),
    (b"OTTO", ContentKind.FONT),
    (b"\x00\x01\x00\x00", ContentKind.FONT),
    (b"ttcf", ContentKind.FONT),
    (b"%PDF-", ContentKind.DOCUMENT),
    (b"\xd0\xcf\x11\xe0", ContentKind.DOCUMENT),
    (b"OggS", ContentKind.MEDIA),
    (b"ID3", ContentKind.MEDIA),
    (b"fLaC", ContentKind.MEDIA),
    (b"\xff\xfb", ContentKind.MEDIA),
    (b"\x1aE\xdf\xa3", ContentKind.MEDIA),
)
_OFFICE = re.compile(rb"\[Content_Types\]\.xml|mimetypeapplication/vnd\.oasis")
_COMPILED_PYTHON = re.compile(rb".{2}\r\n.{4}", re.DOTALL)
_HARMLESS = frozenset({ContentKind.FONT, ContentKind.MEDIA, ContentKind.PICTURE, ContentKind.TEXT})
_REASONS = {
    ContentKind.ARCHIVE: ("uncertain.archive", ScanVerdict.WARN),
    ContentKind.BINARY: ("uncertain.binary", ScanVerdict.WARN),
    ContentKind.COMPILED: ("uncertain.compiled", ScanVerdict.WARN),
    ContentKind.PROGRAM: ("uncertain.program", ScanVerdict.WARN),
}


def kind_of(file: PackageFile) -> ContentKind:
    """The kind of a file."""
    content = file.content
    if content.startswith((b"PK\x03\x04", _END_OF_ZIP)):
        return ContentKind.DOCUMENT if _OFFICE.search(content[:4096]) else ContentKind.ARCHIVE
    if content[257:262] == b"ustar":
        return ContentKind.ARCHIVE
    if text_of(content) is not None and not content.startswith(b"%PDF-"):
        return ContentKind.TEXT
    if content[:4] == b"RIFF" or content[4:8] == b"ftyp":
        return ContentKind.PICTURE if content[8:12] == b"WEBP" else ContentKind.MEDIA
    if _COMPILED_PYTHON.match(content[:16]) and file.path.endswith((".pyc", ".pyo")):
        return ContentKind.COMPILED
    return next((kind for mark, kind in _SIGNATURES if content.startswith(mark)), ContentKind.BINARY)


def text_of(content: bytes) -> str | None:
    """The text of a file; None where it is none. UTF-8, and UTF-16 where a mark before it says so."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            return None
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _chinese(content)


def _chinese(content: bytes) -> str | None:
    """A text in the encoding that Chinese systems write, where nearly all of it is printable."""
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError:
        return None
    odd = sum(not (sign.isprintable() or sign.isspace()) for sign in text)
    return text if odd * 100 <= len(text) else None


def certain(file: PackageFile) -> Iterator[ScanFinding]:
    """What about a file keeps the scanner from certifying it."""
    kind = kind_of(file)
    if kind in _REASONS:
        rule, severity = _REASONS[kind]
        yield finding(rule, severity, file.path, snippet=file.content[:12].hex(" "))
    elif kind is ContentKind.TEXT and len(file.content) > MOST_TEXT_BYTES:
        yield finding("uncertain.large", ScanVerdict.WARN, file.path, megabytes=str(MOST_TEXT_BYTES >> 20))
    elif kind in _HARMLESS and kind is not ContentKind.TEXT and _END_OF_ZIP in file.content:
        yield finding("uncertain.two_in_one", ScanVerdict.WARN, file.path)
