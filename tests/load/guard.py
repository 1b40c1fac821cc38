"""What the guard and the sandbox cost, and how often the guard gets in the way, without any message.

The floor of a contained `true` is bubblewrap with nothing but its namespaces.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

from aiohttp.resolver import ThreadedResolver

from agents.layers import Layers
from agents.proxy import Proxy, TrafficBounds
from agents.sandbox import Sandbox, SandboxLevel, choose
from agents.sandbox.plans import ProxyListener
from governance.egress.hosts import NOTHING
from governance.shell import read_command
from tests.guard.judging import LISTED, PROTECTED, WORKSPACE, tally
from tests.guard.lines import HELD_OUT, Line, lines
from tests.load.scenarios import DidNotAnswer, Stage, Taken
from tests.unit.bench_shell import long_commands, p99

FILES, FOLDERS = 10_000, 100
_BARE = ("--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev")


async def guard(stage: Stage) -> Taken:
    """Verdicts on the sets, on commands of 64 KB, and starts of a `true` in the sandbox."""
    sandbox = await asyncio.to_thread(choose)
    starts = stage.many(60, 20)
    if stage.is_floor:
        return await _bare(sandbox, starts)
    measured = {**await _asking(), **_speed(stage.many(5, 3)), **await _contained(sandbox, starts)}
    with tempfile.TemporaryDirectory(prefix="nexora-bench-", dir=stage.folder) as folder:
        return {**measured, **await _layered(sandbox, Path(folder), stage.many(30, 10))}


def _both(name: str) -> list[Line]:
    return [line for part in ("", HELD_OUT) for line in lines(f"{name}{part}")]


async def _asking() -> Taken:
    everyday, dangerous = _both("everyday"), _both("dangerous")
    asking, listed = await tally(everyday), await tally(everyday, LISTED)
    alone = await tally(line for line in everyday if not line.needs_network)
    return {
        "guard_asks": asking.percent("asks"),
        "guard_asks_listed": listed.percent("asks"),
        "guard_asks_alone": alone.percent("asks"),
        "guard_free": (await tally(dangerous)).percent("free"),
    }


def _speed(rounds: int) -> Taken:
    """Of each command the best of some rounds counts, for what comes between is the machine's."""
    commands = [line.command for name in ("everyday", "dangerous") for line in _both(name)]
    taken = [
        min(each) for each in zip(*([_milliseconds(text) for text in commands] for _ in range(rounds)), strict=True)
    ]
    long = [min(_milliseconds(text) for _ in range(3)) for text in long_commands().values()]
    return {"guard_rate": 1000 * len(taken) / sum(taken), "guard_p99": p99(taken), "guard_64k": max(long)}


def _milliseconds(command: str) -> float:
    began = time.perf_counter()
    read_command(command, WORKSPACE, contained=True, protected=PROTECTED, undoable=True)
    return (time.perf_counter() - began) * 1000


async def _bare(sandbox: Sandbox, starts: int) -> Taken:
    if sandbox.level is not SandboxLevel.BUBBLEWRAP:
        return {}

    async def start() -> None:
        process = await asyncio.create_subprocess_exec(sandbox.binary, *_BARE, "/bin/true")
        if await process.wait() != 0:
            raise DidNotAnswer("bare bubblewrap does not start")

    return {"sandbox_start": await _median(start, starts)}


async def _contained(sandbox: Sandbox, starts: int) -> Taken:
    if not sandbox.contained:
        return {}
    with tempfile.TemporaryDirectory(prefix="nexora-bench-") as folder:

        async def start(listener: ProxyListener | None = None) -> None:
            done = await sandbox.run("true", workspace=Path(folder), timeout_seconds=10, listener=listener)
            if done.exit_code != 0:
                raise DidNotAnswer(f"a contained `true` ended with {done.exit_code}: {done.output[:200]}")

        async def start_with_door() -> None:
            async with Proxy(NOTHING, ThreadedResolver(), TrafficBounds()) as proxy:
                await start(proxy.listener)

        measured = {"sandbox_start": await _median(start, starts)}
        return (
            {**measured, "sandbox_network": await _median(start_with_door, starts)}
            if sandbox.opens_proxies
            else measured
        )


async def _layered(sandbox: Sandbox, folder: Path, times: int) -> Taken:
    """The same call by turns in a large workspace itself, and on a layer that is merged after it."""
    layers = Layers(folder / "layers", sandbox)
    if not layers.is_apart:
        return {}
    workspace = await asyncio.to_thread(_large_workspace, folder / "workspace")
    plain, layered = [], []
    for number in range(times):
        command = f"for n in 0 1 2 3 4 5 6 7 8 9; do echo {number} > $n/$n.txt; done"
        began = time.perf_counter()
        await sandbox.run(command, workspace=workspace, timeout_seconds=10)
        plain.append((time.perf_counter() - began) * 1000)
        command = command.replace("echo", "echo layered")
        began = time.perf_counter()
        layer = await layers.open(workspace, uuid4())
        await sandbox.run(command, workspace=workspace, timeout_seconds=10, overlay=layer.view)
        await layer.merge()
        layered.append((time.perf_counter() - began) * 1000)
        if (workspace / "9" / "9.txt").read_text(encoding="utf-8") != f"layered {number}\n":
            raise DidNotAnswer("what a call changed on a layer was not merged")
    more = statistics.median(layered) - statistics.median(plain)
    return {"layer_without": statistics.median(plain), "layer_call": statistics.median(layered), "layer_more": more}


def _large_workspace(workspace: Path) -> Path:
    for number in range(FILES):
        file = workspace / str(number % FOLDERS) / f"{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"line {number}\n", encoding="utf-8")
    return workspace


async def _median(start: Callable[[], Awaitable[None]], times: int) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await start()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)
