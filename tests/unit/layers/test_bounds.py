"""What calls may fill: measured while a command runs, which is stopped when it is too much and leaves nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agents.layers import LayerBounds, Layers
from agents.sandbox import choose
from agents.toolbox import toolbox
from agents.toolbox.shell import CommandTimes
from governance.egress.egress import AllowList, Egress
from tests.conftest import unavailable
from tests.unit.layers.test_layered_tools import Desk

MEGABYTE = 1 << 20
ENDLESS = "while true; do head -c 300000 /dev/zero >f$RANDOM$RANDOM; done"


@asynccontextmanager
async def desk(top: Path, **bounds: int) -> AsyncIterator[Desk]:
    """Tools in a workspace where no more than that may be filled."""
    sandbox = choose()
    if not sandbox.layers_in(top):
        unavailable("no overlays here")
    workspace = top / "workspaces" / "one"
    workspace.mkdir(parents=True)
    limits = LayerBounds(**({"reserve_bytes": 0} | bounds))
    layers = Layers(top / "layers", sandbox, bounds=limits)
    async with Egress(AllowList.of([])) as egress:
        yield Desk(
            toolbox(sandbox, egress, layers, outgoing=top / "out", times=CommandTimes(usual=20)), layers, workspace
        )


@pytest.mark.parametrize(
    ("bounds", "command", "why"),
    [
        ({"call_bytes": 20 * MEGABYTE}, ENDLESS, "20 MB in 50000 files are left for one call"),
        ({"call_files": 50}, "while true; do : >f$RANDOM$RANDOM; done", "1024 MB in 50 files are left"),
        ({"workspace_bytes": 20 * MEGABYTE}, ENDLESS, "20 MB in 50000 files are left for this workspace"),
        ({"person_bytes": 20 * MEGABYTE}, ENDLESS, "left for all workspaces of this person"),
    ],
)
async def test_a_command_that_writes_too_much_is_stopped_and_leaves_nothing(
    tmp_path: Path, bounds: dict[str, int], command: str, why: str
):
    async with desk(tmp_path, **bounds) as here:
        begun = time.monotonic()
        said = await here("shell", command=command)

        assert time.monotonic() - begun < 60  # it would go on for ever
        assert why in said
        assert "nothing of what it did was taken over" in said
        assert here.names() == set()
        assert list(here.layers.history_of(here.workspace).glob("0*")) == []


async def test_a_quick_command_that_wrote_too_much_is_found_out_at_its_end(tmp_path: Path):
    async with desk(tmp_path, call_bytes=MEGABYTE) as here:
        said = await here("shell", command="head -c 3000000 /dev/zero >big")

        assert "are left for one call" in said
        assert here.names() == set()


async def test_in_a_full_workspace_files_can_still_be_removed(tmp_path: Path):
    async with desk(tmp_path, workspace_bytes=3 * MEGABYTE) as here:
        await here("shell", command="mkdir d; head -c 2900000 /dev/zero >d/big")
        here.layers._disk.measure(here.workspace, "")

        assert "are left for this workspace" in await here("shell", command="head -c 400000 /dev/zero >more")
        (here.workspace / "by hand").write_bytes(bytes(400_000))
        here.layers._disk.measure(here.workspace, "")
        assert "nothing is left for this workspace" in await here("write_file", path="a", content="x")
        assert await here("shell", command="rm d/big") == "(no output)\nexit 0"
        here.layers._disk.measure(here.workspace, "")
        assert "Wrote a" in await here("write_file", path="a", content="x")


async def test_a_workspace_is_measured_while_its_commands_run(tmp_path: Path):
    async with desk(tmp_path) as here:
        (here.workspace / "by hand").write_bytes(bytes(400_000))
        await here("shell", command="true")
        usage = here.layers.history_of(here.workspace) / "usage.json"
        async with asyncio.timeout(5):
            while not usage.exists():  # noqa: ASYNC110  # a file has no event
                await asyncio.sleep(0.01)

        assert 400_000 <= here.layers._disk._usage("one").size_bytes < 500_000


async def test_nothing_is_written_when_the_reserve_of_the_disk_is_reached(tmp_path: Path):
    async with desk(tmp_path, reserve_bytes=1 << 60) as here:
        for said in (await here("shell", command="echo x >a"), await here("write_file", path="a", content="x")):
            assert "the disk is nearly full" in said.lower()
        assert here.names() == set()


async def test_sparse_files_count_as_what_they_take(tmp_path: Path):
    async with desk(tmp_path, call_bytes=MEGABYTE) as here:
        assert await here("shell", command="truncate -s 100M sparse") == "(no output)\nexit 0"
        assert here.names() == {"sparse"}
