"""The gateway connection: hello, identify or resume, heartbeats, events in order.

The number with which we come back is that of the last event that was stored, so whatever was not comes again.
Facts: bot.q.qq.com/wiki, "事件订阅与通知".
"""

import json
from collections.abc import Awaitable, Callable
from functools import partial

import aiohttp
import structlog

from channels.base import ChannelDown, ChannelRefused, NotStored
from channels.qq.api import Api
from channels.sayings import saying
from channels.shared.socket import InFlight, Json, Socket, first_of, opened, renew

_log = structlog.get_logger(__name__)

Hear = Callable[[Json], Awaitable[None]]
INTENTS = 1 << 25 | 1 << 26
"""Messages in private and in groups; presses."""
HEARTBEAT, IDENTIFY, RESUME, HELLO = 1, 2, 6, 10
LOST_SESSION = frozenset({4006, 4007, 4009, *range(4900, 4914)})
REFUSED = {
    4010: "wrong_shard",
    4011: "too_many_places",
    4013: "wrong_intents",
    4014: "no_events",
    4914: "unpublished",
    4915: "banned",
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
        self._socket: Socket | None = None
        self._is_ready = False

    async def run(self, hear: Hear) -> None:
        """Hear events until cancelled. Raises ChannelRefused, or ChannelDown once coming back failed several times."""
        await renew("qq", partial(self._live, hear))

    async def _live(self, hear: Hear) -> str:
        """One connection; why it ended."""
        try:
            async with opened(self._http, await self._gateway(), "QQ", "gateway", ping=self._heartbeat) as socket:
                await self._hear(socket, hear)
        except ChannelDown as error:
            return str(error)
        finally:
            self._socket, self._is_ready = None, False
        return saying("called_back", platform="QQ")

    async def _gateway(self) -> str:
        gateway = await self._api.call("GET", "/gateway/bot")
        if not isinstance(url := gateway.get("url"), str):
            raise ChannelDown(saying("no_address", platform="QQ", thing="gateway"))
        return url

    async def _hear(self, socket: Socket, hear: Hear) -> None:
        """Hear until the platform asks for another connection."""
        async with InFlight("qq", in_turn=True, repeats=False) as events:
            self._socket = socket
            try:
                seconds = _interval(await socket.greeting(lambda frame: frame.get("op") == HELLO))
                await self._introduce(socket)
                await first_of(
                    "qq",
                    read=self._read(socket, events, hear),
                    beat=socket.beat(lambda: seconds),
                    store=events.failed(),
                )
            except ChannelDown:
                self._mind(socket.close_code)
                raise

    async def _read(self, socket: Socket, events: InFlight, hear: Hear) -> None:
        while True:
            frame = await socket.next_json()
            match frame.get("op"):
                case 11:  # a heartbeat's answer
                    socket.answered()
                case 7:  # come back
                    return
                case 9:  # unknown session
                    self._session, self._stored = "", None
                    raise ChannelDown(saying("session_unknown", platform="QQ"))
                case 0:  # an event
                    self._note(frame)
                    await events.begin(partial(self._store, frame, hear))

    def _note(self, frame: Json) -> None:
        if frame.get("t") == "READY":
            self._session = str(frame["d"]["session_id"])
        if frame.get("t") in {"READY", "RESUMED"}:
            self._is_ready = True

    def _mind(self, code: int | None) -> None:
        """What the number of a close means for the next connection; raises ChannelRefused where none is to be had."""
        if code in REFUSED:
            raise ChannelRefused(
                saying("refuses_because", platform="QQ", why=saying(f"because.{REFUSED[code]}"), code=code)
            )
        if code in LOST_SESSION:
            self._session, self._stored = "", None
        if code == 4004:  # noqa: PLR2004 -- the token is not taken
            self._api.token.forget(self._shown)

    async def _introduce(self, socket: Socket) -> None:
        self._shown = token = await self._api.token.value()
        if self._session:
            told: Json = {"token": token, "session_id": self._session, "seq": self._stored}
            await socket.send({"op": RESUME, "d": told})
            return
        told = {"token": token, "intents": INTENTS, "shard": [0, 1], "properties": {}}
        await socket.send({"op": IDENTIFY, "d": told})

    def _heartbeat(self) -> str:
        return json.dumps({"op": HEARTBEAT, "d": self._stored})

    async def _store(self, frame: Json, hear: Hear) -> None:
        try:
            await hear(frame)
        except NotStored as error:
            raise ChannelDown(saying("not_stored", why=str(error))) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            _log.warning("qq_event_not_understood", type=frame.get("t"), error=repr(error))
        if self._session and isinstance(frame.get("s"), int):  # the numbers of a lost session are nothing to the next
            self._stored = frame["s"]

    async def is_alive(self) -> bool:
        """Whether the gateway answers a heartbeat now; False before it has let us in. Raises ChannelDown if deaf."""
        return self._socket is not None and self._is_ready and await self._socket.is_alive()


def _interval(frame: Json) -> float:
    try:
        return max(float(frame["d"]["heartbeat_interval"]) / 1000, 0.05)
    except (KeyError, TypeError, ValueError):
        return 30.0
