"""The open API over the shared session: the tenant's token, calls, uploads, and what the refusals mean.

Facts: open.feishu.cn/document, "获取 tenant_access_token", "通用错误码", "频控策略". The SDK's REST half is not used:
it builds an HTTP client with a TLS context for each call, and renews its token by a call that blocks the loop.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp

from channels.base import ChannelDown, ChannelError, ChannelRefused, Lack, MessageRefused, RateLimited
from channels.feishu.options import Options
from channels.locales import in_each
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.downloads import beginning
from channels.shared.tokens import RenewedToken

Json = dict[str, Any]
TIMEOUT = aiohttp.ClientTimeout(total=20.0, sock_connect=10.0)
TRANSFER = aiohttp.ClientTimeout(total=120.0, sock_connect=10.0)
MOST_BYTES = 4 * 2**20
RENEW_SECONDS = 600.0
"""A token lives for two hours; in its last half hour the platform gives out another beside it."""
DEFAULT_WAIT_SECONDS = 5.0
RESET = "x-ogw-ratelimit-reset"

# 99991400: too many calls of the app; 230020, 11232, 11233, 11247: too many into one conversation or to one message.
RATE_WHOLE_BOT = frozenset({99991400})
RATE_ROOM = frozenset({230020, 11232, 11233, 11247})
TOKEN = frozenset({99991661, 99991663, 99991664, 99991665, 99991668, 99991671})
CREDENTIALS = frozenset({10003, 10005, 10013, 10014, 10015, 11205, 99991401, 99991543, 99991662, 99991673})
"""Wrong id or secret, an app without a bot, an address that is not allowed, an app that is switched off."""
RIGHTS = frozenset({99991672, 99991676, 99991679, 230006, 230027, 234007})
"""A scope that the app was not given, or its bot is switched off; the token is good."""
RIGHTS_HERE = frozenset({230013, 230018, 230035})
"""The same for one person or group: the app is not available to them, or the group lets nobody like us speak."""
_SCOPES = re.compile(r"\[([\w:., -]+)\]", re.ASCII)
PASSING = frozenset({1500, 1551, 1642, 1648, 2200, 230049, 1000040343})
"""The platform's own trouble, or a message with this key that is being sent just now."""


class Refusal(MessageRefused):
    """Feishu refuses a call; `code` is its number for why."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail, lack=_lack(code, detail) if code in RIGHTS | RIGHTS_HERE else None)
        self.code = code


def _lack(code: int, detail: str) -> Lack:
    found = _SCOPES.search(detail)
    scopes = found[1] if found else ""
    key = "feishu.repair.here" if code in RIGHTS_HERE else "feishu.repair.scopes" if scopes else "feishu.repair.some"
    word = f"{code} {scopes}" if scopes else detail
    return Lack(word=word, repair=in_each(key, scopes=scopes), only_here=code in RIGHTS_HERE)


class Api:
    """Calls with a token that is renewed in time, once for all who wait. Nothing of a token gets into a text."""

    def __init__(self, options: Options, http: aiohttp.ClientSession) -> None:
        self._options = options
        self._http = http
        self._token = RenewedToken(self._asked, early_seconds=RENEW_SECONDS)

    async def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        query: Mapping[str, str] | None = None,
        form: Callable[[], aiohttp.FormData] | None = None,
    ) -> Json:
        """The whole answer, whose `code` is 0. `form` makes the parts of an upload, anew for a second attempt.

        Raises RateLimited, Refusal, ChannelRefused or ChannelDown.
        """
        for is_last in (False, True):
            token = await self._token.value()
            data = form() if form else None
            headers = {"Authorization": f"Bearer {token}"}
            status, waits, answer = await self._exchange(method, path, body, query=query, data=data, headers=headers)
            if not is_last and answer.get("code") in TOKEN:
                self._token.forget(token)  # a token may die before its time
                continue
            return understood(status, waits, answer)
        raise AssertionError("the last round returns or raises")

    async def download(self, path: str, query: Mapping[str, str], limit_bytes: int) -> bytes | None:
        """The bytes of a resource, None when there are more than `limit_bytes`. Raises as `call`."""
        for is_last in (False, True):
            token = await self._token.value()
            try:
                async with self._http.get(
                    f"{self._options.domain}{path}",
                    params=query,
                    headers={"Authorization": f"Bearer {token}"},
                    timeout=TRANSFER,
                    allow_redirects=False,
                ) as response:
                    if response.status == 200:  # noqa: PLR2004 -- success
                        return await _limited(response, limit_bytes)
                    answer = parsed(await beginning(response, MOST_BYTES))
                    if not is_last and answer.get("code") in TOKEN:
                        self._token.forget(token)
                        continue
                    understood(response.status, response.headers, answer)
                    raise ChannelDown(saying("no_file", platform="Feishu", status=response.status))
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                raise ChannelDown(saying("unreachable", platform="Feishu", why=why(error))) from None
        raise AssertionError("the last round returns or raises")

    async def _asked(self) -> tuple[str, float]:
        body = {"app_id": self._options.app_id, "app_secret": self._options.app_secret.get_secret_value()}
        path = "/open-apis/auth/v3/tenant_access_token/internal"
        status, waits, answer = await self._exchange("POST", path, body)
        try:
            understood(status, waits, answer)
            return str(answer["tenant_access_token"]), float(answer["expire"])
        except MessageRefused as error:
            raise ChannelRefused(str(error)) from None
        except (KeyError, TypeError, ValueError) as error:
            raise ChannelDown(saying("no_token", setting="domain", status=status)) from error

    async def _exchange(
        self,
        method: str,
        path: str,
        body: Json | None,
        *,
        query: Mapping[str, str] | None = None,
        data: aiohttp.FormData | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Mapping[str, str], Json]:
        try:
            async with self._http.request(
                method,
                f"{self._options.domain}{path}",
                params=query,
                json=body,
                data=data,
                headers=headers,
                timeout=TRANSFER if data else TIMEOUT,
                allow_redirects=False,
            ) as response:
                return response.status, response.headers, parsed(await _whole(response))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("unreachable", platform="Feishu", why=why(error))) from None


def understood(status: int, headers: Mapping[str, str], answer: Json) -> Json:
    """The answer of a call that went well; raises what the others mean. A refusal may come with any status."""
    code = answer.get("code")
    if code == 0 and status < 300:  # noqa: PLR2004 -- success
        return answer
    if status == 429 or code in RATE_WHOLE_BOT | RATE_ROOM:  # noqa: PLR2004 -- too many requests
        raise RateLimited(_seconds(headers.get(RESET)), _told(status, answer), whole_bot=code not in RATE_ROOM)
    raise _refusal(status, code, _told(status, answer))


def _refusal(status: int, code: object, told: str) -> ChannelError:
    if code in TOKEN or code in CREDENTIALS:
        return ChannelRefused(told)
    if not isinstance(code, int) or code in PASSING or status >= 500:  # noqa: PLR2004 -- the class of server errors
        return ChannelDown(told)
    return Refusal(code, told)


def _told(status: int, answer: Json) -> str:
    """The platform's words and number, both of which its manual can be searched for."""
    words, code = str(answer.get("msg") or "").strip()[:400], answer.get("code")
    return f"{words} ({code})" if words and code else words or saying("answers", platform="Feishu", status=status)


def _seconds(given: str | None) -> float:
    try:
        return max(float(given or DEFAULT_WAIT_SECONDS), 0.1)
    except ValueError:
        return DEFAULT_WAIT_SECONDS


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """The body, cut where no answer of the platform's reaches."""
    return await _limited(response, MOST_BYTES) or b""


async def _limited(response: aiohttp.ClientResponse, limit_bytes: int) -> bytes | None:
    content = bytearray()
    async for chunk in response.content.iter_chunked(2**16):
        content += chunk
        if len(content) > limit_bytes:
            return None
    return bytes(content)


def parsed(text: bytes) -> Json:
    """An object of JSON, empty where the text is none."""
    try:
        answer = json.loads(text) if text else {}
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
