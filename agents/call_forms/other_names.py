"""Which tool and which argument a model means by another name; each tool knows its own (`agents.tools.habits`).

A name counts only where the tool or the argument itself does not exist and the one that is meant does.
"""

import re
from collections.abc import Collection, Mapping

from agents.tools.tool import Tool
from channels.mistakes import nearest

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_A_WORD = re.compile(r"[^a-z0-9_]+")
_PREFIXES = ("functions_", "function_", "default_api_", "tools_", "tool_", "mcp_")


def plain_name(name: str) -> str:
    """The name in lower case with underscores: `functions.readFile` is `functions_read_file`."""
    return _NOT_A_WORD.sub("_", _CAMEL.sub("_", name.strip()).lower()).strip("_")


def tool_meant(name: str, tools: Mapping[str, Tool]) -> str:
    """Which of these tools a model means by that name; the name itself when it may mean none."""
    if name in tools:
        return name
    plain = plain_name(name)
    for prefix in _PREFIXES:
        plain = plain.removeprefix(prefix)
    others = _others(tools)
    return plain if plain in tools else others.get(plain) or others.get(plain.replace("_", ""), name)


def _others(tools: Mapping[str, Tool]) -> dict[str, str]:
    """The tools by their other names."""
    return {other: tool.name for tool in tools.values() for other in tool.also_called}


def nearest_tool(name: str, tools: Mapping[str, Tool]) -> str:
    """The tool whose name, or another name of it, is most like that one; empty when none is."""
    known = {**_others(tools), **{tool: tool for tool in tools}}
    near = nearest(plain_name(name), known)
    return known[near] if near else ""


def renamed(arguments: Mapping[str, object], tool: Tool) -> tuple[dict[str, object], list[str]]:
    """The arguments under the names that a tool knows, the first of two for one, and the names that mean nothing."""
    known: Collection[str] = tool.parameters.get("properties", {})
    meant = {key: value for key, value in arguments.items() if key in known}
    unknown = []
    for key, value in arguments.items():
        if key in known:
            continue
        name = _argument_meant(key, tool, known)
        if name and name not in meant:
            meant[name] = value
        else:
            unknown.append(key)
    return meant, unknown


def _argument_meant(name: str, tool: Tool, known: Collection[str]) -> str:
    plain = plain_name(name)
    if plain in known:
        return plain
    return next((key for key, habit in tool.habits.items() if plain in habit.names.split()), "")
