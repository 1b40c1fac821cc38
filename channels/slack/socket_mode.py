"""One Socket Mode connection, from ticket to close: each frame is acknowledged once it was heard, in order of arrival.

The SDK's own socket client is not used: it tries a dead ticket for ever, opens a session of its own, takes a proxy
from the environment, and runs frames in tasks that nobody holds. This one raises, and the supervisor rebuilds.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog

from channels.base import ChannelDown, ChannelRefused, NotStored
from channels.certificates import why
from channels.pings import Pings
from channels.slack.client import Api
from channels.slack.options import Options

CONNECT_SECONDS = 15.0
PONG_SECONDS = 5.0
DRAIN_SECONDS = 3.0
MOST_IN_FLIGHT = 200
SHORT_LIFE_SECONDS = 5.0
MOST_SHORT_LIVES = 3

log = structlog.get_logger(__name__)

Greeted = Callable[[], Awaitable[None]]
Hear = Callable[[dict[str, Any]], Awaitable[None]]


class SocketLine:
    """Slack's side of Socket Mode (docs.slack.dev/apis/events-api/using-socket-mode)."""

    def __init__(self, options: Options, http: aiohttp.ClientSession, api: Api) -> None:
        self._options = options
        self._http = http
        self._api = api
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._in_flight: set[asyncio.Task[None]] = set()
        self._pings = Pings()

    async def run(self, greeted: Greeted, hear: Hear) -> None:
        """Hear envelopes until cancelled, renewing the connection when Slack asks for it.

        `greeted` is awaited on each new connection before its first envelope; it takes less than a ping's time.
        Raises ChannelDown when the connection breaks, ChannelRefused when Slack refuses the app token.
        """
        loop = asyncio.get_running_loop()
        short_lives = 0
        while short_lives < MOST_SHORT_LIVES:
            began = loop.time()
            await self._live(greeted, hear)
            short_lives = short_lives + 1 if loop.time() - began < SHORT_LIFE_SECONDS else 0
        raise ChannelDown("Slack ends every connection at once")

    async def _live(self, greeted: Greeted, hear: Hear) -> None:
        """One connection, until Slack asks for another."""
        socket = await self._connect()
        try:
            await self._greeting(socket)
            await greeted()
            self._socket = socket
            await self._receive(socket, hear)
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
        """A socket on a fresh ticket; a ticket is good for one attempt."""
        url = await self.address()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._http.ws_connect(
                    url, autoping=False, heartbeat=self._options.ping_seconds, max_msg_size=16 << 20
                )
        except aiohttp.WSServerHandshakeError as error:
            raise ChannelDown(f"Slack refuses the socket: {error.status}") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(f"Slack's socket cannot be reached: {why(error)}") from None

    async def address(self) -> str:
        """A ticket for one socket, which is a secret and stays unlogged; raises ChannelError."""
        token = self._options.app_token
        answer = await self._api.ask(
            self._api.sdk.apps_connections_open, app_token=token.get_secret_value() if token else ""
        )
        return str(answer["url"])

    async def _greeting(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Wait for `hello`: without it the connection is open but nobody speaks."""
        try:
            async with asyncio.timeout(min(CONNECT_SECONDS, 2 * self._options.ping_seconds)):
                while (await self._next(socket)).get("type") != "hello":
                    continue
        except TimeoutError as error:
            raise ChannelDown("Slack opened the socket but does not greet") from error

    async def _receive(self, socket: aiohttp.ClientWebSocketResponse, hear: Hear) -> None:
        while True:
            envelope = await self._next(socket)
            if envelope.get("type") == "disconnect":
                return
            if "envelope_id" not in envelope:
                continue
            # Tasks begin in the order of their creation, so `hear` is entered in the order of arrival.
            task = asyncio.create_task(self._deliver(socket, envelope, hear), name=f"slack {envelope['envelope_id']}")
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
            if len(self._in_flight) >= MOST_IN_FLIGHT:
                await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)

    async def _next(self, socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
        """The next frame that carries JSON; answers pings beside it. Raises ChannelDown at the end."""
        while True:
            frame = await socket.receive()
            if frame.type is aiohttp.WSMsgType.TEXT:
                if (envelope := _parse(frame.data)) is not None:
                    return envelope
            elif frame.type is aiohttp.WSMsgType.PING:
                await socket.pong(frame.data)
            elif frame.type is aiohttp.WSMsgType.PONG:
                self._pings.note(bytes(frame.data))
            elif frame.type is not aiohttp.WSMsgType.BINARY:
                raise ChannelDown(_ending(frame, socket))

    async def _deliver(self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any], hear: Hear) -> None:
        """Hear one envelope, then acknowledge it; what was not heard is not acknowledged, and Slack sends it again."""
        try:
            await hear(envelope.get("payload") or {})
        except NotStored as error:
            log.warning("slack_event_not_stored", reason=str(error))
            return
        except Exception:
            log.exception("slack_event_not_understood", envelope=envelope["envelope_id"], type=envelope.get("type"))
            return
        try:
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
        except (aiohttp.ClientError, OSError) as error:
            log.info("slack_acknowledgement_lost", error=type(error).__name__)

    async def is_alive(self) -> bool:
        """Whether the socket answers a ping now; raises ChannelDown where it is open but silent."""
        socket = self._socket
        if socket is None or socket.closed:
            return False
        if not await self._pings.is_answered(socket, min(PONG_SECONDS, self._options.ping_seconds)):
            raise ChannelDown("Slack's socket is open but does not answer pings")
        return True


def _parse(text: str) -> dict[str, Any] | None:
    """An envelope; None for what is not one. Raises ChannelRefused when Slack switched Socket Mode off."""
    try:
        envelope = json.loads(text)
    except ValueError:
        log.warning("slack_frame_not_json", characters=len(text))
        return None
    if not isinstance(envelope, dict):
        return None
    if envelope.get("type") == "disconnect" and envelope.get("reason") == "link_disabled":
        raise ChannelRefused("Slack refuses: link_disabled (Socket Mode is switched off for this app)")
    return envelope


def _ending(frame: aiohttp.WSMessage, socket: aiohttp.ClientWebSocketResponse) -> str:
    if isinstance(frame.data, aiohttp.ServerTimeoutError):
        return "Slack's socket fell silent"
    return f"Slack closed the socket ({socket.close_code or 'without a word'})"
