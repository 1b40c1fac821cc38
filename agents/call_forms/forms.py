"""Brings a call into the form that its tool knows, before anybody judges it: its name, its arguments, their values.

What is judged, stored, shown and run is the call in that form. It refuses to guess: what it cannot be sure of stays as
it was written, and the tool's own check says what is wrong with it.
"""

import json
import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from agents.call_forms.arguments import arguments_in
from agents.call_forms.loose_json import loose_arguments
from agents.call_forms.other_names import renamed, tool_meant
from agents.call_forms.strange_names import meant_by
from agents.models.protocol import ToolCallRequest
from agents.tools.tool import Tool

_WRAPPERS = ("arguments", "parameters", "input", "args", "kwargs", "params")
_COUNTS = ("limit", "lines", "line_count", "max_lines", "num_lines")
_PATHS = frozenset({"cwd", "path"})
_VIRTUAL = "/workspace"
"""What many assistants call the folder in which tools work."""
_INVENTED = re.compile(r"/(?:home/(?:user|username)|Users/(?:user|username)|path/to|mnt/data|app|repo|project)/")
"""How paths begin that models make up when they know of no folder."""
_OF_WINDOWS = re.compile(r"[^/\\\s][^/\\]*(\\[^/\\]+)+")
_BARE_ADDRESS = re.compile(r"(?:[\w-]+\.)+[a-zA-Z]{2,}(?::\d+)?(?:[/?#]|\Z)")
_TIME = re.compile(r"(\d{1,9})\s*(ms|s|sec|seconds?|m|min|minutes?)?", re.IGNORECASE)
_MOST_IGNORED = 10
_LONGEST_IGNORED = 60
_LONGEST_SECONDS = 3_600
"""A time that is longer was meant in milliseconds."""


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
    arguments, unknown = renamed({key: each for key, each in written.items() if each is not None}, properties)
    _count_lines(arguments, unknown, written, properties)
    fit = {key: _fit(key, each, properties[key], workspace) for key, each in arguments.items()}
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


def _count_lines(
    arguments: dict[str, Any], unknown: list[str], written: Mapping[str, Any], properties: Mapping[str, Any]
) -> None:
    """Turn a number of lines into the last of them, for a tool that wants that."""
    name = next((each for each in unknown if each.lower() in _COUNTS), "")
    number = written.get(name)
    start = arguments.get("start_line", 1)
    if "end_line" not in properties or "end_line" in arguments or not isinstance(number, int | str):
        return
    if str(number).isdecimal() and str(start).isdecimal() and int(number) > 0:
        arguments["end_line"] = max(int(start), 1) + int(number) - 1
        unknown.remove(name)


def _fit(name: str, value: Any, schema: Mapping[str, Any], workspace: Path) -> Any:
    """The value as its type has it, where that is no guess."""
    kind = schema.get("type")
    if kind == "string":
        text = _as_text(name, value)
        return _as_place(name, text, workspace) if isinstance(text, str) else text
    if kind == "integer":
        return _as_number(name, value)
    if kind == "array" and isinstance(value, dict):
        return [value]
    if kind in ("array", "object") and isinstance(value, str):
        return _parsed(value, list if kind == "array" else dict)
    return value


def _as_place(name: str, text: str, workspace: Path) -> str:
    """A path or an address as it is meant; any other text as it is."""
    if name == "url":
        return _as_url(text)
    return _as_path(text, workspace) if name in _PATHS else text


def _as_text(name: str, value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        if name == "command":
            return value[2] if value[:2] in (["bash", "-lc"], ["bash", "-c"], ["sh", "-c"]) else shlex.join(value)
        if len(value) == 1:
            return value[0]
    if name == "content" and isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _as_path(text: str, workspace: Path) -> str:
    """Relative to the workspace, without the quotes and signs of other systems."""
    path = text.strip()
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"`":
        path = path[1:-1].strip()
    if _OF_WINDOWS.fullmatch(path) and not os.path.lexists(workspace / path):
        path = path.replace("\\", "/")
    if not path.startswith("/") or Path(path).is_relative_to(workspace):
        return path
    if path == _VIRTUAL or path.startswith(f"{_VIRTUAL}/"):
        return path[len(_VIRTUAL) :].strip("/") or "."
    parts = PurePosixPath(path).parts[1:]
    ends = range(len(parts)) if _INVENTED.match(path) else range(1)
    inner = next((each for each in (str(PurePosixPath(*parts[at:])) for at in ends) if _is_there(each, workspace)), "")
    return inner or path


def _is_there(inner: str, workspace: Path) -> bool:
    return inner != "." and ".." not in PurePosixPath(inner).parts and os.path.lexists(workspace / inner)


def _as_url(text: str) -> str:
    """With the scheme that people leave out: `example.org/page`, but not `localhost:80` or `mailto:ann@example.org`."""
    url = text.strip().strip("<>'\"`").strip()
    return f"https://{url}" if _BARE_ADDRESS.match(url) else url


def _as_number(name: str, value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if name != "timeout":
        return value
    if isinstance(value, str) and (found := _TIME.fullmatch(value.strip())):
        number, unit = int(found[1]), (found[2] or "").lower()
        value = number // 1_000 if unit == "ms" else number * 60 if unit.startswith("m") else number
    is_milliseconds = isinstance(value, int) and not isinstance(value, bool) and value > _LONGEST_SECONDS
    return -(-value // 1_000) if is_milliseconds else value


def _parsed(text: str, wanted: type) -> Any:
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, wanted) else text
