"""Files in both directions: fetched from Discord's own hosts without our token, sent as parts of a form."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from channels.base import ChannelDown, FileTooLarge, MessageRefused
from channels.discord.api import Api, Json
from channels.discord.sdk import Route
from channels.discord.voice import Voice
from channels.messages import File
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.downloads import refusal_of, whole

MAX_FILE_BYTES = 10 * 2**20
"""What a server without boosts takes, and every private conversation."""
HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
TIMEOUT = aiohttp.ClientTimeout(total=120.0, sock_connect=10.0)
EXPIRED = frozenset({403, 404})
_UNFIT = re.compile(r'[\x00-\x1f\x7f"\\/]')


async def fetch(api: Api, file: File, limit_bytes: int) -> bytes:
    """The bytes of a file; its address is signed for a day, and signed anew when that has passed.

    Raises FileTooLarge, MessageRefused where the file is gone or not Discord's, or ChannelDown.
    """
    if file.size > limit_bytes:
        raise FileTooLarge(f"{file.name} has {file.size} bytes; the limit is {limit_bytes}")
    if (content := await _read(api, file.locator, file, limit_bytes)) is not None:
        return content
    renewed = await api.request(Route("POST", "/attachments/refresh-urls"), json={"attachment_urls": [file.locator]})
    for entry in renewed.get("refreshed_urls", ()):
        if (content := await _read(api, str(entry.get("refreshed")), file, limit_bytes)) is not None:
            return content
    raise MessageRefused(f"Discord has {file.name} no more")


async def _read(api: Api, url: str, file: File, limit_bytes: int) -> bytes | None:
    """The bytes, None when the address is not good any more."""
    if not _is_discords(url, api.api_url):
        raise MessageRefused(f"{file.name} does not lie with Discord")
    try:
        async with api.http.get(url, timeout=TIMEOUT, allow_redirects=False) as answer:
            if answer.status in EXPIRED:
                return None
            if answer.status != 200:  # noqa: PLR2004 -- HTTP's own number
                raise refusal_of(answer, "Discord", file.name)
            return await whole(answer, file.name, limit_bytes)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise ChannelDown(saying("not_handed", platform="Discord", name=file.name, why=why(error))) from None


def _is_discords(given: str, api_url: str) -> bool:
    """One of Discord's file hosts over https, or the very place where the settings say that the API is."""
    try:
        url = URL(given)
        return (url.scheme == "https" and url.host in HOSTS) or url.origin() == URL(api_url).origin()
    except ValueError:
        return False


@asynccontextmanager
async def form(body: Json, files: Sequence[File], voice: Voice | None = None) -> AsyncIterator[list[Mapping[str, Any]]]:
    """A message with files as the fields of a form; raises MessageRefused when one cannot be read."""
    names = [_UNFIT.sub("_", file.name)[:200] or "file" for file in files]
    spoken = asdict(voice) if voice else {}
    told = {**body, "attachments": [{"id": number, "filename": name, **spoken} for number, name in enumerate(names)]}
    fields: list[Mapping[str, Any]] = [{"name": "payload_json", "value": json.dumps(told)}]
    handles = []
    try:
        for number, (name, file) in enumerate(zip(names, files, strict=True)):
            try:
                handle = await asyncio.to_thread(Path(file.locator).open, "rb")
            except OSError as error:
                raise MessageRefused(f"cannot read {file.name}: {error.strerror}") from error
            handles.append(handle)
            field = {"name": f"files[{number}]", "value": handle, "filename": name, "content_type": _media_type(file)}
            fields.append(field)
        yield fields
    finally:
        for handle in handles:
            handle.close()


def _media_type(file: File) -> str:
    return file.media_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", file.media_type) else "application/octet-stream"
