"""Servers that ask the person back while a call runs: a card of its own, answered by that person alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from agents.mcp.definition import (
    DeclaredEffect,
    DeclaredTool,
    HeardOver,
    HttpTransport,
    ServerDefinition,
)
from channels.messages import Account, Address
from gateway.messages.errands import Errand, errand_notice
from governance.people.people import Role
from tests.journeys.town import Town, town, until
from tests.platforms.mcp import asking
from tests.platforms.model import Reply
from tests.platforms.telegram.chats import Message
from tests.unit.mcp.scene import misbehaving
from tests.unit.mcp.test_http import served

TOOLS = ("address", "booked", "form", "often", "sample")


def over_http(here: Town, **more: HeardOver) -> ServerDefinition:
    """The server at its address."""
    tools = {name: DeclaredTool(effect=DeclaredEffect.READS) for name in TOOLS}
    transport = HttpTransport(url=here.url)  # type: ignore[attr-defined]
    return ServerDefinition(name="asking", transport=transport, tools=tools, timeout_seconds=20.0, **more)


async def approved(here: Town, server: ServerDefinition) -> None:
    """A server whose listing of now was approved."""
    servers = here.gateway.thinking.servers
    listing = await servers.look(server)
    await servers.put(replace(server, approved=listing.digest), listing)


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(served(asking.app()))
        egress = {"allow": [f"127.0.0.1:{port}"]}
        built = await stack.enter_async_context(town(dsn, tmp_path / "home", egress=egress))
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        built.url = f"http://127.0.0.1:{port}/mcp"  # type: ignore[attr-defined]
        yield built


def asks(here: Town, tool: str, text: str) -> None:
    """The model calls that tool next, and says something when it has its result."""
    here.model.call(f"asking__{tool}", text=text)
    here.model.say("It is done.")
    here.say("alice", "order it")


async def card_of(here: Town, words: str) -> Message:
    """The card of alice once it says these words."""
    await here.telegram.until(lambda: any(words in message.text and message.keyboard for message in here.seen("alice")))
    return next(message for message in reversed(here.seen("alice")) if words in message.text and message.keyboard)


async def came_of_it(here: Town) -> str:
    """What the server was told at last, as it tells the model."""
    await here.hears("alice", "It is done.", seconds=20)
    return (await here.results())[-1]


async def test_fields_are_answered_one_after_the_other_by_buttons_and_words_and_then_looked_at(here: Town) -> None:
    await approved(here, over_http(here))
    asks(here, "form", "order")
    card = await card_of(here, "(1 of 3)")
    assert "│ About order:\n│ Approved by an admin" in card.text
    assert [each["text"] for row in card.keyboard for each in row][:2] == ["“red”", "“blue”"]

    here.press("root", card, "“red”", chat="alice")
    await here.telegram.until(lambda: "Only alice can answer this" in str(here.telegram.chats.answered))
    here.press("alice", card, "“blue”")
    card = await card_of(here, "(2 of 3)")
    code = card.text.partition("with the code ")[2][:4]
    here.say("alice", f"{code} 12")
    await here.hears("alice", "it is at most 9.")
    here.say("alice", f"{code.lower()} 3")
    await here.hears("alice", "Taken for “count”: 3")
    here.press("alice", await card_of(here, "(3 of 3)"), "Yes")
    here.press("alice", await card_of(here, "3. gift = Yes"), "Send")

    assert json.loads(await came_of_it(here)) == ["accept", {"colour": "blue", "count": 3, "gift": True}]
    assert await here.hears("alice", "Answered, and handed to asking.")
    assert await here.store.fetchval("select answers from nexora_server_questions") == "{}"
    tags = await here.tags()
    assert [tag.rpartition(":")[2] for tag in tags if tag.startswith("agents:question:")] == [
        "asked",
        "refused",
        "ended",
    ]


async def test_an_answer_to_the_card_is_one_over_http_and_in_chinese(here: Town) -> None:
    await approved(here, over_http(here))
    here.say("alice", "/language zh")
    await here.hears("alice", "中文")
    asks(here, "form", "name")
    card = await card_of(here, "asking 有问题要问你")

    answered = {"reply_to_message": here.telegram.chats.quoted(1000, card.id)}
    here.telegram.chats.say(1000, here.user("alice"), text="李", **answered)
    await here.hears("alice", "不能这样回答：至少 2 个字符。")
    here.telegram.chats.say(1000, here.user("alice"), text="李雷", **answered)

    assert json.loads(await came_of_it(here)) == ["accept", {"name": "李雷"}]
    assert await here.hears("alice", "已回答，并已转交给 asking。")


async def test_a_program_asks_by_its_pipes_and_the_time_of_its_call_stands_still_meanwhile(here: Town) -> None:
    await approved(here, misbehaving(timeout_seconds=1.0))
    here.model.call("odd__echo", text="ask")
    here.model.say("It is done.")
    here.say("alice", "ask me")
    card = await card_of(here, "│ Which?")
    await asyncio.sleep(1.2)

    here.say("alice", f"{card.text.partition('with the code ')[2][:4]} green")

    assert json.loads(await came_of_it(here)) == {"action": "accept", "content": {"colour": "green"}}


async def test_in_the_newest_edition_a_call_that_requires_input_asks_as_well(here: Town) -> None:
    await approved(here, over_http(here, mode=HeardOver.AUTO))
    asks(here, "booked", "x")

    here.press("alice", await card_of(here, "Which day?"), "Do not answer")

    assert "declined" in await came_of_it(here)


async def test_what_wants_a_secret_or_is_no_form_is_declined_and_the_person_is_told(here: Town) -> None:
    await approved(here, over_http(here))
    asks(here, "form", "secret")
    assert json.loads(await came_of_it(here))[0] == "decline"
    assert "looks like a password or a key" in (await here.hears("alice", "asking wanted to ask you")).text

    here.seen("alice").clear()
    asks(here, "form", "nested")
    assert json.loads(await came_of_it(here))[0] == "decline"
    assert await here.hears("alice", "its form cannot be shown")
    assert "agents:question:not_asked" in await here.tags()


async def test_a_call_asks_five_times_at_most(here: Town) -> None:
    await approved(here, over_http(here))
    asks(here, "often", "7")
    for number in range(5):
        await until(lambda number=number: len(open_cards(here)) == 1 and asked(here) == number + 1)  # type: ignore[misc]
        here.press("alice", open_cards(here)[0], "No")
        await until(lambda: not open_cards(here))

    assert (await came_of_it(here)).count("decline") == 2
    await here.hears("alice", "at most 5 questions")
    assert len([each for each in here.seen("alice") if "at most 5 questions" in each.text]) == 1


def open_cards(here: Town) -> list[Message]:
    return [message for message in here.seen("alice") if "asks you something" in message.text and message.keyboard]


def asked(here: Town) -> int:
    return sum("About sure" in message.text for message in here.seen("alice"))


async def test_an_address_is_shown_with_its_host_and_never_opened(here: Town) -> None:
    await approved(here, over_http(here))
    asks(here, "address", "https://пример.example/sign?order=1")
    card = await card_of(here, "asks you to open an address")
    assert "Leads to" in card.text
    assert "xn--e1afmkfd.example (пример.example)" in card.text

    here.press("alice", card, "I have opened it")
    assert await came_of_it(here) == "accept"

    here.seen("alice").clear()
    asks(here, "address", "https://bank.example@evil.example/")
    assert await came_of_it(here) == "decline"
    assert await here.hears("alice", "is not plain to be read")


async def test_the_model_answers_a_server_only_where_a_rule_allows_it_and_that_counts_for_the_person(
    here: Town,
) -> None:
    await approved(here, over_http(here))
    asks(here, "sample", "Name a heron.")
    assert "no rule allows asking to ask the model" in await came_of_it(here)
    here.seen("alice").clear()

    await here.store.pool.execute(
        "insert into nexora_governance values ('S2345', 'sampling', 'ask*', 'everyone', '', 'allow', null, now())"
    )
    here.gateway.granting.in_force.forget()
    here.model.when("Name a heron.", Reply(text="Ardea cinerea"))
    here.model.call("asking__sample", text="Name a heron.")
    here.model.say("It is done.")
    here.say("alice", "once more")

    assert await came_of_it(here) == "Ardea cinerea"
    (prompt,) = [each for each in here.model.aside if "A program asks you" in str(each)]
    assert prompt["max_completion_tokens"] == 50
    assert "tools" not in prompt
    here.say("alice", "/usage")
    assert "MCP servers asked for 1 calls" in (await here.hears("alice", "Of these")).text
    tags = await here.tags()
    assert ("agents:sampling:refused" in tags, "agents:sampling:done" in tags) == (True, True)


async def test_where_nobody_has_just_spoken_nobody_is_asked(here: Town) -> None:
    alice = await here.gateway.deciding.people.by_name("alice")
    assert alice is not None
    await approved(here, over_http(here))
    here.model.call("asking__form", text="sure")
    here.model.say("It is done.")
    errand = Errand(
        id="errand:1",
        person_id=alice.id,
        agent="assistant",
        address=Address(channel="telegram", room="1000"),
        words="order it",
        account=Account(channel="telegram", id="1000"),
    )
    async with here.store.transaction() as work:
        work.publish(errand_notice(errand))

    assert json.loads(await came_of_it(here))[0] == "decline"
    assert await here.hears("alice", "nobody can answer where this runs")


async def test_a_question_ends_with_its_call_and_what_comes_later_reaches_nobody(here: Town) -> None:
    await approved(here, over_http(here))
    asks(here, "form", "sure")
    card = await card_of(here, "About sure")
    yes = card.keyboard[0][0]["callback_data"]

    here.say("alice", "/stop")
    await here.hears("alice", "The call that asked this has ended")
    here.telegram.chats.press(1000, card.id, yes, here.user("alice"))
    await here.telegram.until(lambda: "This question is over" in str(here.telegram.chats.answered))


async def test_nobody_answering_in_time_is_a_question_put_aside(here: Town) -> None:
    here.gateway.deciding.questions._seconds = 0.3
    await approved(here, over_http(here))
    asks(here, "form", "sure")

    assert json.loads(await came_of_it(here))[0] == "cancel"
    assert await here.hears("alice", "Nobody answered in time")


async def test_what_a_crash_left_open_is_told_as_over(here: Town) -> None:
    await approved(here, over_http(here))
    asks(here, "form", "sure")
    await card_of(here, "About sure")
    await here.store.pool.execute("update nexora_calls set state = 'unknown' where state = 'running'")

    assert await here.gateway.deciding.questions.tidy() == 1
    assert await here.hears("alice", "The call that asked this has ended")
