"""What an agent does is seen while it does it: a line for each call, as far as the platform can; none of it later."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.town import Town, town
from tests.journeys.workspace import slack_town
from tests.platforms.model import calling

SECRET = "sk-7Rk0VbQ2xLm9ZtYp4Ws8"
SLOW = f"sleep 2 # {SECRET}"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        yield built


def seen_by_alice(here: Town) -> list[str]:
    """Every sight of a growing answer, as a person reads it."""
    return [text.replace("  \n", "\n") for text in here.telegram.chats.previews[here.people["alice"]]]


def works_slowly(here: Town, calls: int = 2) -> None:
    """Quick calls, and then one that takes long enough to be seen with them."""
    for number in range(calls - 1):
        here.model.script(calling("write_file", path=f"{number}.txt", content="x"))
    here.model.script(calling("shell", command=SLOW))
    here.model.say("All done.")


async def test_each_call_is_a_line_while_it_runs_and_no_model_ever_sees_the_lines(here: Town) -> None:
    works_slowly(here)
    here.say("alice", "work")
    answer = await here.hears("alice", "All done.")
    here.model.say("You are welcome.")
    here.say("alice", "thanks")
    await here.hears("alice", "You are welcome.")

    previews = seen_by_alice(here)
    assert any("✓ Write 0.txt\n⏳ Run sleep 2 # ***" in text for text in previews), previews
    assert not any(SECRET in text for text in previews)
    assert answer.text == "All done."
    sent = json.dumps(here.model.requests[-1]["messages"], ensure_ascii=False)
    assert "⏳" not in sent
    assert "✓" not in sent


async def test_after_many_calls_one_folded_line_stays_and_is_no_part_of_what_is_stored(here: Town) -> None:
    await here.store.fetch("update nexora_users set language = 'zh'")
    works_slowly(here, 7)
    here.say("alice", "work")
    answer = await here.hears("alice", "All done.")

    previews = seen_by_alice(here)
    assert any("… 4 步\n✓ 写入文件 4.txt\n✓ 写入文件 5.txt\n⏳ 执行命令 sleep 2" in text for text in previews), previews
    assert answer.text.startswith("All done.\n\n❖ 7 步 · ")
    stored = "select body from nexora_messages order by id desc limit 1"
    assert json.loads(await here.store.fetchval(stored))["content"] == "All done."


async def test_how_long_each_call_took_is_kept(here: Town) -> None:
    works_slowly(here)
    here.say("alice", "work")
    await here.hears("alice", "All done.")

    rows = await here.store.fetch("select tool, seconds from nexora_calls order by created_at")
    assert [row["tool"] for row in rows] == ["write_file", "shell"]
    assert 0 <= rows[0]["seconds"] < rows[1]["seconds"]
    assert rows[1]["seconds"] >= 2


async def test_a_call_that_waits_for_a_person_says_so_with_its_code(here: Town) -> None:
    await here.person("root", Role.ADMIN)
    here.model.script(calling("shell", command="python3 -c 'print(1)' /etc/passwd"), calling("shell", command=SLOW))
    here.model.say("I have asked.")
    here.say("alice", "work")
    await here.hears("alice", "I have asked.")

    code = await here.store.fetchval("select code from nexora_approval_requests")
    previews = seen_by_alice(here)
    assert any(f"⏸ Run python3 -c 'print(1)' /etc/passwd · waits for approval {code}" in text for text in previews)


async def test_in_a_thread_of_slack_the_lines_stand_in_the_growing_answer(dsn: str, tmp_path: Path) -> None:
    async with slack_town(dsn, tmp_path / "home") as here:
        await here.person("alice")
        here.model.script(calling("write_file", path="0.txt", content="x"), calling("shell", command=SLOW))
        here.model.say("All done.")
        thread = here.asks("alice", "work")
        grown = await here.hears("Write 0.txt", thread=thread)
        seen = here.sight(grown).text
        answer = await here.hears("All done.", thread=thread)

        assert "✓ Write 0.txt" in seen
        assert SECRET not in seen
        assert answer.ts == grown.ts
        assert here.sight(answer).text == "All done."
