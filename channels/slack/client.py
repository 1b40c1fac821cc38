"""The Web API through Slack's own SDK, with its errors told in the words of a channel. It retries nothing by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from channels.base import ChannelDown, ChannelError, ChannelRefused, Lack, MessageRefused, RateLimited
from channels.locales import in_each
from channels.sayings import saying
from channels.shared.certificates import why
from channels.slack.options import Options

CALL_SECONDS = 30.0
DEFAULT_WAIT_SECONDS = 30.0

# The error lists of docs.slack.dev/reference/methods. What is in none of these sets is about the one call.
CREDENTIALS = frozenset({
    "account_inactive", "invalid_auth", "not_allowed_token_type", "not_authed", "org_login_required",
    "socket_mode_not_enabled", "token_expired", "token_revoked", "two_factor_setup_required",
})  # fmt: skip
"""The token itself is refused, whatever it is shown for."""
RIGHTS = frozenset({
    "access_denied", "app_missing_action_url", "ekm_access_denied", "enterprise_is_restricted", "missing_scope",
    "no_permission", "restricted_action", "team_access_not_granted",
})  # fmt: skip
"""One kind of call is refused until somebody allows it."""
RIGHTS_HERE = frozenset({
    "posting_to_general_channel_denied", "restricted_action_non_threadable_channel",
    "restricted_action_read_only_channel", "restricted_action_thread_locked", "restricted_action_thread_only_channel",
})  # fmt: skip
"""The same in one conversation alone."""
PASSING = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"})

Call = Callable[..., Awaitable[Any]]


class Declined(MessageRefused):
    """Slack declined this one call."""

    def __init__(self, word: str, detail: str = "", lack: Lack | None = None) -> None:
        super().__init__(f"Slack refuses: {word}{detail}", lack=lack)
        self.word = word


class Api:
    """Slack's Web API for one bot token, on the shared HTTP session."""

    def __init__(self, options: Options, http: aiohttp.ClientSession) -> None:
        self.sdk = _client(options, http, options.bot_token.get_secret_value())
        self.without_token = _client(options, http)

    async def ask(self, call: Call, /, **arguments: Any) -> dict[str, Any]:
        """The answer of one SDK method, `ok` already checked.

        Raises RateLimited, ChannelRefused (the token), Declined (this call) or ChannelDown (everything passing).
        """
        try:
            async with asyncio.timeout(CALL_SECONDS):
                answer = await call(**arguments)
        except SlackApiError as error:
            raise told(error.response) from error
        except (aiohttp.ClientError, OSError, TimeoutError, SlackClientError) as error:
            raise ChannelDown(saying("unreachable", platform="Slack", why=why(error))) from error
        except (AttributeError, UnicodeError) as error:  # the SDK trips over a 200 that is not JSON (a captive portal)
            raise ChannelDown(saying("not_its_api", setting="api_url", platform="Slack")) from error
        return dict(answer.data)


class _Client(AsyncWebClient):
    """The SDK's client without following redirects, which would carry what is said to whoever they name."""

    async def _request(self, *, http_verb: str, api_url: str, req_args: dict[str, Any]) -> dict[str, Any]:
        there = {**req_args, "allow_redirects": False}
        return await super()._request(http_verb=http_verb, api_url=api_url, req_args=there)


def _client(options: Options, http: aiohttp.ClientSession, token: str | None = None) -> AsyncWebClient:
    client = _Client(token=token, base_url=options.api_url, session=http, retry_handlers=[])
    # The SDK takes a proxy from the environment and ignores NO_PROXY; the shared session decides that instead.
    client.proxy = None
    return client


def told(response: Any) -> ChannelError:
    """The error of a refused call. `response` is the SDK's, or aiohttp's where the body was not JSON."""
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    data = getattr(response, "data", None)
    body: Mapping[str, Any] = data if isinstance(data, dict) else {}
    word = str(body.get("error", ""))
    if status == 429 or word in {"ratelimited", "rate_limited"}:  # noqa: PLR2004  HTTP's own number
        return RateLimited(wait_seconds(response.headers), saying("wait", platform="Slack"))
    if not word or word in PASSING:
        return ChannelDown(saying("answers", platform="Slack", status=f"{status} {word}".strip()))
    if word in CREDENTIALS:
        return ChannelRefused(saying("refuses", platform="Slack", words=word))
    if word in RIGHTS or word in RIGHTS_HERE:
        return Declined(word, _scopes(body), _lack(word, str(body.get("needed", ""))))
    messages = body.get("response_metadata", {}).get("messages", [])
    return Declined(word, f" ({'; '.join(map(str, messages))})" if messages else "")


def wait_seconds(headers: Mapping[str, str]) -> float:
    """The header Retry-After in seconds; a default where it is missing or not a number."""
    try:
        return max(0.0, float(headers.get("Retry-After", DEFAULT_WAIT_SECONDS)))
    except ValueError:
        return DEFAULT_WAIT_SECONDS


def _lack(word: str, scope: str) -> Lack:
    if scope:
        return scope_lack(scope, word)
    return Lack(word=word, repair=in_each("slack.repair"), only_here=word in RIGHTS_HERE)


def scope_lack(scope: str, word: str = "missing_scope") -> Lack:
    """The token was given without that scope."""
    return Lack(word=f"{word} {scope}", repair=in_each("slack.repair.scope", scope=scope))


def _scopes(body: Mapping[str, Any]) -> str:
    if "needed" not in body:
        return ""
    return f" (scope {body['needed']} is needed; the token has {body.get('provided', 'none')}): add it and reinstall"
