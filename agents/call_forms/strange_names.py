"""What a model means by a call whose name is no tool: a program, an address that is read, arguments of one tool only.

Small models name what they want to happen. What is found is judged like any call; it refuses to guess a call that
would write, and an address or a path is never made up.
"""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agents.call_forms.arguments import ArgumentsWrong
from agents.call_forms.loose_json import loose_arguments
from agents.call_forms.other_names import plain_name
from agents.models.protocol import ToolCallRequest
from agents.place import is_at_hand
from agents.tools.tool import Tool
from governance.values.verdicts import Effect

_PROGRAM = re.compile(r"[a-z][a-z0-9.+-]{0,30}")
_WITH_VERBS = frozenset({"cargo", "git", "go", "make", "npm", "pip"})
"""Programs whose first argument is a verb, which models join to the name: `git_status`."""
_PAGE = re.compile(r"https?://", re.IGNORECASE)
_MOST_ARGUMENTS = 8


def meant_by(request: ToolCallRequest, tools: Mapping[str, Tool]) -> ToolCallRequest:
    """The call under the name of a tool, where its name is none and one alone can be meant; else as it was."""
    try:
        given, _ = loose_arguments(request.arguments)
    except ArgumentsWrong:
        return request
    if request.name in tools:
        return _page(request, given, tools)
    return _command(request, given, tools) or _only_reader(request, given, tools) or request


def _page(request: ToolCallRequest, given: Mapping[str, Any], tools: Mapping[str, Tool]) -> ToolCallRequest:
    """Reading a file whose path is an address is reading a page."""
    path = given.get("path")
    if request.name == "read_file" and "fetch_url" in tools and isinstance(path, str) and _PAGE.match(path.strip()):
        return replace(request, name="fetch_url", arguments=json.dumps({"url": path.strip()}))
    return request


def _command(request: ToolCallRequest, given: Mapping[str, Any], tools: Mapping[str, Tool]) -> ToolCallRequest | None:
    """A program that is at hand, with the values of the arguments as its own."""
    program, _, verb = plain_name(request.name).partition("_")
    words = [program, *([verb.replace("_", "-")] if verb else [])]
    values = [each for value in given.values() for each in (value if isinstance(value, list) else [value])]
    is_plain = len(values) <= _MOST_ARGUMENTS and all(isinstance(each, str) for each in values)
    if "shell" not in tools or not is_plain or (verb and program not in _WITH_VERBS):
        return None
    if not _PROGRAM.fullmatch(program) or not is_at_hand(program):
        return None
    whole = given.get("command") if len(given) == 1 else None
    command = whole if isinstance(whole, str) and whole.split()[:1] == [program] else shlex.join([*words, *values])
    return replace(request, name="shell", arguments=json.dumps({"command": command}, ensure_ascii=False))


def _only_reader(
    request: ToolCallRequest, given: Mapping[str, Any], tools: Mapping[str, Tool]
) -> ToolCallRequest | None:
    """The one tool that reads and knows all of these arguments, of which there must be two."""
    fit = [
        tool.name
        for tool in tools.values()
        if given.keys() <= tool.parameters.get("properties", {}).keys()
        and given.keys() >= set(tool.parameters.get("required", ()))
    ]
    is_one = len(given) > 1 and len(fit) == 1 and tools[fit[0]].effect is Effect.READS
    return replace(request, name=fit[0]) if is_one else None
