"""The gateway: hello, identify or resume, heartbeats, events with numbers, all compressed as one stream."""

import asyncio
import contextlib
import importlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.platforms.discord.town import APP, BOT, GUILD, Town, user

Json = dict[str, Any]
CONTENT = 1 << 15
NEEDS = {"GUILD_CREATE": 1, "THREAD_CREATE": 1, "CHANNEL_CREATE": 1}
ENDS_SESSION = {1000, 1001}


@dataclass
class Session:
    """What is kept for a bot so that it can come back."""

    id: str
    intents: int
    events: list[Json] = field(default_factory=list)


class Connection:
    """One socket. Everything on it goes through one compressor, as zlib-stream means it."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport, compression: str | None) -> None:
        self.socket = socket
        self.transport = transport
        self.is_deaf = False
        self.session: Session | None = None
        self.is_hung_up = False
        self.is_split = False
        self._compressed = _compressor(compression) if compression else None

    async def send(self, frame: Json | str) -> None:
        text = frame if isinstance(frame, str) else json.dumps(frame)
        if self.is_deaf or self.socket.closed:
            return
        with contextlib.suppress(ConnectionError):
            if self._compressed is None:
                await self.socket.send_str(text)
            else:
                body = self._compressed(text.encode())
                half = len(body) // 2 if self.is_split else 0
                for piece in (body[:half], body[half:]):
                    if piece:
                        await self.socket.send_bytes(piece)

    async def hang_up(self, code: int, words: str = "") -> None:
        """Close from this side, which alone ends no session."""
        self.is_hung_up = True
        await self.socket.close(code=code, message=words.encode())


def _compressor(kind: str) -> Callable[[bytes], bytes]:
    """One stream for the life of a connection; the SDK asks for zstd where its Python has that."""
    if kind == "zstd-stream":
        zstd: Any = importlib.import_module("compression.zstd").ZstdCompressor()
        return lambda raw: bytes(zstd.compress(raw, zstd.FLUSH_BLOCK))
    stream = zlib.compressobj()
    return lambda raw: stream.compress(raw) + stream.flush(zlib.Z_SYNC_FLUSH)


@dataclass
class Gateway:
    """All sessions of the one bot. `allows_content` is the switch in the developer portal."""

    town: Town
    token: str
    interval_ms: int = 200
    allows_content: bool = True
    greets: bool = True
    welcomes: bool = True
    handshakes_refused: int = 0
    identified: int = 0
    resumed: int = 0
    confirmed: int = 0
    beats: int = 0
    intents: list[int] = field(default_factory=list)
    connection: Connection | None = None
    session: Session | None = None
    joined: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    resume_url: str = ""
    closes: list[int | None] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if self.handshakes_refused:
            self.handshakes_refused -= 1
            return web.Response(status=503)
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            return web.Response(status=400)
        if request.query.get("compress") not in {None, "zlib-stream", "zstd-stream"}:
            return web.Response(status=400)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        connection = Connection(socket, request.transport, request.query.get("compress"))
        if self.greets:
            await connection.send({"op": 10, "s": None, "t": None, "d": {"heartbeat_interval": self.interval_ms}})
        async for frame in socket:
            if frame.type is WSMsgType.TEXT and not connection.is_deaf:
                await self._heard(connection, json.loads(frame.data))
        if not connection.is_hung_up:
            self.closes.append(socket.close_code)
        if connection is self.connection:
            self.connection = None
            if not connection.is_hung_up and socket.close_code in ENDS_SESSION:
                self.session = None
        self.changed.set()
        return socket

    async def _heard(self, connection: Connection, frame: Json) -> None:
        match frame["op"]:
            case 1:
                self.beats += 1
                self.confirmed = max(self.confirmed, frame["d"] or 0) if connection.session else self.confirmed
                await connection.send({"op": 11})
                self.changed.set()
            case 2:
                await self._identify(connection, frame["d"])
            case 6:
                await self._resume(connection, frame["d"])
            case _:
                await connection.hang_up(4001, "Unknown opcode")

    async def _identify(self, connection: Connection, data: Json) -> None:
        if connection.session is not None:
            await connection.hang_up(4005, "Already authenticated")
            return
        if data["token"] != self.token:
            await connection.hang_up(4004, "Authentication failed.")
            return
        self.intents.append(data["intents"])
        if data["intents"] & CONTENT and not self.allows_content:
            await connection.hang_up(4014, "Disallowed intent(s).")
            return
        self.identified += 1
        self.confirmed = 0
        if not self.welcomes:
            return
        self.session = Session(f"session-{self.identified}", data["intents"])
        self._attach(connection)
        ready = {
            "v": 10,
            "user": user(BOT),
            "guilds": [{"id": GUILD, "unavailable": True}],
            "session_id": self.session.id,
            "resume_gateway_url": self.resume_url,
            "application": {"id": APP, "flags": 0},
            "private_channels": [],
        }
        await self.push("READY", ready)
        await self.push("GUILD_CREATE", self.town.guild)
        self.joined.set()

    async def _resume(self, connection: Connection, data: Json) -> None:
        if data["token"] != self.token:
            await connection.hang_up(4004, "Authentication failed.")
            return
        session = self.session
        if session is None or data["session_id"] != session.id:
            await connection.send({"op": 9, "s": None, "t": None, "d": False})
            return
        self.resumed += 1
        self.confirmed = max(self.confirmed, data["seq"] or 0)
        self._attach(connection)
        for event in session.events[data["seq"] or 0 :]:
            await connection.send(event)
        await self.push("RESUMED", {"_trace": []})

    def _attach(self, connection: Connection) -> None:
        connection.session, self.connection = self.session, connection
        self.changed.set()

    async def push(self, kind: str, data: Json) -> None:
        """Something happens: it is numbered in the session, if there is one, and sent to whoever listens."""
        session = self.session
        if session is None or not session.intents & NEEDS.get(kind, ~0):
            return
        event = {"op": 0, "s": len(session.events) + 1, "t": kind, "d": data}
        session.events.append(event)
        if self.connection is not None and self.connection.session is session:
            await self.connection.send(event)

    @property
    def acknowledged(self) -> int:
        """Messages up to the number that the bot says it has."""
        events = self.session.events[: self.confirmed] if self.session else []
        return sum(event["t"] == "MESSAGE_CREATE" for event in events)

    def reads_content(self) -> bool:
        return bool(self.session and self.session.intents & CONTENT)
