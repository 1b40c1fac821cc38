"""One Socket Mode connection at a time, from ticket to close: what the SDK's clients have in common, held by tasks.

`AsyncBaseSocketModeClient` reads envelopes, calls bolt and sends its answers. The client that the SDK builds on aiohttp
is not used: it tries a dead ticket for ever, opens a session of its own, takes a proxy from the environment, and runs
frames in tasks that nobody holds. This one raises, and the supervisor rebuilds.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from channels.base import ChannelDown, ChannelRefused
from channels.sayings import saying
from channels.shared.socket import (
    AT_ONCE,
    GREETING_SECONDS,
    PONG_SECONDS,
    SHORT_LIFE_SECONDS,
    InFlight,
    Json,
    Socket,
    first_of,
    opened,
    renew,
)
from channels.slack.client import Api
from channels.slack.options import Options

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
        self._socket: Socket | None = None

    async def run(self, greeted: Greeted, app: AsyncApp) -> None:
        """Give envelopes to `app` until cancelled, renewing the connection when Slack asks for it.

        `greeted` is awaited on each new connection before its first envelope; it takes less than a ping's time.
        Raises ChannelDown when the connection breaks, ChannelRefused when Slack refuses the app token.
        """

        async def answer(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            began = time.time()
            await send_async_response(client, request, await run_async_bolt_app(app, request), began)

        self.socket_mode_request_listeners = [answer]
        await renew("slack", partial(self._live, greeted), pauses=AT_ONCE, proven_seconds=SHORT_LIFE_SECONDS)

    async def _live(self, greeted: Greeted) -> str:
        """One connection on a fresh ticket, which is good for one attempt, until Slack asks for another."""
        url, seconds = await self.issue_new_wss_url(), self._options.ping_seconds
        async with opened(self._http, url, "Slack", "socket") as socket:
            await socket.greeting(lambda frame: _kind(frame) == "hello", min(GREETING_SECONDS, 2 * seconds))
            await greeted()
            self._socket = socket
            try:
                async with InFlight("slack") as envelopes:
                    await first_of(
                        "slack",
                        read=self._receive(socket, envelopes),
                        beat=socket.beat(lambda: seconds),
                        work=envelopes.failed(),
                    )
            finally:
                self._socket = None
        return "Slack ends every connection at once"

    async def issue_new_wss_url(self) -> str:
        """A ticket for one socket, which is a secret and stays unlogged; raises ChannelError."""
        token = self._options.app_token
        answer = await self._api.ask(
            self._api.sdk.apps_connections_open, app_token=token.get_secret_value() if token else ""
        )
        return str(answer["url"])

    async def _receive(self, socket: Socket, envelopes: InFlight) -> None:
        while True:
            envelope = await socket.next_json()
            if _kind(envelope) == "disconnect":
                return
            if "envelope_id" in envelope:
                # The text of the frame is for the listeners of messages alone, of which there are none.
                await envelopes.begin(partial(self.run_message_listeners, envelope, ""))

    async def send_message(self, message: str) -> None:
        """Send an acknowledgement. What does not arrive is sent by Slack again."""
        try:
            if self._socket is not None:
                await self._socket.send(message)
        except ChannelDown as error:
            log.info("slack_acknowledgement_lost", reason=str(error))

    async def is_alive(self) -> bool:
        """Whether the socket answers a ping now; raises ChannelDown where it is open but silent."""
        return self._socket is not None and await self._socket.is_alive(min(PONG_SECONDS, self._options.ping_seconds))


def _kind(envelope: Json) -> str:
    """What an envelope is; raises ChannelRefused when Slack switched Socket Mode off."""
    if envelope.get("type") == "disconnect" and envelope.get("reason") == "link_disabled":
        raise ChannelRefused(
            saying("refuses_because", platform="Slack", why=saying("because.no_socket_mode"), code="link_disabled")
        )
    return str(envelope.get("type"))
