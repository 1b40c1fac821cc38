"""From a message on a real channel to a governed agent and back, and everything that can come between."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.town import Town, town, until


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


async def test_a_person_asks_and_the_agent_answers(here: Town) -> None:
    await here.person("alice")
    here.model.say("The answer is 42.")

    here.say("alice", "What is the answer?")
    await here.hears("alice", "The answer is 42.")

    usage = await here.store.fetchrow("select * from nexora_token_usage")
    assert usage["agent"] == "assistant"
    assert usage["channel"] == "telegram"
    assert "agents:turn:ended" in await here.tags()
    assert await here.store.fetchval("select count(*) from nexora_inbox where state <> 'done'") == 0


async def test_a_conversation_remembers_what_was_said(here: Town) -> None:
    await here.person("alice")
    here.model.say("Noted.")
    here.model.say("You said heron.")

    here.say("alice", "Remember: heron")
    await here.hears("alice", "Noted.")
    here.say("alice", "What did I say?")
    await here.hears("alice", "You said heron.")

    prompt = [(message["role"], message["content"]) for message in here.model.requests[-1]["messages"][1:]]
    assert prompt == [("user", "Remember: heron"), ("assistant", "Noted."), ("user", "What did I say?")]


async def test_a_stranger_is_told_and_an_admin_admits_them_with_a_press(here: Town) -> None:
    await here.person("root", Role.ADMIN)
    here.open_chat("mallory")

    here.say("mallory", "let me in")
    await here.hears("mallory", "I have asked the admins")
    card = await here.hears("root", "asks to come in")
    here.press("root", card, "Admit as operator")
    await here.hears("mallory", "You are in")
    await here.hears("root", "Approved")

    assert not here.telegram.chats.find(here.people["root"], card.id).keyboard
    assert await here.store.fetchval("select role from nexora_users where name = 'mallory'") == "operator"
    assert here.model.requests == []


async def test_a_stranger_has_their_first_answer_after_one_press(here: Town) -> None:
    await here.person("root", Role.ADMIN)
    here.open_chat("mallory")
    here.model.say("Half past four.")

    here.say("mallory", "what time is the train?")
    await here.hears("mallory", "I have asked the admins")
    card = await here.hears("root", "asks to come in")
    here.press("root", card, "Admit with assistant")
    await here.hears("mallory", "assistant answers you")
    await here.hears("mallory", "Half past four.")

    assert here.model.requests[0]["messages"][-1]["content"] == "what time is the train?"
    granted = "select agent from nexora_agent_grants g join nexora_users u on u.id = g.user_id and u.name = 'mallory'"
    assert await here.store.fetchval(granted) == "assistant"


async def test_a_person_without_grants_reaches_no_agent(here: Town) -> None:
    await here.person("bob", agents=())

    here.say("bob", "hello")
    await here.hears("bob", "not been granted an agent")

    assert here.model.requests == []


async def test_a_risky_call_waits_for_an_admin_and_runs_exactly_once(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command="python3 -c 'print(6*7)' /etc/passwd")
    here.model.say("I have asked for approval.")
    here.model.say("It printed 42.")

    here.say("alice", "compute six times seven")
    await here.hears("alice", "I have asked for approval.")
    card = await here.hears("root", "wants to run shell")
    assert "python3 -c" in card.text
    here.press("root", card, "Approve")
    here.press("root", card, "Approve")
    await here.hears("alice", "It printed 42.")

    results = [message["content"] for message in here.model.requests[-1]["messages"] if message["role"] == "tool"]
    assert any("42" in result for result in results)
    assert await here.store.fetchval("select count(*) from nexora_calls where state = 'done'") == 1
    assert (await here.tags()).count("agents:tool:ran") == 1
    outcome = here.telegram.chats.find(here.people["root"], card.id)
    assert not outcome.keyboard
    assert f"root, on telegram as {here.people['root']}" in outcome.text


async def test_nobody_approves_what_they_asked_for_themselves(here: Town) -> None:
    await here.person("root", Role.ADMIN)
    await here.person("second", Role.ADMIN)
    here.model.call("shell", command="python3 -c 'print(1)' /etc/passwd")
    here.model.say("I have asked for approval.")

    here.say("root", "do it")
    card = await here.hears("second", "wants to run shell")
    data = card.keyboard[0][0]["callback_data"]
    waiting = await here.hears("root", "wants to run shell")
    here.telegram.chats.press(here.people["root"], waiting.id, data, here.user("root"))
    code = await here.store.fetchval("select code from nexora_approval_requests")
    here.say("root", f"/approve {code}")
    await here.hears("root", "somebody else has to decide")
    await here.until_stored("select count(*) = 2 from nexora_audit_events where tag = 'approvals:press:refused'")

    assert await here.store.fetchval("select status from nexora_approval_requests") == "pending"


async def test_a_refusal_with_a_reason_reaches_the_model_and_the_person(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command="python3 -c 'print(1)' /etc/passwd")
    here.model.say("I have asked for approval.")
    here.model.say("It was denied: not on a Friday.")

    here.say("alice", "do it")
    await here.hears("root", "wants to run shell")
    code = await here.store.fetchval("select code from nexora_approval_requests")
    here.say("root", f"/deny {code} not on a Friday")
    await here.hears("alice", "It was denied: not on a Friday.")

    told = here.model.requests[-1]["messages"][-1]["content"]
    assert "was denied by root" in told
    assert "not on a Friday" in told
    assert await here.store.fetchval("select state from nexora_calls") == "refused"


async def test_for_this_conversation_lets_the_same_call_through_until_it_is_revoked(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command="python3 -c 'print(1)' /etc/passwd")
    here.model.say("asked")
    here.model.say("first done")
    here.say("alice", "do it")
    card = await here.hears("root", "wants to run shell")
    here.press("root", card, "For this conversation")
    await here.hears("alice", "first done")

    here.model.call("shell", command="python3 -c 'print(1)' /etc/passwd")
    here.model.say("second done")
    here.say("alice", "again")
    await here.hears("alice", "second done")
    code = await here.store.fetchval("select code from nexora_tool_grants")
    here.say("root", f"/revoke {code}")
    await here.until_stored("select count(*) from nexora_tool_grants where revoked_at is not null")
    here.model.call("shell", command="python3 -c 'print(1)' /etc/passwd")
    here.model.say("asked again")
    here.say("alice", "and again")
    await here.hears("alice", "asked again")

    assert await here.store.fetchval("select count(*) from nexora_approval_requests") == 2


async def test_a_hopeless_command_is_refused_and_nobody_is_asked(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    here.model.call("shell", command="rm -rf /")
    here.model.say("I may not do that.")

    here.say("alice", "clean up")
    await here.hears("alice", "I may not do that.")

    assert await here.store.fetchval("select count(*) from nexora_approval_requests") == 0
    assert "guard:call:refused" in await here.tags()


async def test_stop_ends_an_answer_that_is_being_made(here: Town) -> None:
    await here.person("alice")
    here.model.hang("Once upon a time")

    here.say("alice", "tell me a long story")
    await until(lambda: bool(here.model.requests))
    await asyncio.sleep(0.1)
    here.say("alice", "/stop")
    await here.hears("alice", "Stopped.")

    assert await here.store.fetchval("select state from nexora_turns") == "stopped"
