"""One Socket Mode connection at a time, from ticket to close: what the SDK's clients have in common, held by tasks.

`AsyncBaseSocketModeClient` reads envelopes, calls bolt and sends its answers. The client that the SDK builds on aiohttp
is not used: it tries a dead ticket for ever, opens a session of its own, takes a proxy from the environment, and runs
frames in tasks that nobody holds. This one raises, and the supervisor rebuilds.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from channels.base import ChannelDown, ChannelRefused
from channels.shared.certificates import why
from channels.shared.pings import Pings
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


class SocketConnection(AsyncBaseSocketModeClient):
    """Slack's side of Socket Mode (docs.slack.dev/apis/events-api/using-socket-mode)."""

    def __init__(self, options: Options, http: aiohttp.ClientSession, api: Api) -> None:
        self.logger = logging.getLogger(__name__)
        self.trace_enabled = self.auto_reconnect_enabled = self.closed = False
        self.message_listeners = []
        self.socket_mode_request_listeners = []
        self._options = options
        self._http = http
        self._api = api
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._is_greeted = False
        self._in_flight: set[asyncio.Task[None]] = set()
        self._pings = Pings()

    async def run(self, greeted: Greeted, app: AsyncApp) -> None:
        """Give envelopes to `app` until cancelled, renewing the connection when Slack asks for it.

        `greeted` is awaited on each new connection before its first envelope; it takes less than a ping's time.
        Raises ChannelDown when the connection breaks, ChannelRefused when Slack refuses the app token.
        """

        async def answer(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            began = time.time()
            await send_async_response(client, request, await run_async_bolt_app(app, request), began)

        self.socket_mode_request_listeners = [answer]
        loop = asyncio.get_running_loop()
        short_lives = 0
        while short_lives < MOST_SHORT_LIVES:
            began = loop.time()
            await self._live(greeted)
            short_lives = short_lives + 1 if loop.time() - began < SHORT_LIFE_SECONDS else 0
        raise ChannelDown("Slack ends every connection at once")

    async def _live(self, greeted: Greeted) -> None:
        """One connection, until Slack asks for another."""
        await self.connect()
        try:
            await self._greeting()
            await greeted()
            self._is_greeted = True
            await self._receive()
            if self._in_flight:
                await asyncio.wait(self._in_flight, timeout=DRAIN_SECONDS)
        finally:
            await self.disconnect()

    async def connect(self) -> None:
        """A socket on a fresh ticket; a ticket is good for one attempt."""
        url = await self.issue_new_wss_url()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                self._socket = await self._http.ws_connect(
                    url, autoping=False, heartbeat=self._options.ping_seconds, max_msg_size=16 << 20
                )
        except aiohttp.WSServerHandshakeError as error:
            raise ChannelDown(f"Slack refuses the socket: {error.status}") from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise ChannelDown(f"Slack's socket cannot be reached: {why(error)}") from None

    async def disconnect(self) -> None:
        """End what is still being heard, and the connection."""
        socket, self._socket, self._is_greeted = self._socket, None, False
        tasks = list(self._in_flight)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if socket:
            await socket.close()

    async def issue_new_wss_url(self) -> str:
        """A ticket for one socket, which is a secret and stays unlogged; raises ChannelError."""
        token = self._options.app_token
        answer = await self._api.ask(
            self._api.sdk.apps_connections_open, app_token=token.get_secret_value() if token else ""
        )
        return str(answer["url"])

    async def _greeting(self) -> None:
        """Wait for `hello`: without it the connection is open but nobody speaks."""
        try:
            async with asyncio.timeout(min(CONNECT_SECONDS, 2 * self._options.ping_seconds)):
                while (await self._next())[0].get("type") != "hello":
                    continue
        except TimeoutError as error:
            raise ChannelDown("Slack opened the socket but does not greet") from error

    async def _receive(self) -> None:
        while True:
            envelope, text = await self._next()
            if envelope.get("type") == "disconnect":
                return
            if "envelope_id" not in envelope:
                continue
            # Tasks begin in the order of their creation, so events are heard in the order of arrival.
            task = asyncio.create_task(
                self.run_message_listeners(envelope, text), name=f"slack {envelope['envelope_id']}"
            )
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
            if len(self._in_flight) >= MOST_IN_FLIGHT:
                await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)

    async def _next(self) -> tuple[dict[str, Any], str]:
        """The next frame that carries JSON, and its text; answers pings beside it. Raises ChannelDown at the end."""
        socket = self._open_socket()
        while True:
            frame = await socket.receive()
            if frame.type is aiohttp.WSMsgType.TEXT:
                if (envelope := _parse(frame.data)) is not None:
                    return envelope, frame.data
            elif frame.type is aiohttp.WSMsgType.PING:
                await socket.pong(frame.data)
            elif frame.type is aiohttp.WSMsgType.PONG:
                self._pings.note(bytes(frame.data))
            elif frame.type is not aiohttp.WSMsgType.BINARY:
                raise ChannelDown(_ending(frame, socket))

    async def send_message(self, message: str) -> None:
        """Send an acknowledgement. What does not arrive is sent by Slack again."""
        try:
            await self._open_socket().send_str(message)
        except (ChannelDown, aiohttp.ClientError, OSError) as error:
            log.info("slack_acknowledgement_lost", error=type(error).__name__)

    def _open_socket(self) -> aiohttp.ClientWebSocketResponse:
        if self._socket is None:
            raise ChannelDown("the socket is closed")
        return self._socket

    async def is_alive(self) -> bool:
        """Whether the socket answers a ping now; raises ChannelDown where it is open but silent."""
        socket = self._socket if self._is_greeted else None
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
