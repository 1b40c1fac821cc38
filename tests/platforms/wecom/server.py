"""The platform's side of the long connection: subscription, callbacks, streams, pushes, cards that expire, files."""

import asyncio
import base64
import contextlib
import json
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from channels.messages import FileKind
from tests.contract.drivers import SeenFile
from tests.platforms.lines import Connection, connection_of, until
from tests.platforms.wecom.uploads import Refused, Uploads

Json = dict[str, Any]
BOT_ID, SECRET = "aib-bot-1", "bot-secret-1"
LONGEST = 20_480
KEYS = {"aibot_respond_msg", "aibot_respond_update_msg", "aibot_respond_welcome_msg", "aibot_send_msg"}
UPLOADS = {"aibot_upload_media_init", "aibot_upload_media_chunk", "aibot_upload_media_finish"}


@dataclass(kw_only=True)
class Shown:
    """What stands in a chat: words, a stream, a file, or a card with buttons."""

    id: str
    chat: str
    text: str = ""
    card: Json | None = None
    file: SeenFile | None = None


@dataclass
class FakeWeCom:
    """The server. `chats` are those that have written to the bot before.

    `holds` names a command whose receipts are kept back in `held` until `release`; `refuses` names commands that are
    answered with that code and those words.
    """

    secret: str = SECRET
    press_seconds: float = 5.0
    stream_seconds: float = 360.0
    shown: list[Shown] = field(default_factory=list)
    chats: set[str] = field(default_factory=set)
    files: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    calls: int = 0
    handshakes_refused: int = 0
    holds: str = ""
    refuses: dict[str, tuple[int, str]] = field(default_factory=dict)
    held: list[tuple[Connection, Json]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connection: Connection | None = None
        self.changed = asyncio.Event()
        self.faults: deque[str] = deque()
        self.requests: dict[str, tuple[str, str, float]] = {}
        self.uploads = Uploads()
        self._streams: dict[tuple[str, str], tuple[Shown, float]] = {}

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/ws", self._connected)
        app.router.add_get("/files/{name}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self.connection is not None:
            self.connection.transport.abort()
        await self._runner.cleanup()

    async def until(self, is_so: Callable[[], object]) -> None:
        await until(self.changed, is_so)

    async def _connected(self, request: web.Request) -> web.StreamResponse:
        if self.handshakes_refused:
            self.handshakes_refused -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = connection_of(request, socket)
        async for frame in socket:
            if not connection.is_deaf:
                await self._heard(connection, json.loads(frame.data))
        return socket

    async def _heard(self, connection: Connection, frame: Json) -> None:
        req_id, command, body = frame["headers"]["req_id"], frame["cmd"], frame.get("body") or {}
        if command in KEYS | UPLOADS:
            self.calls += command in KEYS
            if self.faults:
                fault = self.faults.popleft()
                if fault == "dropped":
                    connection.transport.abort()
                    return
                told = (45009, "api freq out of limit") if fault == "rate" else (-1, "system busy")
                await self._receipt(connection, req_id, *told)
                return
        if command == "aibot_subscribe":
            await self._subscribed(connection, req_id, body)
        elif not connection.is_in:
            await self._receipt(connection, req_id, 846609, "aibot websocket not subscribed")
        else:
            await self._answer(connection, command, req_id, self._told(connection, command, req_id, body))
        self.changed.set()

    def _told(self, connection: Connection, command: str, req_id: str, body: Json) -> Json:
        """The receipt of a command, without its name."""
        if command in self.refuses:
            code, message = self.refuses[command]
            return {"errcode": code, "errmsg": message}
        try:
            if command in UPLOADS:
                return {"body": self.uploads.done(connection, command, body), "errcode": 0, "errmsg": "ok"}
            code, message = self._done(command, req_id, body)
        except Refused as refused:
            told = {"errcode": refused.code, "errmsg": str(refused)}
            return {"headers": {}, **told} if refused.is_nameless else told
        return {"errcode": code, "errmsg": message}

    async def _answer(self, connection: Connection, command: str, req_id: str, told: Json) -> None:
        receipt = {"headers": {"req_id": req_id}, **told}
        if command == self.holds:
            self.held.append((connection, receipt))
        else:
            await connection.socket.send_json(receipt)

    async def release(self) -> None:
        """Send the receipts that were kept back, and keep back no more."""
        self.holds = ""
        held, self.held = self.held, []
        for connection, receipt in held:
            await connection.socket.send_json(receipt)

    async def _subscribed(self, connection: Connection, req_id: str, body: Json) -> None:
        if body != {"bot_id": BOT_ID, "secret": self.secret}:
            await self._receipt(connection, req_id, 853000, "invalid bot_id or secret")
            return
        if self.connection is not None and self.connection.is_in and not self.connection.socket.closed:
            kicked = {
                "msgid": "kicked",
                "aibotid": BOT_ID,
                "msgtype": "event",
                "event": {"eventtype": "disconnected_event"},
            }
            with contextlib.suppress(ConnectionError):
                await self._callback(self.connection, "aibot_event_callback", "kick", kicked)
        self.connection = connection
        connection.is_in = True
        await self._receipt(connection, req_id, 0, "ok")

    def _done(self, command: str, req_id: str, body: Json) -> tuple[int, str]:
        match command:
            case "ping":
                return 0, "ok"
            case "aibot_respond_msg":
                return self._streamed(req_id, body)
            case "aibot_send_msg":
                return self._pushed(body)
            case "aibot_respond_update_msg":
                return self._updated(req_id, body)
            case "aibot_respond_welcome_msg":
                return self._welcomed(req_id, body)
        return 846600, "unknown cmd"

    def _streamed(self, req_id: str, body: Json) -> tuple[int, str]:
        kind, chat, _ = self.requests.get(req_id, ("", "", 0.0))
        if kind != "message":
            return 846605, "invalid req_id"
        if body["msgtype"] == "template_card":  # a card may be the answer too, as WeCom's own SDK sends it
            self.shown.append(self._shown(chat, body))
            return 0, "ok"
        stream = body["stream"]
        if len(stream["content"].encode()) > LONGEST:
            return 40058, "stream.content exceed max length"
        shown, begun = self._streams.get((req_id, stream["id"]), (None, time.monotonic()))
        if time.monotonic() - begun > self.stream_seconds:
            return 846608, "stream message update expired"
        if shown is None:
            shown = Shown(id=f"stream:{req_id}:{stream['id']}", chat=chat)
            self.shown.append(shown)
        shown.text = stream["content"]
        self._streams[req_id, stream["id"]] = shown, float("-inf") if stream["finish"] else begun
        return 0, "ok"

    def _pushed(self, body: Json) -> tuple[int, str]:
        chat = body["chatid"]
        if chat not in self.chats:
            return 846610, "chat has not sent a message to the bot"
        kind = body.get("chat_type", 0)  # 0, as WeCom's own SDK leaves it: whichever of the two that name is
        if kind not in {0, 2 if chat.startswith("CHAT") else 1}:
            return 40058, "invalid chat_type"
        self.shown.append(self._shown(chat, body))
        return 0, "ok"

    def _shown(self, chat: str, body: Json) -> Shown:
        """What a push shows; raises Refused."""
        name = f"push-{len(self.shown)}"
        match body["msgtype"]:
            case "template_card":
                if problem := about_card(body["template_card"]):
                    raise Refused(40058, problem)
                return Shown(id=body["template_card"]["task_id"], chat=chat, card=body["template_card"])
            case "file" | "image" | "voice" | "video":
                media = self.uploads.shown(body)
                kind = {"image": FileKind.IMAGE, "voice": FileKind.VOICE}.get(media.kind, FileKind.DOCUMENT)
                return Shown(
                    id=name, chat=chat, file=SeenFile(name=media.name, content=media.content, presented_as=kind)
                )
            case "markdown":
                text = body["markdown"]["content"]
                if not text.strip() or len(text.encode()) > LONGEST:
                    raise Refused(40058, "markdown.content length invalid")
                return Shown(id=name, chat=chat, text=text)
        raise Refused(40008, "invalid message type")

    def _welcomed(self, req_id: str, body: Json) -> tuple[int, str]:
        kind, chat, at = self.requests.pop(req_id, ("", "", 0.0))
        if kind != "enter":
            return 846605, "invalid req_id"
        if time.monotonic() - at > self.press_seconds:
            return 846606, "response expired"
        if body["msgtype"] != "text" or not body["text"]["content"].strip():
            return 40008, "invalid message type"
        self.shown.append(Shown(id=f"welcome-{req_id}", chat=chat, text=body["text"]["content"]))
        return 0, "ok"

    def _updated(self, req_id: str, body: Json) -> tuple[int, str]:
        kind, task_id, at = self.requests.get(req_id, ("", "", 0.0))
        card = body["template_card"]
        if kind != "press" or card["task_id"] != task_id:
            return 846605, "invalid req_id"
        if time.monotonic() - at > self.press_seconds:
            return 846606, "response expired"
        if problem := about_card(card):
            return 40058, problem
        shown = next(each for each in self.shown if each.id == task_id)
        shown.card = card
        del self.requests[req_id]
        return 0, "ok"

    async def call(self, command: str, req_id: str, body: Json) -> None:
        """Something happens; nobody is told who is not connected, and nothing is told twice."""
        connection = self.connection
        if connection is not None and connection.is_in and not connection.is_deaf and not connection.socket.closed:
            with contextlib.suppress(ConnectionError):
                await self._callback(connection, command, req_id, body)

    @staticmethod
    async def _callback(connection: Connection, command: str, req_id: str, body: Json) -> None:
        await connection.socket.send_json({"cmd": command, "headers": {"req_id": req_id}, "body": body})

    @staticmethod
    async def _receipt(connection: Connection, req_id: str, code: int, message: str) -> None:
        await connection.socket.send_json({"headers": {"req_id": req_id}, "errcode": code, "errmsg": message})

    def put_file(self, name: str, content: bytes) -> Json:
        """A file as a message announces it: encrypted, with its key."""
        key = os.urandom(32)
        padding = 32 - len(content) % 32
        encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        self.files[name] = (encryptor.update(content + bytes([padding]) * padding) + encryptor.finalize(), key)
        return {
            "url": f"http://127.0.0.1:{self.port}/files/{name}",
            "aeskey": base64.b64encode(key).decode().rstrip("="),
        }

    async def _file(self, request: web.Request) -> web.Response:
        found = self.files.get(request.match_info["name"])
        if found is None:
            return web.Response(status=404)
        name = quote(request.match_info["name"])
        return web.Response(body=found[0], headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


def _about_texts(card: Json) -> str:
    rows = card.get("horizontal_content_list", [])
    if len(rows) > 6 or any(len(row["keyname"]) > 5 or len(row["value"]) > 26 for row in rows):
        return "horizontal_content_list exceed max length"
    if "quote_area" in card and not card["quote_area"].get("quote_text"):
        return "quote_area invalid"
    return "sub_title_text exceed max length" if len(card.get("sub_title_text", "")) > 112 else ""


def about_card(card: Json) -> str:
    """What is wrong with a card; empty when nothing is."""
    if problem := _about_texts(card):
        return problem
    if card["card_type"] == "text_notice":
        return "" if card.get("card_action", {}).get("url") else "card_action missing"
    buttons = card.get("button_list", [])
    if not 1 <= len(buttons) <= 6:
        return "button_list size invalid"
    if any(len(button["key"].encode()) > 1024 or not button["text"] for button in buttons):
        return "button invalid"
    task_id = card["task_id"]
    if not 0 < len(task_id) <= 128 or not all(sign.isalnum() or sign in "_-@" for sign in task_id):
        return "task_id invalid"
    return "" if card["main_title"].get("title") else "main_title missing"
