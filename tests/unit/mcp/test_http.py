"""Servers at an address: behind the guard of egress, with secrets in headers, and questions to the person."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp_types import ElicitResult
from pydantic import BaseModel

from agents.mcp.definition import DeclaredEffect, DeclaredTool, HttpTransport, ServerDefinition
from agents.mcp.ending import ServerFailed
from agents.sandbox import Sandbox, SandboxLevel
from governance.egress.egress import AllowList, Egress
from tests.unit.mcp.scene import BEN, playing


class Colour(BaseModel):
    """What the server asks for."""

    colour: str


def hub() -> MCPServer:
    """A server with the SDK's own means."""
    server = MCPServer("hub")

    @server.tool()
    async def ask(text: str, ctx: Context) -> str:
        answer = await ctx.elicit(text, Colour)
        return f"{answer.action} {getattr(answer, 'data', None)}"

    @server.tool()
    async def header(text: str, ctx: Context) -> str:
        return str(ctx.request_context.request.headers.get(text))

    @server.tool()
    async def long(text: str) -> str:
        return text * 9_000_000

    @server.tool()
    async def wait(text: str, ctx: Context) -> str:
        await ctx.report_progress(1, 2, text)
        await asyncio.sleep(30)
        return "never"

    return server


@asynccontextmanager
async def served(app):
    """The port on which it is served."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="on"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await serving


@pytest.fixture
async def scene(tmp_path):
    async with served(hub().streamable_http_app()) as port:
        egress = Egress(AllowList.of([f"127.0.0.1:{port}"]), per_host=0)
        async with playing(tmp_path, Sandbox(level=SandboxLevel.NONE), egress=egress, secrets=Stored()) as scene:
            scene.server = ServerDefinition(
                name="hub",
                transport=HttpTransport(url=f"http://127.0.0.1:{port}/mcp", headers={"X-Key": "Bearer ${HUB}"}),
                tools={name: DeclaredTool(effect=DeclaredEffect.READS) for name in ("ask", "header", "long", "wait")},
                timeout_seconds=10.0,
            )
            yield scene


class Stored:
    """One secret for everybody."""

    async def values(self, server, names, person):
        return {"HUB": "open sesame"}


ASK, HEADER, LONG, WAIT = range(4)


async def test_it_is_called_with_its_secret_and_what_is_too_long_is_refused(scene):
    await scene.put(scene.server)

    told = await scene.call("hub", "x-key", tool=HEADER)
    long = await scene.call("hub", "x", tool=LONG)

    assert (told.ok, told.text) == (True, "Bearer open sesame")
    assert not long.ok
    assert len(long.text) < 500


async def test_the_person_of_the_call_on_whose_stream_the_question_comes_is_asked(scene):
    scene.answer = ElicitResult(action="accept", content={"colour": "red"})
    await scene.put(scene.server)

    answered = await scene.call("hub", "Which?", tool=ASK)
    waiting = asyncio.create_task(scene.call("hub", "x", tool=WAIT))
    while not scene.reported:  # noqa: ASYNC110  # what is waited for has no event
        await asyncio.sleep(0.01)
    beside = await scene.call("hub", "Which now?", BEN, tool=ASK)
    waiting.cancel()

    assert answered.text == "accept colour='red'"
    assert beside.text == "accept colour='red'"
    assert scene.asked == [("ann", "Which?"), ("ben", "Which now?")]
    assert scene.reported == ["\n1/2 x\n"]


async def test_an_address_inside_is_refused_unless_it_is_listed(tmp_path):
    async with playing(tmp_path, Sandbox(level=SandboxLevel.NONE)) as scene:
        for url in ("http://127.0.0.1:9/mcp", "http://169.254.169.254/mcp"):
            server = ServerDefinition(name="hub", transport=HttpTransport(url=url))
            with pytest.raises(ServerFailed, match="hub did not start: "):
                await scene.servers.look(server)


async def test_a_secret_that_nobody_has_stored_is_named(scene):
    headers = {"X-Key": "${OTHER}"}
    server = replace(scene.server, transport=replace(scene.server.transport, headers=headers))

    with pytest.raises(ServerFailed, match="hub needs the secret OTHER, which nobody has stored"):
        await scene.servers.look(server)
