"""Zip archives, read strictly: by PKWARE's APPNOTE every byte from the first header to the end belongs to one entry."""

import io
import stat
import struct
import zipfile
import zlib

from governance.packages.bounds import ReadTally
from governance.packages.naming import FileNames
from governance.packages.refused import PackageRefused

_START, _EMPTY, _END = b"PK\x03\x04", b"PK\x05\x06", b"PK\x05\x06"
_LOCAL = struct.Struct("<4s5H3I2H")
_END_SIZE = 22
_DESCRIPTOR = 24
"""The most that may follow an entry's bytes: its checksum and sizes, of 8 bytes each in a large archive."""
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
_MOST_COMMENT = 200
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, struct.error)


def is_zip(data: bytes) -> bool:
    """Whether it begins as one, or as an empty one."""
    return data.startswith((_START, _EMPTY))


def read_zip(data: bytes, tally: ReadTally) -> dict[str, tuple[int, bytes]]:
    """Modes and contents by path. Raises PackageRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _require_whole(data, archive, tally)
            return _files(archive, tally)
    except _BROKEN as problem:
        raise PackageRefused("broken") from problem


def _files(archive: zipfile.ZipFile, tally: ReadTally) -> dict[str, tuple[int, bytes]]:
    names = FileNames()
    files: dict[str, tuple[int, bytes]] = {}
    for entry in archive.infolist():
        name = entry.orig_filename
        path = names.taken(name, is_folder=entry.is_dir())
        mode = entry.external_attr >> 16
        _require_ordinary(entry, name, mode)
        if entry.is_dir():
            continue
        with archive.open(entry) as file:
            content = file.read(tally.room())
        tally.content(name, len(content))
        files[path] = (mode, content)
    return files


def _require_ordinary(entry: zipfile.ZipInfo, name: str, mode: int) -> None:
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFLNK:
        raise PackageRefused("link", file=name)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR} or (kind == stat.S_IFDIR) > entry.is_dir():
        raise PackageRefused("device", file=name)
    if mode & (stat.S_ISUID | stat.S_ISGID) and not entry.is_dir():
        raise PackageRefused("set_uid", file=name)
    if entry.flag_bits & _ENCRYPTED:
        raise PackageRefused("encrypted", file=name)
    if entry.compress_type not in _METHODS:
        raise PackageRefused("method", file=name)


def _require_whole(data: bytes, archive: zipfile.ZipFile, tally: ReadTally) -> None:
    """No byte before, between or behind the entries, and no entry within another (which is how bombs overlap)."""
    comment = archive.comment
    end = len(data) - _END_SIZE - len(comment)
    if len(comment) > _MOST_COMMENT or _END[:2] in comment or data[end : end + 4] != _END:
        raise PackageRefused("stray_bytes")
    at = 0
    for entry in sorted(archive.infolist(), key=lambda one: one.header_offset):
        tally.entry()
        if not at <= entry.header_offset <= at + (_DESCRIPTOR if at else 0):
            raise PackageRefused("stray_bytes")
        header = _LOCAL.unpack_from(data, entry.header_offset)
        if header[0] != _START:
            raise PackageRefused("broken")
        at = entry.header_offset + _LOCAL.size + header[9] + header[10] + entry.compress_size
    if not at <= archive.start_dir <= at + (_DESCRIPTOR if at else 0):
        raise PackageRefused("stray_bytes")
