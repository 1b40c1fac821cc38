"""Reading, writing, editing, listing and sending files of the workspace, each opened beneath it and nowhere else."""

import asyncio
import fnmatch
import hashlib
import mimetypes
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from agents.tool_schema import tool
from agents.tools import Tool, ToolContext, ToolResult
from channels.base import NexoraError
from channels.messages import File, FileKind
from governance.beneath import open_beneath, read_beneath, replace_beneath
from governance.verdicts import Effect

READ_BYTES = 2 * 2**20
SEND_BYTES = 50 * 2**20
MOST_LINES = 1500
MOST_NAMES = 500
SKIPPED = frozenset({".git", "node_modules", "__pycache__", ".venv"})

PathOf = Annotated[str, Field(description="relative to the workspace")]


class EditRefused(NexoraError):
    """The edit does not fit the file."""


class NotText(NexoraError):
    """The file is not text."""


async def read_file(context: ToolContext, path: PathOf, first_line: int = 1, lines: int = MOST_LINES) -> str:
    """Read a text file."""
    text = await asyncio.to_thread(_text_of, context.workspace, path)
    every = text.splitlines()
    first = max(first_line, 1)
    chosen = every[first - 1 : first - 1 + max(1, min(lines, MOST_LINES))]
    last = first - 1 + len(chosen)
    if len(chosen) == len(every):
        return text or "(empty)"
    return "\n".join(chosen) + f"\n(lines {first}-{last} of {len(every)})"


async def write_file(context: ToolContext, path: PathOf, content: str) -> str:
    """Write a whole text file; missing folders are made."""
    data = content.encode("utf-8", "replace")
    existed = await asyncio.to_thread(replace_beneath, context.workspace, path, data)
    return f"{'Replaced' if existed else 'Wrote'} {path}, {len(data)} bytes."


async def edit_file(context: ToolContext, path: PathOf, old: str, new: str, replace_all: bool = False) -> str:  # noqa: FBT001, FBT002  # the model's own parameter
    """Replace text that occurs exactly once, or everywhere."""
    text = await asyncio.to_thread(_text_of, context.workspace, path)
    count = text.count(old) if old else 0
    if count == 0:
        raise EditRefused(f"The text to replace is not in {path}; read the file and copy it exactly.")
    if count > 1 and not replace_all:
        raise EditRefused(f"The text occurs {count} times in {path}; give more of it, or set replace_all.")
    await asyncio.to_thread(replace_beneath, context.workspace, path, text.replace(old, new).encode())
    return f"Replaced {count} place{'s' if count > 1 else ''} in {path}."


async def list_files(context: ToolContext, path: PathOf = ".", pattern: str = "*") -> str:
    """List files below a folder; pattern is a glob on the name."""
    names = await asyncio.to_thread(_listed, context.workspace, path, pattern)
    if not names:
        return "(none)"
    more = f"\n(more than {MOST_NAMES}; narrow the pattern)" if len(names) > MOST_NAMES else ""
    return "\n".join(names[:MOST_NAMES]) + more


def send_file_tool(outgoing: Path) -> Tool:
    """The tool that sends files; `outgoing` is where the copies lie that nobody changes any more."""

    async def send_file(context: ToolContext, path: PathOf) -> ToolResult:
        """Send a file of the workspace to the person."""
        file = await asyncio.to_thread(_copied, context.workspace, path, outgoing)
        return ToolResult(text=f"{file.name} ({file.size} bytes) is on its way.", files=(file,))

    return tool(send_file, effect=Effect.READS, subject="path")


def file_tools() -> tuple[Tool, ...]:
    """The tools that need nothing but the workspace."""
    return (
        tool(read_file, effect=Effect.READS, subject="path"),
        tool(write_file, effect=Effect.WRITES, subject="path"),
        tool(edit_file, effect=Effect.WRITES, subject="path"),
        tool(list_files, effect=Effect.READS, subject="path"),
    )


def _text_of(workspace: Path, path: str) -> str:
    data, size = read_beneath(workspace, path, READ_BYTES)
    if b"\0" in data[:8192]:
        raise NotText(f"{path} is not text ({size} bytes); use shell to look at it.")
    if size > READ_BYTES:
        raise NotText(f"{path} has {size} bytes, more than can be read at once; use shell to look at parts of it.")
    return data.decode("utf-8", "replace")


def _listed(workspace: Path, path: str, pattern: str) -> list[str]:
    return sorted(name for name in walk(workspace, path) if fnmatch.fnmatch(name.rpartition("/")[2], pattern))


def walk(workspace: Path, path: str) -> Iterator[str]:
    """Ordinary files below a folder of the workspace, by their paths from there; links are not followed."""
    opened = open_beneath(workspace, path or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        seen = 0
        for folder, folders, names, _ in os.fwalk(".", dir_fd=opened, follow_symlinks=False):
            folders[:] = sorted(name for name in folders if name not in SKIPPED)
            for name in sorted(names):
                seen += 1
                if seen > 20 * MOST_NAMES:
                    return
                inner = os.path.normpath(f"{path or '.'}/{folder}/{name}")
                yield inner
    finally:
        os.close(opened)


def _copied(workspace: Path, path: str, outgoing: Path) -> File:
    data, size = read_beneath(workspace, path, SEND_BYTES + 1)
    if size > SEND_BYTES:
        raise EditRefused(f"{path} has {size} bytes; at most {SEND_BYTES} can be sent.")
    folder = outgoing / hashlib.sha256(data).hexdigest()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / "bytes"
    if not kept.exists():
        kept.write_bytes(data)
    name = Path(path).name
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    image = media_type in {"image/gif", "image/jpeg", "image/png", "image/webp"}
    return File(
        name=name,
        media_type=media_type,
        size=size,
        locator=str(kept),
        presented_as=FileKind.IMAGE if image else FileKind.DOCUMENT,
    )
