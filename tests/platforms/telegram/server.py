"""The Bot API over real HTTP, with what the platform refuses. Facts are from core.telegram.org/bots/api.

One difference: a webhook address may be plain HTTP on loopback, where the platform wants HTTPS.
"""

import asyncio
import json
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tests.platforms.telegram.chats import ME, TOKEN, Chats, Json, Message, Refused
from tests.platforms.telegram.html import CannotParse, Entity, parse
from tests.platforms.telegram.menus import Menus
from tests.platforms.telegram.polls import Drop, Odd, Poll, spoil

MEGABYTE = 2**20
SEEN = frozenset(
    {"sendMessage", "editMessageText", "sendMessageDraft", "sendDocument", "sendPhoto", "sendVoice", "sendAudio"}
)
ACTIONS = frozenset(["typing", "upload_photo", "record_voice", "upload_voice", "upload_document", "choose_sticker"])
_MALFORMED = re.compile(r"^\d{5,}:[A-Za-z0-9_-]{30,}$")


class FakeTelegram:
    """The platform with one bot. `chats` is what people see and do; `fail` is the platform's mood."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.chats = Chats()
        self.menus = Menus()
        self.calls: Counter[str] = Counter()
        self.texts: list[str] = []
        """Every text that was ever to be seen, also for a moment."""
        self.base = ""
        self.unknown: set[str] = set()
        """Methods that this server of the Bot API does not know yet."""
        self.webhook: Json = {"url": "", "has_custom_certificate": False}
        self._failures: list[tuple[int, float, frozenset[str]]] = []
        self.polls: deque[Poll] = deque()
        """What becomes of the poll that is open, and of those that follow; none is answered in order."""
        self._poll = 0
        self._runner: web.AppRunner | None = None
        self._pusher: asyncio.Task[None] | None = None
        self._methods: dict[str, Callable[[Json], Any]] = {
            "getMe": lambda _: ME,
            "getWebhookInfo": lambda _: {**self.webhook, "pending_update_count": len(self.chats.updates)},
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "sendMessage": self._send_message,
            "editMessageText": self._edit,
            "sendMessageDraft": self._draft,
            "sendDocument": lambda given: self._send_file(given, "document", 50 * MEGABYTE),
            "sendPhoto": lambda given: self._send_file(given, "photo", 10 * MEGABYTE),
            "sendVoice": lambda given: self._send_file(given, "voice", 50 * MEGABYTE),
            "sendAudio": lambda given: self._send_file(given, "audio", 50 * MEGABYTE),
            "sendChatAction": self._act,
            "answerCallbackQuery": self._answer,
            "getFile": self._get_file,
            "getMyCommands": self.menus.get,
            "setMyCommands": self.menus.set,
        }

    async def start(self, port: int = 0, extra: Callable[[web.Application], None] | None = None) -> None:
        app = web.Application(client_max_size=51 * MEGABYTE)
        app.router.add_route("*", "/bot{token}/{method}", self._api)
        app.router.add_get("/file/bot{token}/{path:.*}", self._download)
        if extra:
            extra(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        self._stop_pushing()
        self._poll += 1
        self.chats.wake()
        if self._runner:
            await self._runner.cleanup()

    def fail(self, code: int, times: int = 1, *, retry_after: float = 0, methods: frozenset[str] = SEEN) -> None:
        """The next calls to these methods are answered with `code`; 0 drops the connection."""
        self._failures += [(code, retry_after, methods)] * times

    async def until(self, is_so: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until something is so; looked at whenever the platform was called."""
        async with asyncio.timeout(seconds):
            while not is_so():
                await self.chats.changed.wait()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls[method] += 1
        try:
            self._check_token(request.match_info["token"])
            self._take_failure(method)
            given = await self._parameters(request)
            if text := given.get("text"):
                self.texts.append(str(text))
            if method == "getUpdates":
                result = await self._get_updates(given, request)
            else:
                result = self._method(method)(given)
        except Odd as odd:
            return odd.answer
        except web.HTTPRequestEntityTooLarge:
            return _error(Refused(413, "Request Entity Too Large"))
        except Drop:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        except Refused as refused:
            return _error(refused)
        if method != "getUpdates":
            self.chats.wake()
        return web.json_response({"ok": True, "result": result})

    def _check_token(self, token: str) -> None:
        if token != self.token:
            raise Refused(401, "Unauthorized") if _MALFORMED.match(token) else Refused(404, "Not Found")

    def _take_failure(self, method: str) -> None:
        for index, (code, retry_after, methods) in enumerate(self._failures):
            if method in methods:
                del self._failures[index]
                if code == 0:
                    raise Drop
                if code == 429:
                    raise Refused(code, f"Too Many Requests: retry after {retry_after:g}", retry_after=int(retry_after))
                raise Refused(code, "Internal Server Error" if code >= 500 else "Bad Request: made to fail")

    def _method(self, name: str) -> Callable[[Json], Any]:
        if name not in self._methods or name in self.unknown:
            raise Refused(404, "Not Found: method not found")
        return self._methods[name]

    async def _parameters(self, request: web.Request) -> Json:
        given: Json = dict(request.query)
        if request.content_type == "application/json":
            given |= await request.json()
        elif request.can_read_body:
            for key, value in (await request.post()).items():
                given[key] = (value.filename, value.file.read()) if isinstance(value, web.FileField) else value
        for key in ("reply_markup", "reply_parameters", "allowed_updates", "commands", "scope"):
            if isinstance(given.get(key), str):
                given[key] = json.loads(given[key])
        return given

    async def _get_updates(self, given: Json, request: web.Request) -> list[Json]:
        if self.webhook["url"]:
            raise Refused(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the "
                "webhook first",
            )
        self._poll += 1
        mine = self._poll
        self.chats.wake()
        self.chats.confirm(int(given.get("offset", 0)))
        self.chats.allow(given.get("allowed_updates"))
        try:
            async with asyncio.timeout(float(given.get("timeout", 0))):
                while not self.chats.updates and mine == self._poll and not self.polls:
                    await self.chats.changed.wait()
        except TimeoutError:
            return []
        if self.polls and mine == self._poll:
            how = self.polls.popleft()
            self.chats.wake()
            await spoil(how, request)
        if mine != self._poll:
            raise Refused(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            )
        return self.chats.updates[: int(given.get("limit", 100))]

    def break_polls(self, *how: Poll) -> None:
        """This becomes of the open poll and of those after it."""
        self.polls.extend(how)
        self.chats.wake()

    def _set_webhook(self, given: Json) -> bool:
        url, secret = given.get("url", ""), given.get("secret_token", "")
        if not url.startswith(("https://", "http://127.0.0.1:")):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        self._stop_pushing()
        self._poll += 1
        self.chats.allow(given.get("allowed_updates"))
        self.webhook = {"url": url, "has_custom_certificate": False}
        self.chats.wake()
        self._pusher = asyncio.create_task(self._push(url, secret), name="fake telegram webhook")
        return True

    def _delete_webhook(self, given: Json) -> bool:
        self._stop_pushing()
        self.webhook = {"url": "", "has_custom_certificate": False}
        if given.get("drop_pending_updates") == "true":
            self.chats.updates.clear()
        return True

    def _stop_pushing(self) -> None:
        if self._pusher:
            self._pusher.cancel()
            self._pusher = None

    async def _push(self, url: str, secret: str) -> None:
        """Deliver one update after another; what is not answered with 2xx is delivered again."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        async with ClientSession(timeout=ClientTimeout(5)) as session:
            while True:
                changed = self.chats.changed
                if not self.chats.updates:
                    await changed.wait()
                    continue
                update = self.chats.updates[0]
                if await self._delivered(session, url, headers, update):
                    self.chats.confirm(update["update_id"] + 1)
                    self.chats.wake()
                else:
                    self.chats.wake()
                    await asyncio.sleep(0.02)

    async def _delivered(self, session: ClientSession, url: str, headers: Mapping[str, str], update: Json) -> bool:
        try:
            async with session.post(url, json=update, headers=headers) as answer:
                if answer.ok:
                    self.webhook.pop("last_error_message", None)
                    return True
                self.webhook["last_error_date"] = int(time.time())
                self.webhook["last_error_message"] = f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except (ClientError, TimeoutError) as error:
            self.webhook["last_error_date"] = int(time.time())
            self.webhook["last_error_message"] = f"Connection failed: {type(error).__name__}"
        return False

    def _send_message(self, given: Json) -> Json:
        text, entities = _words(given, "text", 4096, "message is too long")
        if not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        return self._add(given, text, entities)

    def _send_file(self, given: Json, kind: str, limit: int) -> Json:
        upload = given.get(kind)
        if isinstance(upload, str) and upload.startswith("attach://"):
            upload = given.get(upload.removeprefix("attach://"))
        if not isinstance(upload, tuple):
            raise Refused(400, "Bad Request: there is no file in the request")
        if len(upload[1]) > limit:
            raise Refused(413, "Request Entity Too Large")
        if not upload[1]:
            raise Refused(400, "Bad Request: file must be non-empty")
        text, entities = _words(given, "caption", 1024, "message caption is too long")
        return self._add(given, text, entities, (kind, *upload))

    def _add(self, given: Json, text: str, entities: list[Entity], file: tuple[str, str, bytes] | None = None) -> Json:
        chat_id = int(given["chat_id"])
        chat = self.chats.chat(chat_id)
        thread = int(given.get("message_thread_id", 0))
        if thread and thread not in self.chats.topics.get(chat_id, ()):
            raise Refused(400, "Bad Request: message thread not found")
        reply: Json = given.get("reply_parameters") or {}
        answers = int(reply.get("message_id", 0))
        if answers and self.chats.quoted(chat_id, answers) is None:
            if not reply.get("allow_sending_without_reply"):
                raise Refused(400, "Bad Request: message to be replied not found")
            answers = 0
        message = Message(
            id=self.chats.next_id(),
            chat=chat_id,
            text=text,
            entities=entities,
            keyboard=_keyboard(given),
            file=file,
            answers=answers,
            thread=thread,
        )
        self.chats.sent[chat_id].append(message)
        return _shown(message, chat)

    def _edit(self, given: Json) -> Json:
        chat_id = int(given["chat_id"])
        chat = self.chats.chat(chat_id)
        message = self.chats.find(chat_id, int(given["message_id"]))
        text, entities = _words(given, "text", 4096, "message is too long")
        if not text.strip():
            raise Refused(400, "Bad Request: message text is empty")
        keyboard = _keyboard(given)
        if (text, entities, keyboard) == (message.text, message.entities, message.keyboard):
            raise Refused(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message",
            )
        message.text, message.entities, message.keyboard = text, entities, keyboard
        return _shown(message, chat)

    def _draft(self, given: Json) -> bool:
        chat = self.chats.chat(int(given["chat_id"]))
        if chat["type"] != "private":
            raise Refused(400, "Bad Request: TEXTDRAFT_PEER_INVALID")
        if int(given.get("draft_id", 0)) == 0:
            raise Refused(400, "Bad Request: draft identifier must be non-zero")
        text, _ = _words(given, "text", 4096, "message is too long")
        self.chats.previews[chat["id"]].append(text)
        if given.get("can_stop") in {True, "true"}:
            self.chats.stoppable[int(given["draft_id"])] = chat["id"]
        return True

    def _act(self, given: Json) -> bool:
        chat = self.chats.chat(int(given["chat_id"]))
        if given.get("action") not in ACTIONS:
            raise Refused(400, "Bad Request: wrong parameter action in request")
        thread = int(given.get("message_thread_id", 0))
        if thread and thread not in self.chats.topics.get(chat["id"], ()):
            raise Refused(400, "Bad Request: message thread not found")
        self.chats.actions.append((chat["id"], thread, given["action"]))
        return True

    def _answer(self, given: Json) -> bool:
        query = given.get("callback_query_id", "")
        if query not in self.chats.open_queries or query in self.chats.answered:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if _units(given.get("text", "")) > 200:
            raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
        self.chats.answered[query] = {"text": given.get("text", ""), "by": self.chats.open_queries[query]}
        return True

    def _get_file(self, given: Json) -> Json:
        file_id = given.get("file_id", "")
        if file_id not in self.chats.files:
            raise Refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        name, content = self.chats.files[file_id]
        if len(content) > 20 * MEGABYTE:
            raise Refused(400, "Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": "u", "file_size": len(content), "file_path": f"{file_id}/{name}"}

    async def _download(self, request: web.Request) -> web.Response:
        file_id = request.match_info["path"].partition("/")[0]
        if request.match_info["token"] != self.token or file_id not in self.chats.files:
            return web.Response(status=404)
        return web.Response(body=self.chats.files[file_id][1])


def _words(given: Json, key: str, limit: int, too_long: str) -> tuple[str, list[Entity]]:
    source = given.get(key, "")
    if given.get("parse_mode") == "HTML":
        try:
            parsed = parse(source)
        except CannotParse as error:
            raise Refused(400, f"Bad Request: can't parse entities: {error}") from error
        text, entities = parsed.text.strip(), parsed.entities
    else:
        text, entities = source.strip(), []
    if _units(text) > limit:
        raise Refused(400, f"Bad Request: {too_long}")
    return text, entities


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _keyboard(given: Json) -> list[list[Json]]:
    keyboard: list[list[Json]] = (given.get("reply_markup") or {}).get("inline_keyboard", [])
    for button in (button for row in keyboard for button in row):
        if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        if not button.get("text", "").strip():
            raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        if button.get("style", "primary") not in {"primary", "success", "danger"}:
            raise Refused(400, "Bad Request: invalid button style specified")
    return keyboard


def _shown(message: Message, chat: Json) -> Json:
    shown = {"message_id": message.id, "from": ME, "chat": chat, "date": int(message.at), "text": message.text}
    return shown | ({"message_thread_id": message.thread, "is_topic_message": True} if message.thread else {})


def _error(refused: Refused) -> web.Response:
    body: Json = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return web.json_response(body, status=refused.code)
