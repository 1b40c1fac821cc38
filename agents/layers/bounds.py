"""How much of the disk calls may fill: of one call, one workspace, one person, and what always stays free.

Measured while a command runs and not by the file system, since few have quotas that an ordinary user can set.
"""

import asyncio
import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.layers.trees import written_in
from channels.base import NexoraError

EVERY_SECONDS = 0.4
"""How often a running command's files are measured at most; large ones seldom, so that measuring stays cheap."""
_SHARE = 20
"""Measuring takes at most this part of the time."""
_STALE_SECONDS = 60.0
_USAGE = "usage.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerBounds:
    """The most that calls may fill, in bytes and numbers of files and folders. reserve_bytes: what stays free."""

    call_bytes: int = 1 << 30
    call_files: int = 50_000
    workspace_bytes: int = 4 << 30
    workspace_files: int = 200_000
    person_bytes: int = 10 << 30
    reserve_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceUsage:
    """What a workspace held when it was last measured, at `at` by the system's clock, and whose call that was."""

    person: str = ""
    size_bytes: int = 0
    files: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """How much a call may still write; `of` names whose bound that is."""

    size_bytes: int
    files: int
    of: str


class Disk:
    """Says when there is no room. `disks` are folders on the file systems that must not fill up."""

    def __init__(self, history: Path, bounds: LayerBounds, disks: Sequence[Path]) -> None:
        self.bounds = bounds
        self._history = history
        self._disks = tuple(disks)

    def lack(self) -> str:
        """Why nothing may be written just now, a sentence without its full stop; empty when it may. Blocks shortly."""
        for disk in self._disks:
            if shutil.disk_usage(disk).free < self.bounds.reserve_bytes:
                return f"the disk is nearly full: {_megabytes(self.bounds.reserve_bytes)} MB of it must stay free"
        return ""

    def left(self, workspace: Path, person: str) -> Left:
        """How much a call may add, by what was measured last. What only removes is never hindered. Blocks shortly."""
        own = self._usage(workspace.name)
        held = sum(each.size_bytes for each in self._usages() if each.person == person)
        sizes = {
            "one call": self.bounds.call_bytes,
            "this workspace": self.bounds.workspace_bytes - own.size_bytes,
            "all workspaces of this person": self.bounds.person_bytes - held,
        }
        of = min(sizes, key=sizes.__getitem__)
        files = min(self.bounds.call_files, self.bounds.workspace_files - own.files)
        return Left(size_bytes=max(0, sizes[of]), files=max(0, files), of=of)

    def whole(self) -> Left:
        """All that a workspace may hold, where a command works on it directly."""
        return Left(size_bytes=self.bounds.workspace_bytes, files=self.bounds.workspace_files, of="this workspace")

    def is_stale(self, workspace: Path) -> bool:
        """Whether the workspace should be measured again."""
        return not 0 <= time.time() - self._usage(workspace.name).at < _STALE_SECONDS

    def measure(self, workspace: Path, person: str) -> None:
        """Measure a workspace and note it. Blocks, for as long as it takes to look at every file."""
        size, files = written_in(workspace)
        place = self._history / workspace.name
        usage = {"person": person, "size_bytes": size, "files": files, "at": time.time()}
        temporary = place / f".{_USAGE}"
        temporary.write_text(json.dumps(usage), encoding="utf-8")
        temporary.replace(place / _USAGE)

    def _usage(self, name: str) -> WorkspaceUsage:
        try:
            return WorkspaceUsage(**json.loads((self._history / name / _USAGE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return WorkspaceUsage()

    def _usages(self) -> list[WorkspaceUsage]:
        return [self._usage(each.parent.name) for each in self._history.glob(f"*/{_USAGE}")]


class NoRoom(NexoraError):
    """There is no room on the disk for what a call would write."""


class Watch:
    """Measures what a running call writes into `place`, and says when that is more than is `left`."""

    def __init__(self, disk: Disk, place: Path, left: Left) -> None:
        self.over = ""
        self._disk = disk
        self._place = place
        self._left = left
        self._next = 0.0

    async def __call__(self) -> str:
        """Why the command must be stopped now; nothing while it may go on."""
        return self.over or await asyncio.to_thread(self._look)

    async def last(self) -> str:
        """The same once it has ended, measured in any case."""
        self._next = 0.0
        return await self()

    def _look(self) -> str:
        if why := self._disk.lack():
            self.over = f"it was stopped because {why}"
        begun = time.monotonic()
        if not self.over and begun >= self._next:
            size, files = written_in(self._place)
            self._next = time.monotonic() + max(EVERY_SECONDS, _SHARE * (time.monotonic() - begun))
            if size > self._left.size_bytes or files > self._left.files:
                self.over = (
                    f"it was stopped because it wrote {_megabytes(size)} MB in {files} files, and "
                    f"{_megabytes(self._left.size_bytes)} MB in {self._left.files} files are left for {self._left.of}"
                )
        return self.over


def _megabytes(size_bytes: int) -> int:
    return size_bytes >> 20
