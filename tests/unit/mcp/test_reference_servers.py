"""Servers that we did not write."""

import json
from pathlib import Path

import pytest

from agents.sandbox import choose
from agents.tools.tool import ToolContext
from tests.platforms.mcp.reference import HAS_NODE, everything_server, time_server
from tests.unit.mcp.scene import ANN, Scene, playing


@pytest.fixture
async def scene(tmp_path: Path):
    async with playing(tmp_path, choose()) as scene:
        yield scene


async def called(scene: Scene, server: str, tool: str, **arguments):
    context = ToolContext(person=ANN, agent="a", conversation="a", workspace=scene.folder / "work", report=scene.report)
    (found,) = [each for each in scene.servers.tools(server) if each.name == f"{server}__{tool}"]
    assert not found.check(arguments)
    return await found.run(context, arguments)


async def test_the_server_for_the_time_tells_it(scene):
    await scene.put(time_server())

    told = await called(scene, "time", "get_current_time", timezone="Asia/Shanghai")
    wrong = await called(scene, "time", "get_current_time", timezone="Nowhere/Land")

    assert json.loads(told.text)["datetime"].endswith("+08:00")
    assert not wrong.ok
    assert "Nowhere/Land" in wrong.text


if HAS_NODE:

    async def test_the_server_with_everything_is_understood(scene):
        await scene.put(everything_server())

        assert (await called(scene, "everything", "echo", message="hi")).text == "Echo: hi"
        assert len((await called(scene, "everything", "get-tiny-image")).pictures) == 1
        assert (
            "saved as fetched/"
            in (await called(scene, "everything", "get-resource-reference", resourceType="Blob", resourceId=1)).text
        )
        await called(scene, "everything", "trigger-long-running-operation", duration=0.2, steps=2)
        assert scene.reported[-1] == "\n1/2\n2/2\n"
