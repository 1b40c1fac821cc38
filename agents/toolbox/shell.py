"""Running a command in the sandbox. What it may do was judged before; this only runs it and tells how it ended."""

from typing import Annotated

from pydantic import Field

from agents.sandbox import Sandbox
from agents.tool_schema import tool
from agents.tools import Tool, ToolContext, ToolResult
from governance.verdicts import Effect


def shell_tool(sandbox: Sandbox, *, timeout_seconds: float, output_limit_bytes: int) -> Tool:
    """The tool. It runs only what the guard allowed or a person approved, so it counts as approved."""

    async def shell(
        context: ToolContext,
        command: Annotated[str, Field(description="bash; starts in the workspace, without network")],
    ) -> ToolResult:
        """Run a command."""
        finished = await sandbox.run(
            command,
            workspace=context.workspace,
            timeout_seconds=timeout_seconds,
            network=context.network,
            output_limit_bytes=output_limit_bytes,
            on_output=context.report,
            approved=True,
        )
        notes = []
        if finished.timed_out:
            notes.append(f"stopped after {timeout_seconds:g} s")
        elif finished.exit_code:
            notes.append(f"exit code {finished.exit_code}")
        text = finished.output.rstrip("\n")
        if notes:
            text = f"{text}\n({', '.join(notes)})".lstrip("\n")
        return ToolResult(text=text or "(no output)", ok=finished.exit_code == 0 and not finished.timed_out)

    return tool(shell, effect=Effect.RUNS, subject="command", timeout_seconds=timeout_seconds + 5)
