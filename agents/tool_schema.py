"""A tool from a typed function: its JSON Schema built once, its arguments checked, its mistakes told in a sentence."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_type_hints

from pydantic import ConfigDict, ValidationError, create_model

from agents.tools import Tool, ToolContext, ToolResult
from channels.base import NexoraError
from governance.verdicts import Effect

Function = Callable[..., Awaitable[ToolResult | str]]
_NOISE = frozenset({"additionalProperties", "title"})


def tool(function: Function, *, effect: Effect = Effect.NONE, subject: str = "", timeout_seconds: float = 60) -> Tool:
    """The tool that this function is.

    Its first parameter is the ToolContext; the others, annotated with what they mean, are what the model gives.
    The docstring's first paragraph is the description. What the function raises as NexoraError or
    OSError becomes a result that the model can act on.
    """
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[name] = (hints[name], default)
    model = create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields)

    async def run(context: ToolContext, arguments: Mapping[str, Any]) -> ToolResult:
        try:
            given = model.model_validate(dict(arguments))
        except ValidationError as error:
            return ToolResult(text=_complaint(error, list(fields)), ok=False)
        try:
            result = await function(context, **{name: getattr(given, name) for name in fields})
        except (NexoraError, OSError) as error:
            return ToolResult(text=_told(error), ok=False)
        return ToolResult(text=result) if isinstance(result, str) else result

    return Tool(
        name=function.__name__,
        description=inspect.cleandoc(function.__doc__ or "").partition("\n\n")[0].replace("\n", " "),
        parameters=_compact(model.model_json_schema()),
        run=run,
        effect=effect,
        subject=subject,
        timeout_seconds=timeout_seconds,
    )


def _compact(schema: Any) -> Any:
    """The schema without what a model does not need."""
    if isinstance(schema, list):
        return [_compact(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in _NOISE and not isinstance(value, dict):
            continue
        kept[key] = {name: _compact(each) for name, each in value.items()} if key == "properties" else _compact(value)
    return kept


def _complaint(error: ValidationError, known: list[str]) -> str:
    lines = []
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in found["loc"])
        if found["type"] == "extra_forbidden":
            lines.append(f"`{where}` is not a parameter")
        elif found["type"] == "missing":
            lines.append(f"`{where}` is missing")
        else:
            lines.append(f"`{where}`: {found['msg'][:1].lower()}{found['msg'][1:]}")
    return f"{'; '.join(lines)}. The parameters are: {', '.join(known) or 'none'}."


def _told(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    return str(error) or type(error).__name__
