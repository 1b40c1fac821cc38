"""Writes and edits files of the conversation's workspace, and hands them to the person."""

import asyncio
import hashlib
import mimetypes
import os
from pathlib import Path
from typing import Annotated

from pydantic import Field

from agents.tool_schema import ToolFailed
from agents.tools import ToolContext, ToolResult
from channels.messages import File, FileKind
from governance.paths import open_beneath, read_beneath, relative_to, replace_beneath

MAX_READ_BYTES = 8 << 20
MAX_WRITE_BYTES = 4 << 20
MAX_SEND_BYTES = 50 << 20
_IMAGES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})
_SNIFFED_BYTES = 8_192

PathArgument = Annotated[str, Field(description="in the workspace")]


async def send_file(context: ToolContext, path: PathArgument, outgoing: Path) -> ToolResult:
    """Send a file to the person."""
    return await asyncio.to_thread(_copied, context.workspace, path, outgoing)


def _copied(workspace: Path, path: str, outgoing: Path) -> ToolResult:
    """A copy that no later call changes, kept once under the digest of its content."""
    data, size = read_beneath(workspace, path, MAX_SEND_BYTES + 1)
    if size > MAX_SEND_BYTES or len(data) > MAX_SEND_BYTES:
        raise ToolFailed(f"{path} is {size} bytes; at most {MAX_SEND_BYTES >> 20} MB can be sent")
    name = Path(relative_to(workspace, path)).name
    folder = outgoing / hashlib.sha256(data).hexdigest()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "bytes").exists():
        replace_beneath(folder, "bytes", data)
    os.utime(folder)  # used again, so its age begins anew
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kind = FileKind.IMAGE if media_type in _IMAGES else FileKind.DOCUMENT
    sent = File(name=name, media_type=media_type, size=len(data), locator=str(folder / "bytes"), presented_as=kind)
    return ToolResult(text=f"{name} ({len(data)} bytes) is on its way.", files=(sent,))


def _text_of(data: bytes, path: str, size: int, *, strict: bool = False) -> str:
    """The text, in UTF-8 or with the byte order mark of another; raises ToolFailed for what is no text."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark) and not strict:
            return data.decode(encoding, "replace")
    if b"\0" in data[:_SNIFFED_BYTES]:
        raise ToolFailed(f"{path} is not text but {_kind_of(data)} of {size} bytes")
    try:
        return data.decode("utf-8-sig" if not strict else "utf-8")
    except UnicodeDecodeError as problem:
        if strict:
            raise ToolFailed(f"{path} is not in UTF-8, so editing would damage it; use the shell") from problem
        return data.decode("utf-8", "replace")


_KINDS = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or Office document"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x1f\x8b", "gzip data"),
)


def _kind_of(data: bytes) -> str:
    return next((kind for start, kind in _KINDS if data.startswith(start)), "binary data")


def is_folder(workspace: Path, path: str) -> bool:
    """Whether that is a folder of the workspace; raises what `open_beneath` does."""
    opened = open_beneath(workspace, path, os.O_RDONLY)
    try:
        return os.path.isdir(opened)  # noqa: PTH112  # a descriptor, not a path
    finally:
        os.close(opened)
