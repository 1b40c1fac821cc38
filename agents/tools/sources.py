"""Tools beside the built-in ones: whoever adds some is a source, asked at the beginning of a turn for what it has."""

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from agents.tools.tool import Tool
from governance.people.people import Person

_log = structlog.get_logger(__name__)


class ToolSource(Protocol):
    """Something that brings tools: a server, a skill, a plugin."""

    async def tools_for(self, agent: str, person: Person) -> Sequence[Tool]:
        """What this agent may use when this person speaks with it.

        Must answer from memory, with the very same tools until something changes, for it is asked at every turn and
        whatever is new is serialised again. Names must be unique over all sources and fit `^[a-zA-Z0-9_-]{1,64}$`.
        """


def nothing_to_do() -> None:
    """Nobody has to know."""


async def tools_of(
    sources: Sequence[ToolSource], agent: str, person: Person, on_failure: Callable[[], None] = nothing_to_do
) -> tuple[Tool, ...]:
    """What all sources have, the first of each name; a source that fails brings nothing, and the turn goes on."""
    found: dict[str, Tool] = {}
    for source in sources:
        try:
            offered = await source.tools_for(agent, person)
        except Exception:  # noqa: BLE001  # the border of one source: an agent without its tools still answers
            _log.exception("tool_source_failed", source=type(source).__name__, agent=agent)
            on_failure()
            continue
        for tool in offered:
            if found.setdefault(tool.name, tool) is not tool:
                _log.warning("tool_name_taken", tool=tool.name, source=type(source).__name__)
    return tuple(found.values())
