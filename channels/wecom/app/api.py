"""The API of apps over the shared session: the token, calls, uploads, downloads, and what the refusals mean.

Facts: developer.work.weixin.qq.com/document/path/91039 (token), 90253 and 90254 (media), 90455 (codes). A refusal comes
with status 200 and an `errcode`. The token stands in the address, so no text of ours ever tells an address.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from channels.base import ChannelDown, ChannelRefused, RateLimited
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.downloads import whole
from channels.shared.socket import Json
from channels.shared.tokens import RenewedToken
from channels.wecom import Options
from channels.wecom.connection import BUSY, RATE_SECONDS, Refusal

TIMEOUT = aiohttp.ClientTimeout(total=20.0, sock_connect=10.0)
TRANSFER = aiohttp.ClientTimeout(total=120.0, sock_connect=10.0)
MOST_BYTES = 2**20
RENEW_SECONDS = 300.0
"""A token lives for two hours; asked for again before that, the platform gives out the same one."""

RATE_CODES = frozenset({45009, 45033})
"""Too many calls, or too many at once; both count for the whole app."""
TOKEN_CODES = frozenset({40014, 42001})
REFUSED_CODES = frozenset({40001, 40013})
"""Wrong secret, wrong company."""
UNTRUSTED = 60020
Form = Callable[[], aiohttp.FormData]


class Untrusted(ChannelRefused):
    """WeCom does not take calls from our address, which an admin enters only after we have answered there."""


class Api:
    """Calls with a token that is renewed in time, once for all who wait."""

    def __init__(self, options: Options, http: aiohttp.ClientSession) -> None:
        self._options = options
        self._http = http
        self._token = RenewedToken(self._asked, early_seconds=RENEW_SECONDS)

    async def call(
        self, path: str, body: Json | None = None, *, query: Mapping[str, str] | None = None, form: Form | None = None
    ) -> Json:
        """The answer, whose `errcode` is 0. `form` makes the parts of an upload, anew for a second attempt.

        Raises RateLimited, Refusal, ChannelRefused or ChannelDown.
        """
        for is_last in (False, True):
            token = await self._token.value()
            answer = await self._exchange(
                path, {**(query or {}), "access_token": token}, body, form() if form else None
            )
            if not is_last and answer.get("errcode") in TOKEN_CODES:
                self._token.forget(token)  # a token may die before its time
                continue
            return understood(answer)
        raise AssertionError("the last round returns or raises")

    async def download(self, media_id: str, name: str, limit_bytes: int) -> bytes:
        """The bytes of a file that a person sent. Raises FileTooLarge, or as `call`."""
        for is_last in (False, True):
            token = await self._token.value()
            content = await self._fetched({"access_token": token, "media_id": media_id}, name, limit_bytes)
            if isinstance(content, bytes):
                return content
            if not is_last and content.get("errcode") in TOKEN_CODES:
                self._token.forget(token)
                continue
            understood(content)
            raise ChannelDown(saying("no_file", platform="WeCom", status=200))
        raise AssertionError("the last round returns or raises")

    async def _fetched(self, query: Mapping[str, str], name: str, limit_bytes: int) -> bytes | Json:
        """The file, or what the platform says instead of it: only a file is called an attachment."""
        url = f"{self._options.api_url}/media/get"
        try:
            async with self._http.get(url, params=query, timeout=TRANSFER, allow_redirects=False) as response:
                if response.ok and "Content-Disposition" in response.headers:
                    return await whole(response, name, limit_bytes)
                return await _parsed(response)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("unreachable", platform="WeCom", why=why(error))) from None

    async def _asked(self) -> tuple[str, float]:
        secret = self._options.app_secret.get_secret_value() if self._options.app_secret else ""
        answer = await self._exchange("gettoken", {"corpid": self._options.corp_id, "corpsecret": secret})
        try:
            understood(answer)
            return str(answer["access_token"]), float(answer["expires_in"])
        except Refusal as error:
            raise ChannelRefused(str(error)) from None
        except (KeyError, TypeError, ValueError) as error:
            raise ChannelDown(saying("no_token", setting="api_url", status=200)) from error

    async def _exchange(
        self, path: str, query: Mapping[str, str], body: Json | None = None, data: aiohttp.FormData | None = None
    ) -> Json:
        given: dict[str, Any] = {"data": data, "timeout": TRANSFER} if data else {"json": body, "timeout": TIMEOUT}
        method = "GET" if body is None and data is None else "POST"
        url = f"{self._options.api_url}/{path}"
        try:
            async with self._http.request(method, url, params=query, allow_redirects=False, **given) as response:
                return await _parsed(response)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("unreachable", platform="WeCom", why=why(error))) from None


def understood(answer: Json) -> Json:
    """The answer, when it is none of refusal; raises what its code means."""
    code = answer.get("errcode", 0)
    if not code:
        return answer
    words = f"{str(answer.get('errmsg', ''))[:300]} ({code})"
    if code in RATE_CODES:
        raise RateLimited(RATE_SECONDS, words, whole_bot=True)
    if code in REFUSED_CODES or code in TOKEN_CODES:
        raise ChannelRefused(words)
    if code == UNTRUSTED:
        raise Untrusted(words)
    if code == BUSY:
        raise ChannelDown(words)
    raise Refusal(int(code), words)


async def _parsed(response: aiohttp.ClientResponse) -> Json:
    """The answer as JSON; raises ChannelDown for anything else."""
    if not response.ok:
        raise ChannelDown(saying("answers", platform="WeCom", status=response.status))
    body = bytearray()
    async for piece in response.content.iter_chunked(2**16):
        body += piece
        if len(body) > MOST_BYTES:
            raise ChannelDown(saying("too_much", platform="WeCom"))
    try:
        answer = json.loads(bytes(body))
    except ValueError as error:
        raise ChannelDown(saying("no_json", platform="WeCom", status=response.status)) from error
    if not isinstance(answer, dict):
        raise ChannelDown(saying("no_json", platform="WeCom", status=response.status))
    return answer
