"""How the fake Slack tells an app what happened: over its socket or by signed requests, again until acknowledged."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

MOST_TRIES = 4


@dataclass
class Ticket:
    until: float
    used: bool = False


@dataclass
class Sockets:
    """Socket Mode: tickets good for one use, envelopes sent again when nobody acknowledges, and moods."""

    ack_seconds: float = 0.5
    ticket_seconds: float = 30.0
    greets: bool = True
    refuse_tickets: int = 0
    deaf: set[web.WebSocketResponse] = field(default_factory=set)
    refuse_handshakes: int = 0
    opened: int = 0
    tickets: dict[str, Ticket] = field(default_factory=dict)
    live: list[web.WebSocketResponse] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    _waiting: dict[str, asyncio.Event] = field(default_factory=dict)
    _connected: asyncio.Event = field(default_factory=asyncio.Event)
    _gone: asyncio.Event = field(default_factory=asyncio.Event)

    def issue(self) -> str:
        name = f"ticket-{len(self.tickets) + 1}"
        self.tickets[name] = Ticket(until=time.monotonic() + self.ticket_seconds)
        return name

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection of the app."""
        ticket = self.tickets.get(request.query.get("ticket", ""))
        if ticket is None or ticket.used or time.monotonic() > ticket.until:
            return web.Response(status=408, text="the ticket is used or expired")
        ticket.used = True
        if self.refuse_tickets:
            self.refuse_tickets -= 1
            return web.Response(status=408, text="the ticket is used or expired")
        if self.refuse_handshakes:
            self.refuse_handshakes -= 1
            return web.Response(status=403)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.opened += 1
        self.live.append(socket)
        try:
            if self.greets:
                await socket.send_json(
                    {"type": "hello", "num_connections": len(self.live), "debug_info": {"host": "h"}}
                )
                self._gone.clear()
                self._connected.set()
            await self._read(socket)
        finally:
            self.live.remove(socket)
            if not self.live:
                self._gone.set()
            if not self.hearing:
                self._connected.clear()
        return socket

    async def _read(self, socket: web.WebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is WSMsgType.PING and socket not in self.deaf:
                await socket.pong(frame.data)
            elif frame.type is WSMsgType.TEXT:
                envelope = json.loads(frame.data)["envelope_id"]
                self.acknowledged.append(envelope)
                if envelope in self._waiting:
                    self._waiting[envelope].set()

    @property
    def hearing(self) -> list[web.WebSocketResponse]:
        """The connections over which something still goes."""
        return [socket for socket in self.live if socket not in self.deaf]

    def deafen(self) -> None:
        """All connections stay open, and nothing goes over them any more."""
        self.deaf.update(self.live)
        self._connected.clear()

    async def close(self) -> None:
        """End all connections in order."""
        for socket in list(self.live):
            await socket.close()

    async def send_nonsense(self) -> None:
        """Frames that make no sense."""
        for words in ('{"envelope_id": ', "7", '{"envelope_id": "odd", "type": "events_api", "payload": 7}'):
            await self.live[-1].send_str(words)

    async def wait_connected(self) -> None:
        async with asyncio.timeout(5):
            await self._connected.wait()

    async def wait_gone(self) -> None:
        async with asyncio.timeout(5):
            await self._gone.wait()

    async def deliver(self, kind: str, payload: dict[str, Any], envelope: str) -> int:
        """Send until acknowledged, or given up; the number of tries it took."""
        self._waiting[envelope] = asyncio.Event()
        for attempt in range(MOST_TRIES):
            await self.wait_connected()
            frame = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": False}
            if kind == "events_api":
                frame |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                await self.hearing[-1].send_json(frame)
            try:
                async with asyncio.timeout(self.ack_seconds):
                    await self._waiting[envelope].wait()
                return attempt + 1
            except TimeoutError:
                continue
        return MOST_TRIES

    async def say_goodbye(self, reason: str = "refresh_requested") -> None:
        """The envelope by which Slack asks for a new connection."""
        await self.live[-1].send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "h"}})

    def hang_up(self) -> None:
        """Cut the TCP connection without a word."""
        for socket in self.live:
            transport = socket._req.transport if socket._req else None
            if transport:
                transport.abort()


@dataclass
class Requests:
    """Signed HTTP requests to one address, sent again unless answered by 2xx."""

    secret: str
    url: str = ""
    retry_seconds: float = 0.3
    acknowledged: list[str] = field(default_factory=list)
    _order: asyncio.Lock = field(default_factory=asyncio.Lock)

    def sign(self, body: str, at: str) -> str:
        digest = hmac.new(self.secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
        return f"v0={digest}"

    async def deliver(self, kind: str, payload: dict[str, Any], name: str) -> int:
        """Send until answered by 2xx, or given up; the last status."""
        body, media_type = encode(kind, payload)
        status = 0
        for attempt in range(MOST_TRIES if kind == "events_api" else 1):
            if attempt:
                await asyncio.sleep(self.retry_seconds)
            async with self._order:
                status = await self.post(body, media_type, attempt=attempt)
            if 200 <= status < 300:
                self.acknowledged.append(name)
                break
        return status

    async def post(self, body: str, media_type: str, *, attempt: int = 0, at: str = "", signature: str = "") -> int:
        """One request; its status, 0 when nobody answers."""
        at = at or str(int(time.time()))
        headers = {
            "Content-Type": media_type,
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature or self.sign(body, at),
        }
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_error"}
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(self.url, data=body.encode(), headers=headers, timeout=aiohttp.ClientTimeout(3)) as answer,
            ):
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0


def encode(kind: str, payload: dict[str, Any]) -> tuple[str, str]:
    """The body and media type of a request: JSON for events, forms for presses and commands."""
    form = "application/x-www-form-urlencoded"
    if kind == "events_api":
        return json.dumps(payload), "application/json"
    return urlencode({"payload": json.dumps(payload)} if kind == "interactive" else payload), form
