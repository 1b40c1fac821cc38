"""What a server answers, as a result of ours: text for the model, pictures for one that sees, files in the workspace.

All of it is the word of outsiders. Signs that nobody sees are taken out, and whatever is long is kept as a file.
"""

import asyncio
import base64
import binascii
import json
import mimetypes
import re
from collections.abc import Sequence
from typing import Any

from agents.mcp.listing import seen
from agents.models.pictures import MOST, Picture, picture_of
from agents.tools.tool import ToolContext, ToolResult
from governance.guard.paths import judge_path
from governance.values.safe_files import safe_replace
from governance.values.verdicts import Allowed

MOST_BLOCKS = 200
SHOWN_CHARACTERS = 16_000
MOST_FILE_BYTES = 8 << 20
NO_ANSWER = "It answered with nothing."
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


class _Told:
    """The result as it grows."""

    def __init__(self, label: str, context: ToolContext) -> None:
        self.label = label
        self.context = context
        self.texts: list[str] = []
        self.pictures: list[Picture] = []
        self.files = 0

    async def keep(self, content: bytes, ending: str) -> str:
        """Where in the workspace these bytes lie now."""
        self.files += 1
        call = self.context.call.hex[:8] if self.context.call else "0"
        path = f"fetched/{_UNSAFE.sub('_', self.label)[:40]}-{call}-{self.files}{ending}"
        if not isinstance(judge_path(path, self.context.workspace, writes=True), Allowed):
            path = f"fetched/{call}-{self.files}"
        await asyncio.to_thread(safe_replace, self.context.workspace, path, content)
        return path


async def told(result: Any, label: str, context: ToolContext) -> ToolResult:
    """The result of a call (mcp_types.CallToolResult) of that tool."""
    made = _Told(label, context)
    blocks: Sequence[Any] = result.content or ()
    for block in blocks[:MOST_BLOCKS]:
        await _add(made, block)
    if len(blocks) > MOST_BLOCKS:
        made.texts.append(f"({len(blocks) - MOST_BLOCKS} further parts are left out)")
    if result.structured_content is not None and not any(block.type == "text" for block in blocks):
        made.texts.append(json.dumps(result.structured_content, ensure_ascii=False, indent=1))
    text = "\n\n".join(seen(text) for text in made.texts if text.strip()) or NO_ANSWER
    return ToolResult(text=await _shown(made, text), ok=not result.is_error, pictures=tuple(made.pictures))


async def _add(made: _Told, block: Any) -> None:
    if block.type == "text":
        made.texts.append(block.text)
    elif block.type in {"audio", "image"}:
        made.texts.append(await _data(made, block.data, block.mime_type))
    elif block.type == "resource_link":
        about = " ".join(part for part in (block.title or block.name, block.mime_type, block.description) if part)
        made.texts.append(f"{block.uri} ({about})" if about else str(block.uri))
    elif block.type == "resource":
        inner = block.resource
        blob = getattr(inner, "blob", None)
        said = inner.text if blob is None else await _data(made, blob, inner.mime_type)
        made.texts.append(f"{inner.uri}\n{said}")
    else:
        made.texts.append(f"(a part of the kind {block.type}, which cannot be shown)")


async def _data(made: _Told, encoded: str, media_type: str | None) -> str:
    """What a model is told of bytes: that it sees them, or where they lie."""
    kind = (media_type or "").partition(";")[0].strip().lower()[:80] or "a file"
    try:
        content = await asyncio.to_thread(base64.b64decode, encoded, validate=True)
    except (binascii.Error, ValueError):
        return f"({kind}, which cannot be read: it is no base64)"
    if len(content) > MOST_FILE_BYTES:
        return f"({kind}, left out: {len(content):,} bytes are too many)"
    picture = picture_of(content)
    path = await made.keep(content, mimetypes.guess_extension(kind) or "")
    if picture is not None and len(made.pictures) < MOST:
        made.pictures.append(picture)
        return f"[picture {len(made.pictures)}: {path}]"
    return f"({kind}, {len(content):,} bytes; saved as {path}, which read_file reads)"


async def _shown(made: _Told, text: str) -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return text
    path = await made.keep(text.encode("utf-8", "replace"), ".txt")
    return f"{text[:SHOWN_CHARACTERS]}\n(the first {SHOWN_CHARACTERS:,} of {len(text):,} characters; all of it: {path})"
