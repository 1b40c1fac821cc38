"""A file too large for one call: announced, put piece by piece where QQ says, and put together by the last call.

Facts: bot.q.qq.com/wiki, "富媒体消息", "分片上传". Sizes are strings. Where a piece begins follows from its place in
the list, because its `index` begins at 0 in the manual and at 1 in what is answered.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from channels.base import ChannelDown, MessageRefused
from channels.messages import File
from channels.qq.api import Api
from channels.qq.files import FILE_BYTES, kind_of, size_of
from channels.sayings import saying
from channels.shared import sound

HEAD_BYTES = 10_002_432
"""So much of the beginning has a digest of its own."""
READ_BYTES = 2**20
LARGEST_PIECE = 32 * 2**20


def is_for_pieces(file: File) -> bool:
    """Whether the file is too large for one call."""
    return Path(file.locator).is_file() and Path(file.locator).stat().st_size > FILE_BYTES


async def carried(api: Api, path: Callable[[str], str], file: File) -> dict[str, Any]:
    """Carry the file to QQ; the body of the call that puts it together. `path` gives the room's address of a call.

    Raises MessageRefused, FileTooLarge, RateLimited or ChannelDown.
    """
    size = await asyncio.to_thread(size_of, file)
    announced = {"file_type": await asyncio.to_thread(_kind, file), "file_name": file.name, "file_size": str(size)}
    answer = await api.call("POST", path("upload_prepare"), {**announced, **await asyncio.to_thread(_digests, file)})
    try:
        upload, step = str(answer["upload_id"]), int(answer["block_size"])
        parts = [(each["index"], str(each["presigned_url"])) for each in answer["parts"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ChannelDown(saying("no_place", platform="QQ", name=file.name)) from error
    if not 0 < step <= LARGEST_PIECE or len(parts) != -(-size // step):
        raise ChannelDown(saying("wrong_places", platform="QQ", name=file.name))
    for number, (index, url) in enumerate(parts):
        piece = await asyncio.to_thread(_piece, file, number * step, step)
        await api.put(url, piece)
        digest = hashlib.md5(piece, usedforsecurity=False).hexdigest()
        finished = {"upload_id": upload, "part_index": index, "block_size": str(len(piece)), "md5": digest}
        await api.call("POST", path("upload_part_finish"), finished)
    return {"file_type": announced["file_type"], "file_name": file.name, "upload_id": upload, "srv_send_msg": False}


def _kind(file: File) -> int:
    return kind_of(file, _piece(file, 0, sound.HEAD_BYTES))


def _piece(file: File, start: int, count: int) -> bytes:
    try:
        with Path(file.locator).open("rb") as opened:
            opened.seek(start)
            return opened.read(count)
    except OSError as error:
        raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error


def _digests(file: File) -> dict[str, str]:
    """The names of the content by which QQ recognises it."""
    md5, sha1 = hashlib.md5(usedforsecurity=False), hashlib.sha1(usedforsecurity=False)
    head = hashlib.md5(usedforsecurity=False)
    done = 0
    for piece in _pieces(file):
        md5.update(piece)
        sha1.update(piece)
        head.update(piece[: max(0, HEAD_BYTES - done)])
        done += len(piece)
    return {"md5": md5.hexdigest(), "sha1": sha1.hexdigest(), "md5_10m": head.hexdigest()}


def _pieces(file: File) -> Iterator[bytes]:
    try:
        with Path(file.locator).open("rb") as opened:
            while piece := opened.read(READ_BYTES):
                yield piece
    except OSError as error:
        raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error
