"""The platform's requests: nothing is believed without its signature, a fresh time and the app's own token.

`X-Lark-Signature` is the SHA-256 of time, nonce, Encrypt Key and the very bytes of the body, which is AES-256-CBC under
the same key (open.feishu.cn/document, "Encrypt Key 加密策略", "将事件发送至开发者服务器"). The challenge with which the
platform tries an address comes unsigned: it is answered only if it decrypts and carries the Verification Token, so
that nobody learns anything by asking. A request that was answered once is refused when it comes again.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from channels.base import ChannelError, NotStored

_log = structlog.get_logger(__name__)

Json = dict[str, Any]
Hear = Callable[[Json], Awaitable[Json | None]]
MOST_BYTES = 2**21
WINDOW_SECONDS = 300
MOST_REMEMBERED = 10_000
BLOCK_BYTES = 16
_TIME = re.compile(r"\d{9,11}")
_CHALLENGE = re.compile(r"[\w.-]{1,256}", re.ASCII)
TIME, NONCE, SIGNATURE = "X-Lark-Request-Timestamp", "X-Lark-Request-Nonce", "X-Lark-Signature"


class Webhook:
    """Answers the one route: 401 for strangers, 503 for what could not be stored, after which it comes again."""

    def __init__(self, encrypt_key: str, token: str, now: Callable[[], datetime]) -> None:
        self._key = encrypt_key.encode()
        self._token = token.encode()
        self._now = now
        self._answered: OrderedDict[str, float] = OrderedDict()

    async def answer(self, request: web.Request, hear: Hear) -> web.Response:
        """The answer to one request; `hear` gets its event."""
        body = await _body(request)
        signature = request.headers.get(SIGNATURE, "")
        is_signed = self._is_signed(request, signature, body)
        if (signature and not is_signed) or signature in self._answered:
            return _refused(request, "signature")
        event = self._opened(body)
        if event is None:
            return _refused(request, "token")
        if event.get("type") == "url_verification":
            return _challenged(event)
        if not is_signed:
            return _refused(request, "no signature")
        return await self._heard(event, signature, hear)

    async def _heard(self, event: Json, signature: str, hear: Hear) -> web.Response:
        answer = None
        try:
            answer = await hear(event)
        except (NotStored, ChannelError) as error:
            _log.warning("feishu_event_not_stored", reason=str(error))
            return web.Response(status=503)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            _log.warning("feishu_event_not_understood", error=repr(error))
        self._remember(signature)
        return web.json_response(answer or {})

    def _is_signed(self, request: web.Request, signature: str, body: bytes) -> bool:
        stamp, nonce = request.headers.get(TIME, ""), request.headers.get(NONCE, "")
        if not _TIME.fullmatch(stamp) or abs(self._now().timestamp() - int(stamp)) > WINDOW_SECONDS:
            return False
        made = hashlib.sha256(stamp.encode() + nonce.encode("utf-8", "surrogatepass") + self._key + body).hexdigest()
        return hmac.compare_digest(made.encode(), signature.encode("utf-8", "surrogatepass"))

    def _opened(self, body: bytes) -> Json | None:
        """The event inside, None where it was not locked with our key or does not carry our token."""
        try:
            event = json.loads(decrypted(self._key, json.loads(body)["encrypt"]))
            header = event.get("header") or {}
            token = str(event.get("token") or header.get("token") or "")
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            return None
        known = hmac.compare_digest(token.encode("utf-8", "surrogatepass"), self._token)
        return event if known else None

    def _remember(self, signature: str) -> None:
        """Until its time is too old anyway."""
        now = self._now().timestamp()
        self._answered[signature] = now + 2 * WINDOW_SECONDS
        while self._answered and (len(self._answered) > MOST_REMEMBERED or next(iter(self._answered.values())) < now):
            self._answered.popitem(last=False)


def decrypted(key: bytes, locked: str) -> bytes:
    """The text of an `encrypt` field; raises ValueError for what was not locked with this key."""
    try:
        raw = base64.b64decode(locked, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(raw) < 2 * BLOCK_BYTES or len(raw) % BLOCK_BYTES:
        raise ValueError("not whole blocks")
    opening = Cipher(algorithms.AES(hashlib.sha256(key).digest()), modes.CBC(raw[:BLOCK_BYTES])).decryptor()
    padded = opening.update(raw[BLOCK_BYTES:]) + opening.finalize()
    unpadder = PKCS7(8 * BLOCK_BYTES).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def _challenged(event: Json) -> web.Response:
    challenge = str(event.get("challenge") or "")
    if not _CHALLENGE.fullmatch(challenge):
        return web.Response(status=400)
    return web.json_response({"challenge": challenge})


def _refused(request: web.Request, why: str) -> web.Response:
    """One answer for every reason, so that nothing can be learnt from it."""
    _log.warning("feishu_request_refused", remote=request.remote, why=why)
    return web.Response(status=401)


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=MOST_BYTES, actual_size=request.content_length or 0)
    return await request.read()
