"""The platform's webhook: nothing is believed without its Ed25519 signature, and challenges are answered with care.

The key that proves an event also answers a challenge, so whoever may have anything signed could forge an event. Only a
challenge that cannot be one is answered: letters and digits, and a fresh time.
"""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from channels.base import NotStored

_log = structlog.get_logger(__name__)

Hear = Callable[[dict[str, Any]], Awaitable[None]]
MOST_BYTES = 2**20
WINDOW_SECONDS = 300
CHALLENGE, ACKNOWLEDGED = 13, 12
_TOKEN = re.compile(r"[A-Za-z0-9]{1,64}")
_TIME = re.compile(r"\d{9,11}")
_SEED_BYTES = 32


class Webhook:
    """Answers the one route: 401 unsigned or old, 503 not stored, after which the platform calls again."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        seed = (secret * (_SEED_BYTES // len(secret) + 1)).encode()[:_SEED_BYTES]
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key()
        self._now = now

    async def answer(self, request: web.Request, hear: Hear) -> web.Response:
        """The answer to one request; `hear` gets its event."""
        body = await _body(request)
        time = request.headers.get("X-Signature-Timestamp", "")
        try:
            event = json.loads(body)
        except ValueError:
            return web.Response(status=400)
        if not isinstance(event, dict):
            return web.Response(status=400)
        if event.get("op") == CHALLENGE:
            return self._challenged(event.get("d"))
        if not self._is_fresh(time) or not self._is_signed(request.headers.get("X-Signature-Ed25519", ""), time, body):
            _log.warning("qq_request_not_signed", remote=request.remote)
            return web.Response(status=401)
        try:
            await hear(event)
        except NotStored as error:
            _log.warning("qq_event_not_stored", reason=str(error))
            return web.Response(status=503)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            _log.warning("qq_event_not_understood", type=event.get("t"), error=repr(error))
        return web.json_response({"op": ACKNOWLEDGED})

    def _challenged(self, challenge: object) -> web.Response:
        given = challenge if isinstance(challenge, dict) else {}
        token, time = str(given.get("plain_token", "")), str(given.get("event_ts", ""))
        if not _TOKEN.fullmatch(token) or not self._is_fresh(time):
            return web.Response(status=400)
        signature = self._key.sign((time + token).encode()).hex()
        return web.json_response({"plain_token": token, "signature": signature})

    def _is_fresh(self, time: str) -> bool:
        return bool(_TIME.fullmatch(time)) and abs(self._now().timestamp() - int(time)) <= WINDOW_SECONDS

    def _is_signed(self, signature: str, time: str, body: bytes) -> bool:
        try:
            self._public.verify(bytes.fromhex(signature), time.encode() + body)
        except (InvalidSignature, ValueError):
            return False
        return True


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=MOST_BYTES, actual_size=request.content_length or 0)
    return await request.read()
