"""The REST API through the SDK's own routes, on the shared session, with its errors told in the words of a channel.

It neither waits nor repeats: the supervisor keeps the rates, the outbox sends again.
Facts: discord.com/developers/docs/topics/rate-limits and .../topics/opcodes-and-status-codes.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import aiohttp

from channels.base import ChannelDown, ChannelError, ChannelRefused, Lack, MessageRefused, RateLimited
from channels.discord.sdk import HTTPClient, Route
from channels.locales import in_each
from channels.sayings import saying
from channels.shared.certificates import why

Json = dict[str, Any]

CALL_SECONDS = 30.0
DEFAULT_WAIT_SECONDS = 10.0
CLOSE = aiohttp.ClientWSTimeout(ws_close=1.0)
MAX_FRAME_BYTES = 64 * 2**20
"""The description of a large server comes in one frame."""

UNAUTHORIZED = frozenset({0, 40001})
RIGHTS = frozenset({50001, 50013})
"""Missing access, missing permissions: in this channel, with a token that is good."""
TOO_MUCH = frozenset({20016, 20022, 20028, 20029, 30046, 40062})
"""Slow mode, and rates that have numbers of their own: of a channel, a server, or edits of old messages."""


class Declined(MessageRefused):
    """Discord declined this one call. `code` is its own number for why, 0 where it gave none."""

    def __init__(self, status: int, code: int, words: str) -> None:
        detail = f"{words} ({code or status})"
        super().__init__(f"Discord refuses: {detail}", lack=_lack(detail) if code in RIGHTS else None)
        self.status = status
        self.code = code


def _lack(detail: str) -> Lack:
    return Lack(word=detail, repair=in_each("discord.repair"), only_here=True)


class Api(HTTPClient):
    """The SDK's client with its transport replaced; every method of it may be called."""

    def __init__(self, token: str, api_url: str, http: aiohttp.ClientSession) -> None:
        super().__init__(None)  # type: ignore[arg-type]  # only kept, for calls of the SDK that nobody makes here
        self.token = token
        self.api_url = api_url
        self.http = http

    async def request(
        self,
        route: Route,
        *,
        files: object = None,  # noqa: ARG002 -- the SDK's signature; we hand over forms
        form: Iterable[Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> Any:
        """The answer as JSON, None where there is none.

        Raises RateLimited, ChannelRefused (the token), Declined (this call) or ChannelDown (everything passing).
        """
        headers = {"Authorization": f"Bot {self.token}", "User-Agent": self.user_agent}
        if "/interactions/" in route.path or route.path.startswith("/webhooks/"):
            del headers["Authorization"]  # the token of the interaction in the path is the credential
        kwargs.pop("reason", None)
        url = self.api_url + route.url.removeprefix(Route.BASE)
        try:
            async with (
                asyncio.timeout(CALL_SECONDS),
                self.http.request(
                    route.method, url, headers=headers, data=_form(form), allow_redirects=False, **kwargs
                ) as answer,
            ):
                return await _read(answer)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(saying("unreachable", platform="Discord", why=why(error))) from None

    async def request_me(self) -> Json:
        """Who the bot is; raises ChannelRefused when the token is not taken."""
        return dict(await self.request(Route("GET", "/users/@me")))

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        """A socket on the shared session; raises ChannelDown."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await self.http.ws_connect(
                    url,
                    max_msg_size=MAX_FRAME_BYTES,
                    timeout=CLOSE,
                    autoclose=False,
                    headers={"User-Agent": self.user_agent},
                    compress=compress,
                )
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise ChannelDown(saying("line_unreachable", platform="Discord", thing="gateway", why=why(error))) from None


def _form(fields: Iterable[Mapping[str, Any]] | None) -> aiohttp.FormData | None:
    if fields is None:
        return None
    form = aiohttp.FormData(quote_fields=False)  # Discord does not undo the quoting of `files[0]`
    for field in fields:
        form.add_field(**field)
    return form


async def _read(answer: aiohttp.ClientResponse) -> Any:
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        raise ChannelDown(saying("redirected", setting="api_url", where=answer.status))
    raw = await answer.read()
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = None
        if answer.ok:
            raise ChannelDown(saying("not_its_api", setting="api_url", platform="Discord")) from None
    if answer.ok:
        return body
    raise told(answer.status, answer.headers, body if isinstance(body, dict) else {})


def told(status: int, headers: Mapping[str, str], body: Json) -> ChannelError:
    """The error of a refused call."""
    words = str(body.get("message") or "").strip()
    if status == HTTPStatus.TOO_MANY_REQUESTS or body.get("code") in TOO_MUCH:
        # Without a body of Discord's own it is the wall before it, which shuts out the whole machine.
        whole = not body or bool(body.get("global")) or headers.get("X-RateLimit-Scope") == "global"
        return RateLimited(wait_seconds(headers, body), saying("wait", platform="Discord"), whole_bot=whole)
    if status == HTTPStatus.UNAUTHORIZED and body.get("code", 0) in UNAUTHORIZED:
        return ChannelRefused(saying("refuses_token", platform="Discord", words=words or "401: Unauthorized"))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not body:
        return ChannelDown(saying("answers", platform="Discord", status=f"{status} {words}".strip()))
    return Declined(status, int(body.get("code") or 0), "; ".join([words, *_details(body.get("errors"))]))


def _details(errors: object) -> list[str]:
    """The sentences in the tree of a form's errors."""
    if not isinstance(errors, dict):
        return []
    found = [str(error.get("message", "")) for error in errors.get("_errors", ()) if isinstance(error, dict)]
    for inner in errors.values():
        found += _details(inner)
    return found


def wait_seconds(headers: Mapping[str, str], body: Json) -> float:
    """How long Discord asks us to wait: the body is exact, the header whole seconds."""
    for given in (body.get("retry_after"), headers.get("Retry-After")):
        try:
            return max(0.0, float(given))  # type: ignore[arg-type]  # None is one of the refusals below
        except (TypeError, ValueError):
            continue
    return DEFAULT_WAIT_SECONDS
