"""A gateway with a hundred skills and twenty servers of others beside the same one with none: start, prompt, message.

They are put into the database as an approval leaves them, by the product's own words for each kind. No server is ever
started, for nobody calls one.
"""

import statistics
from collections.abc import Iterator

import asyncpg

from agents.mcp.definition import HttpTransport, ServerDefinition
from agents.mcp.listing import listing_of
from gateway.capabilities.kinds import mcp as servers
from gateway.capabilities.kinds import skills
from gateway.capabilities.sources import Taken as TakenPackage
from gateway.database.embedded.server import running_dsn
from governance.capabilities.manifest import CapabilityManifest
from governance.packages.package import Package, package_of
from governance.packages.packing import pack
from governance.record.audit import canonical
from tests.load.scenarios import DidNotAnswer, Stage, Taken, said_hi
from tests.load.subject import Nexora

SKILLS, SERVERS, TOOLS = 100, 20, 8
_BODY = """---
name: craft-{number}
description: How craft {number} is done here, step by step, with the sheets that it needs and whom to ask.
---

Read the sheet of craft {number} first. Then go through its steps in their order and tell what came of each.
"""
_INSTALL = (
    "insert into nexora_capabilities (kind, name, state, digest, manifest, risk, changed_at)"
    " values ($1, $2, 'active', $3, $4, 'low', now())"
)
_KEEP = "insert into nexora_capability_packages (digest, body, added_at) values ($1, $2, now())"


async def crowd(stage: Stage) -> Taken:
    """Starts, a "hi" and messages, with nothing added and then with all of it."""
    if not isinstance(stage.subject, Nexora):
        return {}
    alone = await _figures(stage, "alone")
    await _install(stage.subject)
    try:
        crowded = await _figures(stage, "crowd")
    finally:
        await _remove(stage.subject)
        await stage.subject.program.end()
        await stage.restart()
    return {
        "crowd_start": crowded["start"] / alone["start"],
        "crowd_cpu": crowded["cpu"] / alone["cpu"],
        "crowd_prompt": crowded["prompt"],
    }


async def _figures(stage: Stage, tag: str) -> dict[str, float]:
    """CPU of a start until it serves, the tokens of the prompt, and CPU of a message; medians."""
    count = stage.many(100, 30)
    starts = []
    for _ in range(stage.many(5, 3)):
        await stage.subject.program.end()
        await stage.restart()
        starts.append(stage.cpu)
    prompt = (await said_hi(stage))["prompt"]
    (room,) = stage.chats(1)
    after, _ = await stage.converse(room, f"{tag} warm", range(5))
    spent = []
    for begin in range(0, count, count // 5):
        before = stage.cpu
        after, _ = await stage.converse(room, tag, range(begin, begin + count // 5), after)
        spent.append((stage.cpu - before) / (count // 5))
    return {"start": statistics.median(starts), "prompt": prompt, "cpu": statistics.median(spent)}


async def _connected(nexora: Nexora) -> asyncpg.Connection:
    dsn = running_dsn(nexora.home)
    if dsn is None:
        raise DidNotAnswer("nothing runs on the data folder")
    return await asyncpg.connect(dsn)


async def _install(nexora: Nexora) -> None:
    everything = [*(await _skills()), *_servers()]
    connection = await _connected(nexora)
    try:
        async with connection.transaction():
            for manifest, package in everything:
                await connection.execute(_KEEP, package.digest, pack(package))
                named = manifest.kind.value, manifest.name
                await connection.execute(_INSTALL, *named, package.digest, canonical(manifest.stored))
    finally:
        await connection.close()


async def _remove(nexora: Nexora) -> None:
    connection = await _connected(nexora)
    try:
        await connection.execute("delete from nexora_capabilities")
        await connection.execute("delete from nexora_capability_packages")
    finally:
        await connection.close()


async def _skills() -> list[tuple[CapabilityManifest, Package]]:
    found = []
    for number in range(SKILLS):
        package = package_of({"SKILL.md": (0o644, _BODY.format(number=number).encode())})
        read = await skills.read(TakenPackage(package=package, name=f"craft-{number}", source="bench"))
        found.append((read.manifest, read.package))
    return found


def _servers() -> Iterator[tuple[CapabilityManifest, Package]]:
    for number in range(SERVERS):
        listing = listing_of(
            f"office-{number}",
            [
                {
                    "name": f"find_{place}",
                    "description": f"Finds what office {number} keeps in place {place}, by words.",
                    "inputSchema": {"type": "object", "properties": {"query": {"type": "string"}}},
                    "annotations": {"readOnlyHint": True},
                }
                for place in range(TOOLS)
            ],
        )
        transport = HttpTransport(url=f"https://office-{number}.example.org/mcp")
        server = ServerDefinition(name=listing.server, transport=transport, approved=listing.digest)
        package = servers.packed(server, listing)
        taken = TakenPackage(package=package, name=server.name, source="bench")
        yield servers.manifest_of_server(*servers.unpacked(package), taken), package
