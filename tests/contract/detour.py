"""A server between an adapter and its fake platform: it passes every call on, but answers one of them with a redirect.

Where that redirect leads nobody may go: an adapter that follows shows whoever is there what it says to its platform.
"""

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

_AUTHORITY = re.compile(r"(?<=://)127\.0\.0\.1:\d+")
_PASSED_ON = frozenset({"authorization", "content-disposition", "content-type"})


def authorities(options: Mapping[str, Any]) -> set[str]:
    """The places on this machine that these settings name."""
    return {found for value in options.values() if isinstance(value, str) for found in _AUTHORITY.findall(value)}


def moved(options: Mapping[str, Any], to: str) -> dict[str, Any]:
    """The same settings with the platform at another place."""
    return {name: _AUTHORITY.sub(to, value) if isinstance(value, str) else value for name, value in options.items()}


class Detour:
    """`redirects` is the number of the call that is answered so, counted from 0; none at first."""

    def __init__(self, authority: str) -> None:
        self._authority = authority
        self.calls = 0
        self.redirects = -1
        self.followed: list[str] = []

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(auto_decompress=False)
        self._elsewhere, self._runners = "", []
        self._elsewhere = await self._served(self._arrived)
        self.authority = await self._served(self._called)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for runner in self._runners:
            await runner.cleanup()
        await self._http.close()

    async def _served(self, handler: Any) -> str:
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{tail:.*}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._runners.append(runner)
        return f"127.0.0.1:{runner.addresses[0][1]}"

    async def _arrived(self, request: web.Request) -> web.Response:
        self.followed.append(f"{request.method} {request.path}")
        return web.json_response({"ok": True})

    async def _called(self, request: web.Request) -> web.Response:
        number, self.calls = self.calls, self.calls + 1
        if number == self.redirects:
            return web.Response(status=307, headers={"Location": f"http://{self._elsewhere}{request.path_qs}"})
        headers = {name: value for name, value in request.headers.items() if name.lower() not in {"host", "connection"}}
        url = f"http://{self._authority}{request.path_qs}"
        async with self._http.request(
            request.method, url, headers=headers, data=await request.read(), allow_redirects=False
        ) as answer:
            body = (await answer.read()).replace(self._authority.encode(), self.authority.encode())
            kept = {name: value for name, value in answer.headers.items() if name.lower() in _PASSED_ON}
            return web.Response(status=answer.status, body=body, headers=kept)
