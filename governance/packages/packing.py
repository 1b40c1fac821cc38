"""A package as bytes that keep it: a zip that is the same for the same files."""

import io
import sys
import zipfile

from governance.packages.archive import read_archive
from governance.packages.bounds import PackageBounds
from governance.packages.package import Package

_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can tell; files of a package have none."""
_UNIX = 3
_OURS = PackageBounds(most_entries=100_000, most_bytes=1 << 30, most_file_bytes=1 << 30, most_ratio=sys.maxsize)


def pack(package: Package) -> bytes:
    """An archive of the package, as `unpack` and every other program read it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in package.files:
            entry = zipfile.ZipInfo(file.path, _BEGINNING)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = (0o100000 | file.mode) << 16
            archive.writestr(entry, file.content)
    return packed.getvalue()


def unpack(data: bytes) -> Package:
    """The package that `pack` kept: by the same strict reader, without its bounds. Raises PackageRefused."""
    return read_archive(data, _OURS)
