"""The long connection: subscribe, ping, requests that wait for their receipt, callbacks in order.

The platform repeats nothing, so a callback that could not be stored is kept here and tried again. Facts:
developer.work.weixin.qq.com/document/path/101463, and the frames of wecom-aibot-python-sdk 1.0.2, which is not used: it
takes a clean close for the end, and reports a wrong secret as an event that nobody need hear.
"""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Never

import aiohttp
import structlog

from channels.base import ChannelDown, ChannelRefused, Lack, MessageRefused, NotStored, RateLimited
from channels.locales import in_each
from channels.sayings import saying
from channels.shared.socket import CONNECT_SECONDS, InFlight, Json, Socket, first_of, opened, renew
from channels.wecom import Options

_log = structlog.get_logger(__name__)

Hear = Callable[[Json], Awaitable[None]]
RECEIPT_SECONDS = 10.0
READY_SECONDS = 5.0
PING_SECONDS = 30.0
STORE_PAUSES = (0.25, 0.5, 1.0, 2.0, 5.0)
MOST_WAITING = 1000
RATE_CODES = frozenset({45009, 846607})
RATE_SECONDS = 10.0
"""The platform names no time; 30 messages a minute are one in two seconds, and a pause of ten lets some come back."""
ENTER, PING = "enter-", "ping-"
CREDENTIALS = frozenset({40001, 40013, 853000, 853001})
BUSY = -1
NOT_SUBSCRIBED = 846609
RIGHTS = frozenset({48002, 60011, 301002})
"""The app may not use this interface, not see these people, or not act for that app; the token is good."""


class Refusal(MessageRefused):
    """WeCom refuses a request; `code` is its number for why."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail, lack=_lack(detail) if code in RIGHTS else None)
        self.code = code


def _lack(detail: str) -> Lack:
    return Lack(word=detail, repair=in_each("wecom.repair"))


class Connection:
    """One bot's place on the platform, over as many connections as it takes."""

    def __init__(self, http: aiohttp.ClientSession, options: Options, now: Callable[[], datetime]) -> None:
        self._http = http
        self._options = options
        self._now = now
        self._socket: Socket | None = None
        self._ready = asyncio.Event()
        self._receipts: dict[str, asyncio.Future[Json]] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._numbers = itertools.count(1)
        self.since: datetime | None = None
        """When the platform last let us in."""

    async def run(self, hear: Hear) -> None:
        """Hear callbacks until cancelled. Raises ChannelRefused, or ChannelDown once it failed to come back."""
        async with InFlight("wecom", in_turn=True, most=MOST_WAITING, repeats=False) as callbacks:

            async def take(frame: Json) -> None:
                await callbacks.begin(partial(_store, frame, hear))

            async def live() -> str:
                try:
                    await self._live(take)
                except ChannelDown as error:
                    return str(error)

            await first_of("wecom", connect=renew("wecom", live), store=callbacks.failed())

    async def _live(self, take: Hear) -> Never:
        """One connection, until it breaks."""
        async with opened(self._http, self._options.socket_url, "WeCom", "connection", ping=self._ping) as socket:
            self._socket = socket
            try:
                await first_of("wecom", read=self._read(socket, take), enter=self._enter(socket))
            finally:
                self._socket = None
                self._ready.clear()
                self._fail_receipts()

    async def try_credentials(self) -> None:
        """Subscribe and leave. WeCom ends another connection of the same bot for it, which then opens anew."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS + RECEIPT_SECONDS):
                await first_of("wecom", live=self._live(_leave), ready=self._ready.wait())
        except TimeoutError:
            raise ChannelDown(saying("not_let_in", platform="WeCom", thing="connection")) from None

    async def _enter(self, socket: Socket) -> Never:
        """Subscribe, then ping for ever; whatever is not answered in time ends the connection."""
        secret = self._options.secret.get_secret_value() if self._options.secret else ""
        try:
            await self._exchange(
                "aibot_subscribe", {"bot_id": self._options.bot_id, "secret": secret}, self._fresh(ENTER)
            )
        except Refusal as error:
            raise ChannelRefused(str(error)) from error
        self.since = self._now()
        self._ready.set()
        await socket.beat(lambda: PING_SECONDS)

    def _ping(self) -> str:
        return json.dumps({"cmd": "ping", "headers": {"req_id": self._fresh(PING)}})

    async def is_alive(self) -> bool:
        """Whether WeCom answers a ping now; False before it has let us in. Raises ChannelDown if deaf."""
        return self._socket is not None and self._ready.is_set() and await self._socket.is_alive()

    def _fresh(self, what: str = "nexora-") -> str:
        return f"{what}{next(self._numbers)}"

    async def connection(self) -> Socket:
        """The connection that the platform has let in, for commands that belong together; raises ChannelDown."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready.wait()
        except TimeoutError as error:
            raise ChannelDown(saying("not_connected", name="WeCom")) from error
        if self._socket is None:
            raise ChannelDown(saying("not_connected", name="WeCom"))
        return self._socket

    async def request(
        self,
        command: str,
        body: Json,
        req_id: str = "",
        *,
        on: Socket | None = None,
        seconds: float = RECEIPT_SECONDS,
    ) -> Json:
        """One command; the body of its receipt. Those of one `req_id` go one after another.

        With `on` it goes over that connection or not at all. Raises RateLimited, Refusal, ChannelRefused or
        ChannelDown.
        """
        current = await self.connection()
        if on is not None and on is not current:
            raise ChannelDown(saying("renewed", platform="WeCom"))
        if not req_id:
            return await self._exchange(command, body, self._fresh(), seconds)
        turn = self._turns.setdefault(req_id, asyncio.Lock())
        try:
            async with turn:
                return await self._exchange(command, body, req_id, seconds)
        finally:
            if not turn.locked():
                self._turns.pop(req_id, None)

    async def _exchange(self, command: str, body: Json, req_id: str, seconds: float = RECEIPT_SECONDS) -> Json:
        socket = self._socket
        if socket is None:
            raise ChannelDown(saying("not_connected", name="WeCom"))
        receipt = self._receipts[req_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await socket.send({"cmd": command, "headers": {"req_id": req_id}, "body": body})
                return _told(await receipt)
        except TimeoutError as error:
            raise ChannelDown(saying("no_answer", platform="WeCom")) from error
        finally:
            self._receipts.pop(req_id, None)

    def _fail_receipts(self) -> None:
        for receipt in self._receipts.values():
            if not receipt.done():
                receipt.set_exception(ChannelDown(saying("not_connected", name="WeCom")))

    async def _read(self, socket: Socket, take: Hear) -> Never:
        while True:
            frame = await socket.next_json()
            try:
                req_id = self._only_receipt() if _is_nameless_refusal(frame) else str(frame["headers"]["req_id"])
            except (ValueError, KeyError, TypeError):
                _log.warning("wecom_frame_not_understood")
                continue
            if frame.get("cmd") in {"aibot_msg_callback", "aibot_event_callback"}:
                if _kind(frame) == "disconnected_event":
                    raise ChannelRefused(saying("taken_over"))
                await take(frame)
            elif req_id.startswith(PING):
                _told(frame)
                socket.answered()
            elif (receipt := self._receipts.get(req_id)) is not None and not receipt.done():
                receipt.set_result(frame)

    def _only_receipt(self) -> str:
        """The request that a refusal without a name must mean; raises ValueError when it may be any of several."""
        [req_id] = [known for known in self._receipts if not known.startswith(ENTER)]
        return req_id


async def _store(frame: Json, hear: Hear) -> None:
    """Hear one callback, for as long as it takes to be stored."""
    for pause in itertools.chain(STORE_PAUSES, itertools.repeat(STORE_PAUSES[-1])):
        try:
            await hear(frame)
        except NotStored as error:
            _log.warning("wecom_event_not_stored", reason=str(error))
            await asyncio.sleep(pause)
            continue
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            _log.warning("wecom_event_not_understood", kind=_kind(frame), error=repr(error))
        break


async def _leave(_: Json) -> None:
    """Nobody hears what is said while the credentials are tried."""


def _told(receipt: Json) -> Json:
    """The body of a receipt; raises what its code means."""
    code = receipt.get("errcode", 0)
    if not code:
        body = receipt.get("body")
        return body if isinstance(body, dict) else {}
    words = f"{str(receipt.get('errmsg', ''))[:300]} ({code})"
    if code in RATE_CODES:
        raise RateLimited(RATE_SECONDS, words)
    if code in {BUSY, NOT_SUBSCRIBED}:
        raise ChannelDown(words)
    if code in CREDENTIALS:
        raise ChannelRefused(words)
    raise Refusal(int(code), words)


def _is_nameless_refusal(frame: Json) -> bool:
    """WeCom refuses a body with a missing field (40058) without saying whose it was."""
    return "errcode" in frame and "req_id" not in (frame.get("headers") or {}) and bool(frame["errcode"])


def _kind(frame: Json) -> str:
    """The kind of an event; empty for a message."""
    body = frame.get("body")
    event = body.get("event") if isinstance(body, dict) else None
    return str(event.get("eventtype", "")) if isinstance(event, dict) else ""
