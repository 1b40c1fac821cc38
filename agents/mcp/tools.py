"""The tools of a server as models are offered them and as the guard judges them. It runs none."""

from collections.abc import Mapping
from typing import Any

from agents.mcp.definition import DeclaredEffect, HttpTransport, ServerDefinition, StdioTransport
from agents.mcp.listing import ListedTool, ToolListing
from agents.mcp.names import wire_names
from agents.tools.tool import Run, Tool
from governance.values.verdicts import Effect

_EFFECTS: Mapping[DeclaredEffect, Effect] = {
    DeclaredEffect.CHANGES: Effect.CHANGES,
    DeclaredEffect.FETCHES: Effect.FETCHES,
    DeclaredEffect.NONE: Effect.NONE,
    DeclaredEffect.READS: Effect.CONSULTS,
    DeclaredEffect.RUNS: Effect.UNKNOWN,
    DeclaredEffect.SEARCHES: Effect.SEARCHES,
    DeclaredEffect.SENDS: Effect.SENDS,
    DeclaredEffect.UNKNOWN: Effect.UNKNOWN,
}
_NO_SCHEMA = frozenset({"$id", "$schema", "title"})
SAFE_TO_REPEAT = frozenset({Effect.CONSULTS, Effect.FETCHES, Effect.NONE, Effect.SEARCHES})
"""Effects after which a call that broke off may simply be made again."""


def guarded_effect(server: ServerDefinition, effect: DeclaredEffect) -> Effect:
    """As what the guard judges it. What a confined program without hosts writes is nobody's but its own."""
    if effect is DeclaredEffect.WRITES:
        is_own = isinstance(server.transport, StdioTransport) and not server.transport.hosts
        return Effect.CONSULTS if is_own else Effect.CHANGES
    return _EFFECTS[effect]


def tools_from(server: ServerDefinition, listing: ToolListing, run_of: Mapping[str, Run]) -> tuple[Tool, ...]:
    """A tool for each that the server offers, run by what `run_of` holds for it."""
    offered = [tool for tool in listing.tools if server.offers(tool.name)]
    names = wire_names(server.name, [tool.name for tool in offered])
    return tuple(_tool(server, tool, names[tool.name], run_of[tool.name]) for tool in offered)


def signed_in_as(server: ServerDefinition) -> str:
    """Whom the server takes the caller for: `person`, `installation`, or nobody."""
    is_known = bool(server.given) or isinstance(server.transport, HttpTransport)
    return server.acts_as.value if is_known else ""


def _tool(server: ServerDefinition, listed: ListedTool, name: str, run: Run) -> Tool:
    declared = server.declared(listed.name)
    subject, *more = declared.destinations or ("",)
    parameters = _parameters(listed.input_schema, frozenset(declared.destinations))
    return Tool(
        name=name,
        description=listed.shown,
        parameters=parameters,
        run=run,
        effect=guarded_effect(server, declared.effect),
        subject=subject,
        subjects=tuple(more),
        server=server.name,
        signed_in_as=signed_in_as(server),
        timeout_seconds=server.timeout_seconds,
        check=lambda arguments: _missing(parameters, arguments),
    )


def _parameters(schema: Mapping[str, Any], subjects: frozenset[str]) -> dict[str, Any]:
    """The schema as providers take it: an object with properties. Only defaults that the guard must see are kept."""
    given = schema.get("properties")
    properties = {
        str(key): _property(value, keeps_default=key in subjects)
        for key, value in (given.items() if isinstance(given, Mapping) else ())
    }
    rest = {key: value for key, value in schema.items() if key not in _NO_SCHEMA | {"properties", "required", "type"}}
    needed = schema.get("required")
    required = [key for key in needed if key in properties] if isinstance(needed, list) else []
    return {"type": "object", "properties": properties, **({"required": required} if required else {}), **rest}


def _property(value: Any, *, keeps_default: bool) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    return {key: each for key, each in value.items() if key != "title" and (key != "default" or keeps_default)}


def _missing(parameters: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    """What is missing, in a sentence. All else the server checks itself."""
    missing = [key for key in parameters.get("required", ()) if key not in arguments]
    known = ", ".join(parameters["properties"]) or "none"
    return f"`{missing[0]}` is missing. The parameters are: {known}." if missing else ""
