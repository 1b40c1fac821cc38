"""Brings a call into the form that its tool knows, before anybody judges it: its name, its arguments, their values.

What is judged, stored, shown and run is the call in that form. It refuses to guess: what it cannot be sure of stays as
it was written, and the tool's own check says what is wrong with it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agents.call_forms.arguments import arguments_in
from agents.call_forms.loose_json import loose_arguments
from agents.call_forms.other_names import renamed, tool_meant
from agents.call_forms.strange_names import meant_by
from agents.call_forms.values import as_number, as_text
from agents.models.protocol import ToolCallRequest
from agents.tools.tool import Tool

_WRAPPERS = ("arguments", "parameters", "input", "args", "kwargs", "params")
_MOST_IGNORED = 10
_LONGEST_IGNORED = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Formed:
    """A call in its tool's form, its arguments read; `ignored` names those that the tool does not know."""

    request: ToolCallRequest
    arguments: Mapping[str, Any]
    ignored: tuple[str, ...] = ()


def with_known_name(request: ToolCallRequest, tools: Mapping[str, Tool]) -> ToolCallRequest:
    """The call under the name of the tool that is meant; as it was when none is."""
    name = tool_meant(request.name, tools)
    return meant_by(request if name == request.name else replace(request, name=name), tools)


def formed(request: ToolCallRequest, tool: Tool, workspace: Path) -> Formed:
    """The call as this tool knows it. Raises ArgumentsWrong when its arguments cannot be read at all."""
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    read, is_strict = loose_arguments(request.arguments)
    written = _unwrapped(read, properties)
    arguments, unknown = renamed({key: each for key, each in written.items() if each is not None}, tool)
    _count_on(arguments, unknown, written, tool)
    fit = {key: _fit(tool, key, each, workspace) for key, each in arguments.items()}
    if fit == read and is_strict:
        return Formed(request=request, arguments=read)
    strictly = json.dumps(fit, ensure_ascii=False)
    return Formed(
        request=replace(request, arguments=strictly), arguments=arguments_in(strictly), ignored=_named(unknown)
    )


def _named(unknown: list[str]) -> tuple[str, ...]:
    """The arguments that a tool does not know, as a model is told of them: it may send any number, of any length."""
    more = len(unknown) - _MOST_IGNORED
    shown = tuple(name[:_LONGEST_IGNORED] for name in unknown[:_MOST_IGNORED])
    return (*shown, f"{more} more") if more > 0 else shown


def _unwrapped(given: dict[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments themselves where they lie within a call, or under a name for all of them."""
    for wrapper in _WRAPPERS:
        inner = given.get(wrapper)
        if wrapper in properties or not given.keys() <= {wrapper, "name", "tool", "function", "type", "id"}:
            continue
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            inner, _ = loose_arguments(inner)
        if isinstance(inner, dict):
            return inner
    return given


def _count_on(arguments: dict[str, Any], unknown: list[str], written: Mapping[str, Any], tool: Tool) -> None:
    """Turn a number of lines into the last of them, for an argument that wants that."""
    for last, habit in tool.habits.items():
        name = next((each for each in unknown if each.lower() in habit.counts.split()), "")
        number, first = written.get(name), arguments.get(habit.since, 1)
        if not name or last in arguments or not isinstance(number, int | str):
            continue
        if str(number).isdecimal() and str(first).isdecimal() and int(number) > 0:
            arguments[last] = max(int(first), 1) + int(number) - 1
            unknown.remove(name)


def _fit(tool: Tool, name: str, value: Any, workspace: Path) -> Any:
    """The value as its argument has it, where that is no guess."""
    habit, kind = tool.habits.get(name), tool.parameters["properties"][name].get("type")
    if habit is not None and habit.form is not None:
        return habit.form(value, workspace)
    if kind == "string":
        return as_text(value, workspace)
    if kind == "integer":
        return as_number(value, workspace)
    if kind == "array" and isinstance(value, dict):
        return [value]
    if kind in ("array", "object") and isinstance(value, str):
        return _parsed(value, list if kind == "array" else dict)
    return value


def _parsed(text: str, wanted: type) -> Any:
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, wanted) else text
