"""Tools that are too many for a prompt: they are found by words, and called by the name that was found.

All of them stay tools of their agent, judged and recorded under their own names. What a model is offered in their place
are two: one that shows the ones it looks for, and one that stands before a call of any of them.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from agents.models.protocol import ToolCallRequest
from agents.tools.schema import ToolFailed, tool
from agents.tools.sought import words_sought
from agents.tools.tool import Tool, ToolContext

FIND, USE = "find_tools", "use_tool"
MOST_BYTES = 8_000
"""So much of a prompt the tools that were added may take, about 2,000 tokens; beyond that they are found by words."""
_MOST_FOUND = 6
_MOST_NAMED = 400
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def size_of(tools: Iterable[Tool]) -> int:
    """How many bytes these tools take in a prompt."""
    return sum(len(each.name) + len(each.description) + len(json.dumps(each.parameters)) for each in tools)


def stand_ins(tools: Sequence[Tool]) -> tuple[Tool, Tool]:
    """The two tools that stand for all of these."""
    servers = ", ".join(dict.fromkeys(each.server or each.name for each in tools))
    known = {each.name: each for each in tools}
    words = {each.name: frozenset(_words(f"{each.name} {each.server} {each.description}")) for each in tools}

    async def find_tools(_: ToolContext, query: Annotated[str, Field(description="words of the task")]) -> str:
        wanted = set(_words(query))
        ranked = sorted(known, key=lambda name: -len(wanted & words[name]))
        found = [name for name in ranked if wanted & words[name]][:_MOST_FOUND]
        if not found:
            return f"Nothing fits. There are tools of: {servers}."
        return "\n\n".join(_shown(known[name]) for name in found)

    async def use_tool(
        _: ToolContext,
        name: Annotated[str, Field(description="as find_tools tells it")],
        arguments: dict[str, Any] | None = None,
    ) -> str:
        del arguments
        raise ToolFailed(f"there is no tool {name[:64]}; {FIND} shows the names that there are")

    about = servers if len(servers) <= _MOST_NAMED else f"{servers[:_MOST_NAMED]}…"
    return (
        tool(find_tools, name=FIND, description=f"Find further tools, with their parameters. They are of: {about}"),
        tool(use_tool, name=USE, description=f"Call a tool that {FIND} showed."),
    )


def called_through(request: ToolCallRequest, tools: Mapping[str, Tool]) -> ToolCallRequest:
    """The call of the tool that is named in it; as it was for every other call, and where no such tool is there."""
    if request.name != USE or USE not in tools:
        return request
    try:
        given = json.loads(request.arguments)
        name, inner = given["name"], given.get("arguments") or {}
        inner = inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)
    except (AttributeError, KeyError, TypeError, ValueError):
        return request
    return replace(request, name=name, arguments=inner) if name in tools and name not in {FIND, USE} else request


def _shown(found: Tool) -> str:
    return f"{found.name}: {found.description}\nparameters: {json.dumps(found.parameters, ensure_ascii=False)}"


def _words(text: str) -> Iterable[str]:
    return words_sought(_CAMEL.sub(" ", text).replace("_", " "))
