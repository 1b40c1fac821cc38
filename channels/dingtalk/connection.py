"""One Stream connection after another: a fresh ticket, frames routed by DingTalk's SDK, each acknowledged once heard.

Of the SDK's client only frames, routing and acknowledgements are used. Its `start` blocks the loop for every ticket,
swallows cancellation, reconnects for ever and without a pause, keeps tasks that nobody holds, and logs tickets; this
one takes the shared session, raises, and the supervisor rebuilds.
"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
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
from channels.sayings import saying
from channels.shared.socket import (
    AT_ONCE,
    PONG_SECONDS,
    SHORT_LIFE_SECONDS,
    InFlight,
    Socket,
    first_of,
    opened,
    renew,
)

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
        self._socket: Socket | None = None

    async def start(self) -> None:
        """Hear frames until cancelled, with a new connection whenever DingTalk asks for one.

        Raises ChannelDown when the connection breaks, ChannelRefused when DingTalk refuses the app.
        """
        self.pre_start()
        await renew("dingtalk", self._live, pauses=AT_ONCE, proven_seconds=SHORT_LIFE_SECONDS)

    def get_host_ip(self) -> str:
        """The SDK would ask the system for a way to a public address; DingTalk needs none."""
        return "127.0.0.1"

    async def _live(self) -> str:
        """One connection on a fresh ticket, until DingTalk asks for another."""
        async with opened(self._http, await self._ticket(), "DingTalk", "stream") as socket:
            self.websocket = self._socket = socket
            try:
                async with InFlight("dingtalk") as frames:
                    await first_of(
                        "dingtalk",
                        read=self._receive(socket, frames),
                        beat=socket.beat(lambda: self._options.ping_seconds),
                        work=frames.failed(),
                    )
            finally:
                self._socket = None
        return saying("closed_at_once", platform="DingTalk")

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
            raise ChannelDown(saying("no_address", platform="DingTalk", thing="stream"))
        return url.update_query(ticket=str(answer.get("ticket") or ""))

    async def _receive(self, socket: Socket, frames: InFlight) -> None:
        while True:
            frame = await socket.next_json()
            if frame.get("type") != "SYSTEM":
                await frames.begin(partial(self._route, frame))
            elif await self._route(frame) == self.TAG_DISCONNECT:
                return

    async def _route(self, frame: Json) -> str:
        """Let the SDK find the handler and acknowledge; what was not heard is not acknowledged."""
        try:
            return str(await self.route_message(frame))
        except NotStored as error:
            _log.warning("dingtalk_event_not_stored", reason=str(error))
        except ChannelDown as error:
            _log.info("dingtalk_acknowledgement_lost", reason=str(error))
        except Exception:  # noqa: BLE001 -- the border of this frame, as whose task it runs
            _log.exception("dingtalk_frame_not_understood", type=str(frame.get("type"))[:20])
        return ""

    async def is_alive(self) -> bool:
        """Whether the stream answers a ping now; raises ChannelDown where it is open but silent."""
        return self._socket is not None and await self._socket.is_alive(min(PONG_SECONDS, self._options.ping_seconds))


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
