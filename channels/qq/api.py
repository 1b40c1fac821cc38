"""The bot API over the shared session: tokens, calls, and what its refusals mean.

Facts: bot.q.qq.com/wiki, "获取调用凭证" and "错误码". An error may come with status 200 and a code.
"""

import io
import json
from typing import Any

import aiohttp

from channels.base import ChannelDown, ChannelRefused, Lack, MessageRefused, RateLimited
from channels.locales import in_each
from channels.qq import Options
from channels.qq.files import is_the_platforms
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.downloads import beginning
from channels.shared.tokens import RenewedToken

TIMEOUT = aiohttp.ClientTimeout(total=20.0, sock_connect=10.0)
TRANSFER_TIMEOUT = aiohttp.ClientTimeout(total=120.0, sock_connect=10.0)
RENEW_SECONDS = 60.0
"""The platform gives out another token only in the last minute of the one before."""
DEFAULT_WAIT_SECONDS = 5.0
MOST_BYTES = 2**20

RATE_CODES = frozenset({20028, 22009, 304045, 304046, 304047, 304048, 304049, 304050})
REPEATED = 40054005
"""A message with this msg_id and msg_seq was sent already."""
EXPIRED = frozenset({304027, 304103, 40034005, 40034024, 40034025, 40034026, 40034027, 40034105, 40034128, 40054013})
"""The message that would be answered is too old, or was answered as often as is allowed."""
UNGRANTED = frozenset({304057, 304082, 304083, 50056, 50055, 40034120, 40034127, 304036, 304037})
"""Markdown or buttons without the platform's leave."""
BUSY = frozenset({850027, 40093001})
"""The file store could not take a file just now; QQ itself asks to try again."""
ABOUT_A_FILE = frozenset({850, 40093})
"""What numbers about one file begin with, before their last three digits; the status beside them means nothing."""
CREDENTIALS = frozenset({11241, 11242, 11243, 11244, 11251, 11298, 100016, 100007})
"""Wrong id or secret, a token that has ended, an address that is not on the list."""
RIGHTS = frozenset({11253, 11254, 11264, 11265, 11282})
"""The app may not use this interface, or it was taken from it; other interfaces are not concerned."""
PASSING = frozenset({11252})
"""QQ could not find out whether the app may."""


class Refusal(MessageRefused):
    """QQ refuses a call; `code` is its number for why."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail, lack=_lack(detail) if code in RIGHTS else None)
        self.code = code


def _lack(detail: str) -> Lack:
    return Lack(word=detail, repair=in_each("qq.repair"))


class Api:
    """Calls with a token that is renewed in time, once for all who wait. Nothing of a token gets into a text."""

    def __init__(self, options: Options, http: aiohttp.ClientSession) -> None:
        self._options = options
        self._http = http
        self.token = RenewedToken(self._asked, early_seconds=RENEW_SECONDS)
        """The value of the Authorization header. Raises ChannelRefused for wrong credentials, ChannelDown."""

    async def _asked(self) -> tuple[str, float]:
        body = {"appId": self._options.app_id, "clientSecret": self._options.secret.get_secret_value()}
        url = f"{self._options.token_url}/app/getAppAccessToken"
        status, answer = await self._exchange("POST", url, body, {})
        token = answer.get("access_token")
        if isinstance(token, str) and token:
            return f"QQBot {token}", _seconds(answer.get("expires_in"))
        if status >= 500:  # noqa: PLR2004 -- the class of server errors
            raise ChannelDown(saying("no_token", setting="token_url", status=status))
        raise ChannelRefused(_told(answer, status))

    async def call(self, method: str, path: str, body: dict[str, Any] | bytes | None = None) -> dict[str, Any]:
        """One call; a long body is given as bytes of JSON. Raises RateLimited, Refusal, ChannelRefused, ChannelDown."""
        for is_last in (False, True):
            token = await self.token.value()
            headers = {"Authorization": token, "X-Union-Appid": self._options.app_id}
            status, answer = await self._exchange(method, f"{self._options.api_url}{path}", body, headers)
            code = _code(answer)
            if not is_last and _is_about_the_token(status, code):
                self.token.forget(token)  # a token may die before its time
                continue
            return self._understood(status, code, answer)
        raise AssertionError("the last round returns or raises")

    async def put(self, url: str, content: bytes) -> None:
        """Carry a piece of a file where QQ said, without our credentials. Raises MessageRefused or ChannelDown."""
        if not is_the_platforms(url, self._options.api_url):
            raise MessageRefused("QQ names no safe place for a piece of the file")
        try:
            async with self._http.put(
                url, data=io.BytesIO(content), allow_redirects=False, timeout=TRANSFER_TIMEOUT
            ) as answer:
                if answer.status != 200:  # noqa: PLR2004 -- HTTP's own number
                    raise ChannelDown(saying("line_answers", platform="QQ", thing="file store", status=answer.status))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("line_unreachable", platform="QQ", thing="file store", why=why(error))) from None

    @staticmethod
    def _understood(status: int, code: int, answer: dict[str, Any]) -> dict[str, Any]:
        if status < 300 and not code:  # noqa: PLR2004 -- success
            return answer
        if status == 429 or code in RATE_CODES:  # noqa: PLR2004 -- too many requests
            raise RateLimited(float(answer.get("retry_after") or DEFAULT_WAIT_SECONDS), _told(answer, status))
        if _is_about_the_token(status, code):
            raise ChannelRefused(_told(answer, status))
        is_servers = status >= 500 and code // 1000 not in ABOUT_A_FILE  # noqa: PLR2004 -- the class of server errors
        if is_servers or code in PASSING:
            raise ChannelDown(_told(answer, status))
        raise Refusal(code, _told(answer, status))

    async def _exchange(
        self, method: str, url: str, body: dict[str, Any] | bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        given: dict[str, Any] = {"json": body, "timeout": TIMEOUT}
        if isinstance(body, bytes):  # from a stream, because a long body at once would hold up everybody else
            given = {"data": io.BytesIO(body), "timeout": TRANSFER_TIMEOUT}
            headers = {**headers, "Content-Type": "application/json"}
        try:
            async with self._http.request(method, url, headers=headers, allow_redirects=False, **given) as response:
                text = await beginning(response, MOST_BYTES)
                answer = _parsed(text)
                if wait := response.headers.get("Retry-After"):
                    answer.setdefault("retry_after", _seconds(wait))
                return response.status, answer
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("unreachable", platform="QQ", why=why(error))) from None


def _is_about_the_token(status: int, code: int) -> bool:
    """QQ answers 401 also for a right that is missing, so its number comes first."""
    unauthorised = status == 401 and code not in RIGHTS | PASSING  # noqa: PLR2004 -- HTTP's own number
    return unauthorised or code in CREDENTIALS


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(text) if text else {}
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _code(answer: dict[str, Any]) -> int:
    """The error's number, 0 for none. Newer answers carry it as err_code."""
    for name in ("err_code", "code"):
        value = answer.get(name)
        if isinstance(value, int) and value:
            return value
    return 0


def _told(answer: dict[str, Any], status: int) -> str:
    words = str(answer.get("message") or "").strip()[:300]
    code = _code(answer)
    return f"{words} ({code})" if words and code else words or saying("answers", platform="QQ", status=status)


def _seconds(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 0.0
