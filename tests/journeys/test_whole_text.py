"""A command that no card can show is opened, read and then approved, over a real channel."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.town import Town, town

LONG = "\n".join(f"echo line {number}" for number in range(300)) + "\ncat /etc/passwd # the very end"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


def labels(message) -> list[str]:
    return [button["text"] for row in message.keyboard for button in row]


async def asked(here: Town) -> str:
    """Alice's agent wants to run the long command; its code."""
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command=LONG)
    here.model.say("I have asked for approval.")
    here.model.say("It is done.")
    here.say("alice", "do all of it")
    await here.hears("alice", "I have asked for approval.")
    return str(await here.store.fetchval("select code from nexora_approval_requests"))


async def test_the_button_of_a_cut_card_opens_all_of_it_and_only_below_that_it_is_approved(here: Town) -> None:
    await asked(here)
    card = await here.hears("root", "wants to run shell")
    assert labels(card) == ["Open the whole text", "Deny"]
    assert "the very end" not in card.text

    here.press("root", card, "Open the whole text")
    last = await here.hears("root", "The whole text is in the file request-")
    assert labels(last)[0] == "Approve"
    [held] = [message for message in here.seen("root") if message.file]
    assert held.file is not None
    assert LONG in held.file[2].decode()
    assert held.id < last.id
    assert await here.store.fetchval("select status from nexora_approval_requests") == "pending"

    here.press("root", last, "Approve")
    await here.hears("alice", "It is done.")
    results = [message["content"] for message in here.model.requests[-1]["messages"] if message["role"] == "tool"]
    assert "line 299" in results[-1]
    for message in (card, last):
        await here.telegram.until(lambda each=message: not each.keyboard, 20)


async def test_typing_the_code_of_a_cut_card_sends_the_text_and_the_code_below_it_approves(here: Town) -> None:
    code = await asked(here)
    await here.hears("root", "wants to run shell")

    here.say("root", f"/approve {code}")
    await here.hears("root", "Nothing is approved yet")
    await here.hears("root", "The whole text is in the file")
    assert await here.store.fetchval("select status from nexora_approval_requests") == "pending"

    shown = await here.store.fetchval("select code from nexora_disclosures")
    here.say("root", f"/approve {code} {shown}")
    await here.hears("alice", "It is done.")
