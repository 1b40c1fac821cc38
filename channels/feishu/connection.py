"""The long connection: one socket that we open, an answer to every frame once its event is stored.

The SDK's own client is not used: it runs on one loop that the module takes at import and all bots share, opens the
connection by a call that blocks, cannot be stopped, and knows only handlers that do not wait. This one raises when the
connection ends, and the supervisor builds another; what was not answered the platform sends again.
Facts: open.feishu.cn/document, "使用长连接接收事件", and the SDK's source.
"""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import structlog

from channels.base import ChannelDown, ChannelError, ChannelRefused, NotStored
from channels.feishu import frames
from channels.feishu.api import MOST_BYTES, TIMEOUT, parsed
from channels.feishu.frames import CONTROL, DATA, Frame
from channels.feishu.options import Options
from channels.feishu.pieces import Pieces
from channels.shared.certificates import why
from channels.shared.downloads import beginning

_log = structlog.get_logger(__name__)

Json = dict[str, Any]
Hear = Callable[[Json], Awaitable[Json | None]]
CLOSE = aiohttp.ClientWSTimeout(ws_close=1.0)
CONNECT_SECONDS = 15.0
PONG_SECONDS = 5.0
PING_SECONDS = 120.0
"""Until the platform says otherwise, with the address or with a pong."""
MOST_IN_FLIGHT = 200
BUSY = frozenset({1, 1000040343})
"""The platform's own trouble; every other number is about the app (the SDK's `ws/const.py`)."""
FORBIDDEN, NOT_LET_IN, TOO_MANY = 403, 514, 1000040350


class Connection:
    """One connection."""

    def __init__(self, options: Options, http: aiohttp.ClientSession) -> None:
        self._options = options
        self._http = http
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._service = 0
        self._ping_seconds = PING_SECONDS
        self._pong = asyncio.Event()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._pieces = Pieces()

    async def run(self, hear: Hear) -> None:
        """Hear events until cancelled. Raises ChannelDown when the connection ends, ChannelRefused where none is."""
        socket = await self._connect()
        self._socket = socket
        beating = asyncio.create_task(self._beat(), name="feishu beat")
        reading = asyncio.create_task(self._read(socket, hear), name="feishu read")
        try:
            await asyncio.wait((beating, reading), return_when=asyncio.FIRST_COMPLETED)
            for task in (reading, beating):
                if task.done():
                    task.result()
        finally:
            self._socket = None
            tasks = [beating, reading, *self._in_flight]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await socket.close()

    # Opening

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        """A socket at a fresh address. The address holds a key and stays unlogged."""
        url = await self._address()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._http.ws_connect(url, max_msg_size=2**24, timeout=CLOSE)
        except aiohttp.WSServerHandshakeError as error:
            raise _not_let_in(error.status, error.headers or {}) from None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise ChannelDown(f"Feishu's long connection cannot be reached: {why(error)}") from None

    async def _address(self) -> str:
        body = {"AppID": self._options.app_id, "AppSecret": self._options.app_secret.get_secret_value()}
        try:
            async with self._http.post(
                f"{self._options.domain}/callback/ws/endpoint",
                json=body,
                headers={"locale": "zh"},
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                status, answer = response.status, parsed(await beginning(response, MOST_BYTES))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(f"Feishu cannot be reached: {why(error)}") from None
        code, words = answer.get("code"), str(answer.get("msg") or "")[:300]
        if status != HTTPStatus.OK or code in BUSY or not isinstance(code, int):
            raise ChannelDown(f"Feishu opens no long connection: {words or status}")
        if code:
            raise ChannelRefused(f"{words} ({code})")
        return self._checked(answer.get("data"))

    def _checked(self, data: object) -> str:
        """The address; encrypted wherever the API is, for a key is part of it."""
        given = data if isinstance(data, dict) else {}
        self._configure(given.get("ClientConfig"))
        url = str(given.get("URL") or "")
        parts = urlsplit(url)
        service = parse_qs(parts.query).get("service_id", [""])[0]
        schemes = {"wss"} if self._options.domain.startswith("https://") else {"ws", "wss"}
        if parts.scheme not in schemes or not parts.hostname or not service.isdecimal():
            raise ChannelDown("Feishu named no address for the long connection")
        self._service = int(service)
        return url

    def _configure(self, given: object) -> None:
        seconds = given.get("PingInterval") if isinstance(given, dict) else None
        if isinstance(seconds, int | float) and seconds > 0:
            self._ping_seconds = min(float(seconds), PING_SECONDS)

    # Hearing

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, hear: Hear) -> None:
        while True:
            message = await socket.receive()
            if message.type is not aiohttp.WSMsgType.BINARY:
                if message.type is aiohttp.WSMsgType.TEXT:
                    continue
                raise ChannelDown(f"Feishu closed the long connection ({socket.close_code or 'without a word'})")
            frame = frames.read(message.data)
            if frame is None:
                continue
            if frame.method == CONTROL:
                self._controlled(frame)
            elif frame.method == DATA and (whole := self._pieces.whole(frame)) is not None:
                # Tasks begin in the order of their creation, so events are heard in the order of their arrival.
                task = asyncio.create_task(self._deliver(socket, whole, hear), name="feishu event")
                self._in_flight.add(task)
                task.add_done_callback(self._in_flight.discard)
                if len(self._in_flight) >= MOST_IN_FLIGHT:
                    await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)

    def _controlled(self, frame: Frame) -> None:
        if frame.headers.get("type") == "pong":
            self._pong.set()
            self._configure(parsed(frame.payload))

    async def _deliver(self, socket: aiohttp.ClientWebSocketResponse, frame: Frame, hear: Hear) -> None:
        """Hear one event and answer 200; 500 for what could not be stored, after which it comes again."""
        begun, answer, status = time.monotonic(), None, HTTPStatus.OK
        try:
            answer = await hear(parsed(frame.payload))
        except (NotStored, ChannelError) as error:
            _log.warning("feishu_event_not_stored", reason=str(error))
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # An event that makes no sense makes none a second time either.
            _log.warning("feishu_event_not_understood", trace=frame.headers.get("trace_id"), error=repr(error))
        body: Json = {"code": int(status), "headers": None, "data": None}
        if answer is not None:
            body["data"] = base64.b64encode(json.dumps(answer, ensure_ascii=False).encode()).decode()
        took = {"biz_rt": str(int((time.monotonic() - begun) * 1000))}
        try:
            await self._send(socket, replace(frame, headers=frame.headers | took, payload=json.dumps(body).encode()))
        except ChannelDown as error:
            _log.info("feishu_acknowledgement_lost", reason=str(error))

    # Life

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._ping_seconds)
            await self._ping()

    async def _ping(self) -> None:
        if self._socket is not None:
            frame = Frame(method=CONTROL, service=self._service, headers={"type": "ping"})
            await self._send(self._socket, frame)

    async def is_alive(self) -> bool:
        """Whether the platform answers a ping through this socket; False before it is open. Raises ChannelDown."""
        if self._socket is None:
            return False
        try:
            async with asyncio.timeout(PONG_SECONDS):
                self._pong.clear()
                await self._ping()
                await self._pong.wait()
        except TimeoutError as error:
            raise ChannelDown("Feishu's long connection is open but answers nothing") from error
        return True

    async def _send(self, socket: aiohttp.ClientWebSocketResponse, frame: Frame) -> None:
        try:
            await socket.send_bytes(frames.write(frame))
        except (aiohttp.ClientError, OSError) as error:
            raise ChannelDown(f"Feishu's long connection is gone: {type(error).__name__}") from None


def _not_let_in(status: int, headers: Mapping[str, str]) -> ChannelDown | ChannelRefused:
    """What the answer to the handshake says in its headers."""
    code, words = headers.get("Handshake-Status", ""), headers.get("Handshake-Msg", "")[:300]
    reason = f"Feishu refuses the long connection: {words or status}"
    is_full = code == str(NOT_LET_IN) and headers.get("Handshake-Autherrcode") == str(TOO_MANY)
    return ChannelRefused(reason) if is_full or code == str(FORBIDDEN) else ChannelDown(reason)
