"""A workspace, and the tools that search and list it."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from agents.toolbox import listing, search
from agents.tools.schema import tool
from agents.tools.tool import ToolContext
from governance.people.people import Person, Role
from governance.values.verdicts import Effect


class Place:
    """A workspace, and the two tools on it."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self._context = ToolContext(
            person=Person(id=uuid4(), name="alice", role=Role.OPERATOR),
            agent="assistant",
            conversation="c",
            workspace=workspace,
        )
        self._search = tool(search.search_files, effect=Effect.READS, subject="path")
        self._list = tool(listing.list_files, effect=Effect.READS, subject="path")

    def write(self, path: str, content: str | bytes) -> Path:
        file = self.workspace / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    async def search(self, pattern: str, **arguments: Any) -> list[str]:
        """The lines of the answer; the last one says what was searched."""
        return (await self._search.run(self._context, {"pattern": pattern, **arguments})).text.split("\n")

    async def list(self, **arguments: Any) -> list[str]:
        return (await self._list.run(self._context, arguments)).text.split("\n")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    return Place(workspace)
