"""A conversation outgrows its model's window, and whoever goes on in it notices nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.town import Town, town

PART = "lorem ipsum " * 330


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        yield built


@pytest.mark.parametrize("kind", ["openai", "llama.cpp", "anthropic", "gemini", "numberless"])
async def test_a_short_question_after_a_full_context_is_answered(here: Town, kind: str) -> None:
    here.model.window_tokens, here.model.full = 5_000, kind
    for number in range(7):
        here.model.say(f"Read part {number}.")
        here.say("alice", f"{PART} part {number}")
        await here.hears("alice", f"Read part {number}.")

    for words in ("what is the capital of France?", "and of Spain?"):
        here.say("alice", words)
        await here.hears("alice", f"echo: {words}")

    assert here.model.overflows
    assert here.model.refusals == []
    said = [message["content"] for message in here.model.requests[-1]["messages"] if message["role"] == "user"]
    assert said[-2:] == ["what is the capital of France?", "and of Spain?"]
    assert len(said) > 2


async def test_what_is_too_long_by_itself_is_told_and_the_next_message_is_answered(here: Town) -> None:
    here.model.window_tokens = 2_048

    here.say("alice", PART * 4)
    told = await here.hears("alice", "more than the model can read at once")
    here.say("alice", "sorry, only this")
    await here.hears("alice", "echo: sorry, only this")

    assert "settings" not in told.text
    assert here.model.refusals == []
