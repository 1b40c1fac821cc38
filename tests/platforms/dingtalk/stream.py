"""The fake stream: tickets for one use, frames sent again until acknowledged, and all that befalls a connection."""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web

MOST_TRIES = 40
Json = dict[str, Any]


@dataclass
class Stream:
    """Connections of one app. Deliveries go over the newest."""

    retry_seconds: float = 0.5
    refuse_opens: int = 0
    opens: int = 0
    tickets: set[str] = field(default_factory=set)
    live: list[web.WebSocketResponse] = field(default_factory=list)
    deaf: set[web.WebSocketResponse] = field(default_factory=set)
    answers: dict[str, Json] = field(default_factory=dict)
    answered_at: dict[str, float] = field(default_factory=dict)
    _waiting: dict[str, asyncio.Event] = field(default_factory=dict)
    _connected: asyncio.Event = field(default_factory=asyncio.Event)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)

    def ticket(self) -> str:
        self.opens += 1
        name = f"tick+{self.opens}/="
        self.tickets.add(name)
        return name

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection of the app."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            return web.Response(status=401, text="ticket")
        self.tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.live.append(socket)
        self._gone.clear()
        self._connected.set()
        try:
            await self._read(socket)
        finally:
            self.live.remove(socket)
            if not self.live:
                self._connected.clear()
                self._gone.set()
        return socket

    async def _read(self, socket: web.WebSocketResponse) -> None:
        async for frame in socket:
            if socket in self.deaf:
                continue
            if frame.type is WSMsgType.PING:
                await socket.pong(frame.data)
            elif frame.type is WSMsgType.TEXT:
                answer = json.loads(frame.data)
                name = answer["headers"]["messageId"]
                self.answers[name] = answer
                self.answered_at[name] = time.monotonic()
                if name in self._waiting:
                    self._waiting[name].set()

    async def connected(self, seconds: float = 8) -> None:
        async with asyncio.timeout(seconds):
            await self._connected.wait()

    async def gone(self) -> None:
        async with asyncio.timeout(5):
            await self._gone.wait()

    async def deliver(self, kind: str, topic: str, data: Json, name: str, tries: int = MOST_TRIES) -> bool:
        """Send until acknowledged or given up; whether it was acknowledged."""
        self._waiting[name] = asyncio.Event()
        for _ in range(tries):
            await self.connected()
            socket = self.live[-1]
            if socket not in self.deaf:
                with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                    await socket.send_json(frame_of(kind, topic, data, name))
            try:
                async with asyncio.timeout(self.retry_seconds):
                    await self._waiting[name].wait()
            except TimeoutError:
                continue
            return bool(self.answers[name]["code"] == 200)
        return False

    async def send_raw(self, text: str) -> None:
        await self.live[-1].send_str(text)

    async def close(self, code: int = 1000) -> None:
        """Close every connection in order."""
        for socket in list(self.live):
            await socket.close(code=code)

    def abort(self) -> None:
        """Cut every connection without a word."""
        for socket in self.live:
            if socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()


def frame_of(kind: str, topic: str, data: Json, name: str) -> Json:
    """A frame as DingTalk sends it."""
    return {
        "specVersion": "1.0",
        "type": kind,
        "headers": {
            "appId": "app-1",
            "connectionId": "conn-1",
            "contentType": "application/json",
            "messageId": name,
            "time": str(int(time.time() * 1000)),
            "topic": topic,
        },
        "data": json.dumps(data),
    }
