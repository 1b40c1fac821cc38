"""A model goes round in circles: it is told, then held, then stopped, and the person sees what was found until then."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest_asyncio

from agents.turn.brake import ENDS, REPEATED
from tests.journeys.life import ended_life
from tests.journeys.town import Town, running, town, until
from tests.platforms.model import Reply, calling


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        yield built


def failing_forever(body: dict[str, Any]) -> Reply:
    if body["messages"][-1]["content"].startswith("thanks"):
        return Reply(text="You are welcome.")
    return calling("shell", command="echo 3 failed; false")


def results(here: Town) -> list[str]:
    return [each["content"] for each in here.model.requests[-1]["messages"] if each["role"] == "tool"]


async def test_a_model_in_circles_is_told_held_and_stopped_and_the_next_messages_are_answered(here: Town) -> None:
    here.model.always(failing_forever)

    here.say("alice", "run the tests")
    told = await here.hears("alice", "repeating the same calls", seconds=30)
    seen = results(here)
    for thanks in ("thanks", "thanks again"):
        here.say("alice", thanks)
        await here.hears("alice", "You are welcome.")

    assert all(text.startswith("3 failed\n") and "same result" not in text for text in seen[:2])
    assert seen[2].endswith("(same result as the last 2 times)")
    assert seen[4:] == [REPEATED] * (ENDS - 5)
    assert "Found so far:" in told.text
    assert "3 failed" in told.text
    assert "very call" not in told.text
    assert await here.store.fetchval("select count(*) from nexora_calls where tool = 'shell'") == 4
    assert here.model.refusals == []


async def test_in_chinese_the_same(here: Town) -> None:
    await here.store.fetch("update nexora_users set language = 'zh'")
    here.model.always(failing_forever)

    here.say("alice", "run the tests")
    told = await here.hears("alice", "没有进展，已停止", seconds=30)

    assert "目前得到的结果：" in told.text
    assert "3 failed" in told.text


async def test_edits_between_let_the_tests_run_as_often_as_needed(here: Town) -> None:
    for number in range(9):
        here.model.call("write_file", path="a.py", content=f"x = {number}\n")
        here.model.call("shell", command="grep -c 'x = 8' a.py")
    here.model.say("They pass.")

    here.say("alice", "make it pass")
    await here.hears("alice", "They pass.", seconds=30)

    assert [text[0] for text in results(here)[1::2]] == ["0"] * 8 + ["1"]
    assert not any("same result" in text for text in results(here))


async def test_a_turn_that_is_taken_up_by_the_next_life_counts_on(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as first:
        await first.person("alice")
        for _ in range(4):
            first.model.call("shell", command="echo same")
        first.model.hang()
        first.say("alice", "go")
        await until(lambda: len(first.model.requests) == 5, 30)
        async with AsyncExitStack() as stack:
            await ended_life()
            first.model.always(calling("shell", command="echo same"))
            gateway = await stack.enter_async_context(running(dsn, first.home, first.telegram, first.model))
            again = Town(
                gateway=gateway, telegram=first.telegram, model=first.model, home=first.home, people=first.people
            )
            told = await again.hears("alice", "repeating the same calls", seconds=60)

            assert await again.store.fetchval("select count(*) from nexora_calls") == 4
            assert results(again)[4:] == [REPEATED] * (ENDS - 5)
            assert "same" in told.text
            assert again.model.refusals == []
