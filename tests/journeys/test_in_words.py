"""A decision in words on a real path: the answer to a card decides, beside an answer that runs; all else never does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.town import Town, town, until
from tests.platforms.model import Reply

VOICE = b"OggS yes"
STATUS = "select status from nexora_approval_requests"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home", models={"transcription": "fake/fake-1"}) as built:
        yield built


def answer(here: Town, card: int, **said: object) -> None:
    """Root answers the card, as Telegram quotes it."""
    chats, root = here.telegram.chats, here.people["root"]
    chats.say(root, here.user("root"), reply_to_message=chats.quoted(root, card), **said)


def answer_aloud(here: Town, card: int) -> None:
    chats = here.telegram.chats
    chats.files["FILE9"] = ("voice.ogg", VOICE)
    here.model.said_in[VOICE] = "同意"
    file = {"file_id": "FILE9", "file_unique_id": "9", "file_size": len(VOICE)}
    answer(here, card, voice={**file, "duration": 1, "mime_type": "audio/ogg"})


async def test_the_answer_to_a_card_decides_while_another_is_written_and_a_voice_decides_nothing(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command="python3 -c 'print(6*7)' /etc/passwd")
    here.model.say("I have asked.")
    here.say("alice", "compute six times seven")
    await here.hears("alice", "I have asked.", seconds=60)
    card = await here.hears("root", "wants to run shell", seconds=60)
    here.say("root", "同意")
    await here.hears("root", "Do you mean to approve", seconds=60)
    here.model.say("I decide nothing.")
    answer_aloud(here, card.id)
    await here.hears("root", "I decide nothing.", seconds=60)
    asked = here.model.requests[-1]["messages"][-1]["content"]
    unmoved = await here.store.fetchval(STATUS)

    here.model.hang("Once upon a time")
    here.say("root", "tell me a long story")
    await until(lambda: "long story" in str(here.model.requests[-1]["messages"][-1]["content"]))
    here.model.say("It printed 42.")
    answer(here, card.id, text="同意")
    await here.hears("alice", "It printed 42.", seconds=60)

    assert "同意" in asked
    assert unmoved == "pending"
    assert await here.store.fetchval(STATUS) == "approved"
    assert await here.store.fetchval("select count(*) from nexora_inbox where state = 'running'") == 1


async def test_a_decision_whose_request_ended_while_it_waited_goes_to_the_agent_as_what_it_is(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command="python3 -c 'print(6*7)' /etc/passwd")
    here.model.say("I have asked.")
    here.say("alice", "compute six times seven")
    await here.hears("root", "wants to run shell", seconds=60)
    await here.hears("alice", "I have asked.", seconds=60)
    code = await here.store.fetchval("select code from nexora_approval_requests")
    here.model.when(f"批准 {code}", Reply(text="That is decided already."))
    here.model.say("It printed 42.")
    async with here.store.transaction() as work:
        await work.fetchval("select id from nexora_approval_requests for update")
        here.say("root", f"同意 {code}")
        here.say("root", f"批准 {code}")
        await here.until_stored("select count(*) = 2 from nexora_inbox where lane like '!%' and state <> 'done'")
    await here.hears("alice", "It printed 42.", seconds=60)
    await here.hears("root", "That is decided already.", seconds=60)

    assert await here.store.fetchval("select count(*) from nexora_decisions") == 1
