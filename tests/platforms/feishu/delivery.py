"""How the fake platform tells an app what happened: by its long connection or by signed requests."""

import asyncio
import base64
import hashlib
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from channels.feishu import frames
from channels.feishu.frames import CONTROL, DATA, Frame

Json = dict[str, Any]
SERVICE = 33554678
AGAIN_SECONDS = 0.05


@dataclass(eq=False)
class Connection:
    """One socket of the app."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport
    is_deaf: bool = False
    answers: dict[str, "asyncio.Future[Json]"] = field(default_factory=dict)


class Sockets:
    """The long connection: addresses good for one use, pings answered, events answered by the app."""

    def __init__(self) -> None:
        self.tickets: set[str] = set()
        self.refuse_handshakes = 0
        self.opened = 0
        self.pings = 0
        self.pieces = 1
        self.handshake_headers: dict[str, str] = {}
        self.live: list[Connection] = []
        self._changed = asyncio.Condition()
        self._numbers = 0

    def issue(self) -> str:
        self._numbers += 1
        self.tickets.add(f"ticket-{self._numbers}")
        return f"device_id=dev1&service_id={SERVICE}&access_key=k&ticket=ticket-{self._numbers}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets or self.refuse_handshakes or self.handshake_headers:
            self.refuse_handshakes = max(0, self.refuse_handshakes - 1)
            headers = self.handshake_headers or {"Handshake-Status": "500", "Handshake-Msg": "try another time"}
            return web.Response(status=400, headers=headers)
        self.tickets.remove(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert isinstance(request.transport, asyncio.Transport)
        connection = Connection(socket, request.transport)
        self.opened += 1
        await self._note(connection, is_live=True)
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.BINARY and not connection.is_deaf:
                    await self._heard(connection, message.data)
        finally:
            await self._note(connection, is_live=False)
            for answer in connection.answers.values():
                answer.cancel()
        return socket

    async def _note(self, connection: Connection, *, is_live: bool) -> None:
        if is_live:
            self.live.append(connection)
        else:
            self.live.remove(connection)
        async with self._changed:
            self._changed.notify_all()

    async def _heard(self, connection: Connection, data: bytes) -> None:
        frame = frames.read(data)
        assert frame is not None
        assert frame.service == SERVICE
        if frame.method == CONTROL and frame.headers["type"] == "ping":
            self.pings += 1
            payload = b'{"ReconnectCount":-1,"ReconnectInterval":1,"ReconnectNonce":0,"PingInterval":60}'
            pong = Frame(method=CONTROL, service=SERVICE, headers={"type": "pong"}, payload=payload)
            await connection.socket.send_bytes(frames.write(pong))
            return
        answer = connection.answers.get(frame.headers["message_id"])
        if answer is not None and not answer.done():
            answer.set_result(json.loads(frame.payload))

    async def push(self, payload: Json, seconds: float = 1.0) -> Json | None:
        """Send an event once and wait so long for its answer: {"code": 200, "data": …}; None when none came."""
        async with self._changed:
            await self._changed.wait_for(lambda: any(not each.is_deaf for each in self.live))
            connection = [each for each in self.live if not each.is_deaf][-1]
        self._numbers += 1
        name = f"message-{self._numbers}"
        answer = connection.answers[name] = asyncio.get_running_loop().create_future()
        raw = json.dumps(payload).encode()
        step = -(-len(raw) // self.pieces)
        try:
            for at in range(self.pieces):
                headers = {
                    "type": "event",
                    "message_id": name,
                    "trace_id": "t",
                    "sum": str(self.pieces),
                    "seq": str(at),
                }
                piece = raw[at * step : (at + 1) * step]
                frame = Frame(method=DATA, service=SERVICE, headers=headers, payload=piece, seq_id=1, log_id=1)
                await connection.socket.send_bytes(frames.write(frame))
            async with asyncio.timeout(seconds):
                return await asyncio.shield(answer)
        except (TimeoutError, aiohttp.ClientError, OSError):
            return None
        except asyncio.CancelledError:
            if answer.cancelled():  # the connection is gone
                return None
            raise
        finally:
            connection.answers.pop(name, None)


@dataclass
class Requests:
    """Signed requests to one address."""

    key: str
    url: str = ""
    _order: asyncio.Lock = field(default_factory=asyncio.Lock)

    def lock(self, payload: Json) -> bytes:
        """The body: the event under the Encrypt Key."""
        raw, iv = json.dumps(payload).encode(), os.urandom(16)
        raw += bytes([16 - len(raw) % 16]) * (16 - len(raw) % 16)
        locking = Cipher(algorithms.AES(hashlib.sha256(self.key.encode()).digest()), modes.CBC(iv)).encryptor()
        locked = iv + locking.update(raw) + locking.finalize()
        return json.dumps({"encrypt": base64.b64encode(locked).decode()}).encode()

    def signed(self, body: bytes, *, at: float | None = None, nonce: str = "") -> dict[str, str]:
        """The headers of a request."""
        stamp, nonce = str(int(time.time() if at is None else at)), nonce or os.urandom(4).hex()
        signature = hashlib.sha256(f"{stamp}{nonce}{self.key}".encode() + body).hexdigest()
        return {"X-Lark-Request-Timestamp": stamp, "X-Lark-Request-Nonce": nonce, "X-Lark-Signature": signature}

    async def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, Json]:
        """Send once: the status, and what was answered."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, data=body, headers={"Content-Type": "application/json", **headers}) as answer,
        ):
            return answer.status, await answer.json() if answer.content_type == "application/json" else {}

    async def push(self, payload: Json, seconds: float = 1.0) -> Json | None:
        """As `Sockets.push`."""
        body = self.lock(payload)
        try:
            async with self._order, asyncio.timeout(seconds):
                status, answer = await self.post(body, self.signed(body))
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None
        return {"code": status, "data": base64.b64encode(json.dumps(answer).encode()).decode() if answer else None}
