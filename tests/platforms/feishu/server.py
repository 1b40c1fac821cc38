"""The platform itself: one aiohttp server with the open API and the long connection; and its moods."""

import asyncio
import base64
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any

from aiohttp import BodyPartReader, web

from tests.platforms.feishu.delivery import AGAIN_SECONDS, Requests, Sockets
from tests.platforms.feishu.rules import Refused, check_card
from tests.platforms.feishu.town import APP, BOT, NAMES, Town

Json = dict[str, Any]
SECRET, ENCRYPT = "s3cr3t-s3cr3t", "encrypt-key-0123"
UNGRANTED = 99991672
PRESS_SECONDS = 3.0
NEEDED_FOR = {
    "im:message.reactions:write_only": ("/reactions",),
    "im:resource": ("/resources/",),
    "im:resource:upload": ("im/v1/files", "im/v1/images"),
}
DROP = Refused(0, "drop", status=0)
TROUBLE = Refused(0, "", status=500)


def too_many(seconds: float, code: int = 99991400) -> Refused:
    headers = {"x-ogw-ratelimit-limit": "5", "x-ogw-ratelimit-reset": f"{seconds:g}"}
    return Refused(code, "request trigger frequency limit", status=429 if code == 99991400 else 400, headers=headers)


class FakeFeishu:
    """A company with one app. With `over_http` events come by request, else over the long connection."""

    def __init__(self) -> None:
        self.town = Town()
        self.sockets = Sockets()
        self.requests = Requests(ENCRYPT)
        self.over_http = False
        self.secret = SECRET
        self.tokens: set[str] = set()
        self.token_seconds = 7200
        self.token_calls = 0
        self.ungranted: set[str] = set()
        self.calls: list[tuple[str, str, Json]] = []
        self.faults: deque[Refused] = deque()
        self.refusals: dict[str, deque[Refused]] = defaultdict(deque)
        self.endpoint: Json = {"code": 0, "msg": ""}
        self.ping_seconds: float = 60
        self.toasts: dict[str, list[Json]] = defaultdict(list)
        self.answers: list[Json] = []
        self.confirmed: Counter[str] = Counter()
        self.changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/ws/v2", self.sockets.serve)
        app.router.add_post("/callback/ws/endpoint", self._endpoint)
        app.router.add_post("/open-apis/auth/v3/tenant_access_token/internal", self._token)
        app.router.add_route("*", "/open-apis/{path:.*}", self._called)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in self.sockets.live:
            connection.transport.abort()
        await self._runner.cleanup()

    # Credentials

    async def _endpoint(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("AppID") != APP or body.get("AppSecret") != self.secret:
            return web.json_response({"code": 1000040345, "msg": "app secret invalid"})
        if self.endpoint["code"]:
            return web.json_response(self.endpoint)
        config = {"ReconnectCount": -1, "ReconnectInterval": 1, "ReconnectNonce": 0, "PingInterval": self.ping_seconds}
        url = f"{self.base.replace('http', 'ws', 1)}/ws/v2?{self.sockets.issue()}"
        return web.json_response({"code": 0, "msg": "", "data": {"URL": url, "ClientConfig": config}})

    async def _token(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.token_calls += 1
        if body.get("app_id") != APP or body.get("app_secret") != self.secret:
            return web.json_response({"code": 10014, "msg": "app secret invalid"})
        token = f"t-{self.token_calls}"
        self.tokens.add(token)
        return web.json_response({"code": 0, "msg": "ok", "tenant_access_token": token, "expire": self.token_seconds})

    # The API

    async def _called(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        body = await _arguments(request)
        self.calls.append((request.method, path, body))
        try:
            self._check(request, path)
            answer = self._answer(request, path, body)
        except Refused as refused:
            if not refused.status and request.transport:
                request.transport.close()
            answer = web.json_response(
                {"code": refused.code, "msg": refused.words} if refused.code else None,
                status=refused.status or 500,
                headers=refused.headers,
            )
        async with self.changed:
            self.changed.notify_all()
        return answer

    def _check(self, request: web.Request, path: str) -> None:
        for part, refusals in self.refusals.items():
            if part in path and refusals:
                raise refusals.popleft()
        if self.faults and request.method != "GET":
            raise self.faults.popleft()
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Refused(
                99991663, "Invalid access token for authorization. Please make a test attempt with a new token."
            )
        for scope in self.ungranted:
            if any(part in path for part in NEEDED_FOR.get(scope, (scope.split(":")[0],))):
                words = f"Access denied. One of the following scopes is required: [{scope}]."
                raise Refused(UNGRANTED, words)

    def _answer(  # noqa: PLR0911 -- one line for each call
        self, request: web.Request, path: str, body: Json
    ) -> web.Response:
        match request.method, path.split("/"):
            case "GET", ["bot", "v3", "info"]:
                return _ok(bot={"open_id": BOT, "app_name": "nexora", "activate_status": 2})
            case "GET", ["contact", "v3", "users", person]:
                return _ok({"user": {"open_id": person, "name": NAMES[person]}})
            case "GET", ["im", "v1", "messages", name]:
                return _ok({"items": self.town.with_what_is_in_it(self.town.messages[name])})
            case "GET", ["im", "v1", "messages", name, "resources", key]:
                return self._resource((name, key, request.query.get("type", "")))
            case "POST", ["im", "v1", ("images" | "files") as store]:
                return self._upload(store, body)
            case _, ["cardkit", "v1", "cards", *rest]:
                return _ok(self._cardkit(request.method, rest, body))
            case _, ["im", "v1", "messages", *rest]:
                return _ok(self._messages(request, rest, body))
        raise Refused(99991001, f"no such call: {request.method} {path}", status=404)

    def _messages(self, request: web.Request, rest: list[str], body: Json) -> Json:
        match request.method, rest:
            case "POST", []:
                room = self.town.room_of(request.query.get("receive_id_type", ""), body["receive_id"])
                message = self.town.post(room, body)
            case "POST", [name, "reply"]:
                parent = self.town.messages.get(name)
                if parent is None or parent.is_gone:
                    raise Refused(230011, "The message has been withdrawn.")
                message = self.town.post(parent.room, body, parent)
            case "POST", [name, "reactions"]:
                return self.town.react(name, body)
            case "DELETE", [name, "reactions", reaction]:
                return self.town.take_reaction_back(name, reaction)
            case "PUT", [name]:
                message = self.town.edit(name, body)
            case "PATCH", [name]:
                self.town.patch(name, body["content"])
                return {}
            case _:
                raise Refused(99991001, "no such call", status=404)
        return {"message_id": message.id, "chat_id": message.room, "msg_type": message.kind}

    def _cardkit(self, method: str, rest: list[str], body: Json) -> Json:
        match method, rest:
            case "POST", []:
                return {"card_id": self.town.make_card(body)}
            case "POST", ["id_convert"]:
                card_id = self.town.own(body["message_id"]).card_id
                if not card_id:
                    raise Refused(200740, "card id is invalid")
                return {"card_id": card_id}
            case "PUT", [card_id]:
                data = json.loads(body["card"]["data"])
                check_card(data, len(body["card"]["data"].encode()))
                card = self.town.change(card_id, body)
                card.data, card.streaming = data, bool(data["config"].get("streaming_mode"))
            case "PUT", [card_id, "elements", element, "content"]:
                self.town.grow(card_id, element, body)
            case "PATCH", [card_id, "settings"]:
                settings = json.loads(body["settings"])
                self.town.change(card_id, body).streaming = bool(settings["config"]["streaming_mode"])
            case _:
                raise Refused(99991001, "no such call", status=404)
        return {}

    def _resource(self, place: tuple[str, str, str]) -> web.Response:
        if place not in self.town.resources:
            raise Refused(234003, "File not in msg.")
        return web.Response(body=self.town.resources[place], content_type="application/octet-stream")

    def _upload(self, store: str, body: Json) -> web.Response:
        part = "image" if store == "images" else "file"
        if not isinstance(body.get(part), tuple):
            raise Refused(234001, "Invalid request param.")
        name, content = body[part]
        if not content:
            raise Refused(234010, "File's size can't be 0.")
        needed = (
            {"image_type": {"message"}}
            if store == "images"
            else {"file_type": {"opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"}}
        )
        for key, values in needed.items():
            if body.get(key) not in values:
                raise Refused(234001, "Invalid request param.")
        key = f"{'img_v3' if store == 'images' else 'file_v3'}_{self.town.number()}"
        self.town.kinds[key] = {"message": "image", "opus": "audio"}.get(
            str(body.get("image_type") or body["file_type"]), "file"
        )
        self.town.uploads[key] = (str(body.get("file_name") or name), content)
        return _ok({f"{part}_key": key})

    # Events

    def tell(self, payload: Json, counted_as: str = "", *, again: bool = True, presser: str = "") -> asyncio.Task[None]:
        """Deliver an event in the background, `again` until it is taken."""
        task = asyncio.create_task(self._deliver(payload, counted_as, again=again, presser=presser))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver(self, payload: Json, counted_as: str, *, again: bool, presser: str) -> None:
        way = self.requests if self.over_http else self.sockets
        while True:
            answer = await way.push(payload, 1.0 if again else PRESS_SECONDS)
            if answer is not None and answer["code"] == 200:
                break
            if not again:
                self.toasts[presser].append({"type": "error", "content": "Something went wrong"})
                return
            await asyncio.sleep(AGAIN_SECONDS)
        if answer.get("data"):
            self.answers.append(told := json.loads(base64.b64decode(answer["data"])))
            self.toasts[presser] += [told["toast"]] if told.get("toast") else []
            if card := (told.get("card") or {}).get("data"):
                self.town.patch(payload["event"]["context"]["open_message_id"], json.dumps(card))
        async with self.changed:
            self.confirmed[counted_as] += 1
            self.changed.notify_all()

    async def until(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(is_so)

    @property
    def noticed(self) -> int:
        """Calls whose effect a person could notice."""
        return sum(map(_is_seen, self.calls))


def _is_seen(call: tuple[str, str, Json]) -> bool:
    method, path, _ = call
    is_made_only = path in {"cardkit/v1/cards", "cardkit/v1/cards/id_convert"}
    return method != "GET" and path.startswith(("im/v1/messages", "cardkit/")) and not is_made_only


def _ok(data: Json | None = None, **more: Any) -> web.Response:
    return web.json_response({"code": 0, "msg": "success", **({"data": data} if data is not None else {}), **more})


async def _arguments(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return dict(await request.json())
    if request.content_type.startswith("multipart/"):
        return {
            part.name: await _field(part)
            async for part in await request.multipart()
            if isinstance(part, BodyPartReader)
        }
    return {}


async def _field(part: BodyPartReader) -> str | tuple[str, bytes]:
    """A field; of a file its name and bytes. The vendor's SDK names no file in the part, only in a field beside it."""
    content = bytes(await part.read(decode=True))
    return (part.filename or "", content) if part.name in {"file", "image"} else content.decode()
