"""The whole way with models that speak protocols of their own, which are strict about what comes back to them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from governance.people.people import Role
from tests.journeys.town import Town, town


@pytest_asyncio.fixture(loop_scope="session", params=["anthropic", "gemini", "openai"])
async def here(dsn: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home", wire=request.param) as built:
        if request.param != "anthropic":
            built.model.thinking = "required"
        yield built


async def test_a_call_is_approved_its_result_goes_back_and_the_conversation_goes_on(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command="python3 -c 'print(6 * 7)' /etc/passwd")
    here.model.say("I have asked for approval.")
    here.model.say("It is forty-two.")
    here.model.say("As I said.")

    here.say("alice", "Count, please")
    await here.hears("alice", "I have asked for approval.")
    card = await here.hears("root", "wants to run shell")
    here.press("root", card, "Approve")
    await here.hears("alice", "It is forty-two.")
    here.say("alice", "What was it?")
    await here.hears("alice", "As I said.")

    assert "42" in str(here.model.requests[2])
    assert len(here.model.refusals) <= 1, "what a decision sets going carries no thinking, which is learnt at once"
    used = await here.store.fetchrow(
        "select sum(input_tokens) as input, sum(output_tokens) as output, bool_or(is_estimated) as estimated "
        "from nexora_token_usage where purpose = 'turn'"
    )
    assert (used["input"], used["output"], used["estimated"]) == (400, 80, False)
