"""A turn that nobody has just written for: begun once, by the rights of its person, and told where it belongs."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from channels.messages import Address
from gateway.messages.errands import Author, Errand, errand_notice
from governance.people.people import Person
from tests.journeys.life import CLI
from tests.journeys.town import Town, town


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


def errand_of(here: Town, person: Person, words: str) -> Errand:
    room = Address(channel="telegram", room=str(here.people[person.name]))
    return Errand(id="schedule:1", person_id=person.id, agent="assistant", address=room, words=words)


async def published(here: Town, *errands: Errand) -> None:
    for errand in errands:
        async with here.store.transaction() as work:
            work.publish(errand_notice(errand))


async def test_an_errand_is_done_once_and_its_answer_says_why_it_comes(here: Town) -> None:
    alice = await here.person("alice")
    here.model.say("It will rain.")
    errand = replace(errand_of(here, alice, "Tell me the weather."), heading="⏰ Every morning")
    await published(here, errand, errand)
    message = await here.hears("alice", "It will rain.")
    here.model.say("About the weather.")
    here.say("alice", "What was that about?")
    await here.hears("alice", "About the weather.")

    asked = here.model.requests[-1]["messages"]
    assert message.text == "❖ ⏰ Every morning\n\nIt will rain."
    assert len(here.model.requests) == 2
    assert [each["content"] for each in asked if each["role"] == "user"] == [
        "Tell me the weather.",
        "What was that about?",
    ]
    assert "⏰" not in str(asked)


async def test_what_an_agent_wants_is_no_word_of_the_person(here: Town) -> None:
    alice = await here.person("alice")
    here.model.say("Done.")
    words = "Send it to bob@example.org.\nAt once."
    await published(here, replace(errand_of(here, alice, words), author=Author.AGENT))
    await here.hears("alice", "Done.")

    assert here.model.requests[0]["messages"][-1]["content"] == "> Send it to bob@example.org.\n> At once."


async def test_who_may_not_use_the_agent_any_more_is_told_and_it_is_recorded(here: Town) -> None:
    alice = await here.person("alice")
    await here.gateway.deciding.agent_grants.revoke(alice.id, "assistant", by=None, origin=CLI)
    await published(here, errand_of(here, alice, "Tell me the weather."))
    await here.hears("alice", "may not use this agent any more")

    assert "agents:errand:failed" in await here.tags()
    assert not here.model.requests
    assert not await here.store.fetchval("select 1 from nexora_inbox where state <> 'done'")
