"""The tools that change a workspace, through the history: stopped, timed out, run by an approval, undone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from agents.layers import Layers
from agents.sandbox import choose
from agents.toolbox import toolbox
from agents.toolbox.shell import CommandTimes
from agents.tools.tool import Tool, ToolContext
from governance.egress.egress import AllowList, Egress
from governance.people.people import Person, Role
from governance.record.fence import Fence, LeaseLost, act_under
from tests.conftest import unavailable


class Desk:
    """The tools at one workspace."""

    def __init__(self, tools: tuple[Tool, ...], layers: Layers, workspace: Path) -> None:
        self.layers = layers
        self.workspace = workspace
        self._tools = {tool.name: tool for tool in tools}

    async def __call__(self, name: str, under: str = "", **arguments: object) -> str:
        person = Person(id=uuid4(), name="ann", display_name="Ann", role=Role.OPERATOR, language="en")
        context = ToolContext(
            person=person, agent="a", conversation="c", workspace=self.workspace, call=uuid4(), under=under
        )
        return (await self._tools[name].run(context, arguments)).text

    def names(self) -> set[str]:
        return {path.name for path in self.workspace.iterdir()}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    sandbox = choose()
    if not sandbox.layers_in(tmp_path):
        unavailable("no overlays here")
    workspace = tmp_path / "workspaces" / "one"
    workspace.mkdir(parents=True)
    layers = Layers(tmp_path / "layers", sandbox)
    async with Egress(AllowList.of([])) as egress:
        yield Desk(
            toolbox(sandbox, egress, layers, outgoing=tmp_path / "out", times=CommandTimes(usual=5)), layers, workspace
        )


async def test_every_tool_that_writes_is_in_the_history_with_what_it_did(desk: Desk):
    await desk("write_file", path="a.txt", content="one\n")
    await desk("edit_file", path="a.txt", old="one", new="two")
    await desk("shell", under="K7QM", command="echo three >a.txt; echo b >b.txt")

    entries = await desk.layers.history(desk.workspace)

    assert [(each.tool, each.what, each.under) for each in entries] == [
        ("write_file", "a.txt", ""),
        ("edit_file", "a.txt", ""),
        ("shell", "echo three >a.txt; echo b >b.txt", "K7QM"),
    ]
    await desk.layers.undo(desk.workspace, 2)
    assert (desk.workspace / "a.txt").read_text() == "one\n"
    assert desk.names() == {"a.txt"}


async def test_what_is_stopped_by_a_person_leaves_nothing(desk: Desk):
    running = asyncio.create_task(desk("shell", command="echo x >started; sleep 30"), name="a command")
    history = desk.layers.history_of(desk.workspace)
    while not list(history.glob("*/upper/started")):  # noqa: ASYNC110  # a file system tells nobody
        await asyncio.sleep(0.01)

    running.cancel()
    await asyncio.wait([running])

    assert desk.names() == set()
    assert list(history.glob("0*")) == []


async def test_what_runs_out_of_time_or_fails_is_kept_and_can_be_undone(desk: Desk):
    said = await desk("shell", command="echo x >half; exit 3")
    late = await desk("shell", command="echo x >late; sleep 30", timeout=0.5)

    assert said == "(no output)\nexit 3"
    assert "stopped after 0.5 s" in late
    assert desk.names() == {"half", "late"}
    await desk.layers.undo(desk.workspace, 2)
    assert desk.names() == set()


async def test_a_gateway_that_lost_its_turn_merges_nothing(desk: Desk):
    act_under(Fence(queue="q", id=1, owner="o", number=1, good_until=-1.0))

    said = await desk("shell", command="echo x >a")

    assert str(LeaseLost.__doc__) in said
    assert desk.names() == set()
