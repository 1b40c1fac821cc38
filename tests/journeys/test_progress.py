"""A command that takes long is seen while it runs, in chat and in the console, and not any more once it is answered."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest_asyncio

from channels.messages import Inbound, Text
from gateway.web.console.board import topic
from gateway.web.console.conversations import ConversationLists, account_of
from tests.journeys.town import Town, town
from tests.platforms.model import calling

SLOW = "echo fetching with sk-7Rk0VbQ2xLm9ZtYp4Ws8; sleep 3; echo done"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


async def test_the_last_lines_of_a_long_command_are_shown_until_the_answer_comes(here: Town) -> None:
    alice = await here.person("alice")
    here.model.script(*[calling("shell", command=SLOW)] * 2)
    here.model.say("It is fetched.")
    here.model.say("It is fetched.")
    here.say("alice", "fetch it")
    items = await said_in_the_console(here, alice)
    await here.hears("alice", "It is fetched.")

    previews = here.telegram.chats.previews[here.people["alice"]]
    deltas = [item["text"] for item in items if item["type"] == "delta"]
    assert any("fetching with ***" in text for text in previews)
    assert any("fetching with ***" in text for text in deltas)
    assert not any("sk-7Rk0" in text for text in (*previews, *deltas))
    assert [message.text for message in here.seen("alice")] == ["It is fetched."]
    assert [item["text"] for item in items if item["type"] == "message"] == ["It is fetched."]


async def said_in_the_console(here: Town, person: Any) -> list[dict[str, Any]]:
    """Say something in a new conversation of the console; everything that its page is told until the answer is over."""
    conversation = await ConversationLists(here.store).open(person, "", "assistant")
    assert conversation is not None
    await here.gateway.board.say(
        Inbound(
            event_id=f"{conversation.room}:words-01",
            at=here.store.now(),
            address=conversation.address,
            sender=account_of(person),
            parts=(Text(text="fetch it"),),
        )
    )
    told: list[dict[str, Any]] = []
    async with asyncio.timeout(20), aclosing(here.gateway.bus.subscribe(topic(conversation.room))) as items:
        async for _, body in items:
            told.append(json.loads(body))
            if told[-1]["type"] == "done":
                break
    return told
