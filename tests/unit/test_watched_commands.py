"""A command on a layer of its workspace, its weight beside the gateway's own work, and what has it stopped."""

import os
from pathlib import Path

import pytest

from agents.sandbox import Sandbox, SandboxLevel, choice, plans
from agents.sandbox.limits import CommandLimits
from agents.sandbox.overlays import remove_work
from tests.conftest import unavailable

HIGHEST = 19


def sandboxes() -> list[Sandbox]:
    """Every way of containing that might work here, and none."""
    return [*choice._candidates(CommandLimits()), Sandbox(level=SandboxLevel.NONE)]


@pytest.fixture(params=sandboxes(), ids=lambda each: f"{each.level}-{each.hardened}-{each.overlays}")
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    if not request.param.works():
        unavailable(f"{request.param.level} does not work here")
    return request.param


async def test_a_command_on_a_layer_changes_nothing_of_its_workspace(sandbox: Sandbox, tmp_path: Path):
    workspace = tmp_path / "workspace"
    overlay = plans.Overlay(upper=tmp_path / "upper", work=tmp_path / "work")
    for each in (workspace, overlay.upper, overlay.work):
        each.mkdir()
    (workspace / "old").write_text("old")
    if not sandbox.overlays:
        assert not sandbox.layers_in(tmp_path)
        return

    done = await sandbox.run(
        "rm old; echo new >new; ls; ls ..", workspace=workspace, timeout_seconds=10, overlay=overlay
    )

    assert done.output == "new\nworkspace\n"
    assert [each.name for each in workspace.iterdir()] == ["old"]
    assert (overlay.upper / "new").read_text() == "new\n"
    remove_work(overlay.work)
    assert not overlay.work.exists()
    assert sandbox.layers_in(workspace)
    assert [each.name for each in workspace.iterdir()] == ["old"]


async def test_a_command_stands_back_behind_the_gateway(sandbox: Sandbox, tmp_path: Path):
    done = await sandbox.run("nice", workspace=tmp_path, timeout_seconds=10, approved=True)

    assert int(done.output) == min(HIGHEST, os.nice(0) + sandbox.limits.niceness)
    assert sandbox.limits.niceness > 0


async def test_whoever_watches_a_command_can_have_it_stopped(sandbox: Sandbox, tmp_path: Path):
    async def watch() -> str:
        return "it was stopped because the disk is full" if (tmp_path / "big").exists() else ""

    done = await sandbox.run("touch big; sleep 20", workspace=tmp_path, timeout_seconds=10, approved=True, watch=watch)

    assert done.stopped == "it was stopped because the disk is full"
    assert done.exit_code == 137
