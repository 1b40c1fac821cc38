"""The tool that runs a command in the conversation's workspace, in the sandbox that was chosen at start."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from agents.call_forms.values import as_command, as_path, as_seconds
from agents.sandbox.limits import OnOutput
from agents.toolbox.behind import Behind
from agents.toolbox.commands import Machine, ShellRequest, run, told
from agents.toolbox.output import shown
from agents.toolbox.programs import command_meant
from agents.tools.habits import ArgumentHabit
from agents.tools.schema import ToolFailed, tool
from agents.tools.tool import Tool, ToolContext, ToolResult
from governance.guard.paths import judge_path
from governance.values.verdicts import Effect, Refused

GRACE_SECONDS = 5.0
REPORT_SECONDS = 2.0
REPORT_CHARACTERS = 1_500
_CALLED = (
    "bash sh run run_command run_shell_command execute_shell_command execute_command "
    "execute_bash exec_command shell_command shell_exec terminal run_terminal_cmd run_in_terminal"
)
_COMMAND = ArgumentHabit("cmd commands script shell_command bash_command", as_command)
_TIMEOUT = ArgumentHabit("timeout_seconds timeout_sec timeout_ms timeout_s time_limit max_seconds", as_seconds)
_CWD = ArgumentHabit("workdir work_dir working_directory working_dir directory", as_path)
_BACKGROUND = ArgumentHabit("run_in_background is_background in_background")
NO_BACKGROUND = "Nothing runs in the background here; leave background out"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTimes:
    """How long a command may run, in seconds, when its call does not say so, and at the longest."""

    usual: float = 120.0
    longest: float = 600.0

    @property
    def most(self) -> float:
        """The most that a call may ask for."""
        return max(self.usual, self.longest)

    def of(self, wanted: float) -> tuple[float, str]:
        """So long a command may run that wants so much (0: the usual), and what is to be said of that."""
        if wanted > self.most:
            return self.most, f"timeout was {wanted:g} s; {self.most:g} s is the most, so it had that"
        return wanted or self.usual, ""


def shell_tool(machine: Machine, times: CommandTimes, behind: Behind | None) -> Tool:
    """The tool that runs commands. Without `behind` none of them goes on after its call."""

    async def run_shell(
        context: ToolContext,
        command: Annotated[str, _COMMAND],
        *,
        timeout: Annotated[float, _TIMEOUT, Field(ge=0, description="seconds, 600 at most")] = 0,  # noqa: ASYNC109  # passed on
        network: Annotated[bool, Field(description="HTTP(S), or a listed server; may ask")] = False,
        hosts: Annotated[tuple[str, ...], Field(description="that it reaches without naming")] = (),  # noqa: ARG001  # the guard reads it
        cwd: Annotated[str, _CWD, Field(description="folder to start in")] = "",
        background: Annotated[
            bool, _BACKGROUND, Field(description="for what takes long; returns an id at once")
        ] = False,
    ) -> ToolResult:
        """Run a bash command in the workspace, without network unless asked for."""
        if not command.strip():
            raise ToolFailed("the command is empty")
        way_out = machine.way_out(context, network=network)
        folder = await asyncio.to_thread(_folder, context.workspace, cwd)
        if background:
            if behind is None:
                raise ToolFailed(NO_BACKGROUND)
            return await behind.begin(context, command, folder, timeout, way_out)
        seconds, capped = times.of(timeout)
        wanted = ShellRequest(command=command, folder=folder, seconds=seconds)
        async with _reporting(context) as heard:
            outcome = await run(machine, context, wanted, way_out, on_output=heard)
        said = [await shown(machine.layers, context, outcome.finished.output), *told(machine, outcome, times.most)]
        said += [f"({capped})"] if capped else []
        return ToolResult(text="\n".join(said), ok=outcome.is_good, trial=outcome.settled.trial)

    return tool(
        run_shell,
        name="shell",
        effect=Effect.RUNS,
        subject="command",
        timeout_seconds=times.most + GRACE_SECONDS,
        also_called=_CALLED,
        meant=command_meant,
    )


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
