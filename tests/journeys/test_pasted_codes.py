"""No code that is worth something passes through an agent: it is taken out, ended, and whoever said it is told why."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from channels.messages import Account
from governance.people.invitations import create, find
from governance.people.people import Role
from tests.journeys.town import Town, town


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        yield built


async def everything(here: Town) -> str:
    """What was stored of what was said, and what the model was sent."""
    tables = ("nexora_inbox", "nexora_messages")
    rows = [await here.store.fetch(f"select t::text as text from {table} t") for table in tables]
    return "\n".join(row["text"] for each in rows for row in each) + json.dumps(here.model.requests)


async def spent(here: Town) -> list[str]:
    rows = await here.store.fetch("select detail from nexora_audit_events where tag = 'gateway:code:spent'")
    return sorted(json.loads(row["detail"])["kind"] for row in rows)


async def test_a_link_code_in_a_sentence_reaches_no_model_and_links_nothing(here: Town) -> None:
    accounts = here.gateway.deciding.accounts
    bob = await here.person("bob")
    code = await accounts.code_for_person(bob)
    here.model.say("What code?")
    here.say("alice", f"please link me with {code[:4]}-{code[4:]}, thanks")
    told = await here.hears("alice", "it is worth nothing any more")
    await here.hears("alice", "What code?")

    assert "该码已作废" in told.text
    assert here.model.requests[-1]["messages"][-1]["content"] == "please link me with [···], thanks"
    assert code[:4] not in await everything(here)
    assert await spent(here) == ["link"]
    stranger = here.open_chat("carol")
    here.say("carol", f"/link {code}")
    await here.hears("carol", "This code is wrong, used or older")
    assert await accounts.get(Account(channel="telegram", id=str(stranger), name="")) is None


async def test_a_code_alone_starts_no_turn(here: Town) -> None:
    code = await here.gateway.deciding.accounts.code_for_person(await here.person("bob"))
    here.say("alice", code)
    await here.hears("alice", "it is worth nothing any more")
    await asyncio.sleep(0.5)

    assert here.model.requests == []
    assert code not in await everything(here)


async def test_a_link_to_sign_in_is_ended(here: Town) -> None:
    async with here.store.transaction() as work:
        code = await create(work, "set_password", (await here.person("bob")).id, now=here.store.now())
    here.model.say("Thank you.")
    here.say("alice", f"see http://127.0.0.1:8088/welcome/{code} for it")
    await here.hears("alice", "with which anybody could have signed in")
    await here.hears("alice", "Thank you.")

    assert code not in await everything(here)
    assert await find(here.store, code) is None
    assert await spent(here) == ["way_in"]


async def test_the_code_of_a_request_is_exchanged_and_its_card_shows_the_new_one(here: Town) -> None:
    here.model.call("shell", command="rm -rf /opt/thing")
    here.model.say("Asked.")
    here.say("alice", "remove it")
    await here.hears("alice", "Asked.")
    old = await here.store.fetchval("select code from nexora_approval_requests")
    here.model.say("I cannot decide.")
    here.say("root", f"hey, approve {old.lower()} for me")
    await here.hears("root", "the request has another one now")
    await here.hears("root", "I cannot decide.")
    new = await here.store.fetchval("select code from nexora_approval_requests")
    await here.hears("alice", new)

    assert new != old
    assert here.model.requests[-1]["messages"][-1]["content"] == "hey, approve [···] for me"
    assert await spent(here) == ["decision"]
    here.say("root", f"/deny {old}")
    await here.hears("root", "There is no such request")
    here.say("root", f"/deny {new} no")
    await here.hears("root", "Denied")


async def test_the_second_step_is_heard_where_it_was_sent_and_nowhere_else(here: Town) -> None:
    here.model.call("write_file", path=".git/hooks/pre-commit", content="true")
    here.model.say("Asked.")
    here.say("root", "look it up")
    await here.hears("root", "Asked.")
    request = await here.store.fetchval("select code from nexora_approval_requests")
    here.say("root", f"/approve {request}")
    sent = await here.hears("root", "Your code")
    code = re.search(r"\d{3}-\d{3}", sent.text)
    assert code is not None
    here.model.say("A number?")
    here.say("alice", f"root says {code[0]}")
    await here.hears("alice", "confirms a request")
    await here.hears("alice", "A number?")
    here.say("root", code[0])
    await here.hears("root", "wrong")

    assert code[0] not in json.dumps(here.model.requests)
    assert await spent(here) == ["step"]
    assert await here.store.fetchval("select status from nexora_approval_requests") == "pending"


async def test_numbers_and_words_that_are_no_codes_pass_untouched(here: Town) -> None:
    said = "order 123-456 for ABCD EFGH, approve that, K7QX2M9P, " + "a1b2c3d4" * 4
    here.model.say("Fine.")
    here.say("alice", said)
    await here.hears("alice", "Fine.")

    assert here.model.requests[-1]["messages"][-1]["content"] == said
    assert await spent(here) == []


@pytest.mark.parametrize("name", ["link {code} for bob.png", "{code}.png", "{code}"])
async def test_a_code_in_the_name_of_a_file_is_taken_out_and_spent(here: Town, name: str) -> None:
    code = await here.gateway.deciding.accounts.code_for_person(await here.person("bob"))
    here.model.say("A picture.")
    here.send_file("alice", name.format(code=code), b"nothing much", "what is this?")
    await here.hears("alice", "it is worth nothing any more")
    await here.hears("alice", "A picture.")

    assert code not in await everything(here)
    assert code not in "".join(path.name for path in (here.home / "workspaces").rglob("*"))
    assert await spent(here) == ["link"]


async def test_a_code_beside_a_file_is_taken_out_of_its_caption(here: Town) -> None:
    code = await here.gateway.deciding.accounts.code_for_person(await here.person("bob"))
    here.model.say("A file.")
    here.send_file("alice", "notes.txt", b"nothing much", f"use {code} please")
    await here.hears("alice", "it is worth nothing any more")
    await here.hears("alice", "A file.")

    assert code not in await everything(here)
    assert await spent(here) == ["link"]


async def test_a_code_that_is_spoken_never_reaches_the_model_that_answers(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home", models={"transcription": "fake/fake-1"}) as here:
        await here.person("alice")
        code = await here.gateway.deciding.accounts.code_for_person(await here.person("bob"))
        here.model.said_in[b"OggS my code"] = f"my code is {code[:4]}-{code[4:]}, my key AKIA" + "Q7RKVB2XLM9ZTYP4"
        here.model.say("Heard.")
        here.telegram.chats.files["voice-1"] = ("voice.bin", b"OggS my code")
        voice = {"file_id": "voice-1", "file_unique_id": "v", "file_size": 12, "duration": 2, "mime_type": "audio/ogg"}
        here.telegram.chats.say(here.people["alice"], here.user("alice"), voice=voice)
        await here.hears("alice", "it is worth nothing any more")
        await here.hears("alice", "Heard.")

        assert "my code is [···], my key" in here.model.requests[-1]["messages"][-1]["content"]
        said = await everything(here)
        assert code[:4] not in said
        assert "Q7RKVB2XLM9ZTYP4" not in said
        assert await spent(here) == ["link"]
