"""The fake Slack itself: one aiohttp server with the Web API, the socket, files and reply addresses; and its moods."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.platforms.slack import eyes
from tests.platforms.slack.delivery import Requests, Sockets
from tests.platforms.slack.rules import SlackError, check_message
from tests.platforms.slack.web_api import SCOPES, WebApi
from tests.platforms.slack.workspace import (
    BOT,
    BOT_ID,
    GROUP,
    Message,
    StoredFile,
    Workspace,
    bot_event,
    button_on,
    callback,
    changed_event,
    command_event,
    deleted_event,
    described,
    home_event,
    home_press_event,
    message_event,
    pane_event,
    press_event,
    preview_event,
    submission_event,
)

BOT_TOKEN, APP_TOKEN, SECRET = "xoxb-1-right", "xapp-1-right", "0123456789abcdef0123456789abcdef"
FORM_ONLY = {
    "files.getUploadURLExternal",
    "files.info",
    "users.info",
    "users.list",
    "conversations.history",
    "conversations.replies",
}
SEEN_BY_PEOPLE = {"chat.", "files.complete"}
NEEDS = {
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "files.completeUploadExternal": "files:write",
}
MOST_REPLIES = 5


class FakeSlack:
    """A workspace with one app installed. `events_url` set means HTTP events, else Socket Mode."""

    def __init__(self) -> None:
        self.workspace = Workspace()
        self.sockets = Sockets()
        self.requests = Requests(SECRET)
        self.base = ""
        self.mentions_twice = True
        self.over_http = False
        self.revoked = False
        self.denied: set[str] = set()
        """Scopes that the token was given without."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refusals: dict[str, deque[SlackError | str]] = defaultdict(deque)
        self.faults: deque[SlackError | str] = deque()
        self.replies: dict[str, tuple[str, str, int]] = {}
        self.last: tuple[str, dict[str, Any]] | None = None
        self._api = WebApi(self.workspace)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._runner: web.AppRunner | None = None
        self.changed = asyncio.Condition()

    async def start(self) -> None:
        app = web.Application(client_max_size=200 << 20)
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_get("/link", self.sockets.serve)
        app.router.add_post("/reply/{id}", self._reply)
        app.router.add_post("/upload/{id}", self._take_file)
        app.router.add_get("/files-pri/{id}/{name}", self._give_file)
        app.router.add_get("/moved/{id}/{name}", _moved)
        app.router.add_get("/login", _login)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._api.base = self.base

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.sockets.hang_up()
        if self._runner:
            await self._runner.cleanup()

    # What people do

    def say(
        self,
        text: str,
        *,
        user: str = "U0ALICE",
        room: str = "",
        thread: str = "",
        files: tuple[StoredFile, ...] = (),
        told: bool = True,
    ) -> str:
        """A person writes; `text` is in Slack's markup; `told` when the app hears of it. Returns the ts."""
        message = Message(
            ts=self.workspace.ts(),
            room=room or self.workspace.direct(user),
            user=user,
            text=text,
            thread_ts=thread,
            files=[file.id for file in files],
        )
        self.workspace.add(message)
        if not told:
            return message.ts
        event = message_event(message, self.workspace.users[user], [described(file, self.base) for file in files])
        if self.mentions_twice and f"<@{BOT}>" in text and not message.room.startswith("D"):
            self.tell("events_api", self.callback({**event, "type": "app_mention"}))
        self.tell("events_api", self.callback(event))
        return message.ts

    def say_as_bot(self, text: str, bot_id: str) -> None:
        """A bot writes to Alice."""
        author = BOT if bot_id == BOT_ID else "U0OTHERBOT"
        message = Message(ts=self.workspace.ts(), room=self.workspace.direct("U0ALICE"), user=author, text=text)
        self.workspace.add(message)
        self.tell("events_api", self.callback(bot_event(message, bot_id)))

    def edit(self, ts: str, text: str) -> None:
        """A person rewrites a message."""
        message = self.workspace.at(ts)
        event = changed_event(message, text, self.workspace.ts())
        message.text = text
        self.tell("events_api", self.callback(event))

    def preview(self, ts: str) -> None:
        """Slack puts a preview below a link of a message."""
        self.tell("events_api", self.callback(preview_event(self.workspace.at(ts), self.workspace.ts())))

    def remove(self, ts: str) -> None:
        """A person removes a message."""
        message = self.workspace.at(ts)
        self.workspace.messages.remove(message)
        self.tell("events_api", self.callback(deleted_event(message)))

    def callback(self, event: dict[str, Any]) -> dict[str, Any]:
        return callback(event, self.workspace.number())

    def press(self, ts: str, label: str, *, user: str = "U0ALICE") -> dict[str, Any]:
        """A person presses a button of a message that they can see."""
        message = next(m for m in self.workspace.messages if m.ts == ts and m.only_for in {"", user})
        person, url = self.workspace.users[user], self.reply_url(message.room, user)
        payload = press_event(message, button_on(message.blocks, label), person, self.workspace.number(), url)
        return self._interact(payload, user)

    def press_at_home(self, label: str, *, user: str = "U0ALICE") -> dict[str, Any]:
        """A person presses a button in their home."""
        view, person = self.workspace.homes[user], self.workspace.users[user]
        return self._interact(
            home_press_event(view, button_on(view["blocks"], label), person, self.workspace.number()), user
        )

    def submit(self, words: str = "", *, user: str = "U0ALICE") -> None:
        """A person sends the form off that is open before them."""
        view = self.workspace.forms.pop(user)
        fields = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
        payload = submission_event(view, dict.fromkeys(fields, words) if words else {}, self.workspace.users[user])
        self._interact(payload, user)

    def _interact(self, payload: dict[str, Any], user: str) -> dict[str, Any]:
        payload["trigger_id"] = self.workspace.trigger(user)
        self.tell("interactive", payload)
        return payload

    def open_home(self, *, user: str = "U0ALICE") -> None:
        """A person opens the home of the app."""
        event = home_event(user, self.workspace.direct(user), self.workspace.number())
        self.tell("events_api", self.callback(event))

    def open_pane(self, *, user: str = "U0ALICE") -> str:
        """A person begins a conversation in the pane; the ts of its thread."""
        room = self.workspace.direct(user)
        root = self.workspace.add(Message(ts=self.workspace.ts(), room=room, user=BOT, text="New assistant thread"))
        self.tell("events_api", self.callback(pane_event(user, room, root.ts)))
        return root.ts

    def look_elsewhere(self, thread: str, *, user: str = "U0ALICE") -> None:
        """A person looks at another channel beside the pane."""
        event = pane_event(user, self.workspace.direct(user), thread, changed=True)
        self.tell("events_api", self.callback(event))

    async def until_sees(self, what: Callable[[], bool]) -> None:
        """Until a call of the app has made that so."""
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(what)

    def slash(self, text: str, *, user: str = "U0ALICE", room: str = GROUP) -> None:
        """A person types /nexora."""
        person, url = self.workspace.users[user], self.reply_url(room, user)
        self.tell("slash_commands", command_event(text, person, room, self.workspace.number(), url))

    def store(self, name: str, content: bytes, media_type: str, subtype: str = "") -> StoredFile:
        """A file that a person uploaded."""
        file = StoredFile(
            id=f"F{self.workspace.number():04d}",
            name=name,
            content=content,
            media_type=media_type,
            length=len(content),
            subtype=subtype,
        )
        self.workspace.files[file.id] = file
        return file

    def reply_url(self, room: str, user: str) -> str:
        name = f"r{self.workspace.number()}"
        self.replies[name] = (room, user, 0)
        return f"{self.base}/reply/{name}"

    def tell(self, kind: str, payload: dict[str, Any]) -> asyncio.Task[int]:
        """Deliver in the background; the task's result is the number of tries, or over HTTP the status."""
        self.last = (kind, payload)
        name = f"env-{self.workspace.number()}-{kind}"
        way = self.requests if self.over_http else self.sockets
        task = asyncio.create_task(way.deliver(kind, payload, name), name=f"fake slack {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @property
    def acknowledged(self) -> int:
        """Message events that the app acknowledged."""
        names = self.requests.acknowledged + self.sockets.acknowledged
        return sum(name.endswith("events_api") for name in names)

    # What people see

    def seen(self, room: str) -> list[tuple[Message, eyes.Sight]]:
        return [(m, eyes.look(m.text, m.blocks)) for m in self.workspace.said_by_bot(room)]

    def whispered(self, user: str) -> list[str]:
        """Ephemeral messages to that person."""
        return [eyes.look(m.text, m.blocks).text for m in self.workspace.messages if m.only_for == user]

    def called(self, method: str) -> list[dict[str, Any]]:
        return [body for name, body in self.calls if name == method]

    @property
    def noticed(self) -> int:
        """Calls whose effect a person could notice."""
        return sum(_is_seen(name) for name, _ in self.calls)

    # Moods

    def refuse(self, method: str, word: str, times: int = 1, **more: Any) -> None:
        """The next calls of that method answer ok: false."""
        self.refusals[method].extend([SlackError(word, more)] * times)

    def limit(self, method: str, seconds: float) -> None:
        self.refusals[method].append(too_many(seconds))

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        try:
            body = await _arguments(method, request)
            answer = self._answer(method, body, request.headers.get("Authorization", ""))
        except SlackError as error:
            answer = web.json_response(
                {"ok": False, "error": error.word, **error.more}, status=error.status, headers=error.headers
            )
        if answer is None and request.transport:
            request.transport.abort()
        async with self.changed:
            self.changed.notify_all()
        return answer or web.Response()

    def _answer(self, method: str, body: dict[str, Any], authorization: str) -> web.Response | None:
        """The answer, or None for a connection that drops."""
        self.calls.append((method, body))
        mood = self.refusals[method].popleft() if self.refusals[method] else None
        if mood is None and self.faults and (_is_seen(method) or method.startswith("files.")):
            mood = self.faults.popleft()
        if isinstance(mood, SlackError):
            raise mood
        if mood == "portal":
            return web.Response(text="Welcome to the hotel")
        if mood:
            return (
                None if mood == "drop" else web.Response(status=500, text="<html>oops</html>", content_type="text/html")
            )
        if self.revoked:
            raise SlackError("invalid_auth")
        _check_token(method, authorization)
        if method == "apps.connections.open":
            url = f"{self.base.replace('http', 'ws', 1)}/link?ticket={self.sockets.issue()}"
            return web.json_response({"ok": True, "url": url})
        if method not in self._api.methods:
            raise SlackError("unknown_method")
        if (scope := NEEDS.get(method, "")) in self.denied:
            raise SlackError("missing_scope", {"needed": scope, "provided": "chat:write,users:read"})
        return web.json_response({"ok": True, **self._api.methods[method](body)}, headers={"x-oauth-scopes": SCOPES})

    async def _reply(self, request: web.Request) -> web.Response:
        """A response_url: five uses, then 404."""
        name = request.match_info["id"]
        room, user, used = self.replies.get(name, ("", "", MOST_REPLIES))
        body = await request.json()
        self.calls.append(("response_url", body))
        if self.refusals["response_url"]:
            self.refusals["response_url"].popleft()
            return web.Response(status=500)
        if used >= MOST_REPLIES:
            return web.Response(status=404, text="used_url")
        self.replies[name] = (room, user, used + 1)
        try:
            check_message(body)
        except SlackError as error:
            return web.json_response({"ok": False, "error": error.word}, status=400)
        private = user if body.get("response_type", "ephemeral") == "ephemeral" else ""
        message = Message(ts=self.workspace.ts(), room=room, user=BOT, text=body["text"], blocks=body.get("blocks", []))
        message.only_for = private
        self.workspace.messages.append(message)
        async with self.changed:
            self.changed.notify_all()
        return web.Response(text="ok")

    async def _take_file(self, request: web.Request) -> web.Response:
        file = self.workspace.files[request.match_info["id"]]
        if "Authorization" in request.headers:
            return web.Response(status=400, text="an upload address takes no token")
        file.content = await request.read()
        return web.Response(text=f"OK - {len(file.content)}")

    async def _give_file(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            raise web.HTTPFound("/login")
        file = self.workspace.files[request.match_info["id"]]
        if self.refusals["download"] or "files:read" in self.denied:
            if self.refusals["download"]:
                self.refusals["download"].popleft()
            return await _login(request)
        return web.Response(body=file.content, content_type=file.media_type)


def too_many(seconds: float) -> SlackError:
    return SlackError("ratelimited", status=429, headers={"Retry-After": f"{seconds:g}"})


def _is_seen(method: str) -> bool:
    return method == "response_url" or method.startswith(tuple(SEEN_BY_PEOPLE))


def _check_token(method: str, authorization: str) -> None:
    token = authorization.removeprefix("Bearer ")
    right = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
    if not token:
        raise SlackError("not_authed")
    if token in {APP_TOKEN, BOT_TOKEN} and token != right:
        raise SlackError("not_allowed_token_type")
    if token != right:
        raise SlackError("invalid_auth")


async def _arguments(method: str, request: web.Request) -> dict[str, Any]:
    body: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        if method in FORM_ONLY:
            raise SlackError("invalid_arguments")
        given: dict[str, Any] = await request.json()
        return body | given
    body |= dict(await request.post())
    for name in ("files", "blocks", "metadata", "view", "prompts"):
        if isinstance(body.get(name), str):
            body[name] = json.loads(body[name])
    return body


async def _moved(request: web.Request) -> web.Response:
    """A redirect to where the file really is."""
    raise web.HTTPFound(f"/files-pri/{request.match_info['id']}/{request.match_info['name']}")


async def _login(_request: web.Request) -> web.Response:
    return web.Response(text="<html>Sign in to Slack</html>", content_type="text/html")
