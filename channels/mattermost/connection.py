"""The WebSocket: greeting, events in order, pings. It keeps nothing; what was missed is asked for from history.

Facts: developers.mattermost.com, "WebSocket". The token goes into the Authorization header of the handshake.
"""

import itertools
import json
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Never

import aiohttp

from channels.base import ChannelDown, ChannelError, ChannelRefused
from channels.mattermost import Options
from channels.sayings import saying
from channels.shared.socket import InFlight, Json, Socket, first_of, opened

PING_SECONDS = 30.0


class Connection:
    """One connection. `run` ends by raising; the supervisor builds another."""

    def __init__(self, http: aiohttp.ClientSession, options: Options) -> None:
        self._http = http
        self._url = f"ws{options.url.removeprefix('http')}/api/v4/websocket"
        self._headers = {"Authorization": f"Bearer {options.token.get_secret_value()}"}
        self._socket: Socket | None = None
        self._numbers = itertools.count(1)

    async def run(self, greeted: Callable[[], Awaitable[None]], hear: Callable[[Json], Awaitable[None]]) -> None:
        """Call `greeted` once connected, then `hear` for each event in order. Raises ChannelDown or ChannelRefused."""
        async with (
            opened(
                self._http,
                self._url,
                "Mattermost",
                "socket",
                headers=self._headers,
                ping=lambda: json.dumps({"seq": next(self._numbers), "action": "ping"}),
                not_let_in=_not_let_in,
            ) as socket,
            InFlight("mattermost", in_turn=True) as events,
        ):
            await socket.greeting(lambda frame: frame.get("event") == "hello")
            self._socket = socket
            try:
                await events.begin(greeted)
                await first_of(
                    "mattermost",
                    read=self._read(socket, events, hear),
                    beat=socket.beat(lambda: PING_SECONDS),
                    work=events.failed(),
                )
            finally:
                self._socket = None

    async def _read(self, socket: Socket, events: InFlight, hear: Callable[[Json], Awaitable[None]]) -> Never:
        while True:
            frame = await socket.next_json()
            if "seq_reply" in frame:
                socket.answered()
            elif "event" in frame:
                await events.begin(partial(hear, frame))

    async def is_alive(self) -> bool:
        """Whether the server answers a ping now; False before its greeting. Raises ChannelDown if deaf."""
        return self._socket is not None and await self._socket.is_alive()


def _not_let_in(error: aiohttp.WSServerHandshakeError) -> ChannelError:
    if error.status == HTTPStatus.UNAUTHORIZED:
        return ChannelRefused(saying("refuses_token", platform="Mattermost", words=401))
    return ChannelDown(saying("line_refused", platform="Mattermost", thing="socket", status=error.status))
