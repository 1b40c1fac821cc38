"""Files to and from Slack, streamed: in with the bot's token and no redirect, out in Slack's three steps."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
from yarl import URL

from channels.base import ChannelDown, FileTooLarge, MessageRefused, RateLimited
from channels.messages import Address, File
from channels.sayings import saying
from channels.shared import downloads
from channels.shared.certificates import why
from channels.slack.client import Api, scope_lack, wait_seconds
from channels.slack.normalise import file_of
from channels.slack.options import Options

MAX_FILE_BYTES = 100 * 1024 * 1024
TRANSFER_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """Bytes that lie at Slack but are not shared yet."""

    id: str
    title: str


class Files:
    """Slack's file store, as one bot token sees it."""

    def __init__(self, api: Api, options: Options, http: aiohttp.ClientSession) -> None:
        self._api = api
        self._options = options
        self._http = http

    async def pieces(self, file: File, limit_bytes: int) -> AsyncGenerator[bytes]:
        """The bytes of a file that Slack announced, as they come.

        Raises FileTooLarge, MessageRefused where Slack will not hand it to this token, RateLimited or ChannelDown.
        """
        if "://" not in file.locator:
            file = await self._asked(file)
        if file.size > limit_bytes:
            raise FileTooLarge(f"{file.name} has {file.size} bytes, more than {limit_bytes}")
        if not self._may_see_token(URL(file.locator)):
            raise MessageRefused(f"{file.name} does not lie at Slack")
        token = self._options.bot_token.get_secret_value()
        try:
            async with self._http.get(
                file.locator,
                headers={"Authorization": f"Bearer {token}"},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=TRANSFER_SECONDS),
            ) as answer:
                _check(file, answer)
                async with aclosing(downloads.pieces(answer, file.name, limit_bytes)) as found:
                    async for piece in found:
                        yield piece
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(
                saying("line_unreachable", platform="Slack", thing="file store", why=why(error))
            ) from error

    async def _asked(self, file: File) -> File:
        """A file of which only the id was told, found where its company keeps it."""
        answer = await self._api.ask(self._api.sdk.files_info, file=file.locator)
        found = file_of(answer["file"])
        if not isinstance(found, File):
            raise MessageRefused(f"{file.name} does not lie at Slack")
        return replace(found, name=file.name)

    def _may_see_token(self, url: URL) -> bool:
        """Only Slack's own hosts and the configured one may be shown the token."""
        host = url.host or ""
        slack = url.scheme == "https" and f".{host}".endswith((".slack.com", ".slack-gov.com", ".slack-files.com"))
        return slack or url.origin() == URL(self._options.api_url).origin()

    async def upload(self, files: Sequence[File]) -> list[Uploaded]:
        """Carry the bytes to Slack; nobody sees them before `share`.

        Raises FileTooLarge, MessageRefused or ChannelDown.
        """
        return [await self._upload_one(file) for file in files]

    async def _upload_one(self, file: File) -> Uploaded:
        path = Path(file.locator)
        try:
            size = (await asyncio.to_thread(path.stat)).st_size
        except OSError as error:
            raise MessageRefused(f"{file.name} cannot be read: {error.strerror}") from error
        if size > MAX_FILE_BYTES:
            raise FileTooLarge(f"{file.name} has {size} bytes, more than {MAX_FILE_BYTES}")
        if not size:
            raise MessageRefused(f"{file.name} is empty, which Slack refuses")
        place = await self._api.ask(self._api.sdk.files_getUploadURLExternal, filename=file.name, length=size)
        await self._put(place["upload_url"], path)
        return Uploaded(id=place["file_id"], title=file.name)

    async def _put(self, url: str, path: Path) -> None:
        stream = await asyncio.to_thread(path.open, "rb")
        try:
            async with (
                asyncio.timeout(TRANSFER_SECONDS),
                self._http.post(url, data=stream, allow_redirects=False) as answer,
            ):
                if answer.status != 200:  # noqa: PLR2004  HTTP's own number
                    raise ChannelDown(
                        saying("line_answers", platform="Slack", thing="file store", status=answer.status)
                    )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(
                saying("line_unreachable", platform="Slack", thing="file store", why=why(error))
            ) from error
        finally:
            stream.close()

    async def share(self, uploaded: Sequence[Uploaded], address: Address, thread: str) -> None:
        """Show what was uploaded in a room. Slack does not say under which ts, so it cannot be edited later."""
        await self._api.ask(
            self._api.sdk.files_completeUploadExternal,
            files=[{"id": file.id, "title": file.title} for file in uploaded],
            channel_id=address.room,
            thread_ts=thread or None,
        )


def _check(file: File, answer: aiohttp.ClientResponse) -> None:
    if answer.status == 429:  # noqa: PLR2004  HTTP's own number
        raise RateLimited(wait_seconds(answer.headers), saying("wait", platform="Slack"))
    if answer.status >= 500:  # noqa: PLR2004  as above
        raise ChannelDown(saying("line_answers", platform="Slack", thing="file store", status=answer.status))
    is_login = answer.content_type == "text/html" and not file.media_type.startswith("text/html")
    if answer.status in {401, 403} or answer.status // 100 == 3 or is_login:  # noqa: PLR2004  as above
        raise MessageRefused(
            f"Slack does not hand out {file.name} ({answer.status}); the bot needs the scope files:read "
            "and must be in the conversation",
            lack=scope_lack("files:read"),
        )
    if answer.status != 200:  # noqa: PLR2004  as above
        raise MessageRefused(f"Slack does not hand out {file.name} ({answer.status})")
