"""From a stranger's first words on Feishu to an answer, by one press of an admin; and what is seen while it is made."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.company import IDS, Company, company
from tests.journeys.life import until


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Company]:
    async with company(dsn, tmp_path / "home") as built:
        yield built


async def test_a_stranger_has_their_first_answer_after_one_press(here: Company) -> None:
    await here.person("bob", Role.ADMIN)
    here.model.say("Half past four.")

    said = here.says("alice", "what time is the train?")
    await here.reads("alice", "I have asked the admins")
    card = await here.reads("bob", "asks to come in")
    offered = here.sight(card).buttons
    here.press("bob", card, "Admit with assistant")
    await here.reads("alice", "assistant answers you")
    answer = await here.reads("alice", "Half past four.")
    await here.until_stored("select count(*) = 0 from nexora_outbox where state <> 'done'")

    assert "Admit with assistant" in offered
    assert "Alice" in here.sight(card).text
    assert here.sight(card).buttons == []
    assert answer.parent == said.id
    assert here.model.requests[0]["messages"][-1]["content"] == "what time is the train?"
    assert (
        await here.store.fetchval("select agent from nexora_agent_grants order by granted_at desc limit 1")
        == "assistant"
    )
    assert await here.store.fetchval("select role from nexora_users where name <> 'bob'") == "operator"


async def test_a_stranger_admits_nobody_and_reaches_no_agent(here: Company) -> None:
    await here.person("bob", Role.ADMIN)
    here.says("alice", "let me in")
    card = await here.reads("bob", "asks to come in")
    here.press("alice", card, "Admit with assistant")
    await here.feishu.until(lambda: here.feishu.toasts[IDS["alice"]])

    assert "Admit with assistant" in here.sight(card).buttons
    assert here.model.requests == []
    assert await here.store.fetchval("select count(*) from nexora_users") == 1


async def test_a_message_wears_the_sign_until_the_first_words_are_seen(here: Company) -> None:
    await here.person("alice")
    here.model.say("The heron stood.", silent_seconds=1.5)

    said = here.says("alice", "a story")
    await until(lambda: list(said.reactions.values()) == ["Typing"])
    await here.reads("alice", "The heron stood.")

    await until(lambda: not said.reactions)


async def test_a_quick_answer_wears_no_sign(here: Company) -> None:
    await here.person("alice")
    here.model.say("Yes.")
    here.says("alice", "quick?")
    await here.reads("alice", "Yes.")

    assert not [path for _, path, _ in here.feishu.calls if path.endswith("/reactions")]
