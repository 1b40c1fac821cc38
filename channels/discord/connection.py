"""One connection to the gateway: the SDK's socket, with two things of ours. It hands on every event and judges none.

The number that it reports, in heartbeats and when it comes back, is that of the last event that was stored, so that
Discord says again whatever was not; the SDK reports what was read. Heartbeats are a task of this loop and not a thread.
Facts: discord.com/developers/docs/events/gateway.
"""

import asyncio
import json
import sys
import zlib
from collections.abc import Callable
from typing import Any

import aiohttp
import structlog
import yarl

from channels.base import ChannelDown
from channels.discord.api import Api, Json
from channels.discord.sdk import DiscordWebSocket, KeepAliveHandler, ReconnectWebSocket
from channels.sayings import saying

_log = structlog.get_logger(__name__)

PONG_SECONDS = 5.0
SILENT_SECONDS = 60.0
"""Longer than any interval between heartbeats that Discord asks for (41 seconds)."""
API_VERSION = 10
COMPRESSION = "zlib-stream"
"""The same on every Python: the SDK changes to zstd where it finds it, as in Python 3.14, and to other errors."""
FLUSHED = b"\x00\x00\xff\xff"
"""What the last frame of a message ends with."""


class Beat(KeepAliveHandler):
    """The SDK's heartbeat without its thread; a beat that the next one finds unanswered ends the connection."""

    def __init__(self, connection: "Connection", interval: float) -> None:
        super().__init__(ws=connection, interval=interval)
        self._connection = connection
        self._seconds = interval
        self._task: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()

    def start(self) -> None:
        """Begin to beat; the task is cancelled by `stop`."""
        self._task = asyncio.create_task(self._beat(), name="discord beat")

    def stop(self) -> None:
        """End the beating at once."""
        if self._task is not None:
            self._task.cancel()

    def ack(self) -> None:
        """Discord has answered."""
        self._answered.set()

    async def ended(self) -> None:
        """Wait until nothing is left of the task."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def ask(self) -> None:
        """One heartbeat more, and its answer."""
        self._answered.clear()
        await self._connection.send_heartbeat(self.get_payload())
        await self._answered.wait()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            try:
                async with asyncio.timeout(self._seconds):
                    await self.ask()
            except (TimeoutError, aiohttp.ClientError, OSError, RuntimeError):
                _log.info("discord_heartbeat_unanswered")
                await self._connection.socket.close(code=4000)
                return


class Connection(DiscordWebSocket):
    """Satisfies the SDK's `poll_event`, which raises ReconnectWebSocket or ConnectionClosed at the end."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, token: str, gateway: yarl.URL, intents: int) -> None:
        super().__init__(socket, loop=asyncio.get_running_loop())
        self.token = token
        self.gateway = gateway
        self.shard_id = self.shard_count = None
        self.is_ready = False
        self.heard: Callable[[Json], None] = _unheard
        self._max_heartbeat_timeout = SILENT_SECONDS
        self._intents = intents
        self._pulse: Beat | None = None
        self._inflater = zlib.decompressobj()
        self._deflated = bytearray()

    @classmethod
    async def greeted(cls, api: Api, gateway: str, intents: int) -> "Connection":
        """A connection that has been greeted; neither identified nor resumed."""
        url = yarl.URL(gateway)
        query = {"v": str(API_VERSION), "encoding": "json", "compress": COMPRESSION}
        socket = await api.ws_connect(str(url.with_query(query)))
        connection = cls(socket, api.token or "", url, intents)
        try:
            async with asyncio.timeout(PONG_SECONDS * 2):
                while connection._pulse is None:
                    await connection.poll_event()
        except TimeoutError:
            await connection.end()
            raise ChannelDown(saying("not_greeted", platform="Discord", thing="gateway")) from None
        except BaseException:
            await connection.end()
            raise
        return connection

    async def identify(self) -> None:
        """Begin a session."""
        told = {
            "token": self.token,
            "intents": self._intents,
            "properties": {"os": sys.platform, "browser": "nexora", "device": "nexora"},
            "large_threshold": 50,
        }
        await self.send_as_json({"op": self.IDENTIFY, "d": told})

    async def received_message(self, msg: Any, /) -> None:
        """One frame: events go to `heard` in order, the rest is the SDK's to answer."""
        if (text := self._inflated(msg)) is None:
            return
        try:
            frame = json.loads(text)
            number = frame["op"]
        except (ValueError, TypeError, KeyError):
            _log.warning("discord_frame_not_understood", characters=len(text))
            return
        if number == self.DISPATCH:
            self._dispatched(frame)
        elif number == self.HELLO:
            await self._greeted(frame)
        else:
            await super().received_message(text)

    def _inflated(self, msg: Any) -> str | None:
        if not isinstance(msg, bytes):
            return str(msg)
        self._deflated += msg
        if not self._deflated.endswith(FLUSHED):
            return None
        try:
            text = self._inflater.decompress(self._deflated).decode()
        except (zlib.error, ValueError):
            _log.warning("discord_stream_broken", bytes=len(msg))
            raise ReconnectWebSocket(None) from None  # what follows on this connection cannot be read either
        self._deflated.clear()
        return text

    async def _greeted(self, frame: Json) -> None:
        try:
            seconds = max(float(frame["d"]["heartbeat_interval"]) / 1000, 0.05)
        except (KeyError, TypeError, ValueError):
            raise ChannelDown(saying("no_sense", platform="Discord")) from None
        self._keep_alive = self._pulse = Beat(self, seconds)
        self._pulse.start()

    def _dispatched(self, frame: Json) -> None:
        kind = frame.get("t")
        if kind in {"READY", "RESUMED"}:
            self.is_ready = True
        if kind == "READY":
            try:
                self.session_id = str(frame["d"]["session_id"])
                self.gateway = yarl.URL(str(frame["d"]["resume_gateway_url"]))
            except (KeyError, TypeError, ValueError):
                raise ChannelDown(saying("no_sense", platform="Discord")) from None
        self.heard(frame)

    async def is_alive(self) -> bool:
        """Whether the gateway answers a heartbeat now; False before it has let us in. Raises ChannelDown if deaf."""
        if self._pulse is None or not self.is_ready or self.socket.closed:
            return False
        try:
            async with asyncio.timeout(PONG_SECONDS):
                await self._pulse.ask()
        except (TimeoutError, aiohttp.ClientError, OSError, RuntimeError):
            raise ChannelDown(saying("no_pong", platform="Discord", thing="gateway")) from None
        return True

    async def end(self, code: int = 4000) -> None:
        """Close, leaving no task. Code 1000 ends the session, any other leaves it to be resumed."""
        if self._pulse is not None:
            self._pulse.stop()
            await self._pulse.ended()
        await self.socket.close(code=code)


def _unheard(_: Json) -> None:
    """What comes before anybody listens; the greeting alone, so that nothing is lost."""
