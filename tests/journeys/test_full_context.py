"""A conversation outgrows its model's window, and whoever goes on in it notices nothing."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from agents.workspaces import workspace_name
from tests.journeys.life import ended_life, until
from tests.journeys.town import Town, running, town
from tests.platforms.model import Reply

PART = "lorem ipsum " * 330


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        yield built


@pytest.mark.parametrize("kind", ["openai", "llama.cpp", "anthropic", "gemini", "numberless"])
async def test_a_short_question_after_a_full_context_is_answered(here: Town, kind: str) -> None:
    here.model.window_tokens, here.model.full = 6_000, kind
    for number in range(7):
        here.model.say(f"Read part {number}.")
        here.say("alice", f"{PART} part {number}")
        await here.hears("alice", f"Read part {number}.")

    for words in ("what is the capital of France?", "and of Spain?"):
        here.say("alice", words)
        await here.hears("alice", f"echo: {words}")

    assert here.model.overflows
    assert here.model.refusals == []
    said = [message["content"] for message in here.model.requests[-1]["messages"] if message["role"] == "user"]
    assert said[-2:] == ["what is the capital of France?", "and of Spain?"]
    assert len(said) > 2


async def test_what_is_too_long_by_itself_is_told_and_the_next_message_is_answered(here: Town) -> None:
    here.model.window_tokens = 2_048

    here.say("alice", PART * 4)
    told = await here.hears("alice", "more than the model can read at once")
    here.say("alice", "sorry, only this")
    await here.hears("alice", "echo: sorry, only this")

    assert "settings" not in told.text
    assert here.model.refusals == []


def workspace(here: Town) -> Path:
    return here.home / "workspaces" / workspace_name(f"telegram:{here.people['alice']}:")


async def with_files(here: Town) -> None:
    """Seven files of 20,000 characters, three of them in Chinese, which take three bytes each."""
    here.model.say("Hello.")
    here.say("alice", "hello")
    await here.hears("alice", "Hello.")
    for number in range(7):
        line = ("数据分析" if number % 2 else "data ") * 16
        (workspace(here) / f"{number}.txt").write_text(f"{line[:60]}\n" * 300, encoding="utf-8")


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
async def test_after_a_turn_that_read_seven_files_its_question_and_answer_are_still_there(
    dsn: str, tmp_path: Path, wire: str
) -> None:
    async with town(dsn, tmp_path / "home", wire=wire) as here:
        await here.person("alice")
        await with_files(here)
        here.model.window_tokens = 30_000
        for number in range(7):
            here.model.call("read_file", path=f"{number}.txt")
        here.model.say("I have read all seven.")
        here.say("alice", "read them")
        await here.hears("alice", "I have read all seven.", seconds=30)
        in_turn = json.dumps(here.model.requests[-1]["messages"], ensure_ascii=False)
        for words in ("what did they say?", "and what else?"):
            here.say("alice", words)
            await here.hears("alice", words)
        after = json.dumps(here.model.requests[-1]["messages"], ensure_ascii=False)

        assert re.search(r"\[read_file 0.txt: [\d,]+ characters left out; call it again if needed\]", in_turn)
        assert in_turn.count("data data") > 400
        assert all(words in after for words in ("read them", "I have read all seven.", "what did they say?"))
        assert here.model.refusals == []
        assert len(here.model.overflows) <= 1


async def test_a_turn_that_is_taken_up_by_the_next_life_still_fits(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as first:
        await first.person("alice")
        await with_files(first)
        first.model.window_tokens = 30_000
        for number in range(7):
            first.model.call("read_file", path=f"{number}.txt")
        first.model.hang()
        first.say("alice", "read them")
        await until(lambda: len(first.model.requests) == 9, 30)
        async with AsyncExitStack() as stack:
            await ended_life()
            first.model.say("All are read.")
            gateway = await stack.enter_async_context(running(dsn, first.home, first.telegram, first.model))
            again = Town(
                gateway=gateway, telegram=first.telegram, model=first.model, home=first.home, people=first.people
            )
            await again.hears("alice", "All are read.", seconds=60)
            again.say("alice", "thanks")
            await again.hears("alice", "echo: thanks")

            said = [each["content"] for each in again.model.requests[-1]["messages"] if each["role"] == "user"]
            assert said == ["hello", "read them", "thanks"]
            assert again.model.refusals == []


async def test_a_person_sees_what_fills_the_prompt_and_has_it_summed_up(here: Town) -> None:
    here.model.when("Sum up the conversation", Reply(text="- The rack is number 42."))
    here.say("alice", "/compact")
    await here.hears("alice", "too little here")
    for words in (f"the rack is number 42 {PART}", "and what else?"):
        here.model.say("Noted.")
        here.say("alice", words)
        await here.telegram.until(lambda: here.seen("alice")[-1].text == "Noted.", 10)

    here.say("alice", "/context")
    table = await here.hears("alice", "Instructions")
    here.say("alice", "/compact")
    await here.hears("alice", "summed up")
    here.say("alice", "which rack?")
    await here.hears("alice", "echo: which rack?")

    sent = [str(each["content"]) for each in here.model.requests[-1]["messages"]]
    assert "Summary" in table.text
    assert "Words" in table.text
    assert any("- The rack is number 42." in each for each in sent)
    assert not any("lorem ipsum" in each for each in sent)
    assert any(each.startswith("and what else?") for each in sent)
