"""One Stream connection after another: a fresh ticket, frames routed by DingTalk's SDK, each acknowledged once heard.

Of the SDK's client only frames, routing and acknowledgements are used. Its `start` blocks the loop for every ticket,
swallows cancellation, reconnects for ever and without a pause, keeps tasks that nobody holds, and logs tickets; this
one takes the shared session, raises, and the supervisor rebuilds.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from yarl import URL

from channels.base import ChannelDown, NotStored, RateLimited
from channels.dingtalk import Options
from channels.dingtalk.api import Api, Json
from channels.dingtalk.sdk import (
    VERSION_STRING,
    AckMessage,
    CallbackHandler,
    CallbackMessage,
    ChatbotMessage,
    Credential,
    DingTalkStreamClient,
)
from channels.shared.certificates import why
from channels.shared.pings import Pings

CONNECT_SECONDS = 15.0
PONG_SECONDS = 5.0
DRAIN_SECONDS = 3.0
MOST_IN_FLIGHT = 200
SHORT_LIFE_SECONDS = 5.0
MOST_SHORT_LIVES = 3

Hear = Callable[[str, Json], Awaitable[None]]
"""Takes the id of a frame and its payload; returns once it is stored, raises NotStored."""

_log = structlog.get_logger(__name__)


class Connection(DingTalkStreamClient):  # type: ignore[misc]  # the SDK has no types
    """The stream of one app (opensource.dingtalk.com/developerpedia/docs/learn/stream/overview)."""

    def __init__(self, options: Options, http: aiohttp.ClientSession, api: Api, *, message: Hear, press: Hear) -> None:
        secret = options.client_secret.get_secret_value()
        super().__init__(Credential(options.client_id, secret), logger=_quiet())
        self.register_callback_handler(ChatbotMessage.TOPIC, _Handler(message))
        self.register_callback_handler(CallbackHandler.TOPIC_CARD_CALLBACK, _Handler(press))
        self._options = options
        self._http = http
        self._api = api
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._in_flight: set[asyncio.Task[None]] = set()
        self._pings = Pings()

    async def start(self) -> None:
        """Hear frames until cancelled, with a new connection whenever DingTalk asks for one.

        Raises ChannelDown when the connection breaks, ChannelRefused when DingTalk refuses the app.
        """
        self.pre_start()
        loop = asyncio.get_running_loop()
        short_lives = 0
        while short_lives < MOST_SHORT_LIVES:
            began = loop.time()
            await self._live()
            short_lives = short_lives + 1 if loop.time() - began < SHORT_LIFE_SECONDS else 0
        raise ChannelDown("DingTalk ends every connection at once")

    def get_host_ip(self) -> str:
        """The SDK would ask the system for a way to a public address; DingTalk needs none."""
        return "127.0.0.1"

    async def _live(self) -> None:
        """One connection, until DingTalk asks for another."""
        socket = await self._connect()
        self.websocket = _Wire(socket)
        self._socket = socket
        try:
            await self._receive(socket)
            if self._in_flight:
                await asyncio.wait(self._in_flight, timeout=DRAIN_SECONDS)
        finally:
            self._socket = None
            tasks = list(self._in_flight)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await socket.close()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        """A socket on a fresh ticket; the ticket is a secret and its address stays unlogged."""
        address = await self._ticket()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._http.ws_connect(
                    address, autoping=False, heartbeat=self._options.ping_seconds, max_msg_size=16 << 20
                )
        except aiohttp.WSServerHandshakeError as error:
            raise ChannelDown(f"DingTalk refuses the stream: {error.status}") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(f"DingTalk's stream cannot be reached: {why(error)}") from None

    async def _ticket(self) -> URL:
        body = {
            "clientId": self._options.client_id,
            "clientSecret": self._options.client_secret.get_secret_value(),
            "subscriptions": [{"type": "CALLBACK", "topic": topic} for topic in self.callback_handler_map],
            "ua": f"nexora dingtalk-sdk-python/v{VERSION_STRING}",
            "localIp": self.get_host_ip(),
        }
        try:
            answer = await self._api.open_call("/v1.0/gateway/connections/open", body)
        except RateLimited as limited:  # about a connection, it means: later
            raise ChannelDown(str(limited)) from limited
        url = URL(str(answer.get("endpoint") or ""))
        if url.scheme != "wss" and not (url.scheme == "ws" and self._options.api_url.startswith("http://")):
            raise ChannelDown("DingTalk names no stream to connect to")
        return url.update_query(ticket=str(answer.get("ticket") or ""))

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            frame = await self._next(socket)
            if frame.get("type") == "SYSTEM":
                if await self._route(frame) == self.TAG_DISCONNECT:
                    return
                continue
            # Tasks begin in the order of their creation, so what is said in a room queues up as it arrived.
            task = asyncio.create_task(self._deliver(frame), name=f"dingtalk frame {self._options.client_id}")
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
            if len(self._in_flight) >= MOST_IN_FLIGHT:
                await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)

    async def _next(self, socket: aiohttp.ClientWebSocketResponse) -> Json:
        """The next frame that carries JSON; answers pings beside it. Raises ChannelDown at the end."""
        while True:
            frame = await socket.receive()
            if frame.type is aiohttp.WSMsgType.TEXT:
                if (found := _parse(frame.data)) is not None:
                    return found
            elif frame.type is aiohttp.WSMsgType.PING:
                await socket.pong(frame.data)
            elif frame.type is aiohttp.WSMsgType.PONG:
                self._pings.note(bytes(frame.data))
            elif frame.type is not aiohttp.WSMsgType.BINARY:
                if isinstance(frame.data, aiohttp.ServerTimeoutError):
                    raise ChannelDown("DingTalk's stream fell silent")
                raise ChannelDown(f"DingTalk closed the stream ({socket.close_code or 'without a word'})")

    async def _deliver(self, frame: Json) -> None:
        await self._route(frame)

    async def _route(self, frame: Json) -> str:
        """Let the SDK find the handler and acknowledge; what was not heard is not acknowledged."""
        try:
            return str(await self.route_message(frame))
        except NotStored as error:
            _log.warning("dingtalk_event_not_stored", reason=str(error))
        except (aiohttp.ClientError, OSError) as error:
            _log.info("dingtalk_acknowledgement_lost", error=type(error).__name__)
        except Exception:  # noqa: BLE001 -- the border of this frame, as whose task it runs
            _log.exception("dingtalk_frame_not_understood", type=str(frame.get("type"))[:20])
        return ""

    async def is_alive(self) -> bool:
        """Whether the stream answers a ping now; raises ChannelDown where it is open but silent."""
        socket = self._socket
        if socket is None or socket.closed:
            return False
        if not await self._pings.is_answered(socket, min(PONG_SECONDS, self._options.ping_seconds)):
            raise ChannelDown("DingTalk's stream is open but does not answer pings")
        return True


class _Wire:
    """What the SDK expects of its own socket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        await self._socket.send_str(text)


class _Handler(CallbackHandler):  # type: ignore[misc]  # the SDK has no types
    """Hears one topic. The answer to a press changes nothing on the card: what was decided is not known yet."""

    def __init__(self, hear: Hear) -> None:
        super().__init__()
        self.logger = _quiet()
        self._hear = hear

    async def process(self, message: CallbackMessage) -> tuple[int, dict[str, Any]]:
        await self._hear(str(message.headers.message_id or ""), message.data)
        return AckMessage.STATUS_OK, {}


def _quiet() -> logging.Logger:
    """The SDK's logger: silent, for it writes tickets and messages, and without the printer that the SDK attaches."""
    for name in ("dingtalk_stream.client", "dingtalk_stream.handler"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)
    return logging.getLogger("dingtalk_stream.client")


def _parse(text: str) -> Json | None:
    """A frame; None for what is not one."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        _log.warning("dingtalk_frame_not_json", characters=len(text))
        return None
    return found
