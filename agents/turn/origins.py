"""Reads from a prompt where everything in it comes from, for the guard (guard.origins). It judges nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.models.context import CallOutcome, Prepared, calls_in
from agents.tools.tool import Tool
from governance.guard.origins import Origins, search_address
from governance.values.verdicts import Effect

QUOTED = "> "
"""Begins a line of somebody else's words in what a person said (gateway.messages.read)."""
_FROM_OTHERS = ("fetched/", "received/")
"""Folders of a workspace whose files come from outsiders: pages, and what people were sent and passed on."""
_QUOTES = "a quoted message"
_SEARCH = "a web search"


def origins_of(prompt: Sequence[Prepared], tools: Mapping[str, Tool], own_from: int) -> Origins:
    """The origins of what a prompt holds. `own_from` is where the words of the person begin who speaks now.

    In a room of several people that is this turn, for what others said there before is theirs.
    """
    said: list[str] = []
    read: dict[str, str] = {}
    fetched: list[str] = []
    has_data = False
    asked: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for place, body in enumerate(prompt):
        if body.role == "user":
            own, quoted, pictures = _apart(body["content"])
            has_data = has_data or pictures
            if place < own_from:
                own, quoted = "", f"{quoted}\n{own}"
            said.append(own)
            if quoted.strip():
                read[_QUOTES] = f"{read.get(_QUOTES, '')}\n{quoted}"
        elif body.role == "assistant":
            asked.update({call_id: (name, arguments) for call_id, name, arguments in calls_in(body)})
        elif body.role == "tool":
            if body.outcome is CallOutcome.NOT_RUN:
                continue
            name, arguments = asked.get(str(body.get("tool_call_id")), ("", {}))
            effect = tools[name].effect if name in tools else Effect.NONE
            server = tools[name].server if name in tools else ""
            has_data = has_data or effect in {Effect.CONSULTS, Effect.READS, Effect.RUNS}
            fetched += _addresses(effect, arguments, tools[name].subject if server else "url")
            if source := server or _outsider(effect, arguments):
                read[source] = f"{read.get(source, '')}\n{body.get('content')}"
    return Origins(said="\n".join(said), read=read, fetched=tuple(fetched), has_data=has_data)


def _apart(content: Any) -> tuple[str, str, bool]:
    """A person's own words, the words that they quote, and whether there are pictures beside them."""
    parts = content if isinstance(content, list) else [{"type": "text", "text": str(content)}]
    lines = [line for part in parts if part.get("type") == "text" for line in str(part.get("text")).splitlines()]
    own = "\n".join(line for line in lines if not line.startswith(QUOTED))
    quoted = "\n".join(line.removeprefix(QUOTED) for line in lines if line.startswith(QUOTED))
    return own, quoted, any(part.get("type") != "text" for part in parts)


def _addresses(effect: Effect, arguments: Mapping[str, Any], subject: str) -> list[str]:
    """Where such a call has led, as addresses that may carry something."""
    if effect is Effect.SEARCHES:
        return [search_address(str(arguments.get("query", "")))]
    return [str(arguments.get(subject, ""))] if effect is Effect.FETCHES else []


def _outsider(effect: Effect, arguments: Mapping[str, Any]) -> str:
    """Where the result of such a call comes from, when outsiders wrote it; else empty."""
    if effect is Effect.SEARCHES:
        return _SEARCH
    if effect is Effect.FETCHES:
        return str(arguments.get("url", ""))
    if effect is Effect.RUNS and arguments.get("network"):
        return str(arguments.get("command", ""))[:80]
    path = str(arguments.get("path", "")).removeprefix("./")
    return path if effect is Effect.READS and path.startswith(_FROM_OTHERS) else ""
