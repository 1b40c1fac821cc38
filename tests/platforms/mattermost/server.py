"""The server: users, channels, posts and their history, files, private sentences, the socket, presses."""

import asyncio
import itertools
import json
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.platforms.lines import Connection, connection_of, until

Json = dict[str, Any]
TOKEN = "bot-token-0123456789"
BOT, ALICE, BOB = "ubot00000000000000000000bo", "ualice000000000000000000al", "ubob0000000000000000000000"
DIRECT, GROUP = "cdirect0000000000000000000", "cgroup00000000000000000000"
NAMES = {BOT: "nexora", ALICE: "alice", BOB: "bob"}
LONGEST = 16_383
SEEN = ("POST /posts", "PUT /posts", "POST /ephemeral")


@dataclass
class FakeMattermost:
    """The server. `whispers` is whether this bot may post what one person alone reads; `tls` shows a certificate."""

    token: str = TOKEN
    tls: ssl.SSLContext | None = None
    whispers: bool = True
    posts: dict[str, Json] = field(default_factory=dict)
    pending: dict[str, Json] = field(default_factory=dict)
    whispered: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, tuple[Json, bytes]] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=lambda: {DIRECT: "D", GROUP: "O"})
    denied: set[str] = field(default_factory=set)
    calls: int = 0
    handshakes_refused: int = 0
    reached: bool = True

    def __post_init__(self) -> None:
        self.connection: Connection | None = None
        self.changed = asyncio.Event()
        self.faults: deque[int] = deque()
        self._numbers = itertools.count(1)
        self._clock = int(time.time() * 1000)
        self.presses: dict[str, int] = {}

    async def start(self) -> None:
        app = web.Application(client_max_size=2**28)
        api = "/api/v4"
        app.router.add_get(f"{api}/websocket", self._connected)
        app.router.add_get(f"{api}/users/me", self._me)
        app.router.add_get(f"{api}/channels/{{id}}", self._room)
        app.router.add_get(f"{api}/channels/{{id}}/posts", self._history)
        app.router.add_post(f"{api}/channels/direct", self._direct)
        app.router.add_post(f"{api}/posts", self._create)
        app.router.add_post(f"{api}/posts/ephemeral", self._whisper)
        app.router.add_get(f"{api}/posts/{{id}}", self._read)
        app.router.add_put(f"{api}/posts/{{id}}/patch", self._patch)
        app.router.add_post(f"{api}/files", self._upload)
        app.router.add_get(f"{api}/files/{{id}}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self.tls).start()
        self.port = self._runner.addresses[0][1]
        self.http = aiohttp.ClientSession()

    async def stop(self) -> None:
        if self.connection is not None:
            self.connection.transport.abort()
        await self.http.close()
        await self._runner.cleanup()

    @property
    def base(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    async def until(self, is_so: Callable[[], object]) -> None:
        await until(self.changed, is_so)

    def moment(self) -> int:
        """Milliseconds that never repeat."""
        self._clock = max(self._clock + 1, int(time.time() * 1000))
        return self._clock

    # What people do

    async def say(self, room: str, user: str, text: str, root: str = "", **more: Any) -> Json:
        post: Json = {
            "id": f"p{next(self._numbers):025}",
            "create_at": self.moment(),
            "user_id": user,
            "channel_id": room,
            "root_id": root,
            "message": text,
            "type": "",
            "props": {},
            **more,
        }
        self.posts[post["id"]] = post
        await self.tell("posted", post)
        return post

    async def tell(self, kind: str, post: Json) -> None:
        """Tell whoever listens; nobody is told later."""
        connection = self.connection
        if connection is None or connection.is_deaf or connection.socket.closed:
            return
        data = {"post": json.dumps(post)}
        if kind == "posted":
            data |= {
                "channel_type": self.rooms[post["channel_id"]],
                "channel_display_name": "ops",
                "sender_name": f"@{NAMES.get(post['user_id'], 'somebody')}",
            }
        try:
            await connection.socket.send_json(
                {"event": kind, "data": data, "broadcast": {}, "seq": next(self._numbers)}
            )
        except ConnectionError:
            return

    async def press(self, post_id: str, label: str, user: str) -> int:
        """The status with which the press was taken."""
        post = self.posts[post_id]
        actions = [action for each in post["props"]["attachments"] for action in each.get("actions", [])]
        integration = next(action["integration"] for action in actions if action["name"] == label)
        body = {
            "user_id": user,
            "user_name": NAMES[user],
            "channel_id": post["channel_id"],
            "post_id": post_id,
            "trigger_id": f"trigger-{next(self._numbers)}",
            "context": integration["context"],
        }
        async with self.http.post(integration["url"], json=body) as answer:
            told = await answer.json() if answer.ok else {}
            if words := told.get("ephemeral_text"):
                self.whispered.append((user, words))
            return answer.status

    # The socket

    async def _connected(self, request: web.Request) -> web.StreamResponse:
        if self.handshakes_refused:
            self.handshakes_refused -= 1
            return web.Response(status=503)
        if refusal := self._refusal(request):
            return refusal
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = self.connection = connection_of(request, socket)
        await socket.send_json({"event": "hello", "data": {"server_version": "10.0"}, "broadcast": {}, "seq": 0})
        self.changed.set()
        async for frame in socket:
            if not connection.is_deaf:
                told = json.loads(frame.data)
                await socket.send_json({"status": "OK", "seq_reply": told["seq"], "data": {"text": "pong"}})
        return socket

    # The API

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") == f"Bearer {self.token}":
            return None
        return _refused(401, "Invalid or expired session, please login again.")

    def _denial(self, request: web.Request) -> web.Response | None:
        """What the bot may not do with files."""
        if request.method not in self.denied:
            return None
        words = "You do not have the appropriate permissions."
        return web.json_response(
            {"id": "api.context.permissions.app_error", "message": words, "status_code": 403}, status=403
        )

    def _trouble(self, request: web.Request) -> web.Response | None:
        self.calls += 1
        if not self.faults:
            return self._refusal(request)
        status = self.faults.popleft()
        if not status:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        headers = {"X-RateLimit-Reset": "7"} if status == 429 else {}
        return web.json_response({"message": "limit exceeded"}, status=status, headers=headers)

    async def _me(self, request: web.Request) -> web.Response:
        return self._refusal(request) or web.json_response({"id": BOT, "username": NAMES[BOT], "is_bot": True})

    async def _room(self, request: web.Request) -> web.Response:
        room = request.match_info["id"]
        if room not in self.rooms:
            return _refused(404, "Unable to find the existing channel.")
        return self._refusal(request) or web.json_response({"id": room, "type": self.rooms[room]})

    async def _history(self, request: web.Request) -> web.Response:
        since = int(request.query["since"])
        posts = {
            post["id"]: post
            for post in self.posts.values()
            if post["channel_id"] == request.match_info["id"]
            and max(post["create_at"], post.get("update_at", 0)) >= since
        }
        return self._refusal(request) or web.json_response({"order": list(reversed(posts)), "posts": posts})

    async def _direct(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        me, other = await request.json()
        if me != BOT or other not in NAMES:
            return _refused(400, "Invalid user id.")
        room = DIRECT if other == ALICE else f"cdirect{other}"
        self.rooms[room] = "D"
        return web.json_response({"id": room, "type": "D"}, status=201)

    async def _create(self, request: web.Request) -> web.Response:
        if trouble := self._trouble(request):
            return trouble
        body = await request.json()
        if problem := self._complaint(body):
            return _refused(400, problem)
        pending = body.get("pending_post_id", "")
        if known := self.pending.get(pending):
            return web.json_response(known, status=201)  # for 30 s (deduplicateCreatePost of the server)
        post = await self.say(
            body["channel_id"],
            BOT,
            body["message"],
            body.get("root_id", ""),
            props={**body.get("props", {}), "from_bot": "true"},
            metadata={"files": [self.files[each][0] for each in body.get("file_ids", [])]},
        )
        if pending:
            self.pending[pending] = post
        self.changed.set()
        return web.json_response(post, status=201)

    def _complaint(self, body: Json) -> str:
        if body["channel_id"] not in self.rooms:
            return "Invalid channel id."
        if len(body["message"]) > LONGEST:
            return "Post Message property is longer than the maximum permitted length."
        root = body.get("root_id")
        if root and (root not in self.posts or self.posts[root]["root_id"]):
            return "Invalid RootId parameter."
        attachments = body.get("props", {}).get("attachments", [])
        if not body["message"] and not attachments and not body.get("file_ids"):
            return "Invalid message."
        return _about(attachments)

    async def _whisper(self, request: web.Request) -> web.Response:
        if not self.whispers:
            return _refused(403, "You do not have the appropriate permissions.")
        if trouble := self._trouble(request):
            return trouble
        body = await request.json()
        self.whispered.append((body["user_id"], body["post"]["message"]))
        self.changed.set()
        return web.json_response({"id": "ephemeral"}, status=201)

    async def _read(self, request: web.Request) -> web.Response:
        post = self.posts.get(request.match_info["id"])
        if post is None:
            return _refused(404, "Unable to get the post.")
        return self._refusal(request) or web.json_response(post)

    async def _patch(self, request: web.Request) -> web.Response:
        if trouble := self._trouble(request):
            return trouble
        post = self.posts.get(request.match_info["id"])
        if post is None or post["user_id"] != BOT:
            return _refused(403, "You do not have the appropriate permissions.")
        body = await request.json()
        if problem := self._complaint({"channel_id": post["channel_id"], "message": "x", **body}):
            return _refused(400, problem)
        post |= {name: body[name] for name in ("message", "props") if name in body}
        await self.tell("post_edited", post)
        return web.json_response(post)

    async def _upload(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request) or self._denial(request):
            return refusal
        form = await request.post()
        file = form["files"]
        assert isinstance(file, web.FileField)
        content = file.file.read()
        return web.json_response({"file_infos": [self.put_file(file.filename, file.content_type, content)]}, status=201)

    def put_file(self, name: str, media_type: str, content: bytes) -> Json:
        info: Json = {"id": f"f{next(self._numbers):025}", "name": name, "mime_type": media_type, "size": len(content)}
        self.files[info["id"]] = info, content
        return info

    async def _download(self, request: web.Request) -> web.Response:
        found = self.files.get(request.match_info["id"])
        if found is None:
            return _refused(404, "Unable to get the file info.")
        return self._refusal(request) or self._denial(request) or web.Response(body=found[1])


def _about(attachments: list[Json]) -> str:
    for action in (action for each in attachments for action in each.get("actions", [])):
        if not action["id"].isalnum():
            return "action ids are letters and digits only"
        if not action["integration"]["url"].startswith("http"):
            return "Invalid action URL"
    return ""


def _refused(status: int, message: str) -> web.Response:
    return web.json_response({"id": "api.error", "message": message, "status_code": status}, status=status)
