"""Searching the files of the workspace for a regular expression, in a process that a bad expression cannot hold up."""

import asyncio
import json
import sys
from typing import Annotated

from pydantic import Field

from agents.tool_schema import tool
from agents.toolbox.files import READ_BYTES, walk
from agents.tools import Tool, ToolContext
from channels.base import NexoraError
from governance.beneath import PathRefused, read_beneath
from governance.verdicts import Effect

SECONDS = 10
MOST_HITS = 200
MOST_BYTES = 64 * 2**20
_SEARCH = """
import json, re, sys
expression, most = json.loads(sys.stdin.readline())
try:
    wanted = re.compile(expression)
except re.error as error:
    print(json.dumps({"error": str(error)})); sys.exit()
hits = []
for line in sys.stdin:
    name, text = json.loads(line)
    for number, words in enumerate(text.splitlines(), 1):
        if wanted.search(words):
            hits.append(f"{name}:{number}: {words[:300]}")
            if len(hits) >= most:
                print(json.dumps({"hits": hits, "more": True})); sys.exit()
print(json.dumps({"hits": hits, "more": False}))
"""


class SearchFailed(NexoraError):
    """The search could not be done."""


async def search_files(
    context: ToolContext,
    expression: Annotated[str, Field(description="Python regular expression", max_length=1000)],
    path: Annotated[str, Field(description="folder, relative to the workspace")] = ".",
) -> str:
    """Search text files; answers path:line: text."""
    texts = await asyncio.to_thread(_texts, context, path)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        "-c",
        _SEARCH,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={},
    )
    sent = json.dumps([expression, MOST_HITS]).encode() + b"\n" + texts
    try:
        async with asyncio.timeout(SECONDS):
            answer, _ = await process.communicate(sent)
    except TimeoutError as error:
        raise SearchFailed(f"The search took longer than {SECONDS} s; use a simpler expression.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return _told(json.loads(answer))


def search_tool() -> Tool:
    """The tool."""
    return tool(search_files, effect=Effect.READS, subject="path")


def _texts(context: ToolContext, path: str) -> bytes:
    lines: list[bytes] = []
    total = 0
    for name in walk(context.workspace, path):
        try:
            data, _ = read_beneath(context.workspace, name, READ_BYTES)
        except (OSError, PathRefused):
            continue  # gone meanwhile, or no ordinary file: there is nothing in it to find
        if b"\0" in data[:8192]:
            continue
        total += len(data)
        if total > MOST_BYTES:
            raise SearchFailed("There is too much to search; name a folder.")
        lines.append(json.dumps([name, data.decode("utf-8", "replace")]).encode() + b"\n")
    return b"".join(lines)


def _told(found: dict[str, object]) -> str:
    if "error" in found:
        raise SearchFailed(f"The expression is wrong: {found['error']}.")
    hits = found["hits"]
    if not isinstance(hits, list) or not hits:
        return "(nothing found)"
    more = f"\n(the first {MOST_HITS}; there are more)" if found["more"] else ""
    return "\n".join(str(hit) for hit in hits) + more
