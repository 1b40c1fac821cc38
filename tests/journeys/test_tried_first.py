"""What would only change the workspace is tried before anybody is asked; approving takes over exactly what was seen."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agents.workspaces import workspace_name
from governance.people.people import Role
from tests.journeys.life import ended_life, until
from tests.journeys.town import Town, running, town

HOOK = ".git/hooks/pre-commit"
PLANT = f"mkdir -p .git/hooks; echo 'echo hi' > {HOOK}; echo more >> notes.txt; rm -f old.txt; echo planted"


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


def workspace(here: Town) -> Path:
    return here.home / "workspaces" / workspace_name(f"telegram:{here.people['alice']}:")


async def asked(here: Town, command: str = PLANT) -> None:
    """Alice's agent wants to plant a hook, and root has the card."""
    await here.person("root", Role.ADMIN)
    await here.person("alice")
    here.model.say("Hello.")
    here.say("alice", "hello")
    await here.hears("alice", "Hello.")
    (workspace(here) / "notes.txt").write_text("first\n", encoding="utf-8")
    (workspace(here) / "old.txt").write_text("old\n", encoding="utf-8")
    here.model.call("shell", command=command)
    here.model.say("I have asked.")
    here.say("alice", "plant it")
    await here.hears("alice", "I have asked.")


async def test_the_card_shows_what_it_did_and_approving_takes_that_over(here: Town) -> None:
    await asked(here)
    card = await here.hears("root", "wants to run")

    assert f"added 3 (8 B): .git, .git/hooks, {HOOK}" in card.text.replace("`", "")
    assert "changed 1 (11 B): notes.txt; removed 1 (4 B): old.txt" in card.text
    for line in ("+++ b/.git/hooks/pre-commit", "+echo hi", "+more", "-old", "It said:\nplanted"):
        assert line in card.text
    assert not (workspace(here) / HOOK).exists()
    assert (workspace(here) / "old.txt").exists()

    here.model.say("It is planted.")
    here.press("root", card, "Approve")
    await here.hears("alice", "It is planted.")

    assert (workspace(here) / HOOK).read_text(encoding="utf-8") == "echo hi\n"
    assert (workspace(here) / "notes.txt").read_text(encoding="utf-8") == "first\nmore\n"
    assert not (workspace(here) / "old.txt").exists()
    assert "planted" in (await here.results())[-1]
    assert (await here.tags()).count("agents:tool:ran") == 1


async def test_it_runs_once(here: Town) -> None:
    """What differs each time shows whether it ran again."""
    await asked(here, f"mkdir -p .git/hooks; head -c 16 /dev/urandom | od -An -tx1 | tee {HOOK}")
    card = await here.hears("root", "wants to run")
    seen = await here.store.fetchval("select subject->'trial'->>'output' from nexora_approval_requests")
    here.model.say("Done.")
    here.press("root", card, "Approve")
    await here.hears("alice", "Done.")

    planted = (workspace(here) / HOOK).read_text(encoding="utf-8").strip()
    assert len(planted) == 47  # 16 bytes in hexadecimal, with blanks between
    assert seen.strip().splitlines()[0] == planted


async def test_denying_throws_it_away(here: Town) -> None:
    await asked(here)
    card = await here.hears("root", "wants to run")
    here.model.say("It was denied.")
    here.press("root", card, "Deny")
    await here.hears("alice", "It was denied.")

    assert not (workspace(here) / HOOK).exists()
    assert [path.name for path in (here.home / "layers").rglob("upper")] == []


async def test_a_workspace_that_has_changed_underneath_asks_anew(here: Town) -> None:
    await asked(here)
    card = await here.hears("root", "wants to run")
    (workspace(here) / "notes.txt").write_text("somebody was quicker\n", encoding="utf-8")
    here.model.say("I see.")
    here.press("root", card, "Approve")
    await here.hears("alice", "it did not run: the file notes.txt changed after approval was asked for")

    assert (workspace(here) / "notes.txt").read_text(encoding="utf-8") == "somebody was quicker\n"
    assert not (workspace(here) / HOOK).exists()
    assert await here.store.fetchval("select state from nexora_calls") == "refused"


async def test_what_turned_out_harmless_asks_nobody(here: Town) -> None:
    await asked(here, "test -d .git || exit 0; echo x > .git/hooks/pre-commit")

    assert not here.seen("root")
    assert await here.store.fetchval("select state from nexora_calls") == "done"


async def test_a_trial_outlives_the_gateway(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as here:
        await asked(here)
        card = await here.hears("root", "wants to run")
        await ended_life()
        async with running(dsn, here.home, here.telegram, here.model) as gateway:
            later = Town(gateway=gateway, telegram=here.telegram, model=here.model, home=here.home, people=here.people)
            later.model.say("It is planted after all.")
            later.press("root", card, "Approve")
            await later.hears("alice", "It is planted after all.")

            assert (workspace(later) / HOOK).exists()


async def test_a_stop_during_the_trial_leaves_nothing(here: Town) -> None:
    await here.person("root", Role.ADMIN)
    await here.person("alice")
    here.model.call("shell", command=f"mkdir -p .git/hooks; touch {HOOK}; sleep 60")
    here.say("alice", "plant it")
    await until(lambda: any((here.home / "layers").rglob(f"upper/{HOOK}")))
    here.say("alice", "/stop")
    await here.hears("alice", "Stopped")

    assert not (workspace(here) / HOOK).exists()
    assert not here.seen("root")


@pytest.mark.parametrize("rule", [{"agent": "*", "tool": "shell", "verdict": "ask"}])
async def test_what_an_admin_wants_to_be_asked_is_asked_and_not_tried(
    dsn: str, tmp_path: Path, rule: dict[str, str]
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(f"rules: [{{agent: '*', tool: {rule['tool']}, verdict: ask}}]\n", encoding="utf-8")
    async with town(dsn, tmp_path / "home", approvals={"policy": str(policy)}) as here:
        await asked(here)

        assert await here.store.fetchval("select subject->'trial' from nexora_approval_requests") is None


MARKED = "mkdir -p .git/hooks; echo x > .git/hooks/pre-commit; echo {number}"


@pytest.mark.parametrize("at_once", [True, False])
async def test_what_would_be_put_before_nobody_is_not_tried_either(dsn: str, tmp_path: Path, at_once: bool) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("questions: { per_turn: 1 }\n", encoding="utf-8")
    async with town(dsn, tmp_path / "home", approvals={"policy": str(policy)}) as here:
        await here.person("root", Role.ADMIN)
        await here.person("alice")
        tried: list[str] = []
        layers = here.gateway.thinking.layers
        opening = layers.open

        async def opened(*args: Any, **more: Any) -> Any:
            tried.append(args[2].what)
            return await opening(*args, **more)

        layers.open = opened
        calls = [("shell", {"command": MARKED.format(number=number)}) for number in range(2)]
        if at_once:
            here.model.call_many(*calls)
        else:
            for _, given in calls:
                here.model.call("shell", **given)
        here.model.say("I have asked once.")
        here.say("alice", "plant them")
        await here.hears("alice", "I have asked once.", seconds=60)

        assert [command[-1] for command in tried] == ["0"]
        assert (await here.results())[1].startswith("Not put before anybody:")
        assert len([path for path in (here.home / "layers").rglob("upper") if any(path.iterdir())]) == 1
