"""A conversation gets a title after its first answer, whatever becomes of the title itself."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from agents.turn.titles import clean
from channels.messages import Inbound, Text
from gateway.web.console.board import topic
from gateway.web.console.conversations import ConversationLists, account_of
from tests.journeys.town import TITLE, Town, town, until
from tests.platforms.model import Reply

TITLED = f"select true from nexora_conversations where title = '{TITLE}'"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


async def answered(here: Town, said: str, answer: str) -> None:
    here.model.say(answer)
    here.say("alice", said)
    await here.hears("alice", answer)


async def title(here: Town) -> str:
    return str(await here.store.fetchval("select title from nexora_conversations"))


async def test_the_first_answer_is_followed_by_a_title_on_the_account_of_whoever_asked(here: Town) -> None:
    alice = await here.person("alice")
    await answered(here, "Why do herons stand on one leg?", "To keep warm.")
    await here.until_stored(TITLED)
    await answered(here, "And storks?", "They too.")

    shown = here.model.aside[0]["messages"][-1]["content"]
    usage = await here.store.fetch("select user_id, input_tokens from nexora_token_usage where purpose = 'title'")
    assert "Why do herons stand on one leg?" in shown
    assert "To keep warm." in shown
    assert [tuple(row) for row in usage] == [(alice.id, 100)]
    assert len(here.model.aside) == 1
    assert await title(here) == TITLE


async def test_an_answer_that_failed_is_not_the_first_one(here: Town) -> None:
    await here.person("alice")
    here.model.fail(503, times=2)
    here.say("alice", "hello")
    await here.hears("alice", "cannot be reached right now")
    await answered(here, "again", "Here I am.")
    await here.until_stored(TITLED)

    assert "again" in here.model.aside[0]["messages"][-1]["content"]


async def test_without_a_title_the_first_words_stay(here: Town) -> None:
    await here.person("alice")
    here.model.reset()
    here.model.when("Give a title", Reply(status=400, message="no titles today"))
    await answered(here, "Hello there\nsecond line", "General answer.")
    await until(lambda: not [task for task in asyncio.all_tasks() if task.get_name().startswith("title ")])
    await answered(here, "and more", "More.")

    assert len(here.model.aside) == 1
    assert await title(here) == "Hello there"


async def test_a_title_that_never_comes_holds_up_neither_the_next_answer_nor_the_stop(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as here:
        await here.person("alice")
        here.model.reset()
        here.model.when("Give a title", Reply(text="A", hangs=True))
        await answered(here, "one", "First answer.")
        await until(lambda: bool(here.model.aside))
        await answered(here, "two", "Second answer.")
        first_words = await title(here)
        began = time.monotonic()

    assert time.monotonic() - began < 3
    assert first_words == "one"
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("title ")]


async def test_the_rehearsal_model_is_not_asked(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home", models={"use": ["rehearsal"], "find_local": False}) as here:
        await here.person("alice")
        here.say("alice", "hello")
        await here.hears("alice", "rehearsal")

        assert await title(here) == "hello"
        assert await here.store.fetchval("select count(*) from nexora_token_usage where purpose = 'title'") == 0
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("title ")]


async def test_an_open_page_of_the_console_hears_of_the_title_and_its_list_shows_it(here: Town) -> None:
    alice = await here.person("alice")
    here.model.say("An answer.")
    conversation = await ConversationLists(here.store).open(alice, "", "assistant")
    assert conversation is not None
    await here.gateway.board.say(
        Inbound(
            event_id=f"{conversation.room}:first-words",
            at=here.store.now(),
            address=conversation.address,
            sender=account_of(alice),
            parts=(Text(text="hello"),),
        )
    )

    async with asyncio.timeout(10), aclosing(here.gateway.bus.subscribe(topic(conversation.room))) as items:
        told = [item async for item in _until_titled(items)]
    listed = await ConversationLists(here.store).of(alice)
    assert told[-1] == {"type": "titled", "text": TITLE}
    assert [each.title for each in listed.conversations if each.room == conversation.room] == [TITLE]


async def _until_titled(items: AsyncIterator[tuple[int, str]]) -> AsyncIterator[dict[str, str]]:
    async for _, body in items:
        item = json.loads(body)
        yield item
        if item["type"] == "titled":
            return


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("Herons on one leg", "Herons on one leg"),
        ('\n  "Herons on one leg."\nIt is short.', "Herons on one leg"),
        ("**Title: Herons**", "Herons"),
        ("标题：《单腿站立的鹭》", "单腿站立的鹭"),
        ("# Herons\u202e and\u200b storks", "Herons and storks"),
        ("key sk-7Rk0VbQ2xLm9ZtYp4Ws8 here", "key *** here"),
        ("word " * 30, "word word word word word word word word word word word…"),
        ("鹭" * 90, "鹭" * 59 + "…"),
        ("```\n\n", ""),
        ("", ""),
    ],
)
def test_a_title_is_one_bare_short_line(given: str, title: str) -> None:
    assert clean(given) == title
    assert len(clean(given)) <= 60
