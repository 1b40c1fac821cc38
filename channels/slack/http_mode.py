"""Slack's requests to us: events, presses and slash commands on one route, none believed without its signature.

A signature is good for five minutes, so a copied request may come twice: its event id is the same, and the inbox
keeps an event once (docs.slack.dev/authentication/verifying-requests-from-slack).
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog
from aiohttp import web
from slack_bolt import BoltResponse
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.middleware.request_verification.async_request_verification import AsyncRequestVerification
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import Clock, SignatureVerifier

from channels.sayings import saying

MOST_BYTES = 2 * 1024 * 1024

log = structlog.get_logger(__name__)


class _OurClock(Clock):
    """The SDK's window of 300 seconds, by the clock we are given."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now()


class Verification(AsyncRequestVerification):
    """Bolt's verification, which says no to a malformed header instead of failing, and tells of a clock that is off."""

    def __init__(self, signing_secret: str, now: Callable[[], datetime]) -> None:
        super().__init__(signing_secret)
        self._now = now
        self._verifier = SignatureVerifier(signing_secret, _OurClock(lambda: now().timestamp()))
        self._astray_seconds = 0.0

    @property
    def trouble(self) -> str:
        """What an admin should know: a clock that is wrong shuts Slack out. Empty when the last request was timely."""
        if not self._astray_seconds:
            return ""
        way = "behind" if self._astray_seconds > 0 else "ahead"
        return saying(f"clock_{way}", platform="Slack", span=timedelta(seconds=abs(self._astray_seconds)))

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002
    ) -> BoltResponse:
        """Go on with what Slack signed within five minutes; 401 for everything else."""
        try:
            answer = await super().async_process(req=req, resp=resp, next=next)
            if answer is None:  # bolt goes on
                self._astray_seconds = 0.0
                return answer
            self._note_clock(req)
        except (ValueError, TypeError):  # a time stamp that is no number, a signature that is no ASCII
            answer = self._build_error_response()
        log.warning("slack_request_not_signed")
        return answer

    def _note_clock(self, request: AsyncBoltRequest) -> None:
        stamp, signature = (
            request.headers.get(f"x-slack-{name}", [""])[0] for name in ("request-timestamp", "signature")
        )
        then = SignatureVerifier(self._signing_secret, _OurClock(lambda: int(stamp)))
        if then.is_valid(request.raw_body, stamp, signature):
            self._astray_seconds = self._now().timestamp() - int(stamp)


async def answer(request: web.Request, app: AsyncApp) -> web.Response:
    """The answer to one request: 401 unsigned, 200 heard, 503 not stored, after which Slack sends an event again."""
    if (request.content_length or 0) > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=MOST_BYTES, actual_size=request.content_length or 0)
    try:
        asked = _asked((await request.read()).decode(), dict(request.headers))
    except (AttributeError, TypeError, ValueError):
        return web.Response(status=400, text="the body is neither JSON nor a form of Slack's")
    return await to_aiohttp_response(await app.async_dispatch(asked))


def _asked(body: str, headers: dict[str, str | Sequence[str]]) -> AsyncBoltRequest:
    """The request as bolt reads it.

    Bolt takes a form that says "payload" anywhere but has no such field for an empty one (slack_bolt 1.30,
    request/internals.py), so a slash command with that word would be lost: there the word is written in another way.
    """
    asked = AsyncBoltRequest(body=body, headers=headers)
    if body and not asked.body:
        asked = AsyncBoltRequest(body=body.replace("payload", "p%61yload"), headers=headers)
        asked.raw_body = body
    return asked
