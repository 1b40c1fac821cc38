"""Lists and searches the files of the workspace.

Files under whose names secrets are kept are listed but not searched: reading one of them asks.
"""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Annotated

from pydantic import Field

from agents.confinement.find import BOOT
from agents.tool_schema import ToolFailed
from agents.toolbox.files import is_folder
from agents.toolbox.listing import matches, walk
from agents.tools import ToolContext
from governance.paths import open_beneath, relative_to
from governance.secret_names import is_secret

MAX_LISTED = 400
MAX_MATCHES = 100
MAX_SEARCHED_BYTES = 4 << 20
MAX_PATTERN_CHARACTERS = 1_000
SEARCH_SECONDS = 10.0
SHOWN_CHARACTERS = 300
_OUR_ROOT = Path(__file__).parent.parent.parent

FolderArgument = Annotated[str, Field(description="folder")]
GlobArgument = Annotated[str, Field(description="as **/*.py")]


async def list_files(context: ToolContext, path: FolderArgument = ".", glob: GlobArgument = "") -> str:
    """List the files below a folder."""
    found = await asyncio.to_thread(_listed, context.workspace, path, glob)
    if not found:
        return "(none)"
    shown = found[:MAX_LISTED]
    if len(found) > MAX_LISTED:
        shown.append(f"({len(found) - MAX_LISTED} more; narrow it down with path or glob)")
    return "\n".join(shown)


async def search_files(
    context: ToolContext,
    pattern: Annotated[str, Field(min_length=1, max_length=MAX_PATTERN_CHARACTERS, description="regex")],
    path: Annotated[str, Field(description="file or folder")] = ".",
    glob: GlobArgument = "",
    ignore_case: bool = False,  # noqa: FBT001, FBT002  # an argument by name in JSON
) -> str:
    """Search file contents by line."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as problem:
        raise ToolFailed(f"the expression is wrong ({problem}); escape ( [ . and the like") from problem
    folder, base, names, skipped = await asyncio.to_thread(_searched, context.workspace, path, glob)
    try:
        lines, why = await _find(folder, names, pattern, ignore_case=ignore_case)
    finally:
        os.close(folder)
    shown = [f"{base}{name}:{number}: {text}" for name, number, text in lines] or ["(nothing found)"]
    if why:
        shown.append(f"({why})")
    if skipped:
        shown.append(f"(not searched, since secrets are usually kept there: {skipped})")
    return "\n".join(shown)


def _listed(workspace: Path, path: str, glob: str) -> list[str]:
    """The files below a folder by their paths from the workspace; a folder that is not entered ends with a slash."""
    if not is_folder(workspace, path):
        raise ToolFailed(f"{path} is a file; read_file shows it")
    folder = open_beneath(workspace, path, os.O_RDONLY | os.O_DIRECTORY)
    base = _base_of(workspace, path)
    try:
        return sorted(
            f"{base}{entry.name}{'/' * entry.is_folder}"
            for entry in walk(folder)
            if (entry.is_heavy if entry.is_folder else True) and (not glob or matches(entry.name, glob))
        )
    finally:
        os.close(folder)


def _searched(workspace: Path, path: str, glob: str) -> tuple[int, str, list[str], str]:
    """The open folder to search, what leads there, the names to search in it, and what is left out."""
    if not is_folder(workspace, path):
        above, _, name = relative_to(workspace, path).rpartition("/")
        folder = open_beneath(workspace, above or ".", os.O_RDONLY | os.O_DIRECTORY)
        return folder, _base_of(workspace, above), [name], ""
    folder = open_beneath(workspace, path, os.O_RDONLY | os.O_DIRECTORY)
    base = _base_of(workspace, path)
    names = [entry.name for entry in walk(folder) if not entry.is_folder and (not glob or matches(entry.name, glob))]
    secret = {name for name in names if is_secret(f"/{base}{name}")}
    return folder, base, [name for name in names if name not in secret], ", ".join(sorted(secret)[:5])


def _base_of(workspace: Path, path: str) -> str:
    """What stands before names below that folder: nothing for the workspace itself."""
    inner = relative_to(workspace, path)
    return "" if inner == "." else f"{inner}/"


async def _find(
    folder: int, names: list[str], pattern: str, *, ignore_case: bool
) -> tuple[list[tuple[str, int, str]], str]:
    """The lines found, and why there may be more; the process that looks is gone when this returns."""
    plan = {
        "folder": folder,
        "pattern": pattern,
        "ignore_case": ignore_case,
        "most": MAX_MATCHES,
        "shown": SHOWN_CHARACTERS,
        "file_bytes": MAX_SEARCHED_BYTES,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", "-B", "-c", BOOT, str(_OUR_ROOT), json.dumps(plan)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        pass_fds=(folder,),
        env={},
        limit=1 << 20,
    )
    why = ""
    output = bytearray()
    try:
        async with asyncio.timeout(SEARCH_SECONDS):
            await asyncio.gather(_feed(process.stdin, names), _drain(process.stdout, output))
            await process.wait()
    except TimeoutError:
        why = f"stopped after {SEARCH_SECONDS:g} s; use a simpler pattern or fewer files"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = [json.loads(line) for line in bytes(output).splitlines(keepends=True) if line.endswith(b"\n")]
    if len(lines) >= MAX_MATCHES:
        why = f"the first {MAX_MATCHES}; narrow it down with path or glob"
    return [(name, number, text) for name, number, text in lines], why


async def _feed(pipe: asyncio.StreamWriter | None, names: list[str]) -> None:
    if pipe is None:
        return
    pipe.write(json.dumps(names).encode())
    try:
        await pipe.drain()
        pipe.close()
        await pipe.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return


async def _drain(pipe: asyncio.StreamReader | None, output: bytearray) -> None:
    while pipe is not None and (data := await pipe.read(65_536)):
        output += data
