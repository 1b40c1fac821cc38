"""Hands files of the conversation's workspace to the person."""

import asyncio
import hashlib
import mimetypes
import os
from pathlib import Path
from typing import Annotated, TypeAlias

from agents.call_forms.values import as_path
from agents.tools.habits import ArgumentHabit
from agents.tools.schema import ToolFailed
from agents.tools.tool import ToolContext, ToolResult
from channels.messages import File, FileKind
from governance.guard.paths import relative_to, safe_read, safe_replace

MAX_SEND_BYTES = 50 << 20
_SOUNDS = frozenset({"aac", "amr", "flac", "m4a", "mp3", "oga", "ogg", "opus", "silk", "wav"})
"""Endings; what the machine's own table of types says of them differs from machine to machine."""
_IMAGES = frozenset({"image/gif", "image/jpeg", "image/png", "image/webp"})

PATH = ArgumentHabit(
    "file_path filepath filename file_name file target_file absolute_path relative_path file_or_folder "
    "directory dir dir_path folder folder_path directory_path notebook_path",
    as_path,
)
PathArgument: TypeAlias = Annotated[str, PATH]
"""Relative to the workspace; the place in the prompt says so once, for all tools."""


async def send_file(context: ToolContext, path: PathArgument, outgoing: Path) -> ToolResult:
    """Send a file to the person."""
    return await asyncio.to_thread(_copied, context.workspace, path, outgoing)


def _copied(workspace: Path, path: str, outgoing: Path) -> ToolResult:
    """A copy that no later call changes, kept once under the digest of its content."""
    data, size = safe_read(workspace, path, MAX_SEND_BYTES + 1)
    if size > MAX_SEND_BYTES or len(data) > MAX_SEND_BYTES:
        raise ToolFailed(f"{path} is {size} bytes; at most {MAX_SEND_BYTES >> 20} MB can be sent")
    name = Path(relative_to(workspace, path)).name
    folder = outgoing / hashlib.sha256(data).hexdigest()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "bytes").exists():
        safe_replace(folder, "bytes", data)
    os.utime(folder)  # used again, so its age begins anew
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kind = FileKind.IMAGE if media_type in _IMAGES else FileKind.DOCUMENT
    if media_type.startswith("audio/") or name.rpartition(".")[2].lower() in _SOUNDS:
        kind = FileKind.VOICE
    sent = File(name=name, media_type=media_type, size=len(data), locator=str(folder / "bytes"), presented_as=kind)
    return ToolResult(text=f"{name} ({len(data)} bytes) is on its way.", files=(sent,))
