"""DingTalk's REST API on the shared session, with its errors told in the words of a channel. It retries nothing.

The SDK's own calls are not used: they block the loop, open sessions of their own and only log what the API refuses.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import aiohttp

from channels.base import ChannelDown, ChannelError, ChannelRefused, Lack, MessageRefused, RateLimited
from channels.dingtalk import Options
from channels.locales import in_each
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.tokens import RenewedToken

Json = dict[str, Any]

CALL_SECONDS = 30.0
QPS_SECONDS = 2.0
"""How long everything waits after too many calls in a second; the API names no time."""
TOKEN_MARGIN_SECONDS = 300.0
TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105  a header's name
_TOO_MANY = re.compile(r"qps|throttl|flow.?control|frequen|too.?many", re.IGNORECASE)
_OUTSIDE = re.compile(r"IpNotInWhiteList", re.IGNORECASE)
"""Our address is not among those that the app may be used from, which no call gets past."""
_STALE = re.compile(r"invalid.?authentication|accesstoken.*(?:expired|invalid)", re.IGNORECASE)


class Api:
    """The API for one app."""

    def __init__(self, options: Options, http: aiohttp.ClientSession) -> None:
        self._options = options
        self._http = http
        self.token = RenewedToken(self._asked, early_seconds=TOKEN_MARGIN_SECONDS)
        """Raises ChannelRefused where DingTalk does not take the credentials, else RateLimited or ChannelDown."""

    async def _asked(self) -> tuple[str, float]:
        body = {"appKey": self._options.client_id, "appSecret": self._options.client_secret.get_secret_value()}
        answer = await self.open_call("/v1.0/oauth2/accessToken", body)
        if not answer.get("accessToken"):
            raise ChannelDown(saying("no_token", setting="api_url", status=200))
        return str(answer["accessToken"]), float(answer.get("expireIn") or 0)

    async def open_call(self, path: str, body: Json) -> Json:
        """A call that carries the app's credentials in its body: whatever it refuses is about them."""
        try:
            return await self._send("POST", path, body, {})
        except MessageRefused as refusal:
            raise ChannelRefused(str(refusal)) from refusal

    async def call(self, method: str, path: str, body: Json) -> Json:
        """The answer of one call; a token that has ended early is renewed once.

        Raises RateLimited, ChannelRefused (credentials), MessageRefused (this call, with what it lacks) or ChannelDown.
        """
        token = await self.token.value()
        try:
            return await self._send(method, path, body, {TOKEN_HEADER: token})
        except ChannelRefused as refusal:
            if not _STALE.search(str(refusal)):
                raise
            self.token.forget(token)
        return await self._send(method, path, body, {TOKEN_HEADER: await self.token.value()})

    async def _send(self, method: str, path: str, body: Json, headers: Mapping[str, str]) -> Json:
        url = f"{self._options.api_url}{path}"
        try:
            async with (
                asyncio.timeout(CALL_SECONDS),
                self._http.request(method, url, json=body, headers=headers, allow_redirects=False) as answer,
            ):
                told = await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("unreachable", platform="DingTalk", why=why(error))) from None
        except ValueError as error:
            if answer.status >= 500:  # noqa: PLR2004  HTTP's own number
                raise ChannelDown(saying("answers", platform="DingTalk", status=answer.status)) from error
            raise ChannelDown(saying("not_its_api", setting="api_url", platform="DingTalk")) from error
        found = told if isinstance(told, dict) else {}
        if answer.status == 200:  # noqa: PLR2004  as above
            return found
        raise refusal_of(answer.status, found, answer.headers)


def refusal_of(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> ChannelError:
    """The error of a call that was not answered with 200."""
    code = str(body.get("code") or "")
    words = f"{code} {body.get('message') or ''}".strip()
    if status == 429 or (status in {400, 403} and _TOO_MANY.search(code)):  # noqa: PLR2004  HTTP's own numbers
        return RateLimited(
            wait_seconds(headers, QPS_SECONDS), saying("wait_words", platform="DingTalk", words=words), whole_bot=True
        )
    if status >= 500 or not code:  # noqa: PLR2004  as above
        return ChannelDown(saying("answers", platform="DingTalk", status=f"{status} {words}".strip()))
    if status == 401 or _STALE.search(code) or _OUTSIDE.search(code):  # noqa: PLR2004  as above
        return ChannelRefused(saying("refuses", platform="DingTalk", words=words))
    if status != 403:  # noqa: PLR2004  as above
        return MessageRefused(f"DingTalk refuses: {words}")
    scopes = _scopes(body)
    needed = f" (the app needs the permission {scopes})" if scopes else ""
    return MessageRefused(f"DingTalk refuses: {words}{needed}", lack=lack_of(code, scopes))


def wait_seconds(headers: Mapping[str, str], otherwise: float) -> float:
    """The header Retry-After in seconds; `otherwise` where it is missing or not a number."""
    try:
        return max(0.0, float(headers.get("Retry-After", otherwise)))
    except ValueError:
        return otherwise


def _scopes(body: Mapping[str, Any]) -> str:
    detail = body.get("accessdenieddetail")
    required = detail.get("requiredScopes") if isinstance(detail, dict) else None
    return ", ".join(map(str, required)) if isinstance(required, list) else ""


def lack_of(code: str, scopes: str) -> Lack:
    """What a call with a good token lacks; open.dingtalk.com/document/development/add-api-permission."""
    repair = in_each("dingtalk.repair.scopes" if scopes else "dingtalk.repair.some", scopes=scopes)
    return Lack(word=f"{code} {scopes}".strip(), repair=repair)
