"""A package read from the bytes of an archive, in memory alone: zip (a wheel is one) and tar, plain or compressed.

What it is, its first bytes say, never its name. Every byte must belong to it: an archive that another program could
read as something else is refused, like all that could reach outside or grow without end.
"""

import bz2
import io
import lzma
import stat
import tarfile
import zlib
from collections.abc import Callable
from typing import Any

from governance.packages.bounds import PackageBounds, ReadTally
from governance.packages.naming import FileNames
from governance.packages.package import Package, package_of
from governance.packages.refused import PackageRefused
from governance.packages.zips import is_zip, read_zip

_TAR_MARK = slice(257, 262)
_COMPRESSED: tuple[tuple[bytes, Callable[[], Any]], ...] = (
    (b"\x1f\x8b", lambda: zlib.decompressobj(wbits=31)),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=256 << 20)),
)
_STEP = 1 << 20
_ENTRY_BYTES = 2_048
"""Beside its content an entry takes a header, and perhaps another for a long name."""


def read_archive(data: bytes, bounds: PackageBounds = PackageBounds()) -> Package:  # noqa: B008  # a frozen value
    """All files of an archive. Raises PackageRefused for one that is broken, hostile, or none of those kinds."""
    tally = ReadTally(bounds=bounds, packed_bytes=len(data))
    if is_zip(data):
        if data[_TAR_MARK] == b"ustar":
            raise PackageRefused("stray_bytes")
        return package_of(read_zip(data, tally))
    plain = _unpacked(data, tally)
    if plain[_TAR_MARK] != b"ustar":
        raise PackageRefused("unknown")
    try:
        return package_of(_read_tar(plain, tally))
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as problem:
        raise PackageRefused("broken") from problem


def _unpacked(data: bytes, tally: ReadTally) -> bytes:
    """The tar inside a compressed file, bounded; raises PackageRefused where anything follows it."""
    opener = next((opener for mark, opener in _COMPRESSED if data.startswith(mark)), None)
    if opener is None:
        return data
    bounds = tally.bounds
    most = min(bounds.most_bytes + bounds.most_entries * _ENTRY_BYTES, max(len(data) * bounds.most_ratio, 16 << 20))
    reader, plain, rest = opener(), bytearray(), data
    try:
        while not reader.eof:
            piece = reader.decompress(rest, _STEP)
            plain += piece
            if len(plain) > most:
                raise PackageRefused("bomb", times=str(bounds.most_ratio))
            rest = getattr(reader, "unconsumed_tail", b"")
            if not piece and not rest and not reader.eof:
                raise PackageRefused("broken")
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as problem:
        raise PackageRefused("broken") from problem
    if reader.unused_data.strip(b"\0"):
        raise PackageRefused("stray_bytes")
    return bytes(plain)


def _read_tar(plain: bytes, tally: ReadTally) -> dict[str, tuple[int, bytes]]:
    names = FileNames()
    files: dict[str, tuple[int, bytes]] = {}
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:", encoding="utf-8", errors="strict") as tar:
        for entry in tar:
            tally.entry()
            path = names.taken(entry.name, is_folder=entry.isdir())
            if entry.isdir():
                continue
            _require_ordinary(entry)
            if entry.size > len(plain) - entry.offset_data:
                raise PackageRefused("broken")
            tally.content(entry.name, entry.size)
            files[path] = (entry.mode, plain[entry.offset_data : entry.offset_data + entry.size])
        end = tar.offset
    if plain[end:].strip(b"\0"):
        raise PackageRefused("stray_bytes")
    return files


def _require_ordinary(entry: tarfile.TarInfo) -> None:
    if entry.issym() or entry.islnk():
        raise PackageRefused("link", file=entry.name)
    if entry.issparse() or not entry.isreg():
        raise PackageRefused("device", file=entry.name)
    if entry.mode & (stat.S_ISUID | stat.S_ISGID):
        raise PackageRefused("set_uid", file=entry.name)
