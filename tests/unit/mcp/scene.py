"""A scene for servers: the misbehaving one in a real sandbox, a clock of its own, and a person."""

from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from agents.mcp.definition import DeclaredEffect, DeclaredTool, ServerDefinition, StdioTransport
from agents.mcp.listing import ToolListing
from agents.mcp.servers import Servers
from agents.mcp.ways import Ways
from agents.sandbox import Sandbox
from agents.tools.tool import ToolContext, ToolResult
from governance.egress.egress import Egress, GuardedResolver
from governance.people.people import Person, Role

SCRIPTS = Path(__file__).parents[2] / "platforms" / "mcp"
ANN = Person(id=UUID(int=1), name="ann", role=Role.OPERATOR)
BEN = Person(id=UUID(int=2), name="ben", role=Role.OPERATOR)
_LOOKED: dict[str, ToolListing] = {}


def misbehaving(*behaviours: str, name: str = "odd", **more) -> ServerDefinition:
    """The definition of a server that misbehaves like that."""
    env = more.pop("env", {})
    transport = StdioTransport(
        command="python3", args=(str(SCRIPTS / "misbehaving.py"), *behaviours), env=env, folders=(str(SCRIPTS),)
    )
    tools = {"echo": DeclaredTool(effect=DeclaredEffect.READS)}
    return ServerDefinition(name=name, transport=transport, tools=tools, **{"timeout_seconds": 20.0, **more})


class Scene:
    """Servers, what was told of changes, and calls of their tools."""

    def __init__(self, folder: Path, sandbox: Sandbox, **ways) -> None:
        self.folder = folder
        self.seconds = 1000.0
        self.changes: list[tuple[str, str]] = []
        self.asked: list[tuple[str, str]] = []
        self.answer: Any = None
        self.reported: list[str] = []
        given = {"egress": Egress(), "resolver": GuardedResolver(), **ways}
        self.ways = Ways(sandbox=sandbox, folder=folder / "servers", **given)
        asks = self._ask if "secrets" in ways else None
        self.servers = Servers(self.ways, on_change=self._changed, now=lambda: self.seconds, asks=asks)
        (folder / "work").mkdir(parents=True)

    async def _changed(self, server, changed, now):
        self.changes.append((server, changed.said("en")))

    async def _ask(self, server: str, context: ToolContext, params: Any) -> Any:
        self.asked.append((context.person.name, params.message))
        return self.answer

    async def report(self, text: str) -> None:
        self.reported.append(text)

    async def put(self, server: ServerDefinition) -> ServerDefinition:
        """Look at what it offers, once for all tests, and approve that."""
        if server.name not in _LOOKED:
            _LOOKED[server.name] = await self.servers.look(server)
        await self.servers.put(server, _LOOKED[server.name])
        return server

    async def call(self, name: str, text: str, person: Person = ANN, tool: int = 0, room: str = "a") -> ToolResult:
        """Call a tool of a server, the first in order of the alphabet by default."""
        context = ToolContext(
            person=person, agent="a", conversation=room, workspace=self.folder / "work", report=self.report
        )
        tools: Sequence = self.servers.tools(name)
        return await tools[tool].run(context, {"text": text})

    def told(self, name: str) -> str:
        """Everything that a server was told."""
        return (self.folder / "servers" / name / "home" / "told.jsonl").read_text(encoding="utf-8")


@asynccontextmanager
async def playing(folder: Path, sandbox: Sandbox, **ways):
    """A scene that ends its servers."""
    scene = Scene(folder, sandbox, **ways)
    try:
        yield scene
    finally:
        await scene.servers.close()
        await scene.ways.egress.close()
