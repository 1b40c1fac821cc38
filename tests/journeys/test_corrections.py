"""People correct what they wrote: before anybody has read it, while it is answered, and long after."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.journeys.town import Town, town, until
from tests.platforms.model import Reply
from tests.platforms.telegram.chats import ME

CORRECTED = "(The person edited an earlier message of theirs. Before, it said:)"
AT_ME = f"@{ME['username']}"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        built.model.always(Reply(text="I see."))
        yield built


def read(here: Town) -> list[str]:
    """What the model read, turn by turn."""
    found = [str(request["messages"][-1]["content"]) for request in here.model.requests]
    return [words for words in found if "Give a title" not in words]


async def answered(here: Town, times: int) -> None:
    await until(lambda: [message.text for message in here.seen("alice")].count("I see.") == times)
    await here.until_stored("select count(*) = 0 from nexora_inbox where state <> 'done'")


async def taken(here: Town) -> None:
    """Wait until the platform has been told that everything was heard."""
    await until(lambda: not here.telegram.chats.updates)


async def test_an_edit_of_what_nobody_has_read_yet_takes_its_place(here: Town) -> None:
    here.model.say("word " * 30, seconds=2.0)
    here.say("alice", "take your time")
    await until(lambda: len(read(here)) == 1)
    waiting = here.say("alice", "meet at five")
    await taken(here)
    here.edit("alice", waiting, "meet at six")
    here.edit("alice", waiting, "meet at seven")
    await answered(here, 1)

    assert read(here) == ["take your time", "meet at seven"]


async def test_an_edit_of_what_was_answered_is_a_turn_that_is_told_to_be_a_correction(here: Town) -> None:
    said = here.say("alice", "meet at five")
    await answered(here, 1)
    here.edit("alice", said, "meet at six")
    await answered(here, 2)
    here.edit("alice", said, "meet at seven")
    await answered(here, 3)
    first, second, third = read(here)

    assert first == "meet at five"
    assert second.startswith(f"{CORRECTED}\n> meet at five\n(This is a correction: the message below takes its place.")
    assert second.endswith(")\nmeet at six")
    assert third.startswith(f"{CORRECTED}\n> meet at six\n")
    assert third.endswith("\nmeet at seven")
    assert here.seen("alice")[1].answers == said


async def test_an_edit_while_the_answer_is_made_is_read_after_it(here: Town) -> None:
    here.model.say("word " * 30, seconds=1.5)
    said = here.say("alice", "meet at five")
    await until(lambda: len(read(here)) == 1)
    here.edit("alice", said, "meet at six")
    await answered(here, 1)

    assert len(read(here)) == 2
    assert "> meet at five" in read(here)[1]


async def test_what_changes_no_words_and_what_is_told_again_is_let_go(here: Town) -> None:
    chats = here.telegram.chats
    said = here.say("alice", "look at https://example.org")
    await answered(here, 1)
    here.edit("alice", said, "look at https://example.org")
    bold = {"type": "code", "offset": 0, "length": 4}
    chats.push(edited_message={**chats.said[here.people["alice"], said], "entities": [bold]})
    here.edit("alice", said, "look at https://example.com")
    await answered(here, 2)
    chats.push(edited_message=chats.said[here.people["alice"], said])
    await taken(here)
    here.say("alice", "the end")
    await answered(here, 3)

    assert [words.splitlines()[-1] for words in read(here)] == [
        "look at https://example.org",
        "look at https://example.com",
        "the end",
    ]


async def test_what_was_edited_before_anybody_heard_it_is_one_turn(here: Town) -> None:
    said = here.say("alice", "meet at five")
    here.edit("alice", said, "meet at six")  # both are told in one answer of the platform, as after a pause
    await answered(here, 1)
    here.telegram.chats.push(message=here.telegram.chats.said[here.people["alice"], said])
    await taken(here)

    assert read(here) == ["meet at six"]


async def test_an_edited_command_is_not_run_and_says_so(here: Town) -> None:
    said = here.say("alice", "/hosts")
    shown = await here.hears("alice", "")
    here.edit("alice", said, "/new")
    told = await here.hears("alice", "An edited message is never a command")
    talk = here.say("alice", "hello")
    await answered(here, 1)
    here.edit("alice", talk, "/stop")
    await until(lambda: sum("never a command" in message.text for message in here.seen("alice")) == 2)

    assert "/new" in told.text
    assert shown.id != told.id
    assert read(here) == ["hello"]


async def test_words_that_wait_and_become_a_command_are_no_command_either(here: Town) -> None:
    here.model.say("word " * 30, seconds=1.5)
    here.say("alice", "take your time")
    await until(lambda: len(read(here)) == 1)
    waiting = here.say("alice", "and then")
    await taken(here)
    here.edit("alice", waiting, "/new")
    await here.hears("alice", "An edited message is never a command")

    assert read(here) == ["take your time"]
    assert len([message for message in here.seen("alice") if "never a command" in message.text]) == 1


async def test_an_edit_may_be_what_first_calls_the_bot_in_a_group(here: Town) -> None:
    chats, group = here.telegram.chats, -1001
    chats.chats[group] = {"id": group, "type": "supergroup", "title": "ops"}
    said = chats.say(group, here.user("alice"), text="what is up?")
    await taken(here)
    entities = [{"type": "mention", "offset": 0, "length": len(AT_ME)}]
    chats.push(
        edited_message={
            **chats.said[group, said],
            "text": f"{AT_ME} what is up?",
            "entities": entities,
            "edit_date": 4_000_000_000,
        }
    )
    await until(lambda: bool(chats.sent[group]))
    await asyncio.sleep(0)

    assert read(here) == ["what is up?"]


async def test_nobody_else_is_heard_through_an_edit(here: Town) -> None:
    chats, alice = here.telegram.chats, here.people["alice"]
    said = here.say("alice", "meet at five")
    await answered(here, 1)
    message = {**chats.said[alice, said], "text": "meet at nine", "edit_date": 4_000_000_000}
    chats.push(edited_message={**message, "from": {**here.user("alice"), "is_bot": True}})
    chats.push(edited_message={**message, "via_bot": ME})
    chats.push(edited_message={**message, "location": {"latitude": 1.0, "longitude": 2.0}})
    await taken(here)
    here.say("alice", "the end")
    await answered(here, 2)

    assert read(here) == ["meet at five", "the end"]
