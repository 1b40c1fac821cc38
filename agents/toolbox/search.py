"""Searches the files of the workspace, in processes of their own that end with the call.

Files under whose names secrets are kept are not searched: reading one of them asks.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from agents.files.searching.crew import BOOT, Report
from agents.files.searching.literals import has_line_end
from agents.toolbox.files import PATH
from agents.toolbox.found import MOST_FILES, MOST_HITS, PER_FILE, SearchRequest, told
from agents.toolbox.nearest import missing
from agents.tools.habits import ArgumentHabit
from agents.tools.schema import ToolFailed
from agents.tools.tool import ToolContext
from governance.guard.paths import relative_to, safe_open

MAX_PATTERN_CHARACTERS = 1_000
MAX_CONTEXT = 20
SEARCH_SECONDS = 30.0
_GRACE_SECONDS = 5.0
_OUR_ROOT = Path(__file__).parent.parent.parent

ALSO_CALLED = "grep search search_code grep_search find_in_files search_in_files ripgrep"
_PATTERN = ArgumentHabit("query regex regexp search_term search_pattern q text")
_GLOB = ArgumentHabit("include file_pattern file_glob include_pattern pattern filter includes")
GlobArgument = Annotated[str, _GLOB, Field(max_length=MAX_PATTERN_CHARACTERS, description="file name pattern")]


async def search_files(  # noqa: PLR0917  # what models expect of such a tool
    here: ToolContext,
    pattern: Annotated[str, _PATTERN, Field(min_length=1, max_length=MAX_PATTERN_CHARACTERS, description="regex")],
    path: Annotated[str, PATH, Field(description="file or folder")] = ".",
    glob: GlobArgument = "",
    ignore_case: Annotated[bool, ArgumentHabit("case_insensitive insensitive i")] = False,  # noqa: FBT002  # an argument by name in JSON
    context: Annotated[
        int, ArgumentHabit("context_lines c lines_of_context"), Field(ge=0, le=MAX_CONTEXT, description="lines around")
    ] = 0,
    mode: Literal["lines", "files", "count"] = "lines",
    literal: bool = False,  # noqa: FBT001, FBT002  # as above
) -> str:
    """Search file contents by line."""
    notes, literal = _read(pattern, literal=literal)
    opened, plan = await asyncio.to_thread(_opened, here.workspace, path)
    wanted = {
        **plan,
        "pattern": pattern,
        "literal": literal,
        "ignore_case": ignore_case,
        "glob": glob,
        "mode": mode,
        "context": context,
        "per_file": PER_FILE,
        "most": MOST_HITS if mode == "lines" else MOST_FILES,
        "seconds": SEARCH_SECONDS,
    }
    try:
        report = await _report(opened, wanted)
    finally:
        os.close(opened)
    return told(report, SearchRequest(mode=mode, base=wanted["base"], glob=glob, notes=notes, seconds=SEARCH_SECONDS))


def _read(pattern: str, *, literal: bool) -> tuple[list[str], bool]:
    """What is to be said of the pattern, and whether it is taken as plain text."""
    if literal:
        return [], True
    try:
        re.compile(pattern)
        if has_line_end(pattern):
            return ["each line is tried by itself, so \\n is found nowhere"], False
    except (re.error, RecursionError, OverflowError) as problem:
        return [f"the pattern is no regular expression ({problem}), so it was searched as plain text"], True
    return [], False


def _opened(workspace: Path, path: str) -> tuple[int, dict[str, Any]]:
    """The open file or folder, and how a search is told of it; raises what `safe_open` does."""
    try:
        opened = safe_open(workspace, path, os.O_RDONLY)
    except FileNotFoundError:
        raise ToolFailed(missing(workspace, path)) from None
    inner = relative_to(workspace, path)
    if not os.path.isdir(opened):  # noqa: PTH112  # a descriptor, not a path
        return opened, {"file": opened, "name": inner, "base": ""}
    return opened, {"folder": opened, "base": "" if inner == "." else f"{inner}/"}


async def _report(opened: int, wanted: Mapping[str, Any]) -> Report:
    """What was found; the processes that look are gone when this returns."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", "-B", "-c", BOOT, str(_OUR_ROOT), json.dumps(wanted)),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=DEVNULL,
        pass_fds=(opened,),
        env={},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(wanted["seconds"] + _GRACE_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        raise ToolFailed("the search did not end in time; search fewer files, or for plain text with literal") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    if process.returncode:
        raise ToolFailed("the search broke off; search fewer files, or for plain text with literal")
    return Report(**json.loads(output))
