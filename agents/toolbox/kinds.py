"""What a file is by its first bytes, when it is no text, and what a model can do with it."""

from pathlib import PurePosixPath

_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of an old Office"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program for Windows"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"OggS", "sound"),
    (b"ID3", "sound"),
    (b"fLaC", "sound"),
)
_NEXT = {
    "a document of an old Office": "convert it first, as to docx or xlsx",
    "a ZIP archive": "the shell lists it (unzip -l) and unpacks it (unzip)",
    "gzip data": "the shell reads it (zcat, or tar -tzf)",
    "bzip2 data": "the shell reads it (bzcat)",
    "xz data": "the shell reads it (xzcat)",
    "zstd data": "the shell reads it (zstdcat)",
    "an SQLite database": "the shell reads it (sqlite3, or Python's module of that name)",
}
_DOCUMENTS = frozenset({"docx", "ipynb", "pdf", "pptx", "xlsx"})
_AS = {"docm": "docx", "dotx": "docx", "potx": "pptx", "ppsx": "pptx", "pptm": "pptx", "xlsm": "xlsx", "xltx": "xlsx"}
_UNITS = ("B", "kB", "MB", "GB", "TB")


def kind_of(head: bytes) -> str:
    """What begins so, as `a PNG picture`."""
    if head[:4] == b"RIFF":
        return {b"WEBP": "a WebP picture", b"WAVE": "sound"}.get(head[8:12], "a film")
    if head[4:8] == b"ftyp":
        return "a film or a picture"
    return next((kind for start, kind in _KINDS if head.startswith(start)), "binary data")


def document_of(path: str, head: bytes) -> str:
    """The kind of document whose text can be taken out, as `docx`, by its name and its first bytes; else empty."""
    suffix = PurePosixPath(path).suffix.lower().removeprefix(".")
    kind = _AS.get(suffix, suffix)
    if head.startswith(b"%PDF"):
        return "pdf"
    if kind == "ipynb":
        return kind if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else ""
    return kind if kind in _DOCUMENTS - {"pdf"} and head.startswith(b"PK\x03\x04") else ""


def next_step(kind: str) -> str:
    """What to do with what is no text."""
    return _NEXT.get(kind, "the shell can look into it (file, strings, xxd)")


def size_of(count: int) -> str:
    """A size as people say it: `210 kB`, `1.2 MB`."""
    size, unit = float(count), 0
    while size >= 999.5 and unit < len(_UNITS) - 1:  # noqa: PLR2004  # it would be shown as 1000
        size, unit = size / 1000, unit + 1
    return f"{count} B" if not unit else f"{size:.1f} {_UNITS[unit]}" if size < 10 else f"{size:.0f} {_UNITS[unit]}"  # noqa: PLR2004
