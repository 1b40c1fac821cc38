"""Tools that a prompt does not hold whole: seldom ones, shown by a line, and those that are too many, found by words.

All of them stay tools of their agent, judged and recorded under their own names. What a model is offered in their place
are two at most: one that shows the ones it looks for, and one that stands before a call of any of them.
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
_MOST_NAMED = 320
_MOST_IN_LINES = 2_400
"""So many bytes the lines of tools that are seldom needed may take; those beyond are found by words."""
_LONGEST_LINE = 240
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def size_of(tools: Iterable[Tool]) -> int:
    """How many bytes these tools take in a prompt."""
    return sum(len(each.name) + len(each.description) + len(json.dumps(each.parameters)) for each in tools)


def offered(tools: Iterable[Tool]) -> list[Tool]:
    """What a model is offered of these: tools of servers as they are unless they are many, seldom ones by a line."""
    given = list(tools)
    of_servers = [each for each in given if each.server]
    sought = of_servers if size_of(of_servers) > MOST_BYTES else []
    lines: list[str] = []
    for each in given:
        if each.is_seldom:
            lines.append(_line(each))
            if sum(map(len, lines)) > _MOST_IN_LINES:
                lines.pop()
                sought.append(each)
    behind = {each.name for each in sought}
    whole = [each for each in given if each.name not in behind and not each.is_seldom]
    return [*whole, *stand_ins(sought, lines)]


def stand_ins(tools: Sequence[Tool], lines: Sequence[str] = ()) -> tuple[Tool, ...]:
    """The tools that stand for all of these and for those that the lines show; none where there are none."""
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
        name: str,
        arguments: dict[str, Any] | None = None,
    ) -> str:
        del arguments
        raise ToolFailed(f"there is no tool {name[:64]}; the names that there are stand in your tools or in {FIND}")

    about = servers if len(servers) <= _MOST_NAMED else f"{servers[:_MOST_NAMED]}…"
    finds = tool(find_tools, name=FIND, description=f"Find further tools, with their parameters. They are of: {about}")
    others = [f"a tool that {FIND} showed"] * bool(tools)
    calls = "Call " + " or ".join([*others, *["one of these:"] * bool(lines)])
    uses = tool(use_tool, name=USE, description="\n".join([calls if lines else f"{calls}.", *lines]))
    return (*[finds] * bool(tools), *[uses] * bool(tools or lines))


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


def _line(seldom: Tool) -> str:
    """The tool in a line: its name, its parameters with what may be left out in brackets, and what it does."""
    needed = seldom.parameters.get("required", ())
    given = seldom.parameters.get("properties", {})
    words = [_parameter(name, schema) for name, schema in given.items()]
    marked = (word if name in needed else f"[{word}]" for name, word in zip(given, words, strict=True))
    return f"{seldom.name}({', '.join(marked)}): {seldom.description.partition(chr(10))[0]}"[:_LONGEST_LINE]


def _parameter(name: str, schema: Mapping[str, Any]) -> str:
    choices = schema.get("enum")
    if choices:
        return f"{name}={'|'.join(map(str, choices))}"
    kind = schema.get("type", "")
    return name if kind == "string" else f"{name}: {kind}" if kind else name


def _shown(found: Tool) -> str:
    return f"{found.name}: {found.description}\nparameters: {json.dumps(found.parameters, ensure_ascii=False)}"


def _words(text: str) -> Iterable[str]:
    return words_sought(_CAMEL.sub(" ", text).replace("_", " "))
