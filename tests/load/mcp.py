"""Calls of servers of others, by pipes and over HTTP, beside the bare SDK, and what idle servers hold in memory.

The floor is the SDK's own client with nothing around it: no sandbox, no guard of addresses, no comparing of listings.
"""

import asyncio
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from agents.mcp.definition import HttpTransport, ServerDefinition, StdioTransport
from agents.mcp.servers import Servers
from agents.mcp.ways import Ways
from agents.sandbox import choose
from agents.tools.tool import ToolContext
from governance.egress.egress import AllowList, Egress, GuardedResolver
from governance.people.people import Person, Role
from tests.load.processes import ROOT
from tests.load.scenarios import DidNotAnswer, Stage, Taken

SCRIPTS = ROOT / "tests" / "platforms" / "mcp"
IDLE = 10
_ROUNDS = 5
_WARMING_SECONDS = 20.0
Call = Callable[[], Awaitable[str]]


async def mcp(stage: Stage) -> Taken:
    """Calls of a tool that says back what it is told, one after another."""
    calls = stage.many(400, 60)
    with tempfile.TemporaryDirectory(prefix="nexora-bench-", dir=stage.folder) as folder:
        async with _served() as port:
            if stage.is_floor:
                async with _bare(None) as pipes, _bare(port) as http:
                    return {**await _taken("stdio", pipes, calls), **await _taken("http", http, calls)}
            async with (
                _ours(Path(folder), port) as (servers, pipes, http),
                _bare(None) as bare,
                _bare(port) as bare_http,
            ):
                taken = {**await _taken("stdio", pipes, calls), **await _taken("http", http, calls)}
                floor = {**await _taken("stdio", bare, calls), **await _taken("http", bare_http, calls)}
                beside = {
                    f"mcp_{way}_beside": taken[f"mcp_{way}_cpu"] / floor[f"mcp_{way}_cpu"] for way in ("stdio", "http")
                }
                return {**taken, **beside, "mcp_idle": await _idle(servers)}


async def _taken(way: str, call: Call, calls: int) -> dict[str, float]:
    """Calls in a second, and milliseconds of our own processor for one, the medians of some rounds."""
    await call()
    rates, costs = [], []
    for _ in range(_ROUNDS):
        began, spent = time.perf_counter(), time.process_time()
        for _ in range(calls // _ROUNDS):
            if await call() != "heron":
                raise DidNotAnswer("the server said something else than it was told")
        rates.append(calls // _ROUNDS / (time.perf_counter() - began))
        costs.append((time.process_time() - spent) * 1000 / (calls // _ROUNDS))
    return {f"mcp_{way}_rate": statistics.median(rates), f"mcp_{way}_cpu": statistics.median(costs)}


@asynccontextmanager
async def _served() -> AsyncIterator[int]:
    """The port of a server over HTTP, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = asyncio.subprocess.DEVNULL
    words = (sys.executable, str(SCRIPTS / "plain.py"), str(port))
    process = await asyncio.create_subprocess_exec(*words, stdout=quiet, stderr=quiet)
    try:
        async with asyncio.timeout(_WARMING_SECONDS):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
        yield port
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _bare(port: int | None) -> AsyncIterator[Call]:
    """The SDK's own client."""
    from mcp import Client, StdioServerParameters  # noqa: PLC0415  # loads for this scenario alone

    by_pipes = StdioServerParameters(command=sys.executable, args=[str(SCRIPTS / "plain.py")])
    async with Client(by_pipes if port is None else f"http://127.0.0.1:{port}/mcp", mode="legacy") as client:
        await client.list_tools()

        async def call() -> str:
            return str(getattr((await client.call_tool("echo", {"text": "heron"})).content[0], "text", ""))

        yield call


@asynccontextmanager
async def _ours(folder: Path, port: int) -> AsyncIterator[tuple[Servers, Call, Call]]:
    """The same servers as the gateway has them."""
    egress = Egress(AllowList.of([f"127.0.0.1:{port}"]), per_host=0)
    ways = Ways(sandbox=choose(), egress=egress, resolver=GuardedResolver(), folder=folder / "servers")
    servers = Servers(ways)
    (folder / "work").mkdir()
    here = ToolContext(
        person=Person(id=uuid4(), name="bench", role=Role.ADMIN),
        agent="bench",
        conversation="bench",
        workspace=folder / "work",
    )
    folders = (str(SCRIPTS), str(Path(sys.executable).parent.parent))
    pipes = StdioTransport(command=sys.executable, args=(str(SCRIPTS / "plain.py"),), folders=folders)
    http = HttpTransport(url=f"http://127.0.0.1:{port}/mcp")
    try:
        for name, transport in (("pipes", pipes), ("http", http)):
            server = ServerDefinition(name=name, transport=transport)
            await servers.put(server, await servers.look(server))

        def calling(name: str) -> Call:
            async def call() -> str:
                return (await servers.tools(name)[0].run(here, {"text": "heron"})).text

            return call

        yield servers, calling("pipes"), calling("http")
    finally:
        await servers.close()
        await egress.close()


async def _idle(servers: Servers) -> float:
    """Megabytes by which we grow for ten servers that wait for calls, their own processes not counted."""
    before = resident_megabytes_of_ours()
    transport = StdioTransport(command="python3", args=(str(SCRIPTS / "misbehaving.py"),), folders=(str(SCRIPTS),))
    here = ToolContext(
        person=Person(id=uuid4(), name="bench", role=Role.ADMIN), agent="bench", conversation="b", workspace=ROOT
    )
    for number in range(IDLE):
        server = ServerDefinition(name=f"idle{number}", transport=transport)
        await servers.put(server, await servers.look(server))
        answer = await servers.tools(server.name)[0].run(here, {"text": "heron"})
        if not answer.ok:
            raise DidNotAnswer(answer.text)
    return resident_megabytes_of_ours() - before


def resident_megabytes_of_ours() -> float:
    """What this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20
