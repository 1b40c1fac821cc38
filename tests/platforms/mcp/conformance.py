"""The client of a gateway, for the conformance suite of the protocol: it is started with the address of a server.

It lists the tools and calls each, as agents do; a person who leaves everything out answers what is asked.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import mcp_types as types

from agents.mcp.definition import HttpTransport, ServerDefinition
from agents.mcp.servers import Servers
from agents.mcp.ways import Ways
from agents.sandbox import Sandbox, SandboxLevel
from agents.tools.tool import ToolContext
from governance.egress.egress import AllowList, Egress, GuardedResolver
from governance.forms.fields import fields_of
from governance.people.people import Person, Role

ANN = Person(id=UUID(int=1), name="ann", role=Role.OPERATOR)


async def leaves_all_out(_: str, __: ToolContext, params: Any) -> types.ElicitResult:
    """What a person sends who takes what stands in each field."""
    fields = fields_of(params.requested_schema)
    return types.ElicitResult(
        action="accept", content={field.name: field.default for field in fields if field.default is not None}
    )


async def main(url: str, folder: Path) -> None:
    """Do what is to be seen."""
    where = urlsplit(url)
    egress = Egress(AllowList.of([f"{where.hostname}:{where.port}"]), per_host=0)
    ways = Ways(
        sandbox=Sandbox(level=SandboxLevel.NONE), egress=egress, resolver=GuardedResolver(), folder=folder / "servers"
    )
    servers = Servers(ways, asks=leaves_all_out)
    here = ToolContext(person=ANN, agent="a", conversation="a", workspace=folder)
    try:
        server = ServerDefinition(name="suite", transport=HttpTransport(url=url), timeout_seconds=20.0)
        await servers.put(server, await servers.look(server))
        for tool in servers.tools("suite"):
            numbers = {name: 2 + at for at, name in enumerate(tool.parameters["properties"])}
            told = await tool.run(here, numbers)
            sys.stdout.write(f"{tool.name}: {told.text}\n")
    finally:
        await servers.close()
        await egress.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(main(sys.argv[-1], Path(made)))
