"""Files that we send: carried over the long connection in pieces, then shown by a message that names them.

An upload that breaks is begun anew, never continued: nobody promises that another connection knows it. Videos go as
files, and so does voice that is not AMR of up to a minute. Facts: WeCom's own aibot-node-sdk, src/client.ts,
`uploadMedia`; document/path/96484 for the sizes.
"""

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from channels.base import MessageRefused
from channels.messages import File, FileKind
from channels.shared.socket import Json
from channels.shared.sound import Codec, sound_of
from channels.wecom.connection import Connection

CHUNK_BYTES = 512 * 1024
MIN_FILE_BYTES = 5
MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_IMAGE_BYTES = 2 * 1024 * 1024
"""Pages differ, 2 MB or 10; a larger picture goes as a file, which is sure to be taken."""
MAX_VOICE_BYTES, MAX_VOICE_SECONDS = 2 * 1024 * 1024, 60.0
STEP_SECONDS = 30.0
"""For one step of an upload and its receipt; a piece is 700 kB on the wire."""
AT_ONCE = 2
"""WeCom answers "system error" to many pieces at once; this also bounds what lies in memory."""
Images = Mapping[bytes, tuple[str, ...]]
"""What the content of each kind of picture begins with, and how its name may end."""
IMAGES: Images = {b"\x89PNG\r\n\x1a\n": (".png",), b"\xff\xd8\xff": (".jpg", ".jpeg"), b"GIF8": (".gif",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file as WeCom takes it; `kind` is both what is uploaded and what the message is."""

    kind: str
    name: str
    content: bytes
    md5: str


class Uploads:
    """Carries files over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._places = asyncio.Semaphore(AT_ONCE)

    async def message_of(self, file: File) -> Json:
        """Upload a file; the body of the message that shows it.

        Raises MessageRefused for what cannot be read or is too small or large, else what `Connection.request` raises.
        """
        async with self._places:
            media = await asyncio.to_thread(read, file)
            media_id = await self._carry(media)
        return {"msgtype": media.kind, media.kind: {"media_id": media_id}}

    async def _carry(self, media: Media) -> str:
        connection = await self._connection.connection()

        async def step(name: str, body: Json) -> Json:
            return await self._connection.request(
                f"aibot_upload_media_{name}", body, on=connection, seconds=STEP_SECONDS
            )

        starts = range(0, len(media.content), CHUNK_BYTES)
        begun = await step(
            "init",
            {
                "type": media.kind,
                "filename": media.name,
                "total_size": len(media.content),
                "total_chunks": len(starts),
                "md5": media.md5,
            },
        )
        upload_id = _named(begun, "upload_id", media)
        for index, start in enumerate(starts):
            data = base64.b64encode(media.content[start : start + CHUNK_BYTES]).decode()
            await step("chunk", {"upload_id": upload_id, "chunk_index": index, "base64_data": data})
        return _named(await step("finish", {"upload_id": upload_id}), "media_id", media)


def _named(answer: Json, key: str, media: Media) -> str:
    if not answer.get(key):
        raise MessageRefused(f"WeCom took {media.name} and named no {key}")
    return str(answer[key])


def read(file: File, *, max_image_bytes: int = MAX_IMAGE_BYTES, images: Images = IMAGES) -> Media:
    """A file of this machine as WeCom takes it; raises MessageRefused. Blocks, so it belongs into a thread.

    `images` are the kinds of picture that are shown as such, up to `max_image_bytes`; all others go as files. What
    WeCom plays goes as a voice message, which shows no name.
    """
    try:
        content = _content(Path(file.locator))
    except OSError as error:
        raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error
    if not MIN_FILE_BYTES <= len(content) <= MAX_FILE_BYTES:
        which = "fewer" if len(content) < MIN_FILE_BYTES else "more"
        limit = min(max(len(content), MIN_FILE_BYTES), MAX_FILE_BYTES)
        raise MessageRefused(f"{file.name} has {which} than {limit} bytes, which WeCom refuses")
    name = _image_name(file, content, images) if len(content) <= max_image_bytes else ""
    kind = "image" if name else "voice" if _is_voice(file, content) else "file"
    if kind == "voice":
        name = file.name if file.name.lower().endswith(".amr") else f"{file.name}.amr"
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return Media(kind=kind, name=name or file.name, content=content, md5=md5)


def _is_voice(file: File, content: bytes) -> bool:
    """Whether WeCom plays it as a voice message."""
    if file.presented_as is not FileKind.VOICE or len(content) > MAX_VOICE_BYTES:
        return False
    sound = sound_of(content)
    return sound is not None and sound.codec is Codec.AMR and sound.seconds <= MAX_VOICE_SECONDS


def _content(path: Path) -> bytes:
    """All of it, or one byte more than is allowed."""
    with path.open("rb") as stream:
        return stream.read(MAX_FILE_BYTES + 1)


def _image_name(file: File, content: bytes, images: Images) -> str:
    """What to call it as a picture, ending as its content says; empty when it can only go as a file."""
    if file.presented_as is not FileKind.IMAGE:
        return ""
    for sign, endings in images.items():
        if content.startswith(sign):
            return file.name if file.name.lower().endswith(endings) else file.name + endings[0]
    return ""
