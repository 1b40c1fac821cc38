"""Copies on this machine's disk of what is installed, by digest; the database has the original.

A copy is written when it is first needed, read-only, and removed when nothing installed speaks of it any more.
"""

import asyncio
import re
from collections.abc import Collection
from pathlib import Path

from governance.capabilities.capabilities import Capabilities
from governance.packages.package import Package
from governance.packages.packing import unpack
from governance.packages.written import remove_written, write_to

_DIGEST = re.compile(r"[0-9a-f]{64}")


class PackageShelf:
    """The folder of copies."""

    def __init__(self, folder: Path, capabilities: Capabilities) -> None:
        self.folder = folder
        self._capabilities = capabilities
        self._writing = asyncio.Lock()

    async def package(self, digest: str) -> Package | None:
        """The package as it was approved, from the database."""
        body = await self._capabilities.package(digest)
        return None if body is None else await asyncio.to_thread(unpack, body)

    async def place(self, digest: str) -> Path | None:
        """The folder with the copy of that package; None where the database has none of that digest."""
        folder = self.folder / digest
        async with self._writing:
            if not await asyncio.to_thread(folder.is_dir):
                package = await self.package(digest)
                if package is None:
                    return None
                await asyncio.to_thread(self._write, package, folder)
        return folder

    def _write(self, package: Package, folder: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            write_to(package, folder)
        except FileExistsError:  # another gateway on this folder was faster
            return

    async def drop(self, digest: str) -> None:
        """Remove a copy, so that the next use writes it anew."""
        await asyncio.to_thread(remove_written, self.folder / digest)

    async def tidy(self, wanted: Collection[str]) -> None:
        """Remove the copies of everything else."""
        for name in await asyncio.to_thread(self._there):
            if name not in wanted:
                await self.drop(name)

    def _there(self) -> list[str]:
        try:
            return [path.name for path in self.folder.iterdir() if _DIGEST.fullmatch(path.name)]
        except FileNotFoundError:
            return []
