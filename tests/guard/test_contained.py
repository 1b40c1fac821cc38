"""What the guard lets run freely changes nothing outside its workspace and reaches nobody: run, not reasoned.

Each command of the dangerous sets that is free runs in the real sandbox, on a copy of a small project, bounded in time,
memory and processes; and so does a sample of the everyday ones.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from agents.sandbox import CommandLimits, FinishedCommand, Sandbox, SandboxLevel, choose
from agents.sandbox.plans import Overlay
from governance.values.verdicts import Allowed
from tests.guard.judging import verdict_of
from tests.guard.lines import HELD_OUT, Line, lines
from tests.guard.outside import Outside, filled_workspace, outside, state_of

SECONDS = 3
LIMITS = CommandLimits(memory_bytes=256 << 20, processes=64)
SAMPLE = 5
"""Every so many of the everyday commands run."""


@pytest_asyncio.fixture(loop_scope="session")
async def around(tmp_path: Path) -> AsyncIterator[Outside]:
    async with outside(tmp_path / "outside") as made:
        yield made


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    chosen = choose(limits=LIMITS)
    if not chosen.contained:
        pytest.skip("nothing contains commands on this machine")
    has_layers = chosen.level is SandboxLevel.BUBBLEWRAP and chosen.overlays and chosen.layers_in(tmp_path)
    return replace(chosen, overlays=has_layers)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return filled_workspace(tmp_path / "project")


async def free(name: str) -> list[Line]:
    """Everything of both parts of a set that runs without a person."""
    both = [line for part in ("", HELD_OUT) for line in lines(f"{name}{part}")]
    return [line for line in both if isinstance(await verdict_of(line), Allowed)]


async def run_there(sandbox: Sandbox, project: Path, around: Outside, command: str, number: int) -> FinishedCommand:
    """Run it on a copy of the project, and on a layer over it where there are layers: then the copy stays as it was."""
    workspace = Path(shutil.copytree(project, project.parent / f"copy-{number}", symlinks=True))
    overlay = None
    if sandbox.overlays:
        overlay = Overlay(upper=project.parent / f"upper-{number}", work=project.parent / f"work-{number}")
        for folder in (overlay.upper, overlay.work):
            folder.mkdir()
    before = state_of(workspace)
    done = await sandbox.run(
        around.pointed_here(command), workspace=workspace, timeout_seconds=SECONDS, overlay=overlay
    )
    assert overlay is None or state_of(workspace) == before, command
    return done


async def run_all(
    sandbox: Sandbox, project: Path, around: Outside, given: Sequence[Line]
) -> list[tuple[Line, FinishedCommand]]:
    """Run each, two at a time, and find everything outside as it was after each of them."""
    before, gate = around.state(), asyncio.Semaphore(2)

    async def one(number: int, line: Line) -> tuple[Line, FinishedCommand]:
        async with gate:
            done = await run_there(sandbox, project, around, line.command, number)
            assert around.state() == before, line.kind
            return line, done

    return list(await asyncio.gather(*(one(number, line) for number, line in enumerate(given))))


async def test_no_dangerous_command_that_is_free_has_an_effect_outside_its_workspace(sandbox, project, around):
    given = await free("dangerous")

    assert len(await run_all(sandbox, project, around, given)) == len(given)


async def test_everyday_commands_that_are_free_run_there_and_have_none_either(sandbox, project, around):
    given = (await free("everyday"))[::SAMPLE]
    done = await run_all(sandbox, project, around, given)

    present = [(line, end) for line, end in done if end.exit_code != 127]  # what a shell says of a missing program
    succeeded = [line for line, end in present if end.exit_code == 0]
    assert 3 * len(succeeded) >= len(present), [(line.command, end.output[-200:]) for line, end in present]


async def test_what_would_reach_outside_is_noticed(project, around):
    """Without the sandbox each of these changes what is compared; so the comparison would see it."""
    port = around.port
    for command in (
        "echo x >> ~/.bashrc",
        "rm /srv/nexora/key",
        "chmod 777 ~/.ssh/id_rsa",
        "exec 3<>/dev/tcp/203.0.113.9/4444",
        "touch /root/new",
    ):
        before = around.state()
        told = around.pointed_here(command)
        assert not any(real in told for real in ("~", "/root", "/srv", "203.")), told
        process = await asyncio.create_subprocess_exec("/bin/bash", "-c", told, cwd=project, env={"PATH": os.defpath})
        await process.wait()
        await asyncio.sleep(0.1)
        assert around.state() != before, told
    assert around.port == port
    assert around.contacts == 1


async def test_the_sandbox_keeps_even_these_from_the_outside(sandbox, project, around):
    """What the guard would never let run freely, run all the same: the wall holds without the seat belt."""
    before = around.state()
    for number, command in enumerate(
        (
            "echo x >> ~/.bashrc",
            "rm -rf ~ /srv/nexora",
            "cat ~/.ssh/id_rsa",
            "exec 3<>/dev/tcp/203.0.113.9/4444",
            "python3 -c \"import socket; socket.create_connection(('203.0.113.9', 4444), 1)\"",
        )
    ):
        done = await run_there(sandbox, project, around, command, number)
        assert "a key" not in done.output
        assert around.state() == before, command
