"""A gateway that is frozen at some step of a turn, taken over by another one, and then wakes: nothing happens twice.

It is stopped by SIGSTOP, as a paused machine would be. What it was doing goes on when it wakes: the model's stream is
at its end by then, the tool has run, the platform takes messages again.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from governance.people.people import Role
from tests.journeys.test_killed import SOON, Street, log_of, street
from tests.journeys.town import running, until
from tests.load.processes import Program
from tests.platforms.model import Reply, calling
from tests.platforms.telegram import ALICE, BOB

__all__ = ["street"]

AWAKE_SECONDS = 1.5
"""Longer than anything takes that the one who wakes was about to do."""
SLOWLY = "Once upon a time there was a heron by the river, and this goes on for a while."


@asynccontextmanager
async def taken_over(street: Street, frozen: Program, *, until_stored: str) -> AsyncIterator[None]:
    """Freeze it, let another gateway do its work, wake it, and give it the time to do harm."""
    frozen.process.send_signal(signal.SIGSTOP)
    said = len(frozen.last_words())
    async with running(street.dsn, street.home, street.telegram, street.model, bus=SOON):
        await street.until_stored(until_stored)
        yield
        frozen.process.send_signal(signal.SIGCONT)
        await until(lambda: "lease" in frozen.log.read_text()[said:], 20)
        await asyncio.sleep(AWAKE_SECONDS)


LAYERS = "layers/*/*/upper/log.txt"
"""What a command has written so far, which is not in the workspace before its end."""
ANSWERED = "select count(*) = 1 from nexora_outbox where state = 'done' and key like 'turn:%'"


def texts(street: Street) -> list[str]:
    return [message.text for message in street.telegram.chats.sent[int(ALICE["id"])]]


def say(street: Street, text: str) -> None:
    street.telegram.chats.say(int(ALICE["id"]), ALICE, text=text)


async def count(street: Street, what: str) -> int:
    number: int = await street.store.fetchval(f"select count(*) from {what}")
    return number


async def test_who_was_frozen_before_its_model_answered_answers_nobody(street: Street) -> None:
    await street.admit(ALICE)
    street.model.script(Reply(text="From the one who slept.", chunks=1, seconds=2), Reply(text="From the other."))
    say(street, "hello")
    async with street.doomed() as frozen:
        await until(lambda: len(street.model.requests) == 1, 20)
        async with taken_over(street, frozen, until_stored=ANSWERED):
            pass
        say(street, "and then?")
        street.model.say("The next.")
        await until(lambda: "The next." in texts(street), 20)

    assert texts(street) == ["From the other.", "The next."]
    assert await count(street, "nexora_messages where role = 'assistant'") == 2


async def test_who_was_frozen_while_its_answer_grew_does_not_overwrite_the_final_one(street: Street) -> None:
    await street.admit(ALICE)
    street.model.script(Reply(text=SLOWLY, chunks=40, seconds=4), Reply(text="There was a heron, and it stood."))
    street.ask_in_group("tell me a story")
    async with street.doomed() as frozen:
        await street.until_stored("select true from nexora_turns where sight is not null")
        async with taken_over(street, frozen, until_stored=ANSWERED):
            await until(lambda: len(street.model.requests) == 2)

    assert [message.text for message in street.standing] == ["There was a heron, and it stood."]


async def test_who_was_frozen_before_its_tool_begins_does_not_begin_it(street: Street) -> None:
    """The model's answer ends in the call, and most of it arrives while nobody listens."""
    await street.admit(ALICE)
    call = calling("shell", command="echo ran >> log.txt")
    slowly = Reply(text=SLOWLY, chunks=40, seconds=2, calls=call.calls)
    street.model.script(slowly, call, Reply(text="It ran."))
    say(street, "do it")
    async with street.doomed() as frozen:
        await until(lambda: len(street.model.requests) == 1, 20)
        async with taken_over(street, frozen, until_stored=ANSWERED):
            await asyncio.sleep(2)

    assert log_of(street).split() == ["ran"]
    assert texts(street) == ["It ran."]
    assert await count(street, "nexora_calls") == 1


async def test_what_a_tool_did_while_its_gateway_slept_is_told_as_unknown_and_runs_once(street: Street) -> None:
    await street.admit(ALICE)
    street.model.script(calling("shell", command="echo began >> log.txt; sleep 2; echo ended >> log.txt"))
    street.model.say("I cannot tell.")
    say(street, "do it")
    async with street.doomed() as frozen:
        await until(lambda: "began" in log_of(street, LAYERS), 20)
        async with taken_over(street, frozen, until_stored=ANSWERED):
            await until(lambda: "ended" in log_of(street, LAYERS))

    assert log_of(street) == log_of(street, LAYERS) == ""  # whoever woke threw away what nobody will ask about
    assert texts(street) == ["I cannot tell."]
    assert await street.store.fetchval("select state from nexora_calls") == "unknown"
    assert await count(street, "nexora_audit_events where tag = 'agents:tool:ran'") == 0


async def test_who_was_frozen_before_it_asked_sends_no_second_card(street: Street) -> None:
    await street.admit(ALICE)
    await street.admit(BOB, role=Role.ADMIN)
    call = calling("shell", command="python3 -c 'print(1)' /etc/passwd")
    slowly = Reply(text=SLOWLY, chunks=40, seconds=2, calls=call.calls)
    street.model.script(slowly, call, Reply(text="Somebody has to agree."))
    say(street, "do it")
    async with street.doomed() as frozen:
        await until(lambda: len(street.model.requests) == 1, 20)
        async with taken_over(street, frozen, until_stored=ANSWERED):
            await asyncio.sleep(2)

    assert await count(street, "nexora_approval_requests") == 1
    assert await count(street, "nexora_audit_events where tag = 'approvals:request:opened'") == 1
    assert len([message for message in street.telegram.chats.sent[int(BOB["id"])] if message.keyboard]) == 1


async def test_who_was_frozen_before_a_message_went_out_does_not_send_it(street: Street) -> None:
    """The platform asks to wait while the answer grows; it is over, and claimed to be sent, before that wait is."""
    await street.admit(ALICE)
    street.model.script(Reply(text=SLOWLY, chunks=20, seconds=2))
    street.ask_in_group("tell me a story")
    async with street.doomed() as frozen:
        await street.until_stored("select true from nexora_turns where sight is not null")
        street.telegram.fail(429, retry_after=4, methods=frozenset({"editMessageText"}))
        await street.until_stored("select true from nexora_outbox where state = 'running'")
        async with taken_over(street, frozen, until_stored=ANSWERED):
            edits = street.telegram.calls["editMessageText"]
            await asyncio.sleep(4)

    assert [message.text.removesuffix(" (may be a repeat)") for message in street.standing] == [SLOWLY]
    assert street.telegram.calls["editMessageText"] == edits
    assert street.telegram.calls["sendMessage"] == 1


@pytest.mark.parametrize("seconds", [0.0, 0.3])
async def test_who_was_frozen_for_less_than_its_lease_goes_on(street: Street, seconds: float) -> None:
    await street.admit(ALICE)
    street.model.script(Reply(text=SLOWLY, chunks=20, seconds=1))
    say(street, "tell me a story")
    async with street.doomed() as frozen:
        await until(lambda: len(street.model.requests) == 1, 20)
        frozen.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        frozen.process.send_signal(signal.SIGCONT)
        await street.until_stored(ANSWERED)

    assert texts(street) == [SLOWLY]
    assert len(street.model.requests) == 1
