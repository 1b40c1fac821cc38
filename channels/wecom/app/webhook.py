"""The app's callback address: the trial of the address (GET) and events (POST). Strangers learn nothing by asking.

WeCom calls again, up to three times after five seconds each, when it gets no 200; the answer to an event is empty,
because everything is said over REST.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog
from aiohttp import web

from channels.base import NotStored
from channels.wecom.app.envelope import MOST_TEXT, Envelope, NotOurs, flat

_log = structlog.get_logger(__name__)

Hear = Callable[[Mapping[str, str]], Awaitable[None]]
WINDOW_SECONDS = 300
_TIME = re.compile(r"[0-9]{9,11}")


class Webhook:
    """Answers the one route: 403 for strangers, 503 for what could not be stored, after which it comes again."""

    def __init__(self, envelope: Envelope, now: Callable[[], datetime]) -> None:
        self._envelope = envelope
        self._now = now
        self.was_opened = False
        """Whether WeCom ever called; then the address is known to be right."""

    async def tried(self, request: web.Request) -> web.Response:
        """The answer to the trial of the address: what was hidden in it."""
        try:
            echo = self._opened(request, request.query.get("echostr", "")).decode()
        except ValueError as error:
            return _refused(request, error)
        return web.Response(text=echo)

    async def called(self, request: web.Request, hear: Hear) -> web.Response:
        """The answer to an event, which `hear` gets first."""
        try:
            event = flat(self._opened(request, flat(await _body(request)).get("Encrypt", "")))
        except ValueError as error:
            return _refused(request, error)
        try:
            await hear(event)
        except NotStored as error:
            _log.warning("wecom_event_not_stored", reason=str(error))
            return web.Response(status=503)
        except (KeyError, TypeError, ValueError) as error:
            _log.warning("wecom_event_not_understood", kind=event.get("MsgType"), error=repr(error))
        return web.Response()

    def _opened(self, request: web.Request, locked: str) -> bytes:
        """What a request hides; raises NotOurs."""
        query = request.query
        stamp = query.get("timestamp", "")
        if not _TIME.fullmatch(stamp) or abs(self._now().timestamp() - int(stamp)) > WINDOW_SECONDS:
            raise NotOurs("time")
        signature, nonce = query.get("msg_signature", ""), query.get("nonce", "")
        opened = self._envelope.opened(locked, signature=signature, timestamp=stamp, nonce=nonce)
        self.was_opened = True
        return opened


def _refused(request: web.Request, why: ValueError) -> web.Response:
    """One answer for every reason, so that nothing can be learnt from it."""
    _log.warning("wecom_request_refused", remote=request.remote, why=str(why) if isinstance(why, NotOurs) else "text")
    return web.Response(status=403)


async def _body(request: web.Request) -> bytes:
    """The whole body; raises NotOurs for one that is too long."""
    try:
        await request.content.readexactly(MOST_TEXT + 1)
    except asyncio.IncompleteReadError as whole:
        return whole.partial
    raise NotOurs("too long")
