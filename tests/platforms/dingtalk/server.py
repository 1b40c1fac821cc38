"""The fake DingTalk: one server with the API of both generations, the stream, reply addresses, and its moods."""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from aiohttp import web

from tests.platforms.dingtalk import eyes
from tests.platforms.dingtalk.office import (
    BUTTONS,
    CLIENT_ID,
    CORP,
    GROUP,
    NAMES,
    ROBOT,
    SECRET,
    Json,
    Office,
    Refusal,
    Said,
)
from tests.platforms.dingtalk.stream import Stream

MESSAGES, PRESSES = "/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback"
TOKEN_HEADER = "x-acs-dingtalk-access-token"
NOTICED = {
    "/v1.0/robot/oToMessages/batchSend",
    "/v1.0/robot/groupMessages/send",
    "/v1.0/card/instances/createAndDeliver",
    "/v1.0/card/instances/deliver",
    "/v1.0/card/instances",
    "/v1.0/card/streaming",
    "/webhook",
}
OUTGOING = NOTICED | {"/media/upload"}


class FakeDingTalk:
    """One organisation with one app and its robot."""

    def __init__(self) -> None:
        self.office = Office()
        self.stream = Stream()
        self.base = ""
        self.secret = SECRET
        self.tokens: set[str] = set()
        self.calls: list[tuple[str, str, Json]] = []
        self.faults: deque[str] = deque()
        self.refusals: dict[str, deque[Refusal]] = defaultdict(deque)
        self.webhooks: dict[str, str] = {}
        self.webhook_codes: deque[int] = deque()
        self.scopes = {"Card.Instance.Write", "Card.Streaming.Write", "qyapi_robot_sendmsg"}
        self.takes_media = True
        self.last: tuple[Json, str] | None = None
        self.delivery: asyncio.Task[bool] | None = None
        self.changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0, mount: Callable[[web.Application], None] = lambda _: None) -> None:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/connect", self.stream.serve)
        app.router.add_get("/download/{code}", self._download)
        app.router.add_get("/moved/{code}", _moved)
        mount(app)
        for method, path, answer in (
            ("POST", "/v1.0/oauth2/accessToken", self._token),
            ("POST", "/v1.0/gateway/connections/open", self._open),
            ("POST", "/v1.0/robot/oToMessages/batchSend", self._send_to_person),
            ("POST", "/v1.0/robot/groupMessages/send", self._send_to_group),
            ("POST", "/v1.0/robot/messageFiles/download", self._file),
            ("POST", "/v1.0/card/instances/createAndDeliver", self._create),
            ("POST", "/v1.0/card/instances", self._make),
            ("POST", "/v1.0/card/instances/deliver", self._show),
            ("PUT", "/v1.0/card/instances", self._edit),
            ("PUT", "/v1.0/card/streaming", self._grow),
        ):
            app.router.add_route(method, path, self._api(answer))
        app.router.add_post("/webhook", self._webhook)
        app.router.add_post("/media/upload", self._upload)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.stream.abort()
        if self._runner:
            await self._runner.cleanup()

    # What people do

    def say(self, content: Json, *, staff: str = "", group: bool = False, **more: Any) -> str:
        """Somebody writes; `content` holds msgtype and what belongs to it. Returns the msgId."""
        name = f"msg{self.office.number():06d}=="
        room = GROUP if group else staff
        session = f"session-{self.office.number()}"
        self.webhooks[session] = room
        data = {
            "conversationId": GROUP if group else f"cidOF{staff}==",
            "conversationType": "2" if group else "1",
            "chatbotCorpId": CORP,
            "chatbotUserId": ROBOT,
            "msgId": name,
            "senderNick": NAMES.get(staff, "Somebody"),
            "senderStaffId": staff,
            "senderCorpId": CORP,
            "senderId": f"$:LWCP_v1:${staff or 'stranger'}",
            "sessionWebhook": f"{self.base}/webhook?session={session}",
            "sessionWebhookExpiredTime": int((time.time() + 5400) * 1000),
            "createAt": int(time.time() * 1000),
            "robotCode": CLIENT_ID,
            "isAdmin": False,
            **({"isInAtList": True, "atUsers": [{"dingtalkId": ROBOT}], "conversationTitle": "ops"} if group else {}),
            **content,
            **more,
        }
        self.delivery = self.tell(data, f"frame-{name}")
        return name

    def tell(self, data: Json, frame: str) -> "asyncio.Task[bool]":
        """Deliver a message until it is acknowledged."""
        self.last = (data, frame)
        return self.spawn(self.stream.deliver("CALLBACK", MESSAGES, data, frame))

    def press(self, track: str, label: str, staff: str, *, frame: str = "") -> "asyncio.Task[bool]":
        """Somebody presses a button that they see."""
        copy = self.office.cards[track]
        assert label in eyes.card(copy).buttons, f"no button {label!r}"
        told = copy.variables
        number = next(each for each in BUTTONS if told[f"label{each}"] == label)
        params = {"card": told["card"], "choice": told[f"choice{number}"]}
        return self.spawn(self._pressed(track, staff, params, frame or f"press-{self.office.number()}", number))

    async def _pressed(self, track: str, staff: str, params: Json, frame: str, number: int) -> bool:
        """A press; the card takes no update before it is answered."""
        copy = self.office.cards[track]
        copy.is_pressed = True
        try:
            payload = press_of(track, staff, params, number)
            is_taken = await self.stream.deliver("CALLBACK", PRESSES, payload, frame, tries=4)
        finally:
            copy.is_pressed = False
        if is_taken:
            self.office.answered(track, self.stream.answers[frame])
            await self._news()
        return is_taken

    def spawn(self, work: Coroutine[Any, Any, bool]) -> "asyncio.Task[bool]":
        task = asyncio.create_task(work, name="fake dingtalk")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @property
    def acknowledged(self) -> int:
        return sum(name.startswith("frame-") and answer["code"] == 200 for name, answer in self.stream.answers.items())

    # What people see

    def seen(self, room: str) -> list[tuple[Said, eyes.Sight]]:
        """What stands in a room now."""
        return [(said, self.look(said)) for said in self.office.said if said.room == room]

    def look(self, said: Said) -> eyes.Sight:
        if said.kind == "card":
            return eyes.card(self.office.cards[said.id])
        return eyes.message(said.kind, said.body)

    async def until(self, is_so: Callable[[], bool], seconds: float = 5.0) -> None:
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(is_so)

    def called(self, path: str) -> list[Json]:
        return [body for _, name, body in self.calls if name == path]

    @property
    def noticed(self) -> int:
        """Calls whose effect a person could notice."""
        return sum(path in NOTICED for _, path, _ in self.calls)

    # The API

    def _api(self, answer: Callable[[Json], Json]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def called(request: web.Request) -> web.StreamResponse:
            body = await request.json()
            self.calls.append((request.method, request.path, body))
            if (mood := self._mood(request)) is not None:
                return mood
            try:
                if self.refusals[request.path]:
                    raise self.refusals[request.path].popleft()
                self._check(request)
                told = web.json_response(answer(body))
            except Refusal as refusal:
                told = web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)
            await self._news()
            return told

        return called

    async def _news(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def _mood(self, request: web.Request) -> web.Response | None:
        if request.path not in OUTGOING or not self.faults:
            return None
        fault = self.faults.popleft()
        if fault == "drop" and request.transport is not None:
            request.transport.abort()
        if fault == "limit" and request.path == "/webhook":
            return web.json_response({"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"})
        if fault == "limit" and request.path == "/media/upload":
            return web.json_response({"errcode": 90018, "errmsg": "requests exceed the QPS limit of the app"})
        if fault == "limit":
            code = "Forbidden.AccessDenied.QpsLimitForApi"
            return web.json_response({"code": code, "message": "qps limit", "requestid": "R"}, status=403)
        return web.Response(status=500, text="<html>busy</html>", content_type="text/html")

    def _check(self, request: web.Request) -> None:
        """Every call but the first two shows a token, and the app needs the permission for it."""
        if request.path in {"/v1.0/oauth2/accessToken", "/v1.0/gateway/connections/open"}:
            return
        if request.headers.get(TOKEN_HEADER, "") not in self.tokens:
            raise Refusal(400, "InvalidAuthentication", "不合法的access_token")
        scope = {
            "/v1.0/card/streaming": "Card.Streaming.Write",
            "/v1.0/card/instances": "Card.Instance.Write",
            "/v1.0/card/instances/createAndDeliver": "Card.Instance.Write",
            "/v1.0/card/instances/deliver": "Card.Instance.Write",
        }.get(request.path, "qyapi_robot_sendmsg")
        if scope not in self.scopes:
            raise Refusal(
                403,
                "Forbidden.AccessDenied.AccessTokenPermissionDenied",
                "应用尚未开通所需的权限",
                accessdenieddetail={"requiredScopes": [scope]},
            )

    def _token(self, body: Json) -> Json:
        if (body.get("appKey"), body.get("appSecret")) != (CLIENT_ID, self.secret):
            raise Refusal(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        token = f"token-{self.office.number()}"
        self.tokens.add(token)
        return {"accessToken": token, "expireIn": 7200}

    def _open(self, body: Json) -> Json:
        if self.stream.refuse_opens:
            self.stream.refuse_opens -= 1
            raise Refusal(503, "ServiceUnavailable", "try later")
        if (body.get("clientId"), body.get("clientSecret")) != (CLIENT_ID, self.secret):
            raise Refusal(401, "authFailed", "鉴权失败")
        topics = {each["topic"] for each in body["subscriptions"] if each["type"] == "CALLBACK"}
        if not topics or not topics <= {MESSAGES, PRESSES}:
            raise Refusal(400, "invalidSubscriptions")
        return {"endpoint": f"{self.base.replace('http', 'ws', 1)}/connect", "ticket": self.stream.ticket()}

    def _send_to_person(self, body: Json) -> Json:
        people = body.get("userIds") or []
        if not 0 < len(people) <= 20:
            raise Refusal(400, "invalidParameter.userIds.invalid")
        known = [person for person in people if person in NAMES]
        sent = [self.office.send(person, body) for person in known]
        return {
            "processQueryKey": sent[0] if sent else "",
            "invalidStaffIdList": [person for person in people if person not in NAMES],
            "flowControlledStaffIdList": [],
        }

    def _send_to_group(self, body: Json) -> Json:
        if body.get("openConversationId") != GROUP:
            raise Refusal(400, "invalidParameter.openConversationId", "robot is not in the group")
        return {"processQueryKey": self.office.send(GROUP, body)}

    def _create(self, body: Json) -> Json:
        return self.office.create(body)

    def _make(self, body: Json) -> Json:
        self.office.make(body)
        return {"success": True, "result": True}

    def _show(self, body: Json) -> Json:
        return self.office.show(body)

    def _edit(self, body: Json) -> Json:
        self.office.edit(body)
        return {"success": True, "result": True}

    def _grow(self, body: Json) -> Json:
        self.office.grow(body)
        return {"success": True, "result": True}

    def _file(self, body: Json) -> Json:
        code = str(body.get("downloadCode"))
        if body.get("robotCode") != CLIENT_ID or code not in self.office.downloads:
            raise Refusal(400, "invalidParameter.downloadCode", "the code has run out")
        return {"downloadUrl": self.office.moved or f"{self.base}/download/{code}"}

    async def _download(self, request: web.Request) -> web.Response:
        if TOKEN_HEADER in request.headers or "Authorization" in request.headers:
            return web.Response(status=400, text="this address takes no token")
        return web.Response(body=self.office.downloads[request.match_info["code"]])

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.calls.append((request.method, request.path, {"type": request.query.get("type", "")}))
        if (mood := self._mood(request)) is not None:
            return mood
        if request.query.get("access_token") not in self.tokens:
            return web.json_response({"errcode": 40014, "errmsg": "不合法的access_token"})
        if not self.takes_media:
            words = "ding talk error[subcode=60011,submsg=应用尚未开通所需的权限]"
            return web.json_response({"errcode": 88, "sub_code": "60011", "errmsg": words})
        media = form["media"]
        assert isinstance(media, web.FileField)
        told = self.office.upload(request.query["type"], media.filename, media.file.read())
        return web.json_response(told)

    async def _webhook(self, request: web.Request) -> web.Response:
        """A reply address; DingTalk answers 200 with an error code."""
        body = await request.json()
        self.calls.append((request.method, request.path, body))
        if (mood := self._mood(request)) is not None:
            return mood
        room = self.webhooks.get(request.query.get("session", ""))
        code = self.webhook_codes.popleft() if self.webhook_codes else (0 if room is not None else 300001)
        kind = body.get("msgtype")
        words = body.get(kind) or {}
        empty = not str(words.get("content") or words.get("text") or "").strip()
        if not code and (kind not in {"text", "markdown"} or empty or (kind == "markdown" and not words.get("title"))):
            code = 40035
        if code or room is None:
            return web.json_response({"errcode": code, "errmsg": "not taken"})
        called = tuple(body.get("at", {}).get("atUserIds", ()))
        called += ("all",) if body.get("at", {}).get("isAtAll") else ()
        self.office.say(room, {"text": "sampleText", "markdown": "sampleMarkdown"}[kind], words, called)
        await self._news()
        return web.json_response({"errcode": 0, "errmsg": "ok"})


def press_of(track: str, staff: str, params: Json, number: int = 1) -> Json:
    """The payload of a press."""
    content = json.dumps({"cardPrivateData": {"actionIds": [f"press{number}"], "params": params}})
    return {
        "type": "actionCallback",
        "extension": '{"dynamicSummary":"true"}',
        "corpId": CORP,
        "spaceType": "IM",
        "spaceId": "cidOFsomewhere==",
        "userIdType": 1,
        "userId": staff,
        "outTrackId": track,
        "content": content,
        "value": content,
    }


async def _moved(request: web.Request) -> web.Response:
    raise web.HTTPFound(f"/download/{request.match_info['code']}")
