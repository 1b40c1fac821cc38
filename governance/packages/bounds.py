"""How much a package may hold, counted while it is read."""

from dataclasses import dataclass

from governance.packages.refused import PackageRefused

_SMALL = 8 << 20
"""Below this nobody asks how well an archive was packed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageBounds:
    """`most_ratio` is how many times larger than the archive its files may be together, beyond a few megabytes."""

    most_entries: int = 5_000
    most_bytes: int = 64 << 20
    most_file_bytes: int = 32 << 20
    most_ratio: int = 100


@dataclass(slots=True, kw_only=True)
class ReadTally:
    """What was read so far, of an archive of that many bytes; 0 where it is a folder."""

    bounds: PackageBounds
    packed_bytes: int = 0
    entries: int = 0
    bytes: int = 0

    def entry(self) -> None:
        """One more file, folder or whatever it is. Raises PackageRefused."""
        self.entries += 1
        if self.entries > self.bounds.most_entries:
            raise PackageRefused("entries", most=str(self.bounds.most_entries))

    def room(self) -> int:
        """How many bytes the next file may have, and one more by which it shows that it is too large."""
        return min(self.bounds.most_file_bytes, self.bounds.most_bytes - self.bytes) + 1

    def content(self, name: str, count: int) -> None:
        """So many bytes of a file. Raises PackageRefused."""
        self.bytes += count
        if count > self.bounds.most_file_bytes:
            raise PackageRefused("file_too_large", file=name, megabytes=str(self.bounds.most_file_bytes >> 20))
        if self.bytes > self.bounds.most_bytes:
            raise PackageRefused("too_large", megabytes=str(self.bounds.most_bytes >> 20))
        if self.packed_bytes and self.bytes > _SMALL and self.bytes > self.packed_bytes * self.bounds.most_ratio:
            raise PackageRefused("bomb", times=str(self.bounds.most_ratio))
