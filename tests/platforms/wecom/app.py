"""The platform's side of a self-built app: tokens, messages, cards with codes, media, and sealed calls to us."""

import asyncio
import base64
import hashlib
import itertools
import json
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from channels.messages import FileKind
from tests.contract.drivers import SeenFile
from tests.platforms.lines import until
from tests.platforms.wecom.server import about_card
from tests.platforms.wecom.uploads import ENDINGS, LARGEST, SIGNS, SMALLEST, Media, Refused

Json = dict[str, Any]
CORP_ID, AGENT_ID, APP_SECRET = "ww1234567890abcdef", 1000002, "app-secret-1"
TOKEN, AES_KEY = "callback-token-1", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
LONGEST = 2048
AGAIN = 3
PAUSE_SECONDS = 0.02
"""The platform waits five seconds."""


def seal(message: bytes, *, receiver: str = CORP_ID, key: str = AES_KEY) -> str:
    """A message as it travels."""
    secret = base64.b64decode(key + "=")
    plain = os.urandom(16) + len(message).to_bytes(4, "big") + message + receiver.encode()
    padding = 32 - len(plain) % 32
    encryptor = Cipher(algorithms.AES(secret), modes.CBC(secret[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()


def signed(locked: str, *, stamp: str = "", token: str = TOKEN) -> dict[str, str]:
    """The query of a call."""
    stamp = stamp or str(int(time.time()))
    made = hashlib.sha1("".join(sorted([token, stamp, "nonce1", locked])).encode(), usedforsecurity=False)
    return {"msg_signature": made.hexdigest(), "timestamp": stamp, "nonce": "nonce1"}


def xml(fields: Mapping[str, object]) -> bytes:
    """Flat XML, all of it as CDATA."""
    inner = "".join(
        f"<{name}><![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]></{name}>" for name, value in fields.items()
    )
    return f"<xml>{inner}</xml>".encode()


@dataclass(kw_only=True)
class Shown:
    """What stands in somebody's conversation with the app."""

    id: str
    person: str
    kind: str
    text: str = ""
    card: Json | None = None
    file: SeenFile | None = None


@dataclass
class FakeApp:
    """The server. `people` are those who may see the app; `url` is our address, "" while nobody may be called.

    `is_trusted`: our address is on the app's list, which can be filled only once `url` was tried.
    """

    secret: str = APP_SECRET
    people: set[str] = field(default_factory=set)
    url: str = ""
    shown: list[Shown] = field(default_factory=list)
    media: dict[str, Media] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    calls: int = 0
    acknowledged: int = 0
    tokens_given: int = 0
    is_trusted: bool = True
    is_busy: bool = False
    refused: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.changed = asyncio.Event()
        self.faults: deque[str] = deque()
        self.token = ""
        self._old: set[str] = set()
        self._bodies: set[str] = set()
        self._numbers = itertools.count(1)
        self._events: asyncio.Queue[bytes] = asyncio.Queue()

    async def start(self) -> None:
        app = web.Application(client_max_size=2**25)
        app.router.add_get("/cgi-bin/gettoken", self._gettoken)
        app.router.add_get("/cgi-bin/agent/get", self._answering(self._agent))
        app.router.add_post("/cgi-bin/message/send", self._answering(self._send, may_fail=True))
        app.router.add_post("/cgi-bin/message/update_template_card", self._answering(self._update, may_fail=True))
        app.router.add_post("/cgi-bin/media/upload", self._answering(self._upload, may_fail=True))
        app.router.add_get("/cgi-bin/media/get", self._media)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.api_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/cgi-bin"
        self.http = aiohttp.ClientSession()
        self._telling = asyncio.create_task(self._tell(), name="fake wecom")

    async def stop(self) -> None:
        self._telling.cancel()
        await asyncio.gather(self._telling, return_exceptions=True)
        await self.http.close()
        await self._runner.cleanup()

    async def until(self, is_so: Callable[[], object]) -> None:
        await until(self.changed, is_so)

    def next(self, what: str) -> str:
        return f"{what}-{next(self._numbers)}"

    def code_for(self, task_id: str) -> str:
        """A code by which that card may be rewritten once."""
        code = self.next("code")
        self.codes[code] = task_id
        return code

    def expire(self) -> None:
        """The token dies before its time."""
        self._old.add(self.token)
        self.token = ""

    # What calls us

    def tell(self, fields: Mapping[str, object]) -> None:
        """Something happens; told in order, and again while it is not answered."""
        self._events.put_nowait(xml({"ToUserName": CORP_ID, **fields, "AgentID": AGENT_ID}))

    async def _tell(self) -> None:
        while True:
            event = await self._events.get()
            for _ in range(1 + AGAIN):
                if await self.post(seal(event)) == (200, ""):
                    self.acknowledged += 1
                    self.changed.set()
                    break
                await asyncio.sleep(PAUSE_SECONDS)

    async def post(self, locked: str, query: Mapping[str, str] | None = None, body: bytes = b"") -> tuple[int, str]:
        """One call to our address."""
        outer = body or xml({"ToUserName": CORP_ID, "Encrypt": locked, "AgentID": AGENT_ID})
        given = signed(locked) if query is None else query
        headers = {"Content-Type": "text/xml"}
        async with self.http.post(self.url, params=given, data=outer, headers=headers) as answer:
            return answer.status, await answer.text()

    async def get(self, query: Mapping[str, str]) -> tuple[int, str, str]:
        """The trial of our address."""
        async with self.http.get(self.url, params=query) as answer:
            return answer.status, answer.content_type, await answer.text()

    # What is called by us

    async def _gettoken(self, request: web.Request) -> web.Response:
        if request.query.get("corpid") != CORP_ID:
            return _refusal(Refused(40013, "invalid corpid"))
        if request.query.get("corpsecret") != self.secret:
            return _refusal(Refused(40001, "invalid credential"))
        self.tokens_given += 1
        self.token = self.token or self.next("token")
        return web.json_response({"errcode": 0, "errmsg": "ok", "access_token": self.token, "expires_in": 7200})

    def _answering(self, does: Any, *, may_fail: bool = False) -> Any:
        async def answer(request: web.Request) -> web.Response:
            try:
                self._check_token(request)
                if may_fail and self.faults:
                    return self._failing(request, self.faults.popleft())
                done = await does(request)
            except Refused as error:
                self.refused.append(error.code)
                return _refusal(error)
            finally:
                self.changed.set()
            return web.json_response({"errcode": 0, "errmsg": "ok", **done})

        return answer

    def _check_token(self, request: web.Request) -> None:
        token = request.query.get("access_token", "")
        if token in self._old:
            raise Refused(42001, "access_token expired")
        if not token or token != self.token:
            raise Refused(40014, "invalid access_token")
        if request.path.rpartition("/media/")[2] in self.forbidden:
            raise Refused(48002, "api forbidden")
        if not self.is_trusted:
            raise Refused(60020, "not allow to access from your ip")
        if self.is_busy:
            raise Refused(-1, "system busy")

    @staticmethod
    def _failing(request: web.Request, fault: str) -> web.Response:
        if fault == "dropped":
            assert isinstance(request.transport, asyncio.Transport)
            request.transport.abort()
        if fault == "rate":
            return _refusal(Refused(45009, "api freq out of limit"))
        return web.Response(status=500)

    async def _agent(self, request: web.Request) -> Json:
        _check_agent(request.query.get("agentid"))
        return {"agentid": AGENT_ID, "name": "Nexora"}

    async def _send(self, request: web.Request) -> Json:
        self.calls += 1
        text = await request.text()
        body = json.loads(text)
        _check_agent(body.get("agentid"))
        person = str(body.get("touser", ""))
        if person not in self.people:
            raise Refused(81013, "user & party & tag all invalid")
        msgid = self.next("msg")
        shown = self._read(body, person, msgid)
        if body.get("enable_duplicate_check") and text in self._bodies:
            return {"msgid": msgid}
        self._bodies.add(text)
        self.shown.append(shown)
        return {"msgid": msgid} | ({"response_code": self.code_for(shown.id)} if shown.card else {})

    def _read(self, body: Json, person: str, msgid: str) -> Shown:
        """What a message shows; raises Refused."""
        kind = body["msgtype"]
        match kind:
            case "text" | "markdown":
                text = body[kind]["content"]
                if not text.strip():
                    raise Refused(44004, "empty content")
                if len(text.encode()) > LONGEST:
                    raise Refused(40058, f"{kind}.content exceed max length {LONGEST}")
                return Shown(id=msgid, person=person, kind=kind, text=text)
            case "file" | "image" | "voice":
                media = self.media.get(body[kind]["media_id"])
                if media is None or media.kind != kind:
                    raise Refused(40007, "invalid media_id")
                looks = {"image": FileKind.IMAGE, "voice": FileKind.VOICE}.get(kind, FileKind.DOCUMENT)
                file = SeenFile(name=media.name, content=media.content, presented_as=looks)
                return Shown(id=msgid, person=person, kind=kind, file=file)
            case "template_card":
                card = body["template_card"]
                if problem := about_card(card):
                    raise Refused(40058, problem)
                return Shown(id=card["task_id"], person=person, kind=kind, card=card)
        raise Refused(40008, "invalid message type")

    async def _update(self, request: web.Request) -> Json:
        self.calls += 1
        body = await request.json()
        _check_agent(body.get("agentid"))
        if problem := about_card(body["template_card"]):
            raise Refused(40058, problem)
        task_id = self.codes.pop(str(body.get("response_code", "")), None)
        if task_id is None:
            raise Refused(42018, "invalid response_code")
        shown = next(each for each in self.shown if each.id == task_id)
        if body.get("userids") != [shown.person]:
            raise Refused(40031, "invalid userid list")
        shown.card = body["template_card"]
        return {"invaliduser": []}

    async def _upload(self, request: web.Request) -> Json:
        kind = request.query.get("type", "")
        part = await (await request.multipart()).next()
        if not isinstance(part, aiohttp.BodyPartReader) or part.name != "media" or not part.filename:
            raise Refused(44001, "empty media data")
        name, content = part.filename, bytes(await part.read())
        if kind not in LARGEST:
            raise Refused(40004, "invalid media type")
        most = 10 * 2**20 if kind == "image" else LARGEST[kind]
        if not SMALLEST <= len(content) <= most:
            raise Refused(40006, "invalid file size")
        signs = SIGNS[kind][:2] if kind == "image" else SIGNS.get(kind, (b"",))
        if (
            not content.startswith(signs)
            or (kind == "image" and name.endswith(".gif"))
            or not name.lower().endswith(ENDINGS.get(kind, ""))
        ):
            raise Refused(40005, "invalid file type")
        return {"type": kind, "media_id": self.keep(kind, name, content), "created_at": "1790959832"}

    def keep(self, kind: str, name: str, content: bytes) -> str:
        """A file in the store for three days."""
        media_id = self.next("media")
        self.media[media_id] = Media(kind=kind, name=name, content=content)
        return media_id

    async def _media(self, request: web.Request) -> web.Response:
        try:
            self._check_token(request)
        except Refused as error:
            return _refusal(error)
        media = self.media.get(request.query.get("media_id", ""))
        if media is None:
            return _refusal(Refused(40007, "invalid media_id"))
        shown_as = {"Content-Disposition": f'attachment; filename="{media.name}"'}
        return web.Response(body=media.content, headers=shown_as)


def _check_agent(given: object) -> None:
    if str(given) != str(AGENT_ID):
        raise Refused(40056, "invalid agentid")


def _refusal(error: Refused) -> web.Response:
    return web.json_response({"errcode": error.code, "errmsg": str(error)})
