"""A package: its files as values, and the digest that an approval is bound to."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

FILE_MODE, PROGRAM_MODE = 0o644, 0o755
"""The only two modes that a file of a package can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """One file: its path from the top of the package with `/` between folders, in Unicode's composed form (NFC).

    `mode` is 0o755 for what may be run and 0o644 for all else.
    """

    path: str
    mode: int
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Package:
    """All files of a package, in the order of their paths. Empty folders are not part of it."""

    files: tuple[PackageFile, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names, modes and bytes, in hexadecimal; the same wherever and from whatever it was read."""
        whole = hashlib.sha256(b"nexora package 1\n")
        for file in sorted(self.files, key=lambda one: one.path.encode()):
            name = file.path.encode()
            whole.update(b"%d %s %o %d\n" % (len(name), name, file.mode, len(file.content)))
            whole.update(file.content)
        return whole.hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(len(file.content) for file in self.files)

    def file(self, path: str) -> PackageFile | None:
        """The file at that path; None where there is none."""
        return next((file for file in self.files if file.path == path), None)

    def below(self, folder: str) -> "Package":
        """The package that a folder of this one is, such as the one folder in which an archive holds everything."""
        start = folder.strip("/") + "/"
        return Package(
            files=tuple(
                PackageFile(path=file.path.removeprefix(start), mode=file.mode, content=file.content)
                for file in self.files
                if file.path.startswith(start)
            )
        )


def package_of(files: dict[str, tuple[int, bytes]]) -> Package:
    """The package of these, each a mode as a system has it and the bytes by its path."""
    return Package(
        files=tuple(
            PackageFile(path=path, mode=PROGRAM_MODE if mode & 0o111 else FILE_MODE, content=content)
            for path, (mode, content) in sorted(files.items(), key=lambda one: one[0].encode())
        )
    )
