"""The long connection: one socket that we open, an answer to every frame once its event is stored.

The SDK's own client is not used: it runs on one loop that the module takes at import and all bots share, opens the
connection by a call that blocks, cannot be stopped, and knows only handlers that do not wait. This one raises when the
connection ends, and the supervisor builds another; what was not answered the platform sends again.
Facts: open.feishu.cn/document, "使用长连接接收事件", and the SDK's source.
"""

import base64
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Never
from urllib.parse import parse_qs, urlsplit

import aiohttp
import structlog

from channels.base import ChannelDown, ChannelError, ChannelRefused, NotStored
from channels.feishu import frames
from channels.feishu.api import MOST_BYTES, TIMEOUT, parsed
from channels.feishu.frames import CONTROL, DATA, Frame
from channels.feishu.options import Options
from channels.feishu.pieces import Pieces
from channels.sayings import saying
from channels.shared.certificates import why
from channels.shared.downloads import beginning
from channels.shared.socket import InFlight, Json, Socket, first_of, opened

_log = structlog.get_logger(__name__)

Hear = Callable[[Json], Awaitable[Json | None]]
PING_SECONDS = 120.0
"""Until the platform says otherwise, with the address or with a pong."""
BUSY = frozenset({1, 1000040343})
"""The platform's own trouble; every other number is about the app (the SDK's `ws/const.py`)."""
FORBIDDEN, NOT_LET_IN, TOO_MANY = 403, 514, 1000040350


class Connection:
    """One connection."""

    def __init__(self, options: Options, http: aiohttp.ClientSession) -> None:
        self._options = options
        self._http = http
        self._socket: Socket | None = None
        self._service = 0
        self._ping_seconds = PING_SECONDS
        self._pieces = Pieces()

    async def run(self, hear: Hear) -> None:
        """Hear events until cancelled. Raises ChannelDown when the connection ends, ChannelRefused where none is."""
        url = await self._address()
        async with (
            opened(self._http, url, "Feishu", "long connection", ping=self._ping, not_let_in=_not_let_in) as socket,
            InFlight("feishu") as events,
        ):
            self._socket = socket
            try:
                await first_of(
                    "feishu",
                    read=self._read(socket, events, hear),
                    beat=socket.beat(lambda: self._ping_seconds),
                    work=events.failed(),
                )
            finally:
                self._socket = None

    # Opening

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
            raise ChannelDown(saying("unreachable", platform="Feishu", why=why(error))) from None
        code, words = answer.get("code"), str(answer.get("msg") or "")[:300]
        if status != HTTPStatus.OK or code in BUSY or not isinstance(code, int):
            raise ChannelDown(_refused(words or str(status)))
        if code:
            raise ChannelRefused(saying("refuses", platform="Feishu", words=f"{words} ({code})"))
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
            raise ChannelDown(saying("no_address", platform="Feishu", thing="long connection"))
        self._service = int(service)
        return url

    def _configure(self, given: object) -> None:
        seconds = given.get("PingInterval") if isinstance(given, dict) else None
        if isinstance(seconds, int | float) and seconds > 0:
            self._ping_seconds = min(float(seconds), PING_SECONDS)

    # Hearing

    async def _read(self, socket: Socket, events: InFlight, hear: Hear) -> Never:
        while True:
            data = await socket.receive()
            frame = frames.read(data) if isinstance(data, bytes) else None
            if frame is None:
                continue
            if frame.method == CONTROL and frame.headers.get("type") == "pong":
                socket.answered()
                self._configure(parsed(frame.payload))
            elif frame.method == DATA and (whole := self._pieces.whole(frame)) is not None:
                await events.begin(partial(self._deliver, socket, whole, hear))

    async def _deliver(self, socket: Socket, frame: Frame, hear: Hear) -> None:
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
            await socket.send(
                frames.write(replace(frame, headers=frame.headers | took, payload=json.dumps(body).encode()))
            )
        except ChannelDown as error:
            _log.info("feishu_acknowledgement_lost", reason=str(error))

    def _ping(self) -> bytes:
        return frames.write(Frame(method=CONTROL, service=self._service, headers={"type": "ping"}))

    async def is_alive(self) -> bool:
        """Whether the platform answers a ping through this socket; False before it is open. Raises ChannelDown."""
        return self._socket is not None and await self._socket.is_alive()


def _not_let_in(error: aiohttp.WSServerHandshakeError) -> ChannelError:
    """What the answer to the handshake says in its headers."""
    headers: Mapping[str, str] = error.headers or {}
    code, words = headers.get("Handshake-Status", ""), headers.get("Handshake-Msg", "")[:300]
    reason = _refused(words or str(error.status))
    is_full = code == str(NOT_LET_IN) and headers.get("Handshake-Autherrcode") == str(TOO_MANY)
    return ChannelRefused(reason) if is_full or code == str(FORBIDDEN) else ChannelDown(reason)


def _refused(words: str) -> str:
    return saying("line_refused", platform="Feishu", thing="long connection", status=words)
