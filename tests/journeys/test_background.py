"""A command goes on after its call: its output is read later, its end is told, and none is lost in silence."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.journeys.town import Town, town, until
from tests.platforms.model import calling


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        yield built


def inside(here: Town, name: str) -> bool:
    return any((here.home / "workspaces").glob(f"*/{name}"))


async def begin(here: Town, command: str) -> None:
    """Alice's agent begins it, and her turn ends."""
    await here.person("alice")
    here.model.script(calling("shell", command=command, background=True))
    here.model.say("It runs.")
    here.say("alice", "begin it")
    await here.hears("alice", "It runs.", seconds=20)


async def ask(here: Town, name: str, **arguments: object) -> str:
    """What the model is told by a tool in a turn of its own."""
    here.model.script(calling(name, **arguments))
    here.model.say(f"Looked with {name} {len(here.model.requests)}.")
    here.say("alice", "look")
    await here.hears("alice", f"Looked with {name} {len(here.model.requests)}.", seconds=20)
    return (await here.results())[-1]


async def test_the_end_of_a_command_is_told_in_one_line_and_the_model_learns_of_it_at_the_next_turn(here: Town) -> None:
    await begin(here, "echo one; sleep 1; echo two >made; echo two; exit 3")
    begun = (await here.results())[-1]
    told = await here.hears("alice", "b1 in the background has ended", seconds=30)
    requests = len(here.model.requests)
    here.model.say("I see.")
    here.say("alice", "and?")
    await here.hears("alice", "I see.")

    assert begun.startswith("b1 runs in the background, for 3600 s at most")
    assert told.text.startswith("❖ b1 in the background has ended: exit 3 · ")
    assert "echo one; sleep 1" in told.text
    assert len(here.model.requests) == requests + 1, "no turn began by itself"
    said = here.model.requests[-1]["messages"][-1]["content"]
    assert said.startswith("[Nexora] b1, in the background, has ended: exit 3")
    assert ".nexora/out/1.txt" in said
    assert said.endswith("and?")
    assert inside(here, "made")
    assert "agents:background:ended" in await here.tags()

    assert (await ask(here, "shell_output", id="b1")).startswith("one\ntwo\nexit 3 · ")
    assert "[Nexora]" not in here.model.requests[-2]["messages"][-1]["content"], "told once"


async def test_output_is_read_bit_by_bit_and_a_stop_by_the_agent_keeps_what_it_did(here: Town) -> None:
    await begin(here, "echo first; touch made; sleep 1000")
    rows = "select state = 'running' from nexora_background"
    await here.until_stored(rows)

    first = await ask(here, "shell_output", id="b1", wait=1)
    again = await ask(here, "shell_output", id="1")
    before = inside(here, "made")
    stopped = await ask(here, "shell_stop", id="b1")

    assert first.startswith("first\nrunning · ")
    assert again.startswith("(nothing new)\nrunning · ")
    assert not before
    assert "it was stopped" in stopped
    assert inside(here, "made")
    assert not [message for message in here.seen("alice") if "background" in message.text], "nobody was told twice"
    assert (await ask(here, "shell_output", id="b7")).startswith("there is no b7 here; there are b1 (stopped)")


async def test_a_person_who_says_stop_ends_it_and_nothing_of_it_is_taken_over(here: Town) -> None:
    await begin(here, "touch made; sleep 1000")
    await here.until_stored("select state = 'running' from nexora_background")
    here.say("alice", "/stop")
    await here.hears("alice", "I stopped.")
    await here.hears("alice", "b1 in the background was stopped", seconds=20)

    assert not inside(here, "made")
    assert await here.store.fetchval("select how from nexora_background") == (
        "a person stopped it; nothing of what it did was taken over"
    )


async def test_only_three_run_in_one_conversation(here: Town) -> None:
    await here.person("alice")
    here.model.script(*[calling("shell", command=f"sleep 100{number}", background=True) for number in range(4)])
    here.model.say("Begun.")
    here.say("alice", "begin four")
    await here.hears("alice", "Begun.", seconds=20)
    results = await here.results()

    assert [result.partition(" ")[0] for result in results[:3]] == ["b1", "b2", "b3"]
    assert results[3].startswith("3 commands run in the background of this conversation already")


async def test_one_that_was_approved_is_judged_as_any_command(here: Town) -> None:
    await here.person("alice")
    here.model.script(calling("shell", command="rm -rf /", background=True))
    here.model.say("No.")
    here.say("alice", "begin it")
    await here.hears("alice", "No.", seconds=20)

    assert (await here.results())[-1].startswith("Refused:")
    assert await here.store.fetchval("select count(*) from nexora_background") == 0


async def test_a_gateway_that_stops_ends_it_and_the_next_one_says_so(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as here:
        await begin(here, "touch made; sleep 1000")
        await here.until_stored("select state = 'running' from nexora_background")
        await here.gateway.thinking.backgrounds.close()
        await here.hears("alice", "b1 in the background was ended, because Nexora stopped", seconds=20)

        assert not inside(here, "made")
        assert await here.store.fetchval("select state from nexora_background") == "ended"
        here.model.say("I know.")
        here.say("alice", "well?")
        await here.hears("alice", "I know.")
        said = here.model.requests[-1]["messages"][-1]["content"]
        assert said.startswith(
            "[Nexora] b1, in the background, has ended: Nexora was stopped, and the command with it."
        )


async def test_what_a_gateway_that_died_was_running_is_told_by_the_next(here: Town, dsn: str, tmp_path: Path) -> None:
    await begin(here, "touch made; sleep 1000")
    await here.until_stored("select state = 'running' from nexora_background")
    await here.store.fetch("update nexora_background set owner = 'a gateway that died'")

    await here.hears("alice", "b1 in the background is gone, because the gateway that ran it died", seconds=30)
    (running_one,) = here.gateway.thinking.backgrounds._running.values()
    running_one.stop = "model"
    await until(lambda: not here.gateway.thinking.backgrounds._running, 20)

    assert not inside(here, "made"), "a row that is not ours lets nothing into the workspace"
    assert await here.store.fetchval("select state from nexora_background") == "lost"
