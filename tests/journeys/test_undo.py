"""What an agent's calls changed is taken back: by a person, by the agent, after an approval, after a death."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.conftest import unavailable
from tests.journeys.town import Town, town

ASKS = "git push origin main; echo three >c"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        if not built.gateway.thinking.layers.is_apart:
            unavailable("no overlays here")
        yield built


def files(here: Town) -> dict[str, str]:
    """What is in the one workspace."""
    (workspace,) = (here.home / "workspaces").glob("[!.]*")
    return {path.name: path.read_text() for path in sorted(workspace.iterdir()) if path.is_file()}


async def test_a_person_takes_back_two_calls_of_one_turn(here: Town) -> None:
    await here.person("alice")
    here.model.call("shell", command="echo one >a; echo one >b")
    here.model.say("Made.")
    here.say("alice", "make them")
    await here.hears("alice", "Made.")
    here.model.call_many(
        ("shell", {"command": "rm a; echo two >b"}), ("write_file", {"path": "b", "content": "three\n"})
    )
    here.model.say("Changed.")
    here.say("alice", "change them")
    await here.hears("alice", "Changed.")
    assert files(here) == {"b": "three\n"}

    here.say("alice", "/undo list")
    listed = await here.hears("alice", "What can be taken back here")
    here.say("alice", "/undo")
    await here.hears("alice", "#3 · ")
    await here.until_stored("select count(*) = 1 from nexora_audit_events where tag = 'chat:workspace:undone'")
    assert files(here) == {"b": "two\n"}
    here.say("alice", "/undo")
    await here.until_stored("select count(*) = 2 from nexora_audit_events where tag = 'chat:workspace:undone'")
    assert files(here) == {"a": "one\n", "b": "one\n"}
    here.say("alice", "/撤销 #5")
    await here.until_stored("select count(*) = 3 from nexora_audit_events where tag = 'chat:workspace:undone'")

    assert files(here) == {"b": "two\n"}
    assert "rm a; echo two >b" in listed.text


async def test_an_agent_takes_its_own_change_back(here: Town) -> None:
    await here.person("alice")
    here.model.call("shell", command="echo one >a")
    here.model.call("shell", command="rm a")
    here.model.call("undo")
    here.model.call("undo", path="nothing")
    here.model.say("It is back.")
    here.say("alice", "oops")
    await here.hears("alice", "It is back.")

    results = [message["content"] for message in here.model.requests[-1]["messages"] if message["role"] == "tool"]
    assert files(here) == {"a": "one\n"}
    assert results[-2] == "Taken back: shell rm a\nChanged: a"
    assert "nothing that can be taken back" in results[-1]


async def test_all_that_was_done_under_an_approval_is_taken_back_by_its_code(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    await here.person("second", Role.ADMIN)
    here.model.call("shell", command="echo one >a")
    here.model.call("shell", command=ASKS)
    here.model.say("I have asked.")
    here.say("alice", "do it")
    await here.hears("alice", "I have asked.")
    here.model.say("Pushed.")
    here.press("root", await here.hears("root", "wants to run shell"), "Approve")
    await here.hears("alice", "Pushed.")
    code = await here.store.fetchval("select code from nexora_approval_requests")
    assert files(here) == {"a": "one\n", "c": "three\n"}

    here.say("alice", f"/undo {code}")
    await here.hears("alice", "Taken back")

    assert files(here) == {"a": "one\n"}


async def test_what_was_tried_before_it_was_approved_is_taken_back_by_the_code_too(here: Town) -> None:
    await here.person("alice")
    await here.person("root", Role.ADMIN)
    await here.person("second", Role.ADMIN)
    here.model.call("shell", command="mkdir -p .git/hooks; echo true >.git/hooks/pre-commit; echo one >a")
    here.model.say("I have asked.")
    here.say("alice", "plant it")
    await here.hears("alice", "I have asked.")
    assert files(here) == {}
    here.model.say("Planted.")
    here.press("root", await here.hears("root", "wants to run shell"), "Approve")
    await here.hears("alice", "Planted.")
    code = await here.store.fetchval("select code from nexora_approval_requests")
    assert files(here) == {"a": "one\n"}

    here.say("alice", f"/undo {code}")
    await here.hears("alice", "Taken back")

    assert files(here) == {}
