"""The tools for commands in the background: to begin one, to read what it writes, to stop it."""

import asyncio
import re
import time
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from typing import Annotated

import structlog
from pydantic import Field

from agents.proxy import Proxy
from agents.sandbox.running import Capture
from agents.toolbox.commands import Dropped, Machine, ShellRequest, run, told
from agents.toolbox.output import keep, readable, shown
from agents.tools.background import BackgroundCommand, Backgrounds, CommandEnd, CommandState
from agents.tools.habits import ArgumentHabit
from agents.tools.schema import ToolFailed, tool
from agents.tools.tool import Tool, ToolContext, ToolResult
from governance.values.verdicts import Effect

_log = structlog.get_logger(__name__)
MOST_WAIT = 300.0
_GRACE_SECONDS = 15.0
_TRIED = "A command in the background cannot be tried beforehand."
_BEGUN = (
    "{name} runs in the background, for {seconds:g} s at most; shell_output reads what it writes, shell_stop ends it."
)
_LATER = " What it changes appears in the workspace when it ends."

Id = Annotated[str, Field(description="as b1"), ArgumentHabit("shell_id bash_id task_id job_id process_id")]


class Behind:
    """Commands in the background of one gateway, each for at most `seconds`."""

    def __init__(self, backgrounds: Backgrounds, machine: Machine, seconds: float) -> None:
        self._backgrounds = backgrounds
        self._machine = machine
        self._seconds = seconds

    def tools(self) -> tuple[Tool, ...]:
        """To read and to stop. What they return is what a command wrote, so they count as reading."""

        async def shell_output(
            context: ToolContext,
            id: Id,  # noqa: A002  # as the model calls it
            wait: Annotated[float, Field(ge=0, description="seconds to wait for its end, 300 at most")] = 0,
        ) -> ToolResult:
            """Read what a background command wrote since last time, and whether it still runs."""
            return await self._output(context, id, min(wait, MOST_WAIT))

        async def shell_stop(context: ToolContext, id: Id) -> ToolResult:  # noqa: A002  # as above
            """End a background command; what it did is kept."""
            return await self._stop(context, id)

        seconds = MOST_WAIT + _GRACE_SECONDS
        return (
            tool(
                shell_output,
                effect=Effect.READS,
                subject="id",
                timeout_seconds=seconds,
                also_called="bash_output bashoutput get_output read_output",
            ),
            tool(
                shell_stop,
                effect=Effect.READS,
                subject="id",
                timeout_seconds=seconds,
                also_called="kill_shell killshell kill_bash stop_shell",
            ),
        )

    async def begin(
        self,
        context: ToolContext,
        command: str,
        folder: str,
        timeout: float,  # noqa: ASYNC109  # passed on
        way_out: AbstractAsyncContextManager[Proxy] | None,
    ) -> ToolResult:
        """Start a command and return its id at once; `timeout` in seconds, 0 for as long as one may run."""
        if context.tries:
            return ToolResult(text=_TRIED, ok=False)
        seconds = min(timeout or self._seconds, self._seconds)
        wanted = ShellRequest(command=command, folder=folder, seconds=seconds)
        work = partial(self._work, context, wanted, way_out)
        begun = await self._backgrounds.begin(context, command, self._machine.output_limit_bytes, work)
        if isinstance(begun, str):
            raise ToolFailed(begun)
        later = _LATER if self._machine.layers.is_apart else ""
        return ToolResult(text=f"{_BEGUN.format(name=begun.name, seconds=seconds)}{later}")

    async def _work(
        self,
        context: ToolContext,
        wanted: ShellRequest,
        way_out: AbstractAsyncContextManager[Proxy] | None,
        running: BackgroundCommand,
    ) -> CommandEnd:
        """Run it to its end, heard all the while; what it did is kept unless a person stopped it."""
        try:
            outcome = await run(
                self._machine,
                context,
                wanted,
                way_out,
                on_output=running.heard,
                ends=running.why_now,
                keeps=partial(self._backgrounds.claim, running),
            )
        except Dropped:
            apart = "; nothing of what it did was taken over" if self._machine.layers.is_apart else ""
            return CommandEnd(how=(f"a person stopped it{apart}",))
        how = tuple(told(self._machine, outcome, self._seconds))
        return CommandEnd(how=how, output=await self._kept(context, outcome.finished.output))

    async def _kept(self, context: ToolContext, output: str) -> str:
        """The file that holds its whole output, for whoever asks when nobody here knows of it any more."""
        text = await asyncio.to_thread(readable, output)
        if not text.strip() or await self._machine.layers.lack(context.workspace, str(context.person.id)):
            return ""
        try:
            return await asyncio.to_thread(keep, context.workspace, text)
        except OSError as problem:
            _log.warning("output_not_kept", conversation=context.conversation, reason=str(problem))
            return ""

    async def _output(self, context: ToolContext, name: str, wait: float) -> ToolResult:
        number = await self._number(context, name)
        running = self._backgrounds.here(context.conversation, number)
        if running is None:
            return await self._elsewhere(context, number)
        if wait and not running.ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(running.ended.wait(), wait)
        return await self._news(context, running)

    async def _stop(self, context: ToolContext, name: str) -> ToolResult:
        number = await self._number(context, name)
        await self._backgrounds.stop(context.conversation, number=number, by="model")
        running = self._backgrounds.here(context.conversation, number)
        if running is None:
            return await self._elsewhere(context, number)
        await running.ended.wait()
        return await self._news(context, running)

    async def _news(self, context: ToolContext, running: BackgroundCommand) -> ToolResult:
        """What it wrote since last time, and how it stands."""
        is_over = running.ended.is_set()
        unread, running.unread = running.unread, Capture(self._machine.output_limit_bytes)
        text = unread.text()
        news = await shown(self._machine.layers, context, text) if text.strip() else "(nothing new)"
        if not is_over:
            return ToolResult(text=f"{news}\nrunning · {time.monotonic() - running.begun:.0f} s")
        await self._backgrounds.was_read(running)
        return ToolResult(text="\n".join([news, *running.how]))

    async def _elsewhere(self, context: ToolContext, number: int) -> ToolResult:
        """What can be said of one that was read to its end already, or that another gateway runs."""
        row = await self._backgrounds.row(context.conversation, number)
        if row is None:
            raise ToolFailed(f"there is no b{number}")
        if row["state"] in {CommandState.ENDING, CommandState.RUNNING}:
            return ToolResult(text=f"b{number} runs at another gateway; its output can be read when it has ended.")
        if row["state"] == CommandState.LOST:
            return ToolResult(text=f"b{number} is gone with the gateway that ran it; nobody knows how far it came.")
        output = f" Its whole output: {row['output']}." if row["output"] else ""
        return ToolResult(text=f"b{number} has ended: {row['how']}.{output}")

    async def _number(self, context: ToolContext, name: str) -> int:
        """The number of a command by its name. Raises ToolFailed, with those that there are."""
        found = re.fullmatch(r"[bB]?(\d{1,6})", name.strip())
        if found and await self._backgrounds.row(context.conversation, int(found[1])):
            return int(found[1])
        rows = await self._backgrounds.known(context.conversation)
        known = ", ".join(f"b{row['number']} ({row['state']})" for row in rows)
        raise ToolFailed(f"there is no {name} here; " + (f"there are {known}" if known else "nothing was begun here"))
