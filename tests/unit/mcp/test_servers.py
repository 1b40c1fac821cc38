"""Servers that misbehave, in a real sandbox: what they do to a call, to the gateway, and to each other."""

import asyncio
import json
import resource
from dataclasses import replace

import pytest
from mcp_types import ElicitResult

from agents.mcp.definition import ActsAs
from agents.mcp.ending import ServerFailed
from agents.mcp.listing import ListingRefused
from agents.mcp.ways import NoSecrets
from agents.sandbox import choose
from tests.unit.mcp.scene import ANN, BEN, misbehaving, playing


@pytest.fixture(scope="module")
def sandbox():
    return choose()


@pytest.fixture
async def scene(tmp_path, sandbox):
    async with playing(tmp_path, sandbox) as scene:
        yield scene


async def test_a_call_is_answered_and_everybody_has_the_same_process(scene):
    await scene.put(misbehaving())

    first, second = await asyncio.gather(scene.call("odd", "one", ANN), scene.call("odd", "two", BEN, room="b"))

    assert (first.ok, second.ok) == (True, True)
    assert first.text.split()[1:] + second.text.split()[1:] == ["one", "two"]
    assert first.text.split()[0] == second.text.split()[0]
    assert scene.servers.tools("odd")[0].name == "odd__echo"


async def test_whoever_acts_as_a_person_has_a_process_of_their_own(scene):
    await scene.put(misbehaving(acts_as=ActsAs.PERSON))

    first, second = await scene.call("odd", "one", ANN), await scene.call("odd", "two", BEN)

    assert first.ok
    assert second.ok
    assert scene.servers.states[0].sessions == 2
    homes = [scene.folder / "servers" / "odd" / f"home-{person.id.hex}" for person in (ANN, BEN)]
    assert all((home / "told.jsonl").exists() for home in homes)


async def test_what_is_no_message_is_passed_over_and_too_much_of_it_ends_the_server(scene):
    await scene.put(misbehaving())

    assert (await scene.call("odd", "noise")).ok
    ended = await scene.call("odd", "garbage")
    assert not ended.ok
    assert "lines that are no messages" in ended.text


async def test_fifty_megabytes_at_once_do_not_make_the_gateway_grow(scene):
    await scene.put(misbehaving())
    await scene.call("odd", "warm")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    ended = await scene.call("odd", "flood")

    assert "it said more than 8 MB at once" in ended.text
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024


async def test_a_server_that_dies_says_why_and_is_started_again_after_a_while(scene):
    await scene.put(misbehaving())

    read = await scene.call("odd", "die", tool=0)
    assert read.text.endswith("it ended by itself: I am out of memory.")
    scene.seconds += 1
    assert (await scene.call("odd", "back")).ok

    written = await scene.call("odd", "die", tool=1)
    assert "nobody knows what it did. Do not repeat it" in written.text
    scene.seconds += 1
    await scene.call("odd", "die")
    refused = await scene.call("odd", "again")
    assert "failed 2 times, and is started again in 2 s: it ended by itself: I am out of memory" in refused.text
    assert not refused.ran


async def test_a_call_that_is_never_answered_ends_in_time_and_the_server_is_told(scene):
    await scene.put(misbehaving(timeout_seconds=1.0))

    late = await scene.call("odd", "nothing")

    assert late.text == "odd took too long to answer the call of echo."
    assert (await scene.call("odd", "next")).ok
    assert "notifications/cancelled" in scene.told("odd")


async def test_progress_is_shown_and_a_stop_reaches_the_server(scene):
    await scene.put(misbehaving())
    call = asyncio.create_task(scene.call("odd", "slow"))
    while len(scene.reported) < 3:  # noqa: ASYNC110  # what is waited for has no event
        await asyncio.sleep(0.01)

    call.cancel()
    await asyncio.wait({call})

    assert scene.reported[-1].endswith("3/3 part 3\n")
    assert (await scene.call("odd", "next")).ok
    assert "notifications/cancelled" in scene.told("odd")


async def test_a_rug_that_is_pulled_holds_the_tool_until_somebody_has_looked(scene):
    server = await scene.put(misbehaving("pulls-rug"))
    assert (await scene.call("odd", "one")).ok
    assert (await scene.call("odd", "within a minute")).ok

    scene.seconds += 61
    held = await scene.call("odd", "two")

    assert (held.ok, held.ran, held.refused) == (False, False, "server.held")
    assert "held until somebody has looked at it" in held.text
    assert (await scene.call("odd", "other tool", tool=1)).ok
    await scene.call("odd", "three")
    assert scene.changes == [("odd", "Described otherwise: echo")]
    await scene.put(server)
    assert (await scene.call("odd", "approved anew")).ok


async def test_a_server_that_says_so_itself_is_looked_at_before_the_next_call(scene):
    await scene.put(misbehaving("renames"))
    await scene.call("odd", "changed")

    held = await scene.call("odd", "next")

    assert not held.ran
    assert scene.changes == [("odd", "Renamed: echo → repeat")]


async def test_nothing_of_the_gateway_reaches_a_server(scene, monkeypatch):
    monkeypatch.setenv("NEXORA_TOKEN", "of the gateway")
    await scene.put(misbehaving(env={"LEVEL": "debug", "LD_PRELOAD": "/nowhere.so"}))

    environment = json.loads((await scene.call("odd", "environment")).text)

    assert environment["LEVEL"] == "debug"
    assert environment["HOME"] == str(scene.folder / "servers" / "odd" / "home")
    assert not [name for name in environment if name.startswith("NEXORA")]


async def test_a_question_that_nobody_can_answer_is_declined(scene):
    await scene.put(misbehaving())

    assert "Elicitation not supported" in (await scene.call("odd", "ask")).text


async def test_of_calls_side_by_side_by_its_pipes_nobody_is_asked_for_it_does_not_say_whose_it_is(tmp_path, sandbox):
    async with playing(tmp_path, sandbox, secrets=NoSecrets()) as scene:
        scene.answer = ElicitResult(action="accept", content={"colour": "red"})
        await scene.put(misbehaving())
        alone = await scene.call("odd", "ask")
        waiting = asyncio.create_task(scene.call("odd", "slow"))
        while not scene.reported:  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.01)
        beside = await scene.call("odd", "ask", BEN)
        waiting.cancel()

        assert json.loads(alone.text) == {"action": "accept", "content": {"colour": "red"}}
        assert json.loads(beside.text) == {"action": "decline"}
        assert scene.asked == [("ann", "Which?")]


async def test_a_picture_is_seen_and_kept_and_an_odd_answer_is_said_to_be_one(scene):
    await scene.put(misbehaving())

    seen = await scene.call("odd", "picture")
    odd = await scene.call("odd", "odd")

    assert [picture.media_type for picture in seen.pictures] == ["image/png"]
    (kept,) = (scene.folder / "work" / "fetched").iterdir()
    assert f"fetched/{kept.name}" in seen.text
    assert "a form that the protocol does not know" in odd.text


async def test_what_is_removed_ends_at_once_however_stubborn(scene):
    await scene.put(misbehaving("stays"))
    await scene.call("odd", "one")
    call = asyncio.create_task(scene.call("odd", "nothing"))
    await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await scene.servers.remove("odd")

    assert not (await call).ok
    assert scene.servers.tools("odd") == ()


async def test_an_idle_server_ends_and_comes_back_when_it_is_called(scene):
    await scene.put(misbehaving(idle_seconds=30.0))
    first = await scene.call("odd", "one")
    scene.seconds += 31

    scene.servers.sweep()
    assert scene.servers.states[0].sessions == 0

    second = await scene.call("odd", "two")
    assert second.ok
    assert second.text.split()[1] == "two"
    assert first.ok


async def test_too_many_tools_and_a_server_that_never_greets_are_refused(scene, monkeypatch):
    monkeypatch.setattr("agents.mcp.session.OPENING_SECONDS", 0.5)

    with pytest.raises(ServerFailed, match="deaf did not greet within"):
        await scene.servers.look(misbehaving("deaf", name="deaf"))
    monkeypatch.setattr("agents.mcp.session.OPENING_SECONDS", 20)
    with pytest.raises(ListingRefused, match="lists more than 128 tools"):
        await scene.servers.look(misbehaving("many"))


async def test_a_program_that_is_not_there_and_a_folder_of_ours_are_told(scene, tmp_path, sandbox):
    server = misbehaving()
    with pytest.raises(ServerFailed, match=r"odd did not start: .*nowhere"):
        await scene.servers.look(replace(server, transport=replace(server.transport, command="/nowhere")))
    async with playing(tmp_path / "two", sandbox, protected=[scene.folder]) as other:
        spy = replace(server.transport, folders=(str(scene.folder),))
        with pytest.raises(ServerFailed, match="the gateway keeps its own data there"):
            await other.servers.look(replace(server, transport=spy))


async def test_every_means_of_containing_runs_a_server_and_none_at_all_runs_only_an_approved_one(tmp_path):
    server = misbehaving(env={"LEVEL": 'it\'s "$HOME"'})
    async with playing(tmp_path / "landlock", choose("landlock")) as scene:
        await scene.put(server)
        assert json.loads((await scene.call("odd", "environment")).text)["LEVEL"] == 'it\'s "$HOME"'
    async with playing(tmp_path / "none", choose("approval")) as scene:
        with pytest.raises(ServerFailed, match="cannot be tried: there is no sandbox on this machine"):
            await scene.servers.look(server)
        await scene.put(replace(server, approved="a digest"))
        assert (await scene.call("odd", "hello")).ok


async def test_what_is_only_looked_at_leaves_nothing_behind(scene):
    await scene.servers.look(misbehaving(name="tried"))

    assert list((scene.folder / "servers" / "tried").iterdir()) == []
