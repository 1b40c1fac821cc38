"""The server's REST API over the shared session, and what its refusals mean.

Facts: the source of BlueBubbles Server (packages/server/src/server/api/http/api/v1). Every answer is an envelope of
`status`, `message`, `data` and, when refused, `error` with `type` and `message`; the password is a parameter of every
address, so no error of ours may hold an address. An "iMessage Error" is a 500 that is about one message alone; with
`data` it holds the message as it failed.
"""

import json
from typing import Any

import aiohttp

from channels.base import ChannelDown, ChannelRefused, Deferred, MessageRefused, RateLimited
from channels.imessage import Options
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.downloads import refusal_of, whole

Json = dict[str, Any]
TIMEOUT = aiohttp.ClientTimeout(total=30.0, sock_connect=10.0)
SEND_TIMEOUT = aiohttp.ClientTimeout(total=150.0, sock_connect=10.0)
"""The server answers when Messages has sent it, which it waits a minute or two for."""
FILE_TIMEOUT = aiohttp.ClientTimeout(total=900.0, sock_connect=10.0)
DEFAULT_WAIT_SECONDS = 7.0
QUEUED_SECONDS = 20.0
UNSENT_SECONDS = 30.0
MOST_BYTES = 64 * 2**20


class Refusal(MessageRefused):
    """The server refuses a call; `status` is its HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Api:
    """Calls with the server's password."""

    def __init__(self, options: Options, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._base = f"{options.url}/api/v1"
        self._password = {"password": options.password.get_secret_value()}

    async def call(
        self, method: str, path: str, body: Any = None, patience: aiohttp.ClientTimeout = TIMEOUT, with_: str = ""
    ) -> Any:
        """What a call gives as `data`; `with_` names what should come with it.

        Raises RateLimited, Deferred, Refusal, ChannelRefused or ChannelDown.
        """
        how = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
        try:
            async with self._http.request(
                method,
                f"{self._base}{path}",
                params=self._password | ({"with": with_} if with_ else {}),
                timeout=patience,
                allow_redirects=False,
                **how,
            ) as response:
                return _understood(response, _parsed(await whole(response, "the answer", MOST_BYTES)))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("unreachable", platform="BlueBubbles", why=why(error))) from None

    async def download(self, guid: str, name: str, limit_bytes: int) -> bytes:
        """The bytes of an attachment; raises FileTooLarge, or as `call`."""
        try:
            async with self._http.get(
                f"{self._base}/attachment/{guid}/download",
                params=self._password,
                timeout=FILE_TIMEOUT,
                allow_redirects=False,
            ) as response:
                if response.status != 200:  # noqa: PLR2004 -- OK
                    _understood(response, _parsed(await whole(response, "the answer", MOST_BYTES)))
                    raise refusal_of(response, "BlueBubbles", name)
                return await whole(response, name, limit_bytes)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("not_handed", platform="BlueBubbles", name=name, why=why(error))) from None


def _understood(response: aiohttp.ClientResponse, answer: Json) -> Any:
    status = response.status
    if status < 300:  # noqa: PLR2004 -- success
        return answer.get("data")
    told = answer.get("error")
    error = told if isinstance(told, dict) else {}
    words = str(error.get("message") or answer.get("message") or response.reason or "")[:300]
    detail = f"{words} ({status})"
    if status == 429:  # noqa: PLR2004 -- said by a tunnel before the server, which itself names no limit
        raise RateLimited(_wait(response), detail)
    if status == 401:  # noqa: PLR2004 -- unauthorised
        raise ChannelRefused(detail)
    if status < 400:  # noqa: PLR2004 -- redirects, which would carry the password elsewhere
        raise ChannelRefused(saying("redirected", setting="url", where=status))
    if error.get("type") == "iMessage Error":
        if answer.get("data"):
            raise Refusal(status, detail)
        raise Deferred(UNSENT_SECONDS, detail)
    if status >= 500:  # noqa: PLR2004 -- the class of server errors
        raise ChannelDown(detail)
    if "already queued" in words:  # an earlier attempt of the same message, whose answer never reached us
        raise Deferred(QUEUED_SECONDS, detail)
    raise Refusal(status, detail)


def _wait(response: aiohttp.ClientResponse) -> float:
    try:
        return max(float(response.headers["Retry-After"]), 0.0)
    except (KeyError, ValueError):
        return DEFAULT_WAIT_SECONDS


def _parsed(body: bytes) -> Json:
    try:
        found = json.loads(body) if body else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
