"""A workspace with its history, in which commands run on layers."""

import os
import stat
from pathlib import Path
from uuid import UUID, uuid4

from agents.layers import About, Keeping, Layers, MergeResult
from agents.sandbox import Sandbox


class Room:
    """A workspace with its history."""

    def __init__(self, top: Path, sandbox: Sandbox, keeping: Keeping | None = None) -> None:
        self.workspace = top / "workspaces" / "one"
        self.workspace.mkdir(parents=True, exist_ok=True)
        self.sandbox = sandbox
        self.layers = Layers(top / "layers", sandbox, keeping)

    async def call(self, command: str, *, under: str = "", call: UUID | None = None) -> MergeResult:
        """A whole call: run on a layer, and merged."""
        layer = await self.layers.open(
            self.workspace, call or uuid4(), About(person="p", what=command, under=under, tool="shell")
        )
        await self.run(command, layer.view)
        return await layer.merge()

    async def run(self, command: str, view: object) -> None:
        done = await self.sandbox.run(
            command, workspace=self.workspace, timeout_seconds=20, overlay=view, approved=True
        )
        assert done.exit_code == 0, done.output

    def look(self) -> dict[str, str]:
        """Everything in the workspace: content, mode and link targets by path."""
        found = {}
        for folder, folders, files in os.walk(self.workspace):
            for name in (*folders, *files):
                path = Path(folder, name)
                mode = stat.S_IMODE(path.lstat().st_mode)
                what = (
                    f"-> {path.readlink()}"
                    if path.is_symlink()
                    else path.read_text(errors="replace")
                    if path.is_file()
                    else "folder"
                )
                found[str(path.relative_to(self.workspace))] = f"{what.strip()}|{mode:o}"
        return found
