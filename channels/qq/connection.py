"""The gateway connection: hello, identify or resume, heartbeats, events in order.

The number with which we come back is that of the last event that was stored, so whatever was not comes again.
Facts: bot.q.qq.com/wiki, "事件订阅与通知".
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog

from channels.base import ChannelDown, ChannelRefused, NotStored
from channels.qq.api import Api
from channels.shared.certificates import why

_log = structlog.get_logger(__name__)

Json = dict[str, Any]
Hear = Callable[[Json], Awaitable[None]]
INTENTS = 1 << 25 | 1 << 26
"""Messages in private and in groups; presses."""
CONNECT_SECONDS = 15.0
CLOSE = aiohttp.ClientWSTimeout(ws_close=1.0)
PONG_SECONDS = 5.0
PAUSES = (0.1, 0.5, 2.0, 5.0)
"""Before each attempt to come back; after the last the supervisor builds everything anew."""
PROVEN_SECONDS = 30.0
MOST_WAITING = 200
HEARTBEAT, IDENTIFY, RESUME = 1, 2, 6
LOST_SESSION = frozenset({4006, 4007, 4009, *range(4900, 4914)})
REFUSED = {
    4010: "the shard is wrong",
    4011: "the bot is in too many places for one connection",
    4013: "the intents are wrong",
    4014: "the bot has no right to these events; ask for them at q.qq.com",
    4914: "the bot is not published; only the sandbox may connect",
    4915: "the bot is banned",
}


class Connection:
    """One session with the gateway, over as many connections as it takes."""

    def __init__(self, http: aiohttp.ClientSession, api: Api) -> None:
        self._http = http
        self._api = api
        self._session = ""
        self._shown = ""
        """The token with which we introduced ourselves."""
        self._stored: int | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._pong = asyncio.Event()
        self._is_ready = False
        self._interval: asyncio.Future[float] | None = None

    async def run(self, hear: Hear) -> None:
        """Hear events until cancelled. Raises ChannelRefused, or ChannelDown once coming back failed several times."""
        failures = 0
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                await self._live(hear)
                reason = "QQ asks for another connection"
            except ChannelDown as error:
                reason = str(error)
            if asyncio.get_running_loop().time() - begun >= PROVEN_SECONDS:
                failures = 0
            if failures == len(PAUSES):
                raise ChannelDown(reason)
            _log.info("qq_line_renewed", reason=reason)
            await asyncio.sleep(PAUSES[failures])
            failures += 1

    async def _live(self, hear: Hear) -> None:
        """One connection, until the platform asks for another."""
        socket = await self._connect()
        self._socket, self._interval = socket, asyncio.get_running_loop().create_future()
        events: asyncio.Queue[Json] = asyncio.Queue(MOST_WAITING)
        tasks = [
            asyncio.create_task(self._store(events, hear), name="qq store"),
            asyncio.create_task(self._read(socket, events), name="qq read"),
            asyncio.create_task(self._beat(socket, self._interval), name="qq beat"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            self._socket, self._is_ready = None, False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await socket.close()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        gateway = await self._api.call("GET", "/gateway/bot")
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await self._http.ws_connect(str(gateway["url"]), max_msg_size=2**22, timeout=CLOSE)
        except KeyError as error:
            raise ChannelDown("QQ named no gateway") from error
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise ChannelDown(f"QQ's gateway cannot be reached: {why(error)}") from None

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, events: asyncio.Queue[Json]) -> None:
        while True:
            frame = await self._frame(socket)
            match frame.get("op"):
                case 10:  # hello
                    if self._interval is not None and not self._interval.done():
                        self._interval.set_result(_interval(frame))
                    await self._introduce(socket)
                case 11:  # a heartbeat's answer
                    self._pong.set()
                case 7:  # come back
                    return
                case 9:  # unknown session
                    self._session, self._stored = "", None
                    raise ChannelDown("QQ does not know this session any more")
                case 0:  # an event
                    self._note(frame)
                    await events.put(frame)

    def _note(self, frame: Json) -> None:
        if frame.get("t") == "READY":
            self._session = str(frame["d"]["session_id"])
        if frame.get("t") in {"READY", "RESUMED"}:
            self._is_ready = True

    async def _frame(self, socket: aiohttp.ClientWebSocketResponse) -> Json:
        """The next frame that is JSON. Raises ChannelDown or ChannelRefused at the end."""
        while True:
            frame = await socket.receive()
            if frame.type is aiohttp.WSMsgType.TEXT:
                try:
                    parsed = json.loads(frame.data)
                except ValueError:
                    parsed = None
                if isinstance(parsed, dict):
                    return parsed
                _log.warning("qq_frame_not_understood", characters=len(frame.data))
            elif frame.type is not aiohttp.WSMsgType.BINARY:
                raise self._ended(socket.close_code)

    def _ended(self, code: int | None) -> ChannelDown | ChannelRefused:
        if code in REFUSED:
            return ChannelRefused(f"QQ refuses: {REFUSED[code]} ({code})")
        if code in LOST_SESSION:
            self._session, self._stored = "", None
        if code == 4004:  # noqa: PLR2004 -- the token is not taken
            self._api.token.forget(self._shown)
        return ChannelDown(f"QQ closed the connection ({code or 'without a word'})")

    async def _introduce(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._shown = token = await self._api.token.value()
        if self._session:
            told: Json = {"token": token, "session_id": self._session, "seq": self._stored}
            await _send(socket, {"op": RESUME, "d": told})
            return
        told = {"token": token, "intents": INTENTS, "shard": [0, 1], "properties": {}}
        await _send(socket, {"op": IDENTIFY, "d": told})

    async def _beat(self, socket: aiohttp.ClientWebSocketResponse, interval: asyncio.Future[float]) -> None:
        """A heartbeat in each interval; one that was not answered by the next means that nobody is there."""
        seconds = await interval
        while True:
            self._pong.clear()
            await _send(socket, {"op": HEARTBEAT, "d": self._stored})
            await asyncio.sleep(seconds)
            if not self._pong.is_set():
                raise ChannelDown("QQ's gateway is open but does not answer heartbeats")

    async def _store(self, events: asyncio.Queue[Json], hear: Hear) -> None:
        while True:
            frame = await events.get()
            try:
                await hear(frame)
            except NotStored as error:
                raise ChannelDown(f"an event could not be stored: {error}") from error
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                _log.warning("qq_event_not_understood", type=frame.get("t"), error=repr(error))
            if isinstance(frame.get("s"), int):
                self._stored = frame["s"]

    async def is_alive(self) -> bool:
        """Whether the gateway answers a heartbeat now; False before it has let us in. Raises ChannelDown if deaf."""
        socket = self._socket
        if socket is None or not self._is_ready:
            return False
        try:
            async with asyncio.timeout(PONG_SECONDS):
                self._pong.clear()
                await _send(socket, {"op": HEARTBEAT, "d": self._stored})
                await self._pong.wait()
        except TimeoutError as error:
            raise ChannelDown("QQ's gateway is open but does not answer heartbeats") from error
        return True


async def _send(socket: aiohttp.ClientWebSocketResponse, frame: Json) -> None:
    try:
        await socket.send_json(frame)
    except (aiohttp.ClientError, OSError) as error:
        raise ChannelDown(f"QQ's gateway is gone: {type(error).__name__}") from None


def _interval(frame: Json) -> float:
    try:
        return max(float(frame["d"]["heartbeat_interval"]) / 1000, 0.05)
    except (KeyError, TypeError, ValueError):
        return 30.0
