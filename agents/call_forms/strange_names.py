"""What a model means by a call that is none of the tool it names: what a tool says of itself, arguments of one only.

Small models name what they want to happen. What is found is judged like any call; it refuses to guess a call that
would write, and an address or a path is never made up.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agents.call_forms.arguments import ArgumentsWrong
from agents.call_forms.loose_json import loose_arguments
from agents.models.protocol import ToolCallRequest
from agents.tools.tool import Tool
from governance.values.verdicts import Effect


def meant_by(request: ToolCallRequest, tools: Mapping[str, Tool]) -> ToolCallRequest:
    """The call of the tool that is meant by it, the first that says so; else as it was."""
    try:
        given, _ = loose_arguments(request.arguments)
    except ArgumentsWrong:
        return request
    for tool in tools.values():
        arguments = tool.meant(request.name, given, tools) if tool.name != request.name else None
        if arguments is not None:
            return replace(request, name=tool.name, arguments=json.dumps(arguments, ensure_ascii=False))
    return request if request.name in tools else _only_reader(request, given, tools) or request


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
