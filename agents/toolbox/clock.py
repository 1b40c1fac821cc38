"""What time it is, in any zone. It keeps no clock of its own."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from agents.tool_schema import tool
from agents.tools import Tool, ToolContext
from channels.base import NexoraError


class ZoneUnknown(NexoraError):
    """There is no such time zone."""


def clock_tool(now: Callable[[], datetime]) -> Tool:
    """The tool; `now` gives an aware time."""

    async def current_time(
        context: ToolContext,  # noqa: ARG001  # every tool is given it
        zone: Annotated[str, Field(description="as Asia/Shanghai")] = "UTC",
    ) -> str:
        """The current date and time."""
        try:
            there = now().astimezone(ZoneInfo(zone))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ZoneUnknown(f"There is no time zone {zone}; use names such as Europe/Paris.") from error
        return there.strftime("%A, %Y-%m-%d %H:%M:%S %Z (UTC%z)")

    return tool(current_time)
