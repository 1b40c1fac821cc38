"""A skill in a conversation: offered by its name, shown when it is used, and run without a question."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from agents.sandbox import choose
from tests.conftest import unavailable
from tests.journeys.town import Town, town


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home", skills={"without": ["charts"]}) as built:
        await built.person("alice")
        yield built


async def test_a_skill_is_offered_shown_and_run_without_a_question(here: Town) -> None:
    if not choose("auto").opens_proxies:
        unavailable("commands have no view of their own here")
    here.model.call("use_skill", name="make-skill")
    here.model.call("shell", command="ls /skills /skills/documents/scripts")
    here.model.call("read_file", path="/skills/documents/scripts/marked.py", end_line=1)
    here.model.say("All read.")
    here.say("alice", "which skills do you have?")
    await here.hears("alice", "All read.")
    *_, last = here.model.requests
    [offered] = [tool["function"] for tool in last["tools"] if tool["function"]["name"] == "use_skill"]
    used, listed, read = [message["content"] for message in last["messages"] if message["role"] == "tool"]

    assert "documents: " in offered["description"]
    assert "charts: " not in offered["description"], "it is switched off"
    assert used.startswith("Skill make-skill. ")
    assert "write_docx.py" in listed
    assert "charts\n" not in listed
    assert read.splitlines()[1].endswith(
        '"""Markdown as blocks: what a document is written from. Everything that is not understood stays as text."""'
    )
