"""The WebSocket: greeting, events in order, pings. It keeps nothing; what was missed is asked for from history.

Facts: developers.mattermost.com, "WebSocket". The token goes into the Authorization header of the handshake.
"""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog

from channels.base import ChannelDown, ChannelRefused
from channels.mattermost import Options
from channels.shared.certificates import why

_log = structlog.get_logger(__name__)

Json = dict[str, Any]
CONNECT_SECONDS = 15.0
PONG_SECONDS = 5.0
HEARTBEAT_SECONDS = 30.0
CLOSE = aiohttp.ClientWSTimeout(ws_close=1.0)


class Connection:
    """One connection. `run` ends by raising; the supervisor builds another."""

    def __init__(self, http: aiohttp.ClientSession, options: Options) -> None:
        self._http = http
        self._url = f"ws{options.url.removeprefix('http')}/api/v4/websocket"
        self._headers = {"Authorization": f"Bearer {options.token.get_secret_value()}"}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._replies: dict[int, asyncio.Future[None]] = {}
        self._numbers = itertools.count(1)

    async def run(self, greeted: Callable[[], Awaitable[None]], hear: Callable[[Json], Awaitable[None]]) -> None:
        """Call `greeted` once connected, then `hear` for each event in order. Raises ChannelDown or ChannelRefused."""
        socket = await self._connect()
        events: asyncio.Queue[Json] = asyncio.Queue()
        tasks = [
            asyncio.create_task(self._read(socket, events), name="mattermost read"),
            asyncio.create_task(self._work(events, greeted, hear), name="mattermost work"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            self._socket = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await socket.close()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._http.ws_connect(
                    self._url, headers=self._headers, heartbeat=HEARTBEAT_SECONDS, max_msg_size=2**24, timeout=CLOSE
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status == 401:  # noqa: PLR2004 -- unauthorised
                raise ChannelRefused("Mattermost refuses the token (401)") from None
            raise ChannelDown(f"Mattermost refuses the socket: {error.status}") from None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise ChannelDown(f"Mattermost cannot be reached: {why(error)}") from None

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, events: asyncio.Queue[Json]) -> None:
        while True:
            frame = await socket.receive()
            if frame.type is aiohttp.WSMsgType.TEXT:
                self._take(socket, frame.data, events)
            elif frame.type is not aiohttp.WSMsgType.BINARY:
                raise ChannelDown(f"Mattermost closed the connection ({socket.close_code or 'without a word'})")

    def _take(self, socket: aiohttp.ClientWebSocketResponse, text: str, events: asyncio.Queue[Json]) -> None:
        try:
            frame = json.loads(text)
            if "seq_reply" in frame:
                reply = self._replies.get(frame["seq_reply"])
                if reply is not None and not reply.done():
                    reply.set_result(None)
                return
            kind = frame["event"]
        except (ValueError, KeyError, TypeError):
            _log.warning("mattermost_frame_not_understood", characters=len(text))
            return
        if kind == "hello":
            self._socket = socket
        events.put_nowait(frame)

    async def _work(
        self,
        events: asyncio.Queue[Json],
        greeted: Callable[[], Awaitable[None]],
        hear: Callable[[Json], Awaitable[None]],
    ) -> None:
        while (await events.get())["event"] != "hello":
            continue
        await greeted()
        while True:
            await hear(await events.get())

    async def is_alive(self) -> bool:
        """Whether the server answers a ping now; False before its greeting. Raises ChannelDown if deaf."""
        socket = self._socket
        if socket is None or socket.closed:
            return False
        number = next(self._numbers)
        reply = self._replies[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(PONG_SECONDS):
                await socket.send_json({"seq": number, "action": "ping"})
                await reply
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise ChannelDown("Mattermost's socket is open but does not answer") from error
        finally:
            self._replies.pop(number, None)
        return True
