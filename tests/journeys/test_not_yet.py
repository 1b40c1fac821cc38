"""While the database is away people are told, and what they then say and press is handled once it is back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.conftest import open_folder
from tests.journeys.town import Town, town
from tests.platforms.database_wire import Wire, wire_to


@pytest_asyncio.fixture(loop_scope="session")
async def wire(dsn: str) -> AsyncIterator[Wire]:
    with open_folder() as folder:
        async with wire_to(dsn, folder) as wire:
            await wire.mend()
            yield wire


@pytest_asyncio.fixture(loop_scope="session")
async def here(wire: Wire, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(wire.dsn, tmp_path / "home") as built:
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        yield built


async def test_who_speaks_is_told_once_and_answered_when_the_database_is_back(here: Town, wire: Wire) -> None:
    await wire.cut()
    here.model.say("An answer to the first.")
    here.model.say("An answer to the second.")
    here.say("alice", "the first")
    await here.hears("alice", "not lost")
    here.say("alice", "the second")
    await wire.mend()
    await here.hears("alice", "An answer to the first.", seconds=40)
    await here.hears("alice", "An answer to the second.", seconds=40)
    here.model.say("An answer to the third.")
    here.say("alice", "the third")
    await here.hears("alice", "An answer to the third.")

    assert sum("not lost" in message.text for message in here.seen("alice")) == 1


async def test_who_speaks_is_told_too_when_the_database_says_nothing_at_all(here: Town, wire: Wire) -> None:
    wire.freeze()
    here.model.say("An answer after the silence.")
    here.say("alice", "do you hear me?")
    await here.hears("alice", "not lost")
    await wire.mend()
    await here.hears("alice", "An answer after the silence.", seconds=40)
    here.model.say("An answer after that.")
    here.say("alice", "and now?")
    await here.hears("alice", "An answer after that.", seconds=40)

    assert sum("not lost" in message.text for message in here.seen("alice")) == 1


async def test_a_press_is_answered_not_yet_and_the_next_decides_once(here: Town, wire: Wire) -> None:
    here.model.call("shell", command="python3 -c 'print(6*7)' /etc/passwd")
    here.model.say("I have asked for approval.")
    here.model.say("It printed 42.")
    here.say("alice", "compute six times seven")
    card = await here.hears("root", "wants to run shell")
    await here.hears("alice", "I have asked for approval.")
    await wire.cut()
    first = here.press("root", card, "Approve")
    await here.telegram.until(lambda: first in here.telegram.chats.answered, 10)
    assert "Not yet" in here.telegram.chats.answered[first]["text"]
    await wire.mend()
    here.press("root", card, "Approve")
    await here.hears("alice", "It printed 42.", seconds=40)
    here.model.say("An answer after.")
    here.say("alice", "and after?")
    await here.hears("alice", "An answer after.")

    assert await here.store.fetchval("select count(*) from nexora_calls where state = 'done'") == 1
    assert (await here.tags()).count("agents:tool:ran") == 1
    assert not any("not lost" in message.text for message in here.seen("root"))
