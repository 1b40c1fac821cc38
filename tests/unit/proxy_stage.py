"""A stage for proxies: a server to reach, names to look up, and commands that run with a proxy of their own."""

import hashlib
import io
import shutil
import socket
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from agents.proxy import Proxy, TrafficBounds
from agents.sandbox import FinishedCommand, Sandbox, choose
from governance.egress.egress import GuardedResolver
from governance.egress.hosts import HostRule, NetworkReach, Server
from tests.conftest import unavailable


class Names(AbstractResolver):
    """A name server of our own; what it was asked for."""

    def __init__(self, **addresses: str) -> None:
        self.addresses = {name.replace("_", "."): address for name, address in addresses.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.addresses:
            raise OSError(f"{host} has no address")
        address = self.addresses[host]
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


def wheel(name: str) -> bytes:
    made = io.BytesIO()
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"{name}.py", "WORD = 'installed through the proxy'\n")
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    return made.getvalue()


WHEEL = wheel("proxytest")


async def index(_: web.Request) -> web.Response:
    digest = hashlib.sha256(WHEEL).hexdigest()
    link = f'<a href="/files/proxytest-1.0-py3-none-any.whl#sha256={digest}">proxytest-1.0-py3-none-any.whl</a>'
    return web.Response(text=f"<!DOCTYPE html><html><body>{link}</body></html>", content_type="text/html")


async def package(_: web.Request) -> web.Response:
    return web.Response(body=WHEEL)


async def told(request: web.Request) -> web.Response:
    body = await request.read()
    return web.json_response(
        {"method": request.method, "path": request.path_qs, "host": request.host, "length": len(body)},
        headers={"X-Seen": request.headers.get("X-Ask", "")},
    )


async def away(_: web.Request) -> web.Response:
    raise web.HTTPFound("http://10.0.0.1/inside")


async def big(_: web.Request) -> web.Response:
    return web.Response(body=b"x" * (3 << 20))


@asynccontextmanager
async def a_registry() -> AsyncIterator[TestServer]:
    """A server on this machine with one package to install and some pages."""
    app = web.Application(client_max_size=64 << 20)
    app.router.add_get("/simple/proxytest/", index)
    app.router.add_get("/files/{name}", package)
    app.router.add_get("/away", away)
    app.router.add_get("/big", big)
    app.router.add_route("*", "/told", told)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    yield server
    await server.close()


def a_sandbox() -> Sandbox:
    """One that opens proxies; the test is skipped where there is none."""
    chosen = choose("auto")
    if not chosen.opens_proxies:
        unavailable("bubblewrap does not work here")
    return chosen


@asynccontextmanager
async def opened(
    sandbox: Sandbox, workspace: Path, reach: NetworkReach, resolver: AbstractResolver | None = None, **bounds: int
) -> AsyncIterator["Inside"]:
    async with Proxy(reach, resolver or GuardedResolver(), TrafficBounds(**bounds)) as proxy:
        yield Inside(sandbox, workspace, proxy)


class Inside:
    """Runs commands with a proxy; one command for one proxy, as in life."""

    def __init__(self, sandbox: Sandbox, workspace: Path, proxy: Proxy) -> None:
        self._sandbox, self._workspace, self.proxy = sandbox, workspace, proxy

    async def run(self, command: str, seconds: float = 20) -> FinishedCommand:
        return await self._sandbox.run(
            command, workspace=self._workspace, timeout_seconds=seconds, listener=self.proxy.listener
        )

    @property
    def uses(self) -> dict[str, str]:
        """Each place with why it did not pass, empty where it did."""
        return {use.place: use.because for use in self.proxy.ledger.uses}


def listing(server: TestServer, name: str = "registry") -> NetworkReach:
    return NetworkReach(servers=(Server(name=name, host="127.0.0.1", port=server.port),))


def rules(*rules: HostRule) -> NetworkReach:
    return NetworkReach(rules=rules)


def curl(*words: str) -> str:
    if not shutil.which("curl"):
        unavailable("there is no curl here")
    return f"curl -sS -m 10 {' '.join(words)}"
