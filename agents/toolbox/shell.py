"""Runs a command in the conversation's workspace, in the sandbox that was chosen at start."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from agents.layers import Layers
from agents.sandbox import Sandbox
from agents.sandbox.limits import OnOutput
from agents.tool_schema import ToolFailed
from agents.toolbox.layered import on_layer, settle
from agents.tools import ToolContext, ToolResult
from governance.fence import must_hold

REPORT_SECONDS = 2.0
REPORT_CHARACTERS = 1_500
NO_NETWORK = "There is no network in the sandbox unless it is granted; fetch_url reads web pages."
_SIGNS_OF_NO_NETWORK = (
    *("Could not resolve host", "Network is unreachable", "Temporary failure in name resolution", "EAI_AGAIN"),
    *("ENETUNREACH", "Name or service not known"),
)


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
    command: str,
    *,
    timeout_seconds: float,
    output_limit_bytes: int,
) -> ToolResult:
    """Run it on a layer and merge that; the result is what it wrote, and its exit code unless that is 0.

    When it is stopped by a person, nothing of what it did reaches the workspace, where there are layers.

    Without a sandbox the guard lets no command pass that a person has not approved, so whatever arrives here is.
    """
    if not command.strip():
        raise ToolFailed("the command is empty")
    async with on_layer(layers, context, command) as layer:
        watch = await layers.watch(layer, context.workspace, str(context.person.id))
        async with _reporting(context) as heard:
            finished = await sandbox.run(
                command,
                workspace=context.workspace,
                timeout_seconds=timeout_seconds,
                network=context.network,
                output_limit_bytes=output_limit_bytes,
                on_output=heard,
                approved=True,
                overlay=layer.view,
                watch=watch,
            )
        must_hold()
        over = await watch.last()
        settled = await settle(layer, context, over=over)
    said = [finished.output.rstrip() or "(no output)"]
    if finished.stopped and not over:
        said.append(f"({finished.stopped})")
    elif finished.exit_code:
        said.append(f"(exit code {finished.exit_code})")
    if finished.exit_code and not context.network and any(sign in finished.output for sign in _SIGNS_OF_NO_NETWORK):
        said.append(f"({NO_NETWORK})")
    said += [f"({note})" for note in settled.notes]
    return ToolResult(text="\n".join(said), ok=finished.exit_code == 0 and not over, trial=settled.trial)
