"""A stranger on Slack asks, goes on writing, is admitted with one press and answered, in private and in a group."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.life import ended_life
from tests.journeys.workspace import SlackTown, slack_life, slack_town
from tests.platforms.model import FakeModel

ADMIT = "Admit with assistant"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[SlackTown]:
    async with slack_town(dsn, tmp_path / "home") as built:
        yield built


def asked(model: FakeModel) -> list[str]:
    """What people said last in each request to the model."""
    return [request["messages"][-1]["content"] for request in model.requests]


async def all_handled(here: SlackTown) -> None:
    await here.until_stored("select count(*) = 0 from nexora_inbox where state <> 'done'")


async def test_one_press_admits_grants_tells_and_answers_what_waited(here: SlackTown) -> None:
    await here.person("root", Role.ADMIN)
    here.join("mallory")
    here.model.say("Half past four.")

    here.says_directly("mallory", "what time is the train?")
    await here.hears("I have asked the admins", room=here.direct("mallory"))
    card = await here.hears("asks to come in", room=here.direct("root"))
    assert "what time is the train?" in here.sight(card).text
    assert "mallory (T0HOME:U0MALLORY)" in here.sight(card).text
    assert here.sight(card).buttons == [ADMIT, "Admit with ops", "Admit as operator", "Refuse"]
    here.press("root", card, ADMIT)
    await here.hears("assistant answers you", room=here.direct("mallory"))
    await here.hears("Half past four.", room=here.direct("mallory"))

    assert asked(here.model)[0] == "what time is the train?"
    granted = (
        "select agent from nexora_agent_grants g join nexora_accounts a on a.user_id = g.user_id"
        " where a.account_id like '%:U0MALLORY'"
    )
    assert await here.store.fetchval(granted) == "assistant"
    assert await here.store.fetchval("select count(*) from nexora_users where name = 'mallory'") == 1
    await here.until_stored("select count(*) = 0 from nexora_outbox where state <> 'done'")
    assert here.sight(card).buttons == []
    assert here.sight(card).text.startswith("❖ Approved")


async def test_what_they_write_while_they_wait_is_kept_in_order_counted_and_answered(dsn: str, tmp_path: Path) -> None:
    async with slack_town(dsn, tmp_path / "home") as first:
        await first.person("root", Role.ADMIN)
        first.join("mallory")
        first.says_directly("mallory", "first question")
        await first.hears("I have asked the admins", room=first.direct("mallory"))
        card = await first.hears("asks to come in", room=first.direct("root"))
        for text in ("second question", "third question"):
            first.says_directly("mallory", text)
            await all_handled(first)
        await first.hears("2 more, answered once they are in", room=first.direct("root"))
        assert "first question" in first.sight(card).text
        assert len([each for each, _ in first.slack.seen(first.direct("mallory"))]) == 2, "they are told once"
        await ended_life()

        async with slack_life(dsn, first.home, first.slack, first.model) as second:
            for number in ("One.", "Two.", "Three."):
                second.model.say(number)
            second.press("root", card, ADMIT)
            await second.hears("Three.", room=second.direct("mallory"), seconds=60)

            questions = [text for text in asked(second.model) if "question" in text]
            assert questions == ["first question", "second question", "third question"]


async def test_in_a_group_the_sentence_is_for_them_alone_and_the_answer_stands_in_the_thread(here: SlackTown) -> None:
    await here.person("root", Role.ADMIN)
    here.join("mallory")
    here.model.say("Half past four.")

    thread = here.asks("mallory", "what time is the train?")
    await here.whispers("mallory", "I have asked the admins")
    card = await here.hears("asks to come in", room=here.direct("root"))
    here.press("root", card, ADMIT)
    await here.whispers("mallory", "assistant answers you")
    await here.hears("Half past four.", thread=thread)
