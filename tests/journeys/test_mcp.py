"""The tools of a server in a conversation: offered, asked about with its name, run once, and held when it changes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest_asyncio

from agents.mcp.definition import ServerDefinition
from agents.mcp.names import wire_names
from governance.people.people import Role
from tests.journeys.town import Town, town
from tests.unit.mcp.scene import misbehaving

WRITE = wire_names("odd", ["echo", "写入"])["写入"]


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        yield built


async def approved(here: Town, **more: Any) -> ServerDefinition:
    """A server whose listing of now was approved."""
    servers = here.gateway.thinking.servers
    server: ServerDefinition = misbehaving("pulls-rug", **more)
    listing = await servers.look(server)
    server = replace(server, approved=listing.digest)
    await servers.put(server, listing)
    return server


async def test_a_tool_that_only_reads_is_free_and_one_that_nobody_declared_asks_each_time(here: Town) -> None:
    await approved(here, timeout_seconds=30.0)
    here.model.call("odd__echo", text="hello")
    here.model.call(WRITE, text="a note")
    here.model.say("I have asked.")

    here.say("alice", "write a note")
    await here.hears("alice", "I have asked.", seconds=30)
    assert (await here.results())[0].endswith(" hello")
    here.model.say("It is written.")
    card = await here.hears("root", "odd, without an account")
    assert "a note" in card.text
    assert not any("conversation" in button["text"] for row in card.keyboard for button in row)
    here.press("root", card, "Approve")
    await here.hears("alice", "It is written.", seconds=30)

    assert (await here.results())[-1].endswith(" a note")
    assert "agents:tool:ran" in await here.tags()


async def test_a_server_that_changes_what_it_says_is_held_and_the_record_says_so(here: Town) -> None:
    await approved(here)
    servers = here.gateway.thinking.servers
    here.model.call("odd__echo", text="once")
    here.model.say("Once.")
    here.say("alice", "once")
    await here.hears("alice", "Once.", seconds=30)

    servers.look_again("odd")
    here.model.call("odd__echo", text="twice")
    here.model.say("It is held.")
    here.say("alice", "twice")
    await here.hears("alice", "It is held.", seconds=30)

    assert "held until somebody has looked at it" in (await here.results())[-1]
    assert "agents:server:held" in await here.tags()
    assert servers.states[0].held == ("echo",)
