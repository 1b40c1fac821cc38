"""A server on loopback that hands out apps by a code; what the fakes of those flows share."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class FakeCodes:
    """What a person does with a code: nothing yet (`waiting`), `confirmed`, `denied`; or it `expired`."""

    state: str = "waiting"
    confirms_after: int = 0
    """So many questions are answered with "not yet" before the person has confirmed by themselves; 0: never."""
    asked: int = 0
    links: list[str] = field(default_factory=list)
    fails: int = 0
    """So many answers are a 502 first."""

    def handlers(self) -> dict[str, Handler]:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._failing])
        for told, handler in self.handlers().items():
            method, _, path = told.partition(" ")
            app.router.add_route(method, path, handler)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @web.middleware
    async def _failing(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.fails:
            self.fails -= 1
            return web.Response(status=502, text="Bad Gateway")
        return await handler(request)

    def settled(self) -> str:
        """How things stand at one more question."""
        self.asked += 1
        if self.state == "waiting" and self.confirms_after and self.asked > self.confirms_after:
            self.state = "confirmed"
        return self.state


class Pace:
    """Who asks before its time has come."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._last = time.monotonic()

    def is_too_fast(self) -> bool:
        now = time.monotonic()
        early = now - self._last < self.seconds
        self._last = now
        return early
