"""What somebody told is known in their next conversation, theirs to change, and never shown where others read."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from agents.memory.block import BEGINS
from tests.journeys.town import Town, town


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


async def exchange(here: Town, said: str, answer: str) -> str:
    """What the model was sent last."""
    here.model.say(answer)
    here.say("alice", said)
    await here.hears("alice", answer)
    return str(here.model.requests[-1]["messages"][-1]["content"])


async def test_what_was_told_is_known_later_and_can_be_seen_changed_and_forgotten(here: Town) -> None:
    await here.person("alice")
    assert BEGINS not in await exchange(here, "hello", "Hi.")
    here.model.call("remember", words="likes herons")
    await exchange(here, "remember that I like herons", "I will.")
    here.say("alice", "/new")
    await here.hears("alice", "We start afresh")

    told = await exchange(here, "Which birds?", "Herons.")
    again = await exchange(here, "And herons in winter?", "They too.")
    assert "- (1, preference) likes herons" in told
    assert BEGINS not in again
    assert here.model.requests[-1]["messages"][1]["content"] == told

    here.say("alice", "/memory")
    await here.hears("alice", "likes herons (preference)")
    here.say("alice", "/memory why 1")
    await here.hears("alice", "remember that I like herons")
    here.say("alice", "/memory edit 1 likes storks")
    await here.hears("alice", "Changed. 1 likes storks")
    here.say("alice", "/记忆 忘记 全部")
    await here.hears("alice", "This forgets everything")
    here.say("alice", "/memory forget all yes")
    await here.hears("alice", "Forgotten: 1")
    here.say("alice", "/memory undo")
    await here.hears("alice", "Remembered again (1)")
    here.say("alice", "/memory export")
    await here.hears("alice", "Here is all that is remembered (1)")
    here.say("alice", "/memory off")
    await here.hears("alice", "Memory is off.")
    here.say("alice", "/new")
    assert BEGINS not in await exchange(here, "Which storks?", "All.")
    assert {"agents:turn:ended", "chat:memory:changed", "chat:memory:forgotten"} <= set(await here.tags())
