"""The bot platform: tokens, the gateway with its sessions, passive messages, interactions, and signed webhooks."""

import asyncio
import base64
import contextlib
import json
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.contract.drivers import SeenFile
from tests.platforms.lines import Connection, connection_of, until
from tests.platforms.qq.store import LONGEST_CALL, Refusal, Store

Json = dict[str, Any]
APP_ID, SECRET = "11111111", "DG5g3B4j9X2KOErG"
START_LIMIT = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
SEEN = frozenset({"messages"})
LONGEST = 4000
MOST_ANSWERS = {"users": 4, "groups": 5}


def key_of(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes((secret * 3)[:32].encode())


@dataclass(kw_only=True)
class Said:
    """A message of the bot."""

    id: str
    path: str
    body: Json
    files: tuple[SeenFile, ...] = ()


@dataclass
class FakeQQ:
    """The server. `granted` is whether this bot may send Markdown and buttons."""

    granted: bool = True
    lets_upload: bool = True
    secret: str = SECRET
    webhook: str = ""
    interval_ms: int = 200
    said: list[Said] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    settled: dict[str, int] = field(default_factory=dict)
    typing: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    store: Store = field(default_factory=Store)
    confirmed: int = 0
    tokens: int = 0
    resumes: int = 0
    handshakes_refused: int = 0
    is_listed: bool = True
    """Our address is on the allow list, which holds outside of the sandbox."""
    is_online: bool = True
    """The bot is published, or this is the sandbox."""

    def __post_init__(self) -> None:
        self.events: list[Json] = []
        self.session = 0
        self.connection: Connection | None = None
        self.changed = asyncio.Event()
        self._faults: deque[tuple[int, float]] = deque()
        self._openings: dict[str, tuple[str, float]] = {}
        self._answers: Counter[str] = Counter()
        self._sequences: set[tuple[str, int]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.window_seconds = {"users": 3600.0, "groups": 300.0}

    async def start(self) -> None:
        app = web.Application(client_max_size=LONGEST_CALL)
        app.router.add_post("/app/getAppAccessToken", self._token)
        app.router.add_get("/websocket", self._gateway)
        app.router.add_get("/gateway/bot", self._where)
        app.router.add_get("/users/@me", self._me)
        app.router.add_post("/v2/{scene:users|groups}/{room}/messages", self._post)
        app.router.add_post("/v2/{scene:users|groups}/{room}/files", self._upload)
        app.router.add_post("/v2/{scene:users|groups}/{room}/upload_prepare", self._prepare)
        app.router.add_post("/v2/{scene:users|groups}/{room}/upload_part_finish", self._finish)
        app.router.add_put("/cos/{name}/{number}", self._piece)
        app.router.add_put("/interactions/{id}", self._interaction)
        app.router.add_get("/files/{name}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        self._http = aiohttp.ClientSession()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.connection is not None:
            self.connection.transport.abort()
        await self._http.close()
        await self._runner.cleanup()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def fail(self, status: int, times: int, retry_after: float) -> None:
        """The next messages end in that status; 0 drops the connection."""
        self._faults.extend([(status, retry_after)] * times)

    async def until(self, is_so: Callable[[], object]) -> None:
        await until(self.changed, is_so)

    # The API

    async def _token(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("appId") != APP_ID or body.get("clientSecret") != self.secret:
            return _json({"code": 100016, "message": "invalid appid or secret"})
        self.tokens += 1
        return _json({"access_token": f"at{self.tokens}", "expires_in": "7200"})

    def _refusal(self, request: web.Request) -> web.Response | None:
        if not self.is_listed:
            return _refused(401, 11298, "接口访问源IP不在白名单")
        if request.headers.get("Authorization") == f"QQBot at{self.tokens}" and self.secret == SECRET:
            return None
        return _refused(401, 11244, "token not exist or expire")

    async def _me(self, request: web.Request) -> web.Response:
        return self._refusal(request) or _json({"id": "6158788878435714165", "username": "bot"})

    async def _where(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        url = f"ws://127.0.0.1:{self.port}/websocket"
        return _json({"url": url, "shards": 1, "session_start_limit": START_LIMIT})

    def _trouble(self, request: web.Request) -> web.Response | None:
        """What `fail` asked for, or a call without the right token."""
        if not self._faults:
            return self._refusal(request)
        status, retry_after = self._faults.popleft()
        if not status:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        headers = {"Retry-After": f"{retry_after:g}"} if status == 429 else {}
        code = 22009 if status == 429 else 0
        return _json({"code": code, "message": "msg limit exceed"}, status=status, headers=headers)

    async def _upload(self, request: web.Request) -> web.Response:
        if trouble := self._trouble(request):
            return trouble
        if not self.lets_upload:
            return _refused(401, 11253, "check app privilege not pass")
        body = await request.json()
        if url := str(body.get("url") or ""):  # QQ fetches what lies at a public address, which here is one of ours
            found = self.files.get(url.removeprefix(f"{self.base}/files/"), b"")
            body["file_data"] = base64.b64encode(found).decode()
        taken = self.store.take(_place(request), body)
        return _json(taken) if isinstance(taken, dict) else _refused(*taken)

    async def _prepare(self, request: web.Request) -> web.Response:
        if trouble := self._trouble(request):
            return trouble
        told = self.store.prepare(_place(request), await request.json(), self.base)
        return _json(told) if isinstance(told, dict) else _refused(*told)

    async def _finish(self, request: web.Request) -> web.Response:
        if trouble := self._trouble(request):
            return trouble
        told = self.store.finish(_place(request), await request.json())
        return _json(told) if isinstance(told, dict) else _refused(*told)

    async def _piece(self, request: web.Request) -> web.Response:
        if "Authorization" in request.headers:
            return web.Response(status=400)
        self.store.put(request.match_info["name"], int(request.match_info["number"]), await request.read())
        return web.Response()

    async def _post(self, request: web.Request) -> web.Response:
        self.calls["messages"] += 1
        if trouble := self._trouble(request):
            return trouble
        body = {key: value for key, value in (await request.json()).items() if value is not None}
        shown = self.store.find(_place(request), body) if body["msg_type"] == 7 else None
        if problem := self._complaint(request.match_info["scene"], body, shown if isinstance(shown, tuple) else None):
            return problem
        if body["msg_type"] == 6:
            self.typing.append(request.match_info["room"])
            self.changed.set()
            return _json({"id": "", "timestamp": "2026-01-01T00:00:00+08:00"})
        files = (shown,) if isinstance(shown, SeenFile) else ()
        said = Said(id=f"ROBOT1.0_{len(self.said)}", path=request.match_info["room"], body=body, files=files)
        self.said.append(said)
        self.changed.set()
        return _json({"id": said.id, "timestamp": "2026-01-01T00:00:00+08:00"})

    def _complaint(  # noqa: PLR0911 -- one line for each refusal of the platform
        self, scene: str, body: Json, about_media: Refusal | None
    ) -> web.Response | None:
        opening, sequence = body.get("msg_id") or body.get("event_id") or "", body.get("msg_seq", 1)
        known = self._openings.get(opening)
        if known is None:
            return _refused(400, 304027, "主动消息失败, 无权限")
        if known[0] != scene or time.time() > known[1] + self.window_seconds[scene]:
            return _refused(400, 40034005, "回复消息msg_id已过期")
        if (opening, sequence) in self._sequences:
            return _refused(400, 40054005, "消息被去重，请检查请求msgseq")
        if self._answers[opening] >= MOST_ANSWERS[scene]:
            return _refused(400, 40034128, "被动回复时间或次数超限")
        if body["msg_type"] == 2 and not self.granted:
            return _refused(400, 304057, "no permission to send markdown")
        if body["msg_type"] == 6:
            return _about_typing(scene, body)
        if about_media is not None:
            return _refused(*about_media)
        if body["msg_type"] != 7 and (problem := _about_content(body)):
            return _refused(400, 40034011, problem)
        self._answers[opening] += 1
        self._sequences.add((opening, sequence))
        return None

    async def _interaction(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        self.settled.setdefault(request.match_info["id"], (await request.json())["code"])
        self.changed.set()
        return web.Response(status=204)

    async def _file(self, request: web.Request) -> web.Response:
        content = self.files.get(request.match_info["name"])
        return web.Response(status=404) if content is None else web.Response(body=content)

    # Events

    def push(self, kind: str, data: Json, *, scene: str, opening: str) -> Json:
        """Something happens: it is numbered, and sent to whoever listens."""
        self._openings[opening] = (scene, time.time())
        event: Json = {"op": 0, "s": len(self.events) + 1, "t": kind, "d": data, "id": f"{kind}:{data['id']}"}
        self._openings[event["id"]] = (scene, time.time())
        self.events.append(event)
        self.repeat(event)
        return event

    def repeat(self, event: Json) -> None:
        """Deliver an event, once more or for the first time."""
        task = asyncio.create_task(self._call(event) if self.webhook else self._send(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, event: Json) -> None:
        connection = self.connection
        if connection is not None and connection.is_in and not connection.is_deaf:
            with contextlib.suppress(ConnectionError):
                await connection.socket.send_json(event)

    async def _call(self, event: Json) -> None:
        while True:
            body, stamp = json.dumps(event).encode(), str(int(time.time()))
            signature = key_of(SECRET).sign(stamp.encode() + body).hex()
            headers = {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": stamp, "X-Bot-Appid": APP_ID}
            async with self._http.post(self.webhook, data=body, headers=headers) as answer:
                if answer.status == 200 and (await answer.json())["op"] == 12:
                    self.confirmed += 1
                    return
            await asyncio.sleep(0.05)

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        if self.handshakes_refused:
            self.handshakes_refused -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = self.connection = connection_of(request, socket)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": self.interval_ms}})
        async for frame in socket:
            if not connection.is_deaf:
                await self._heard(connection, json.loads(frame.data))
        return socket

    async def _heard(self, connection: Connection, frame: Json) -> None:
        match frame["op"]:
            case 1:
                self.confirmed = max(self.confirmed, frame["d"] or 0)
                await connection.socket.send_json({"op": 11})
            case 2:
                await self._identified(connection, frame["d"])
            case 6:
                await self._resumed(connection, frame["d"])

    async def _identified(self, connection: Connection, data: Json) -> None:
        if data["token"] != f"QQBot at{self.tokens}":
            await connection.socket.close(code=4004)
            return
        if not self.is_online:
            await connection.socket.close(code=4914)
            return
        self.session += 1
        user = {"id": "1", "username": "bot", "bot": True}
        ready = {"version": 1, "session_id": f"session-{self.session}", "user": user, "shard": data.get("shard")}
        await connection.socket.send_json({"op": 0, "s": len(self.events), "t": "READY", "d": ready})
        connection.is_in = True
        self.changed.set()

    async def _resumed(self, connection: Connection, data: Json) -> None:
        if data["session_id"] != f"session-{self.session}":
            await connection.socket.send_json({"op": 9, "d": False})
            return
        self.resumes += 1
        self.confirmed = max(self.confirmed, data["seq"] or 0)
        connection.is_in = True
        await connection.socket.send_json({"op": 0, "s": data["seq"], "t": "RESUMED", "d": ""})
        for event in self.events[data["seq"] or 0 :]:
            await connection.socket.send_json(event)
        self.changed.set()


def _json(body: Any, **how: Any) -> web.Response:
    """As QQ answers: its own SDK reads JSON only where the kind of the content says so and nothing beside it."""
    headers = {**how.pop("headers", {}), "Content-Type": "application/json"}
    return web.Response(body=json.dumps(body).encode(), headers=headers, **how)


def _place(request: web.Request) -> str:
    return f"{request.match_info['scene']}/{request.match_info['room']}"


def _refused(status: int, code: int, message: str) -> web.Response:
    return _json({"code": code, "err_code": code, "message": message, "trace_id": "t"}, status=status)


def _about_typing(scene: str, body: Json) -> web.Response | None:
    sign = body.get("input_notify") or {}
    fits = scene == "users" and sign.get("input_type") == 1 and 0 < sign.get("input_second", 0) <= 60
    return None if fits else _refused(400, 40034011, "input_notify invalid")


def _about_content(body: Json) -> str:
    rich = body["msg_type"] == 2
    content = body["markdown"]["content"] if rich else body.get("content", "")
    if not content.strip() or len(content) > LONGEST * 2:
        return "content length invalid"
    return _about_keyboard(body["keyboard"], rich=rich) if "keyboard" in body else ""


def _about_keyboard(keyboard: Json, *, rich: bool) -> str:
    rows = keyboard["content"]["rows"]
    if not rich:
        return "keyboard needs markdown"
    if not 1 <= len(rows) <= 5 or any(not 1 <= len(row["buttons"]) <= 5 for row in rows):
        return "keyboard rows invalid"
    ids = [button["id"] for row in rows for button in row["buttons"]]
    return "button id repeated" if len(ids) != len(set(ids)) else ""
