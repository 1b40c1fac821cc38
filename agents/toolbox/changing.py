"""The tools that change files of the workspace and keep what they replace in its history."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from uuid import uuid4

from pydantic import Field

from agents.call_forms.values import as_content
from agents.layers import Layers, Undone, Which
from agents.toolbox import editing, files, writing
from agents.toolbox.layered import about
from agents.tools.habits import ArgumentHabit
from agents.tools.schema import ToolFailed, filled, tool
from agents.tools.tool import Tool, ToolContext, ToolResult
from governance.guard.paths import relative_to
from governance.values.verdicts import Effect

_SHOWN = 200
_NAMED = 50
_OLD = ArgumentHabit("old_string old_str old_text oldtext original search find target old_content")
_NEW = ArgumentHabit("new_string new_str new_text newtext replacement replace updated new_content")
_CONTENT = ArgumentHabit("contents text file_text data body file_content new_content", as_content)
_WRITES = "write create_file save_file write_to_file file_write fs_write"
_EDITS = "edit str_replace replace replace_in_file edit_files search_replace search_and_replace"


def changing(layers: Layers) -> tuple[Tool, ...]:
    """Those tools, on these histories."""

    async def write_file(
        context: ToolContext,
        path: files.PathArgument,
        content: Annotated[str, _CONTENT],
        *,
        append: Annotated[bool, Field(description="add to the end")] = False,
    ) -> ToolResult:
        """Write a whole file, making folders."""
        return await writing.write_file(layers, context, path, content, append=append)

    async def edit_file(
        context: ToolContext,
        path: files.PathArgument,
        old: Annotated[str | None, _OLD, Field(description="text to replace, unique unless replace_all")] = None,
        new: Annotated[str | None, _NEW] = None,
        *,
        replace_all: Annotated[bool, ArgumentHabit("all replaceall global replace_every")] = False,
        edits: editing.Edits = (),
    ) -> ToolResult:
        """Replace text in a file."""
        wanted = editing.together(old, new, edits, replace_all=replace_all)
        return await editing.edit_file(layers, context, path, wanted)

    async def undo(
        context: ToolContext,
        count: Annotated[int, Field(ge=1, le=20)] = 1,
        path: Annotated[str, files.PATH, Field(description="only changes of this file or folder")] = ".",
    ) -> str:
        """Take back the last changes that calls made in the workspace."""
        inner = relative_to(context.workspace, path)
        which = Which(count=count, person=str(context.person.id), path="" if inner == "." else inner)
        by = about(context, path, "undo")
        undone = await layers.undo(context.workspace, which, by, call_id=context.call or uuid4())
        return _told(undone)

    return (
        tool(write_file, effect=Effect.WRITES, subject="path", also_called=_WRITES),
        _requiring(
            tool(edit_file, effect=Effect.WRITES, subject="path", also_called=_EDITS), "old", "new", unless="edits"
        ),
        tool(undo, effect=Effect.WRITES, subject="path"),
    )


def _requiring(made: Tool, *names: str, unless: str) -> Tool:
    """The tool that asks for these parameters as well, and does without them where it is given another."""
    parameters = {**made.parameters, "required": [*made.parameters["required"], *names]}

    def check(arguments: Mapping[str, Any]) -> str:
        missing = [name for name in names if arguments.get(name) is None and not arguments.get(unless)]
        lack = " and ".join(f"`{name}`" for name in missing) + (" is" if len(missing) == 1 else " are")
        example = filled(replace(made, parameters=parameters), arguments)
        return made.check(arguments) or (f"{lack} missing. Example: {example}" if missing else "")

    return replace(made, parameters=parameters, check=check)


def _told(undone: Undone) -> str:
    if undone.is_missing:
        raise ToolFailed("there is nothing that can be taken back, or it is too long ago")
    lines = [f"Taken back: {entry.tool} {entry.what[:_SHOWN]}" for entry in undone.entries]
    if undone.paths:
        lines.append(f"Changed: {', '.join(sorted(set(undone.paths))[:_NAMED])}")
    if undone.gone:
        lines.append(f"Not taken back, as what it replaced was too large: {undone.gone.what[:_SHOWN]}")
    if undone.refusal:
        paths, what = ", ".join(undone.refusal.paths), undone.refusal.entry.what[:_SHOWN]
        lines.append(f"Not taken back, as later changes would be lost in {paths}: {what}")
    return "\n".join(lines)
