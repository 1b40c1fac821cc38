"""The platform: who may call, what was said, and what it refuses. It is nobody's: the plugin was written for it."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

from tests.platforms.lines import until

Json = dict[str, Any]
TOKEN, SECRET = "bot-token-0123456789", "signing-secret-0123456789"
BOT, ALICE, BOB = "bot", "alice", "bob"
DIRECT = "room-of-alice"
REFUSAL = "Invalid token"
LONGEST = 2000
AGAIN_SECONDS = 0.05


class FakeHook:
    """The server. `said` is what the bot said, oldest first; `faults` are statuses of its next calls, 0 for none."""

    def __init__(self) -> None:
        self.token = TOKEN
        self.said: list[Json] = []
        self.faults: deque[int] = deque()
        self.calls = 0
        self.taken = 0
        self.changed = asyncio.Event()
        self.hook = ""
        self._numbers = itertools.count(1)
        self._trying: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/me", self._who)
        app.router.add_post("/messages", self._say)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.http = aiohttp.ClientSession()

    async def stop(self) -> None:
        for task in self._trying:
            task.cancel()
        await self.http.close()
        await self._runner.cleanup()

    async def until(self, is_so: Callable[[], object]) -> None:
        await until(self.changed, is_so)

    # What people do

    async def tell(self, user: str, text: str) -> Json:
        """Call the bot with what somebody said, and again and again in the background until it takes it."""
        event = {"id": f"m{next(self._numbers)}", "room": DIRECT, "user": user, "text": text, "at": time.time()}
        if not await self._given(event):
            self._trying.append(asyncio.create_task(self._try_on(event), name="hook tries again"))
        return event

    async def _given(self, event: Json) -> bool:
        status = await self.call(event)
        assert status in {200, 503}
        self.taken += status == 200
        return status == 200

    async def _try_on(self, event: Json) -> None:
        while True:
            await asyncio.sleep(AGAIN_SECONDS)
            if await self._given(event):
                return

    async def call(self, event: Json, secret: str = SECRET) -> int:
        body = json.dumps(event).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        async with self.http.post(self.hook, data=body, headers={"X-Signature": signature}) as answer:
            return answer.status

    # The API

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization") == f"Bearer {self.token}":
            return None
        return web.json_response({"message": REFUSAL}, status=401)

    async def _who(self, request: web.Request) -> web.Response:
        return self._refusal(request) or web.json_response({"id": BOT})

    async def _say(self, request: web.Request) -> web.Response:
        self.calls += 1
        if self.faults:
            return self._trouble(request, self.faults.popleft())
        if refusal := self._refusal(request):
            return refusal
        body = await request.json()
        if body["room"] != DIRECT or not 0 < len(body["text"]) <= LONGEST:
            return web.json_response({"message": "Invalid message"}, status=400)
        self.said.append({"id": f"m{next(self._numbers)}", **body})
        self.changed.set()
        return web.json_response(self.said[-1])

    def _trouble(self, request: web.Request, status: int) -> web.Response:
        if not status:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        return web.json_response({"message": "trouble"}, status=status, headers={"Retry-After": "7"})
