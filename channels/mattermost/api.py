"""The server's REST API over the shared session, and what its refusals mean. Facts: api.mattermost.com, v4."""

import json
from typing import Any

import aiohttp

from channels.base import ChannelDown, ChannelRefused, Lack, MessageRefused, RateLimited
from channels.locales import in_each
from channels.mattermost import Options
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.downloads import beginning, whole

TIMEOUT = aiohttp.ClientTimeout(total=30.0, sock_connect=10.0)
FILE_TIMEOUT = aiohttp.ClientTimeout(total=300.0, sock_connect=10.0)
DEFAULT_WAIT_SECONDS = 1.0
MOST_BYTES = 8 * 2**20


class Refusal(MessageRefused):
    """The server refuses a call; `status` is its HTTP status."""

    def __init__(self, status: int, detail: str, lack: Lack | None = None) -> None:
        super().__init__(detail, lack=lack)
        self.status = status


class Api:
    """Calls in the bot's name."""

    def __init__(self, options: Options, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._base = f"{options.url}/api/v4"
        self._headers = {"Authorization": f"Bearer {options.token.get_secret_value()}"}

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """One call with JSON. Raises RateLimited, Refusal, ChannelRefused or ChannelDown."""
        return await self._exchange(method, path, json=body, params=query, timeout=TIMEOUT)

    async def upload(self, channel_id: str, name: str, media_type: str, content: bytes) -> str:
        """The id of a file that was put there."""
        form = aiohttp.FormData()
        form.add_field("channel_id", channel_id)
        form.add_field("files", content, filename=name, content_type=media_type)
        answer = await self._exchange("POST", "/files", data=form, timeout=FILE_TIMEOUT)
        return str(answer["file_infos"][0]["id"])

    async def download(self, file_id: str, name: str, limit_bytes: int) -> bytes:
        """The bytes of a file; raises FileTooLarge, or as `call`."""
        try:
            async with self._http.get(
                f"{self._base}/files/{file_id}", headers=self._headers, timeout=FILE_TIMEOUT, allow_redirects=False
            ) as response:
                if response.status != 200:  # noqa: PLR2004 -- OK
                    _understood(response, _parsed(await beginning(response, MOST_BYTES)))
                    raise ChannelDown(saying("no_file", platform="Mattermost", status=response.status))
                return await whole(response, name, limit_bytes)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("not_handed", platform="Mattermost", name=name, why=why(error))) from None

    async def _exchange(self, method: str, path: str, **how: Any) -> Any:
        try:
            async with self._http.request(
                method, f"{self._base}{path}", headers=self._headers, allow_redirects=False, **how
            ) as response:
                return _understood(response, _parsed(await beginning(response, MOST_BYTES)))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("unreachable", platform="Mattermost", why=why(error))) from None


def _understood(response: aiohttp.ClientResponse, answer: Any) -> Any:
    status = response.status
    if status < 300:  # noqa: PLR2004 -- success
        return answer
    told = answer if isinstance(answer, dict) else {}
    words = str(told.get("message") or response.reason or "")[:300]
    detail = f"{words} ({status})"
    if status == 429:  # noqa: PLR2004 -- too many requests
        raise RateLimited(_wait(response), detail)
    if status == 401:  # noqa: PLR2004 -- unauthorised
        raise ChannelRefused(detail)
    if status in {403, 501}:
        raise Refusal(status, detail, _lack(status, str(told.get("id") or detail)))
    if status >= 500:  # noqa: PLR2004 -- the class of server errors
        raise ChannelDown(detail)
    if status < 400:  # noqa: PLR2004 -- redirects, which would carry our token elsewhere
        raise ChannelRefused(
            saying("redirected", setting="url", where=response.headers.get("Location", str(status))[:200])
        )
    raise Refusal(status, detail)


def _lack(status: int, word: str) -> Lack:
    """What the server does not let the bot do in that channel (403), or lets nobody do (501: files switched off)."""
    return Lack(word=word, repair=in_each("mattermost.repair"), only_here=status == 403)  # noqa: PLR2004 -- forbidden


def _wait(response: aiohttp.ClientResponse) -> float:
    for name in ("Retry-After", "X-RateLimit-Reset"):
        try:
            return max(float(response.headers[name]), 0.0)
        except (KeyError, ValueError):
            continue
    return DEFAULT_WAIT_SECONDS


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else {}
    except ValueError:
        return {}
