"""Files that people leave in the console and files that agents send there, below one folder. It decides about nobody.

A file is a folder of its own with a random name, which holds the bytes and a card that says what they are. Names that
people chose never become paths.
"""

import asyncio
import json
import os
import re
import shutil
import stat
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from channels.base import FileTooLarge, MessageRefused
from channels.console import MAX_FILE_BYTES
from channels.messages import File, FileKind
from channels.text.plain import file_name

_ID = re.compile(r"[0-9a-f]{32}")
_IMAGES = {"image/gif", "image/jpeg", "image/png", "image/webp"}
LONGEST_NAME = 120
PIECE_BYTES = 256 * 1024


class UploadFolder:
    """The folder. `owner` is a person's id, or `agents` for what was sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def add(self, owner: str, name: str, media_type: str, pieces: AsyncIterator[bytes]) -> tuple[str, File]:
        """Store what arrives, never more than a piece in memory. Raises FileTooLarge, after which nothing is left."""
        number = uuid4().hex
        place = self._place(owner, number)
        await asyncio.to_thread(place.mkdir, parents=True, mode=0o700)
        try:
            size = await _write(place / "bytes", pieces)
            file = _described(name, media_type, size, place / "bytes")
            await asyncio.to_thread((place / "card.json").write_text, json.dumps(asdict(file)), encoding="utf-8")
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return number, file

    async def find(self, owner: str, number: str) -> File | None:
        """A file that this owner left here."""
        if not _ID.fullmatch(number):
            return None
        try:
            text = await asyncio.to_thread((self._place(owner, number) / "card.json").read_text, encoding="utf-8")
        except FileNotFoundError:
            return None
        return _from_card(json.loads(text))

    async def take(self, file: File) -> File:
        """A copy of a file that an agent sends; what the agent does to its own later changes nothing."""
        try:
            source = await asyncio.to_thread(_open_plain, Path(file.locator))
        except OSError as error:
            raise MessageRefused(f"cannot read {file.name}: {error.strerror}") from error
        with os.fdopen(source, "rb") as reader:
            try:
                _, kept = await self.add("agents", file.name, file.media_type, _pieces(reader))
            except FileTooLarge as error:
                raise MessageRefused(f"{file.name} is too large to send here") from error
        return replace(file, size=kept.size, locator=kept.locator)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """All bytes of a file; raises FileTooLarge."""
        path = self.path_of(file)
        if path is None:
            raise MessageRefused("the file is not here any more")
        if path.stat().st_size > limit_bytes:
            raise FileTooLarge
        return await asyncio.to_thread(path.read_bytes)

    def path_of(self, file: File) -> Path | None:
        """Where the bytes are; None for a path outside the folder, or when they are gone."""
        path = Path(file.locator)
        inside = path.is_relative_to(self._folder) and ".." not in path.parts
        return path if inside and path.is_file() else None

    def _place(self, owner: str, number: str) -> Path:
        return self._folder / owner / number


def clean_name(name: str) -> str:
    """A name that a person can read and a header can carry: its last part, without signs that nobody sees."""
    return file_name(name, "_")[-LONGEST_NAME:] or "file"


async def _write(path: Path, pieces: AsyncIterator[bytes]) -> int:
    size = 0
    with await asyncio.to_thread(path.open, "xb") as out:
        async for piece in pieces:
            size += len(piece)
            if size > MAX_FILE_BYTES:
                raise FileTooLarge
            await asyncio.to_thread(out.write, piece)
    return size


def _described(name: str, media_type: str, size: int, path: Path) -> File:
    known = media_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", media_type) else "application/octet-stream"
    kind = FileKind.IMAGE if known in _IMAGES else FileKind.DOCUMENT
    return File(name=clean_name(name), media_type=known, size=size, locator=str(path), presented_as=kind)


def _from_card(card: dict[str, object]) -> File:
    return File(
        name=str(card["name"]),
        media_type=str(card["media_type"]),
        size=int(str(card["size"])),
        locator=str(card["locator"]),
        presented_as=FileKind(str(card["presented_as"])),
    )


def _open_plain(path: Path) -> int:
    """A plain file, opened without following a link at its end and without waiting on a pipe."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(0, "it is not a plain file")
    return handle


async def _pieces(reader: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(reader.read, PIECE_BYTES):
        yield piece
