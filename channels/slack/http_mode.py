"""Slack's requests to us: events, presses and slash commands on one route, none believed without its signature.

A signature is good for five minutes, so a copied request may come twice: its event id is the same, and the inbox
keeps an event once (docs.slack.dev/authentication/verifying-requests-from-slack).
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from slack_sdk.signature import Clock, SignatureVerifier

from channels.base import ChannelError, NotStored

MOST_BYTES = 2 * 1024 * 1024

log = structlog.get_logger(__name__)

Hear = Callable[[dict[str, Any]], Awaitable[None]]


class _OurClock(Clock):
    """The SDK's window of 300 seconds, by the clock we are given."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def now(self) -> float:
        return self._now()


class Door:
    """Answers one route: 401 unsigned, 200 heard, 503 not heard, after which Slack sends an event again."""

    def __init__(self, signing_secret: str, now: Callable[[], datetime]) -> None:
        self._secret = signing_secret
        self._now = now
        self._verifier = SignatureVerifier(signing_secret, _OurClock(lambda: now().timestamp()))
        self._astray_seconds = 0.0

    @property
    def trouble(self) -> str:
        """What an admin should know: a clock that is wrong shuts Slack out. Empty when the last request was timely."""
        if not self._astray_seconds:
            return ""
        minutes, way = abs(self._astray_seconds) / 60, "behind" if self._astray_seconds > 0 else "ahead of"
        return f"what Slack signs is {minutes:.0f} min {way} this machine's clock and is refused: set the clock"

    async def answer(self, request: web.Request, hear: Hear) -> web.Response:
        """The answer to one request; `hear` gets its payload."""
        if (request.content_length or 0) > MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(max_size=MOST_BYTES, actual_size=request.content_length or 0)
        body = await request.read()
        if not self._is_signed(body, request.headers):
            log.warning("slack_request_not_signed", remote=request.remote)
            return web.Response(status=401, text="the signature is wrong or older than five minutes")
        try:
            payload = _payload(body, request.content_type)
        except ValueError:
            return web.Response(status=400, text="the body is neither JSON nor a form of Slack's")
        if payload.get("type") == "url_verification":
            return web.Response(text=str(payload.get("challenge", "")))
        return await self._heard(payload, hear)

    def _is_signed(self, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            if self._verifier.is_valid_request(body, headers):
                self._astray_seconds = 0.0
                return True
            stamped = int(headers.get("X-Slack-Request-Timestamp", ""))
            if SignatureVerifier(self._secret, _OurClock(lambda: stamped)).is_valid_request(body, headers):
                self._astray_seconds = self._now().timestamp() - stamped
        except (ValueError, TypeError):  # a time stamp that is no number, a body or signature that is no text
            return False
        return False

    async def _heard(self, payload: dict[str, Any], hear: Hear) -> web.Response:
        try:
            await hear(payload)
        except (NotStored, ChannelError) as error:
            log.warning("slack_event_not_stored", reason=str(error))
            return web.Response(status=503)
        except (KeyError, TypeError, ValueError):
            log.exception("slack_event_not_understood", type=payload.get("type"))
            return web.Response(status=400, text="the payload lacks what Slack's manual promises")
        return web.Response()


def _payload(body: bytes, content_type: str) -> dict[str, Any]:
    """The payload of a signed body; raises ValueError when it is none."""
    if content_type == "application/json":
        payload = json.loads(body)
    else:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        payload = json.loads(form["payload"]) if "payload" in form else form
    if not isinstance(payload, dict):
        raise ValueError("not an object")  # noqa: TRY004  the caller handles every malformed body alike
    return payload
