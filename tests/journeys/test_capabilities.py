"""A skill from a chat to an agent: asked for with a file, decided on a card, used, restored, held, taken away."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.town import Town, town

LINE = "Add up the sheets, then round to whole euros."
BODY = """---
name: weekly-figures
description: How the weekly figures of the shop are put together.
---
{line}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        yield built


def packed(line: str = LINE) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("weekly-figures/SKILL.md", BODY.format(line=line))
        archive.writestr("weekly-figures/scripts/add.py", "import sys\nprint(sum(map(int, sys.argv[1:])))\n")
    return held.getvalue()


def send(here: Town, content: bytes, caption: str, **more: Any) -> None:
    chats = here.telegram.chats
    file_id = f"FILE{len(chats.files)}"
    chats.files[file_id] = ("skill.zip", content)
    document = {"file_id": file_id, "file_unique_id": file_id, "file_size": len(content), "file_name": "skill.zip"}
    chats.say(here.people["alice"], here.user("alice"), document=document, caption=caption, **more)


async def installed(
    here: Town, line: str = "Add up the sheets, then round to whole euros.", word: str = "install"
) -> None:
    send(here, packed(line), "/skill add")
    await here.hears("alice", "The admins are asked", seconds=40)
    card = await here.hears("root", f"Somebody wants to {word} the skill weekly-figures", seconds=40)
    here.press("root", card, "Approve")
    await here.hears("alice", f"root agreed: {word} the skill weekly-figures")


async def use(here: Town) -> str:
    words = f"Read at {len(here.model.requests)}."
    here.model.call("use_skill", name="weekly-figures")
    here.model.say(words)
    here.say("alice", "what does the skill say?")
    await here.hears("alice", words)
    return str((await here.results())[-1])


async def test_a_skill_sent_as_a_file_is_used_by_the_agent_once_an_admin_has_pressed(here: Town) -> None:
    await installed(here)

    assert "round to whole euros" in await use(here)
    offered = next(each for each in here.model.requests[-1]["tools"] if each["function"]["name"] == "use_skill")
    assert "weekly-figures: How the weekly figures" in offered["function"]["description"]


async def test_a_new_version_shows_its_difference_and_one_step_leads_back(here: Town) -> None:
    await installed(here)
    await installed(here, "Add up the sheets, then round to cents.", "update")
    shown = next(message.text for message in here.seen("root") if "round to cents" in message.text)
    assert "-Add up the sheets, then round to whole euros." in shown
    assert "round to cents" in await use(here)

    here.say("alice", "/skill restore weekly-figures")
    card = await here.hears("root", "go back to the version before")
    here.press("root", card, "Approve")
    await here.hears("alice", "root agreed: go back")

    assert "whole euros" in await use(here)


async def test_what_an_admin_refuses_is_never_there(here: Town) -> None:
    send(here, packed(), "/skill add")
    card = await here.hears("root", "Somebody wants to install the skill weekly-figures", seconds=40)
    here.press("root", card, "Deny")
    await here.hears("alice", "Nothing was changed")

    assert await here.store.fetchval("select count(*) from nexora_capability_packages") == 0
    assert "no skill weekly-figures" in await use(here)


async def test_whoever_takes_a_skill_away_is_not_asked_and_the_agent_has_it_no_more(here: Town) -> None:
    await installed(here)
    here.say("alice", "/skill remove weekly-figures")
    await here.hears("alice", "Removed: skill weekly-figures")

    assert "no skill weekly-figures" in await use(here)


async def test_a_rule_keeps_a_tool_from_somebody_and_is_named(here: Town) -> None:
    await here.person("second", Role.ADMIN)
    here.say("root", "/rules deny tool shell person alice")
    card = await here.hears("second", "may not use tool shell")
    here.press("second", card, "Approve")
    await here.hears("root", "From now on")
    here.model.call("shell", command="ls")
    here.model.say("I may not.")
    here.say("alice", "list the files")
    await here.hears("alice", "I may not.")

    code = await here.store.fetchval("select code from nexora_governance")
    assert f"rule {code} does not let alice use shell" in (await here.results())[-1]


async def test_an_agent_proposes_what_it_has_made_and_an_admin_decides(here: Town) -> None:
    here.model.call("write_file", path="weekly-figures/SKILL.md", content=BODY.format(line="Made by the agent."))
    here.model.call("propose_capability", kind="skill", source="weekly-figures", reason="it is asked for every Monday")
    here.model.say("Proposed.")
    here.say("alice", "make a skill of it")
    await here.hears("alice", "Proposed.", seconds=40)
    assert "admins are asked" in (await here.results())[-1]
    card = await here.hears("root", "assistant proposes to install the skill weekly-figures", seconds=40)
    here.press("root", card, "Approve")
    await here.hears("alice", "root agreed")

    assert "Made by the agent." in await use(here)


async def test_a_rule_keeps_a_model_from_a_room_and_is_named(here: Town) -> None:
    await here.person("second", Role.ADMIN)
    here.say("root", "/rules deny model fake/* role operator")
    card = await here.hears("second", "may not use model fake/*")
    here.press("second", card, "Approve")
    await here.hears("root", "From now on")

    here.say("alice", "hello")
    told = await here.hears("alice", "does not let operator use fake/fake-1")

    code = await here.store.fetchval("select code from nexora_governance")
    assert f"rule {code}" in told.text
    assert here.model.requests == []


async def test_a_script_of_an_approved_skill_runs_where_its_body_says_without_a_question(here: Town) -> None:
    await installed(here)
    told = await use(here)
    place = (
        "/skills/weekly-figures"
        if here.gateway.sandbox.opens_proxies
        else told.partition("find them in ")[2].split("/ ")[0]
    )
    here.model.call("shell", command=f"python3 {place}/scripts/add.py 40 2")
    here.model.call("shell", command=f"echo broken > {place}/scripts/add.py; cat {place}/scripts/add.py")
    here.model.say("Added up.")
    here.say("alice", "add them up")
    await here.hears("alice", "Added up.", seconds=30)

    added, broken = (await here.results())[-2:]
    assert "42" in added
    assert "a redirection would write `/skills/weekly-figures/scripts/add.py`" in broken
