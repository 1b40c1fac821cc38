"""A picture in the workspace is shown to a model that reads it, while it answers, and is stored as words."""

import json
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from agents.workspaces import workspace_name
from tests.journeys.town import Town, town
from tests.platforms.model import Reply

PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480) + b"\x08\x06\0\0\0"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        folder = built.home / "workspaces" / workspace_name(f"telegram:{built.people['alice']}:")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "heron.png").write_bytes(PICTURE)
        yield built


async def test_a_picture_that_a_model_reads_is_seen_in_that_answer_and_told_in_later_ones(here: Town) -> None:
    here.model.call("read_file", path="heron.png")
    here.model.say("A heron.")
    here.say("alice", "what is in heron.png?")
    await here.hears("alice", "A heron.")
    here.model.say("Still a heron.")
    here.say("alice", "are you sure?")
    await here.hears("alice", "Still a heron.")
    *_, during, later = here.model.requests
    result, _, below = during["messages"][-3:]

    assert result["role"] == "tool"
    assert result["content"].startswith("heron.png · a PNG picture · 640 × 480 pixels · 29 B\n")
    assert [part["type"] for part in below["content"]] == ["text", "image_url"]
    assert "image_url" not in json.dumps(later)
    assert "640 × 480 pixels" in json.dumps(later, ensure_ascii=False)
    stored = "\n".join(row["body"] for row in await here.store.fetch("select body::text as body from nexora_messages"))
    assert "image_url" not in stored
    assert "base64" not in stored


async def test_a_model_that_cannot_see_is_told_what_is_known_of_a_picture(here: Town) -> None:
    here.model.is_blind = True
    here.model.call("read_file", path="heron.png")
    here.model.always(Reply(text="I cannot see it."))
    here.say("alice", "what is in heron.png?")
    await here.hears("alice", "I cannot see it.")
    result = here.model.requests[-1]["messages"][-1]

    assert result["role"] == "tool"
    assert "640 × 480 pixels" in result["content"]
    assert "cannot see pictures" in result["content"]
