"""The built-in tools, one module per noun; importing one registers nothing."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from agents.sandbox import Sandbox
from agents.toolbox.clock import clock_tool
from agents.toolbox.fetch import fetch_tool
from agents.toolbox.files import file_tools, send_file_tool
from agents.toolbox.search import search_tool
from agents.toolbox.shell import shell_tool
from agents.tools import Tool
from governance.egress import Egress


def toolbox(
    sandbox: Sandbox,
    egress: Egress,
    *,
    outgoing: Path,
    now: Callable[[], datetime],
    timeout_seconds: float = 120,
    output_limit_bytes: int = 65_536,
) -> tuple[Tool, ...]:
    """All built-in tools, built once. `outgoing` is where copies of sent files lie."""
    return (
        shell_tool(sandbox, timeout_seconds=timeout_seconds, output_limit_bytes=output_limit_bytes),
        *file_tools(),
        search_tool(),
        send_file_tool(outgoing),
        fetch_tool(egress),
        clock_tool(now),
    )


__all__ = ["toolbox"]
