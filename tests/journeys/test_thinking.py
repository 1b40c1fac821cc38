"""What a model thinks never reaches a person, not even for the moment in which an answer grows."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.journeys.town import Town, town
from tests.platforms.model import Reply

SECRET = "Alice is new, I must not tell her the budget of 40k. "


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        yield built


@pytest.mark.parametrize(
    "thought",
    [
        f"{SECRET * 3}\n</think>\n\n",
        f"<think>{SECRET * 3}</think>\n\n",
        f"<thinking>\n{SECRET * 3}\n</thinking>\n",
        f"[THINK]{SECRET * 3}[/THINK]",
    ],
    ids=["opened by the template", "think", "thinking", "Magistral"],
)
async def test_an_answer_grows_without_what_was_thought_before_it(here: Town, thought: str) -> None:
    for number in range(2):
        here.model.script(Reply(text=f"{thought}Hello Alice, for the {number}. time!", seconds=2.5, chunks=40))
        here.say("alice", "hi")
        await here.hears("alice", f"for the {number}. time!")

    assert not [text for text in here.telegram.texts if "40k" in text or "think" in text.lower()]
    assert len(here.telegram.texts) > 2, "it grew"
    assert [message.text for message in here.seen("alice")] == [f"Hello Alice, for the {n}. time!" for n in range(2)]
    answers = [m["content"] for m in here.model.requests[-1]["messages"] if m["role"] == "assistant"]
    assert answers == ["Hello Alice, for the 0. time!"]
