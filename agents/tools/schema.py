"""Builds a tool from a typed function: a compact schema for the model, and arguments checked before the function runs.

It decides nothing; a tool built here is judged by the guard like any other.
"""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from agents.tools.habits import ArgumentHabit, Meant, means_nothing
from agents.tools.tool import Tool, ToolContext, ToolResult
from channels.base import NexoraError
from channels.mistakes import Mistake, mistakes
from governance.egress.addresses import HostRefused
from governance.values.verdicts import Effect

ToolFunction = Callable[..., Awaitable[ToolResult | str]]
"""`async def name(context: ToolContext, path: Annotated[str, Field(description="…")], …) -> ToolResult | str`."""
MAX_PROBLEMS = 5
LONGEST_EXAMPLE = 60
_NOISE = frozenset(
    {"additionalProperties", "default", "exclusiveMaximum", "exclusiveMinimum", "maxLength", "maximum", "minLength"}
    | {"minimum", "title"}
)
"""What a model is not told before it does otherwise: whoever calls too high or too long reads the limit then."""


class ToolFailed(NexoraError):
    """A tool could not do what it was asked; the text tells the model what to do instead."""


def tool(
    function: ToolFunction,
    *,
    effect: Effect = Effect.NONE,
    subject: str = "",
    timeout_seconds: float = 60.0,
    name: str = "",
    description: str = "",
    also_called: str = "",
    is_seldom: bool = False,
    meant: Meant = means_nothing,
) -> Tool:
    """The tool that calls this function. Name and description (the first paragraph) are its own unless given.

    `also_called` are other names of it, between blanks; those of an argument stand in its `Annotated`, as a habit.
    The schema names types, choices and descriptions, and the default of `subject` alone, because the guard must see
    it (`with_defaults`). A wrong argument, a NexoraError, an OSError or a time-out becomes a sentence for the model.
    """
    label = name or getattr(function, "__name__", "")
    accepts = _model_of(label, function)
    parameters = _parameters_of(accepts.model_json_schema(), subject)

    def check(arguments: Mapping[str, Any]) -> str:
        try:
            accepts.model_validate(dict(arguments))
        except ValidationError as problem:
            return _explained(problem, parameters, arguments)
        return ""

    async def run(context: ToolContext, arguments: Mapping[str, Any]) -> ToolResult:
        try:
            checked = accepts.model_validate(dict(arguments))
        except ValidationError as problem:
            return ToolResult(text=_explained(problem, parameters, arguments), ok=False)
        try:
            async with asyncio.timeout(timeout_seconds):
                result = await function(context, **{key: getattr(checked, key) for key in accepts.model_fields})
        except TimeoutError:
            return ToolResult(text=f"{label} took more than {timeout_seconds:g} s and was stopped.", ok=False)
        except NexoraError as problem:
            refused = "host.refused" if isinstance(problem, HostRefused) else ""
            return ToolResult(text=f"{problem}.".replace("..", "."), ok=False, refused=refused)
        except OSError as problem:
            return ToolResult(text=_about_file(problem), ok=False)
        return ToolResult(text=result) if isinstance(result, str) else result

    return Tool(
        name=label,
        description=description or _told(function),
        parameters=parameters,
        run=run,
        effect=effect,
        subject=subject,
        timeout_seconds=timeout_seconds,
        check=check,
        is_seldom=is_seldom,
        also_called=frozenset(also_called.split()),
        habits=_habits_of(function),
        meant=meant,
    )


def _told(function: ToolFunction) -> str:
    """The first paragraph of what stands below its name."""
    return " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())


def with_defaults(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with what the model may leave out of what the guard judges: `list_files` means the path `.`."""
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    left_out = {key: value["default"] for key, value in properties.items() if "default" in value}
    return {**left_out, **arguments}


def _model_of(label: str, function: ToolFunction) -> type[BaseModel]:
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for key, parameter in list(inspect.signature(function).parameters.items())[1:]:
        fields[key] = (hints[key], ... if parameter.default is inspect.Parameter.empty else parameter.default)
    model: type[BaseModel] = create_model(label, __config__=ConfigDict(extra="forbid"), **fields)
    return model


def _habits_of(function: ToolFunction) -> dict[str, ArgumentHabit]:
    hints = get_type_hints(function, include_extras=True)
    return {
        key: each
        for key, hint in hints.items()
        for each in getattr(hint, "__metadata__", ())
        if isinstance(each, ArgumentHabit)
    }


def _parameters_of(schema: Mapping[str, Any], subject: str) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "type": "object",
        "properties": {key: _compact(value, keeps_default=key == subject) for key, value in _properties(schema)},
    }
    if required := schema.get("required"):
        parameters["required"] = required
    return parameters


def _properties(schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: Mapping[str, Any] = schema.get("properties", {})
    return list(found.items())


def _compact(value: Any, *, keeps_default: bool = False) -> Any:
    """Without titles and defaults; `X or null` is just X, since what may be left out need not be null."""
    if isinstance(value, list):
        return [_compact(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    choices = [each for each in value.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        value = {**{key: each for key, each in value.items() if key != "anyOf"}, **choices[0]}
    return {
        key: _compact(each) for key, each in value.items() if key not in _NOISE or (key == "default" and keeps_default)
    }


def filled(tool: Tool, given: Mapping[str, Any] | None = None) -> str:
    """How a call of the tool looks: what it needs, with the values that were given where they are of use."""
    return _filled(tool.parameters, given or {})


def _explained(problem: ValidationError, parameters: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    known = parameters["properties"]
    needed = parameters.get("required", ())
    sentences = [_sentence(each) for each in mistakes(problem)[:MAX_PROBLEMS]]
    accepted = ", ".join(key if key in needed else f"{key} (optional)" for key in known) or "none"
    example = f" Example: {_filled(parameters, given)}" if needed else ""
    return f"{'; '.join(sentences)}. The parameters are: {accepted}.{example}"


def _filled(parameters: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    examples = {key: _example(parameters["properties"][key], given.get(key)) for key in parameters.get("required", ())}
    return json.dumps(examples, ensure_ascii=False)


def _example(schema: Mapping[str, Any], value: Any) -> Any:
    """The value itself where it is short and of that type, else one that nobody takes for real."""
    if schema.get("type") in ("integer", "number"):
        return value if isinstance(value, int) else 1
    if schema.get("type") == "array":
        return []
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_EXAMPLE else "…"


def _sentence(one: Mistake) -> str:
    if one.is_missing:
        return f"`{one.path}` is missing"
    if one.is_unknown:
        return f"`{one.path}` is not a parameter"
    said = one.says.removeprefix("Input should be ")
    return f"`{one.path}` must be {said}" if one.kind == "value_error" or said != one.says else f"`{one.path}`: {said}"


_FILE_SENTENCES: Mapping[type[OSError], str] = {
    FileNotFoundError: "No such file or folder; list_files shows what there is.",
    IsADirectoryError: "That is a folder; list_files shows what is in it.",
    NotADirectoryError: "Part of the path is a file, not a folder.",
    PermissionError: "The system does not permit that.",
}


def _about_file(problem: OSError) -> str:
    known = next((sentence for kind, sentence in _FILE_SENTENCES.items() if isinstance(problem, kind)), "")
    return known or f"The system refused: {problem.strerror or 'an input or output error'}."
