"""Files both ways. They lie with the messages they came in, and are handed out to the app's token alone.

Facts: open.feishu.cn/document, "上传文件": a recording must be Opus, and `duration` is in milliseconds.
"""

import asyncio
import io
import re
from pathlib import Path

import aiohttp

from channels.base import ChannelDown, FileTooLarge, MessageRefused
from channels.feishu.api import Api
from channels.messages import File, FileKind
from channels.sayings import saying
from channels.shared.sound import Codec, sound_of

MAX_FILE_BYTES = 30 * 1024 * 1024
MAX_IMAGE_BYTES = 10 * 1024 * 1024
IMAGES = frozenset({"image/bmp", "image/gif", "image/jpeg", "image/png", "image/tiff", "image/webp", "image/x-icon"})
_LOCATOR = re.compile(r"(om_[\w-]{1,80})/([\w-]{1,120})/(image|file)", re.ASCII)
_HARMFUL = re.compile(r"[\x00-\x1f\x7f\"\\\\]")
"""What would end the header that bears a name."""
_TYPES = {"doc": "doc", "docx": "doc", "pdf": "pdf", "ppt": "ppt", "pptx": "ppt", "xls": "xls", "xlsx": "xls"}


class Files:
    """The platform's file store, as one app sees it."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that somebody sent. Raises FileTooLarge, MessageRefused, RateLimited or ChannelDown."""
        found = _LOCATOR.fullmatch(file.locator)
        if found is None:
            raise MessageRefused(f"{file.name} does not lie with Feishu")
        path = f"/open-apis/im/v1/messages/{found[1]}/resources/{found[2]}"
        content = await self._api.download(path, {"type": found[3]}, limit_bytes)
        if content is None:
            raise FileTooLarge(f"{file.name} is larger than {limit_bytes} bytes")
        return content

    async def upload(self, file: File) -> tuple[str, dict[str, str]]:
        """The type and the content of a message that shows this file. Raises FileTooLarge or MessageRefused."""
        content = await _content(file)
        if file.presented_as is FileKind.IMAGE and file.media_type in IMAGES and len(content) <= MAX_IMAGE_BYTES:
            key = await self._put("images", "image", file.name, content, image_type="message")
            return "image", {"image_key": key}
        ending = file.name.rpartition(".")[2].lower()
        sound = await asyncio.to_thread(sound_of, content) if file.presented_as is FileKind.VOICE else None
        if sound is not None and sound.codec is Codec.OPUS:  # what is uploaded as such can only be shown as voice
            told = {"file_type": "opus", "duration": str(sound.milliseconds)}
            return "audio", {"file_key": await self._put("files", "file", file.name, content, **_called(file), **told)}
        kind = _TYPES.get(ending, "stream")
        key = await self._put("files", "file", file.name, content, **_called(file), file_type=kind)
        return "file", {"file_key": key}

    async def _put(self, store: str, field: str, name: str, content: bytes, **fields: str) -> str:
        def form() -> aiohttp.FormData:
            made = aiohttp.FormData(quote_fields=False)
            for key, value in fields.items():
                made.add_field(key, value)
            made.add_field(
                field, io.BytesIO(content), filename=_HARMFUL.sub("_", name), content_type="application/octet-stream"
            )
            return made

        answer = await self._api.call("POST", f"/open-apis/im/v1/{store}", form=form)
        key = (answer.get("data") or {}).get(f"{field}_key")
        if not key:
            raise ChannelDown(saying("no_place", platform="Feishu", name=name))
        return str(key)


def _called(file: File) -> dict[str, str]:
    return {"file_name": file.name}


async def _content(file: File) -> bytes:
    path = Path(file.locator)
    try:
        size = (await asyncio.to_thread(path.stat)).st_size
        if size > MAX_FILE_BYTES:
            raise FileTooLarge(f"{file.name} has {size} bytes, more than {MAX_FILE_BYTES}")
        content = await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error
    if not content:
        raise MessageRefused(f"{file.name} is empty, which Feishu refuses")
    return content
