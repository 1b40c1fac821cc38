"""Runs a command in the conversation's workspace, in the sandbox that was chosen at start."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Annotated

from pydantic import Field

from agents.door import Door, Doors
from agents.door.dialling import UNLISTED
from agents.layers import Layers
from agents.sandbox import Sandbox
from agents.sandbox.limits import OnOutput
from agents.tool_schema import ToolFailed, tool
from agents.toolbox.layered import on_layer, settle
from agents.toolbox.output import how_it_ended, shown
from agents.tools import Tool, ToolContext, ToolResult
from governance.fence import must_hold
from governance.paths import judge_path
from governance.verdicts import Effect, Refused

GRACE_SECONDS = 5.0
REPORT_SECONDS = 2.0
REPORT_CHARACTERS = 1_500
NO_NETWORK = "This call has no network. If the command needs one, call again with network=true; fetch_url reads pages."
NO_DOOR = "Commands on this machine have no network, since bubblewrap does not work here. fetch_url reads web pages"
_BLOCKED = (
    "Blocked: {places}. Only hosts that are listed or were named on the card pass; to ask for these, call again with "
    "network=true and hosts=[{hosts}]."
)
_MOST_BLOCKED = 8
_SIGNS_OF_NO_NETWORK = (
    *("Could not resolve host", "Network is unreachable", "Temporary failure in name resolution", "EAI_AGAIN"),
    *("ENETUNREACH", "Name or service not known"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long a command may run, in seconds, when its call does not say so, and at the longest."""

    usual: float = 120.0
    longest: float = 600.0

    def of(self, wanted: float) -> tuple[float, str]:
        """So long a command may run that wants so much (0: the usual), and what is to be said of that."""
        longest = max(self.usual, self.longest)
        if wanted > longest:
            return longest, f"timeout was {wanted:g} s; {longest:g} s is the most, so it had that"
        return wanted or self.usual, ""


def shell_tool(sandbox: Sandbox, doors: Doors | None, layers: Layers, *, times: Times, output_limit_bytes: int) -> Tool:
    """The tool that runs commands. Without `doors` none of them has a network."""
    opened = doors if sandbox.opens_doors else None

    async def run_shell(
        context: ToolContext,
        command: str,
        *,
        timeout: Annotated[float, Field(ge=0, description="seconds, 600 at most")] = 0,  # noqa: ASYNC109  # passed on
        network: Annotated[bool, Field(description="HTTP(S), or a listed server; may ask")] = False,
        hosts: Annotated[tuple[str, ...], Field(description="that it reaches without naming")] = (),  # noqa: ARG001  # the guard reads it
        cwd: Annotated[str, Field(description="folder to start in")] = "",
    ) -> ToolResult:
        """Run a bash command in the workspace, without network unless asked for."""
        if network and sandbox.contained and opened is None:
            raise ToolFailed(NO_DOOR)
        seconds, capped = times.of(timeout)
        wanted = Wanted(command=command, folder=await asyncio.to_thread(_folder, context.workspace, cwd))
        result = await run_in(
            layers,
            sandbox,
            context,
            wanted,
            times=replace(times, usual=seconds),
            output_limit_bytes=output_limit_bytes,
            way_out=opened.open(context) if opened and context.network else None,
        )
        return replace(result, text=f"{result.text}\n({capped})") if capped else result

    longest, _ = times.of(float("inf"))
    return tool(run_shell, name="shell", effect=Effect.RUNS, subject="command", timeout_seconds=longest + GRACE_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A command, and the folder of the workspace in which it begins; empty for the workspace itself."""

    command: str
    folder: str = ""


def _folder(workspace: Path, cwd: str) -> str:
    """The folder to begin in, from the workspace, free of links. Raises ToolFailed. Blocks shortly."""
    if cwd in {"", ".", "./"}:
        return ""
    if isinstance(judge_path(cwd, workspace, writes=False), Refused):
        raise ToolFailed(f"cwd must be a folder of the workspace, as src is; {cwd} is outside")
    place = os.path.realpath(workspace / cwd)
    if not os.path.isdir(place):  # noqa: PTH112  # a string that is compared below
        raise ToolFailed(f"there is no folder {cwd} for cwd; list_files shows what there is, and cwd may be left out")
    inner = os.path.relpath(place, os.path.realpath(workspace))
    if inner == ".." or inner.startswith("../"):
        raise ToolFailed(f"cwd must be a folder of the workspace, as src is; {cwd} leads outside")
    return "" if inner == "." else inner


class _Progress:
    """Passes on the newest output of a command that takes long, not oftener than every few seconds."""

    def __init__(self) -> None:
        self._latest = ""
        self._changed = asyncio.Event()

    async def heard(self, text: str) -> None:
        self._latest += text
        if len(self._latest) > REPORT_CHARACTERS:
            self._latest = f"…{self._latest[-REPORT_CHARACTERS:]}"
        self._changed.set()

    async def pass_on(self, report: Callable[[str], Awaitable[None]], every_seconds: float) -> None:
        """Report for as long as this is not cancelled; a quick command is over before it was ever reported."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(every_seconds)
            self._changed.clear()
            await report(self._latest)


@asynccontextmanager
async def _reporting(context: ToolContext) -> AsyncIterator[OnOutput | None]:
    """Whom the sandbox tells of the output while the command runs; None when nobody wants to know."""
    if context.report is None:
        yield None
        return
    progress = _Progress()
    passing = asyncio.create_task(progress.pass_on(context.report, REPORT_SECONDS), name="report progress")
    try:
        yield progress.heard
    finally:
        passing.cancel()
        await asyncio.wait([passing])


async def run_in(
    layers: Layers,
    sandbox: Sandbox,
    context: ToolContext,
    wanted: Wanted,
    *,
    times: Times,
    output_limit_bytes: int,
    way_out: AbstractAsyncContextManager[Door] | None = None,
) -> ToolResult:
    """Run it on a layer and merge that; the result is what it wrote, and how it ended. It may run for `times.usual`.

    When it is stopped by a person, nothing of what it did reaches the workspace, where there are layers. It has the
    network of the `way_out`.

    Without a sandbox the guard lets no command pass that a person has not approved, so whatever arrives here is.
    """
    if not wanted.command.strip():
        raise ToolFailed("the command is empty")
    async with on_layer(layers, context, wanted.command) as layer:
        watch = await layers.watch(layer, context.workspace, str(context.person.id))
        async with AsyncExitStack() as stack:
            door = await stack.enter_async_context(way_out) if way_out else None
            heard = await stack.enter_async_context(_reporting(context))
            begun = time.monotonic()
            finished = await sandbox.run(
                wanted.command,
                workspace=context.workspace,
                folder=wanted.folder,
                timeout_seconds=times.usual,
                doorway=door.doorway if door else None,
                output_limit_bytes=output_limit_bytes,
                on_output=heard,
                approved=True,
                overlay=layer.view,
                watch=watch,
            )
            lasted = time.monotonic() - begun
        must_hold()
        over = await watch.last()
        settled = await settle(layer, context, over=over)
    said = [await shown(layers, context, finished.output)]
    how = how_it_ended(finished, lasted, sandbox.limits, times.of(float("inf"))[0])
    said += islice(how, 1) if over else how
    if door:
        said.extend(_of_the_door(door))
    elif finished.exit_code and sandbox.contained and any(sign in finished.output for sign in _SIGNS_OF_NO_NETWORK):
        said.append(f"({NO_NETWORK})")
    said += [f"({note})" for note in settled.notes]
    return ToolResult(text="\n".join(said), ok=finished.exit_code == 0 and not over, trial=settled.trial)


def _of_the_door(door: Door) -> Iterator[str]:
    """What the model is to know of what was not let pass."""
    blocked = [use for use in door.ledger.uses if use.because][:_MOST_BLOCKED]
    if door.ledger.spent:
        yield f"(The network was closed: {door.ledger.spent}.)"
    if blocked:
        places = "; ".join(f"{use.place} ({use.because})" for use in blocked)
        hosts = ", ".join(f'"{use.place}"' for use in blocked if use.because == UNLISTED)
        yield f"({_BLOCKED.format(places=places, hosts=hosts)})" if hosts else f"(Blocked: {places}.)"
