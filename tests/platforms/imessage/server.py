"""BlueBubbles Server: its password, its database of messages, its webhooks, and what it refuses.

Facts: the server's source, packages/server/src/server/api/http/api/v1 (validators, routers, responses/errors).
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

from tests.platforms.lines import until

Json = dict[str, Any]
PASSWORD = "right horse battery"
ME, ALICE, BOB = "bot@example.org", "+4915112345678", "bob@example.org"
DIRECT, DIRECT_BOB, GROUP = f"iMessage;-;{ALICE}", f"iMessage;-;{BOB}", "iMessage;+;chat8125"
UNAUTHORIZED = "You are not authorized to access this resource"
BAD = "You've made a bad request! Please check your request params & body"
NO_PRIVATE_API, ILL = "iMessage Private API is not enabled!", "The server has encountered an error"
UNSENT = "Failed to send message! See attached message error code."
EVENTS = {"*", "new-message", "updated-message", "typing-indicator", "group-name-change", "chat-read-status-changed"}


class FakeBlueBubbles:
    """The server. `faults` are statuses of its next answers to what is sent, 0 for none."""

    def __init__(self) -> None:
        self.password = PASSWORD
        self.has_private_api = self.has_webhooks = True
        self.messages: list[Json] = []
        self.chats = {guid: _chat(guid, name) for guid, name in ((DIRECT, ""), (DIRECT_BOB, ""), (GROUP, "ops"))}
        self.files: dict[str, tuple[Json, bytes]] = {}
        self.hooks: list[Json] = []
        self.typing: list[tuple[str, str]] = []
        self.faults: deque[int] = deque()
        self.sending: set[str] = set()
        self.refuses_files = False
        self.calls = 0
        self.rung: list[int] = []
        self.asked = False
        self.last_temp = ""
        self.changed = asyncio.Event()
        self._numbers = itertools.count(1)
        self._clock = 0

    async def start(self) -> None:
        app = web.Application(client_max_size=2**28)
        for method, path, handler in (
            ("GET", "/server/info", self._info),
            ("GET", "/webhook", self._webhooks),
            ("POST", "/webhook", self._hang),
            ("POST", "/message/query", self._query),
            ("POST", "/message/text", self._text),
            ("POST", "/message/attachment", self._attachment),
            ("GET", "/message/{guid}", self._find),
            ("GET", "/attachment/{guid}/download", self._download),
            ("GET", "/chat/{guid}", self._chat),
            ("POST", "/chat/{guid}/typing", self._typing),
            ("DELETE", "/chat/{guid}/typing", self._typing),
        ):
            app.router.add_route(method, f"/api/v1{path}", self._guarded(handler))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.http = aiohttp.ClientSession()

    async def stop(self) -> None:
        await self.http.close()
        await self._runner.cleanup()

    async def until(self, is_so: Callable[[], object]) -> None:
        await until(self.changed, is_so)

    def moment(self) -> int:
        """Milliseconds that never repeat."""
        self._clock = max(self._clock + 1, int(time.time() * 1000))
        return self._clock

    # What people do

    async def tell(self, chat: str, address: str, text: str | None, *, rings: bool = True, **more: Any) -> Json:
        """Somebody writes, or the bot's own message is stored; whoever asked to be told is."""
        number = next(self._numbers)
        message = {**_message(number, self.moment(), text), "chats": [self.chats[chat]], **more}
        _, separator, other = chat.partition(";-;")
        if address or separator:  # of our own in private it is the recipient
            message["handle"] = {
                "originalROWID": 1,
                "address": address or other,
                "service": "iMessage",
                "country": "de",
            }
        message["isFromMe"] = not address
        self.messages.append(message)
        if rings:
            await self.ring("new-message", message)
        self.changed.set()
        return message

    async def ring(self, kind: str, message: Json) -> None:
        """One POST to each webhook, and no second one."""
        for hook in self.hooks:
            if kind in hook["events"] or "*" in hook["events"]:
                async with self.http.post(hook["url"], json={"type": kind, "data": message}) as answer:
                    self.rung.append(answer.status)

    def put_file(self, name: str, media_type: str, content: bytes, **more: Any) -> Json:
        guid = f"at_0_{next(self._numbers):08}-0000-0000-0000-000000000000"
        info = {
            "guid": guid,
            "transferName": name,
            "mimeType": media_type,
            "totalBytes": len(content),
            "uti": "",
            **more,
        }
        self.files[guid] = info, content
        return info

    # The API

    def _guarded(self, handler: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            given = next((request.query[key] for key in ("guid", "password", "token") if request.query.get(key)), "")
            if not given or given.strip() != self.password:
                words = "Unauthorized" if given else "Missing server password!"
                return _refused(401, "Authentication Error", words, UNAUTHORIZED)
            return await handler(request)

        return answer

    async def _info(self, _: web.Request) -> web.Response:
        info = {"os_version": "15.1", "server_version": "1.9.9", "private_api": self.has_private_api}
        return _done(info | {"helper_connected": self.has_private_api, "detected_imessage": ME, "detected_icloud": ME})

    async def _webhooks(self, _: web.Request) -> web.Response:
        if not self.has_webhooks:
            return _missing("No such route")
        return _done(self.hooks)

    async def _hang(self, request: web.Request) -> web.Response:
        body = await request.json()
        if not str(body.get("url", "")).startswith("http"):
            return _bad("Webhook URL must include an HTTP scheme!")
        if wrong := [event for event in body.get("events", ["none"]) if event not in EVENTS]:
            return _bad(f"Invalid webhook event: {wrong[0]}! Webhook must be one of: {','.join(sorted(EVENTS))}")
        self.hooks.append({"id": len(self.hooks) + 1, **body})
        return _done(self.hooks[-1])

    async def _query(self, request: web.Request) -> web.Response:
        body = await request.json()
        limit, offset = body.get("limit", 100), body.get("offset", 0)
        if not 1 <= limit <= 1000:
            return _bad("The limit may not be greater than 1000.")
        if body.get("sort", "DESC") not in {"ASC", "DESC"}:
            return _bad("The selected sort is invalid.")
        least = 0
        for each in body.get("where", ()):
            assert each["statement"] == "message.ROWID > :startRowId", "no such statement is known to work"
            least = each["args"]["startRowId"]
        parts = {name.lower() for name in body.get("with", ())}
        self.asked = True
        self.changed.set()
        found = [each for each in self.messages if each["originalROWID"] > least]
        found = [each for each in found if each["dateCreated"] >= body.get("after", 0)]
        found.sort(key=lambda each: each["dateCreated"], reverse=body.get("sort", "DESC") == "DESC")
        return _done([_shown(each, parts) for each in found[offset : offset + limit]])

    async def _find(self, request: web.Request) -> web.Response:
        guid = request.match_info["guid"]
        parts = set(request.query.get("with", "").lower().split(","))
        found = next((each for each in self.messages if each["guid"] == guid), None)
        return _missing("Message does not exist!") if found is None else _done(_shown(found, parts))

    async def _chat(self, request: web.Request) -> web.Response:
        found = self.chats.get(request.match_info["guid"])
        return _missing("Chat does not exist!") if found is None else _done(found)

    async def _typing(self, request: web.Request) -> web.Response:
        if not self.has_private_api:
            return _refused(500, "iMessage Error", NO_PRIVATE_API, "iMessage has encountered an error")
        self.typing.append((request.method, request.match_info["guid"]))
        return _done(None)

    def _trouble(self, request: web.Request) -> web.Response | None:
        self.calls += 1
        if not self.faults:
            return None
        status = self.faults.popleft()
        if not status:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if status == 429:  # a tunnel in front of the server says this, in words of its own
            return web.Response(status=status, text="Too Many Requests", headers={"Retry-After": "9"})
        return _refused(status, "Server Error", ILL, ILL)

    async def _text(self, request: web.Request) -> web.Response:
        if trouble := self._trouble(request):
            return trouble
        body = await request.json()
        if "message" not in body:
            return _bad("The message field must be present.")
        if not body["message"] and not body.get("subject"):
            return _bad("A 'message' is required when sending via AppleScript")
        return self._complaint(body) or await self._sent(body, body["message"])

    async def _attachment(self, request: web.Request) -> web.Response:
        if trouble := self._trouble(request):
            return trouble
        form = await request.post()
        file = form.get("attachment")
        body = {name: value for name, value in form.items() if isinstance(value, str)}
        if not body.get("name"):
            return _bad("The name field is required.")
        content = file.file.read() if isinstance(file, web.FileField) else b""
        if not content:
            return _bad("Attachment not provided or was empty!")
        if self.refuses_files:
            return _refused(500, "iMessage Error", UNSENT, "Attachment Send Error", {"guid": "x", "error": 25})
        info = self.put_file(body["name"], file.content_type, content)
        return self._complaint(body) or await self._sent(body, "\ufffc", attachments=[info])

    def _complaint(self, body: Json) -> web.Response | None:
        chat, method = body.get("chatGuid"), body.get("method", "apple-script")
        if not chat:
            return _bad("The chatGuid field is required.")
        if method not in {"apple-script", "private-api"}:
            return _bad("The selected method is invalid.")
        if body.get("selectedMessageGuid"):
            method = "private-api"
        if method == "apple-script" and not body.get("tempGuid"):
            return _bad("A 'tempGuid' is required when sending via AppleScript")
        if body.get("tempGuid") in self.sending:
            return _bad(f"Message is already queued to be sent! (Temp GUID: {body['tempGuid']})")
        words = "" if chat in self.chats else "Chat does not exist!"
        if method == "private-api" and not self.has_private_api:
            words = NO_PRIVATE_API
        return _refused(500, "iMessage Error", words, "Message Send Error") if words else None

    async def _sent(self, body: Json, text: str, **more: Any) -> web.Response:
        answers = body.get("selectedMessageGuid") or None
        self.last_temp = str(body.get("tempGuid") or "")
        message = await self.tell(body["chatGuid"], "", text, threadOriginatorGuid=answers, **more)
        return _done({**message, "tempGuid": body.get("tempGuid")})

    async def _download(self, request: web.Request) -> web.Response:
        found = self.files.get(request.match_info["guid"])
        if found is None:
            return _missing("Attachment does not exist!")
        return web.Response(body=found[1], content_type=found[0]["mimeType"])


def _chat(guid: str, name: str) -> Json:
    is_group = ";+;" in guid
    return {"originalROWID": 1, "guid": guid, "style": 43 if is_group else 45, "displayName": name, "isArchived": False}


def _message(number: int, now: int, text: str | None) -> Json:
    """One as the server serialises it, without who and where."""
    return {
        "originalROWID": number,
        "guid": f"{number:08X}-0000-4000-8000-000000000000",
        "text": text,
        "attributedBody": None,
        "handle": None,
        "attachments": [],
        "subject": None,
        "error": 0,
        "dateCreated": now,
        "itemType": 0,
        "groupTitle": None,
        "balloonBundleId": None,
        "associatedMessageGuid": None,
        "associatedMessageType": None,
        "threadOriginatorGuid": None,
        "isAudioMessage": False,
        "dateEdited": None,
        "dateRetracted": None,
    }


def _shown(message: Json, parts: set[str]) -> Json:
    """What is asked for with it, and nothing else."""
    told = dict(message)
    if not parts & {"chat", "chats"}:
        del told["chats"]
    if not parts & {"attachment", "attachments"}:
        told["attachments"] = []
    if not parts & {"attributedbody", "attributed-body"}:
        told["attributedBody"] = None
    return told


def _done(data: Any) -> web.Response:
    return web.json_response({"status": 200, "message": "Success", "data": data})


def _refused(status: int, kind: str, words: str, message: str, data: Any = None) -> web.Response:
    told = {"status": status, "message": message, "error": {"type": kind, "message": words}}
    return web.json_response(told | ({"data": data} if data else {}), status=status)


def _bad(words: str) -> web.Response:
    return _refused(400, "Validation Error", words, BAD)


def _missing(words: str) -> web.Response:
    return _refused(404, "Database Error", words, "The requested resource was not found")
