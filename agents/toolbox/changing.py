"""The tools that change files of the workspace and keep what they replace in its history."""

from typing import Annotated

from pydantic import Field

from agents.layers import Layers
from agents.tool_schema import tool
from agents.toolbox import files
from agents.tools import Tool, ToolContext
from governance.verdicts import Effect


def changing(layers: Layers) -> tuple[Tool, ...]:
    """Those tools, on these histories."""

    async def write_file(context: ToolContext, path: files.PathArgument, content: str) -> str:
        """Write a whole file, making folders."""
        return await files.write_file(layers, context, path, content)

    async def edit_file(
        context: ToolContext,
        path: files.PathArgument,
        old: Annotated[str, Field(min_length=1, description="exact text, unique unless replace_all")],
        new: str,
        replace_all: bool = False,  # noqa: FBT001, FBT002  # an argument by name in JSON
    ) -> str:
        """Replace text in a file."""
        return await files.edit_file(layers, context, path, old, new, replace_all=replace_all)

    return (
        tool(write_file, effect=Effect.WRITES, subject="path"),
        tool(edit_file, effect=Effect.WRITES, subject="path"),
    )
