"""Installed agents as files of a folder, where the folder of agents finds them beside those of the settings."""

import asyncio
from pathlib import Path

from gateway.capabilities.in_force import CapabilityStanding
from gateway.capabilities.shelf import PackageShelf
from governance.values.capability_kinds import CapabilityKind

_TEMPORARY = ".new"


class AgentFiles:
    """The folder; a file is written whole or not at all, and only where it is not the same already."""

    def __init__(self, folder: Path, shelf: PackageShelf) -> None:
        self._folder = folder
        self._shelf = shelf

    async def follow(self, standing: CapabilityStanding) -> None:
        """Bring the folder to what is installed."""
        wanted: dict[str, bytes] = {}
        for found in standing.active(CapabilityKind.AGENT):
            package = await self._shelf.package(found.digest)
            if package is not None:
                wanted |= {file.path: file.content for file in package.files}
        await asyncio.to_thread(self._write, wanted)

    def _write(self, wanted: dict[str, bytes]) -> None:
        if wanted:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        there = {path.name: path for path in self._folder.iterdir()} if self._folder.is_dir() else {}
        for name in there.keys() - wanted.keys():
            there[name].unlink(missing_ok=True)
        for name, content in wanted.items():
            if name in there and there[name].read_bytes() == content:
                continue
            fresh = self._folder / f"{name}{_TEMPORARY}"
            fresh.write_bytes(content)
            fresh.replace(self._folder / name)
