"""Runs a command in the conversation's workspace, in the sandbox that was chosen at start."""

import time

from agents.sandbox import Sandbox
from agents.tool_schema import ToolFailed
from agents.tools import ToolContext, ToolResult

REPORT_SECONDS = 2.0
REPORT_CHARACTERS = 1_500
NO_NETWORK = "There is no network in the sandbox unless it is granted; fetch_url reads web pages."
_SIGNS_OF_NO_NETWORK = (
    *("Could not resolve host", "Network is unreachable", "Temporary failure in name resolution", "EAI_AGAIN"),
    *("ENETUNREACH", "Name or service not known"),
)


class _Progress:
    """Passes on the latest lines of a command that takes long, not oftener than every few seconds."""

    def __init__(self, context: ToolContext) -> None:
        self._report = context.report
        self._latest = ""
        self._last = time.monotonic()

    async def heard(self, text: str) -> None:
        self._latest = (self._latest + text)[-REPORT_CHARACTERS:]
        if self._report and time.monotonic() - self._last >= REPORT_SECONDS:
            self._last = time.monotonic()
            await self._report(self._latest)


async def run_in(
    sandbox: Sandbox, context: ToolContext, command: str, *, timeout_seconds: float, output_limit_bytes: int
) -> ToolResult:
    """Run it; the result is what it wrote, and its exit code unless that is 0.

    Without a sandbox the guard lets no command pass that a person has not approved, so whatever arrives here is.
    """
    if not command.strip():
        raise ToolFailed("the command is empty")
    finished = await sandbox.run(
        command,
        workspace=context.workspace,
        timeout_seconds=timeout_seconds,
        network=context.network,
        output_limit_bytes=output_limit_bytes,
        on_output=_Progress(context).heard,
        approved=True,
    )
    said = [finished.output.rstrip() or "(no output)"]
    if finished.stopped:
        said.append(f"({finished.stopped})")
    elif finished.exit_code:
        said.append(f"(exit code {finished.exit_code})")
    if finished.exit_code and not context.network and any(sign in finished.output for sign in _SIGNS_OF_NO_NETWORK):
        said.append(f"({NO_NETWORK})")
    return ToolResult(text="\n".join(said), ok=finished.exit_code == 0)
