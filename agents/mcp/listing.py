"""What a server offers, as it was approved: each tool with a digest over all that a model is told of it.

A server may change what it says at any time. Two listings are compared by these digests, and the difference is told
in words for whoever approved the first one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.mcp.definition import DeclaredEffect
from channels.base import NexoraError
from channels.locales import say
from channels.text.plain import one_line
from channels.text.visible import mixed_words, visible
from governance.guard.calls import hashed
from governance.record.audit import canonical

MOST_TOOLS = 128
MOST_SCHEMA_BYTES = 64 * 1024
MOST_NAME = 128
MOST_DESCRIPTION = 1_024
"""So many characters of a description are shown to a model. The digest is over all of it."""
LONGEST_DESCRIPTION = 64 * 1024
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""They choose how the sign before them is drawn, and can carry any text that nobody sees."""


class ListingRefused(NexoraError):
    """What the server lists cannot be used; the text says what is too much or missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTool:
    """One tool as its server describes it. `digest` is over server, name, description and schemas, canonically."""

    name: str
    title: str = ""
    description: str = ""
    input_schema: Mapping[str, Any] = field(default_factory=dict)
    output_schema: Mapping[str, Any] | None = None
    annotations: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""

    @property
    def proposed(self) -> DeclaredEffect:
        """The effect that the server's own hints speak for, to be proposed to a person and never believed."""
        hints = self.annotations
        if hints.get("readOnlyHint") is True:
            return DeclaredEffect.READS
        if hints.get("openWorldHint") is False and hints.get("destructiveHint") is False:
            return DeclaredEffect.WRITES
        return DeclaredEffect.CHANGES if hints.get("destructiveHint") is not None else DeclaredEffect.UNKNOWN

    @property
    def shown(self) -> str:
        """What a model is told of it: one or more lines without signs that nobody sees, shortened."""
        text = seen(self.description or self.title or self.name).strip()
        return text if len(text) <= MOST_DESCRIPTION else f"{text[: MOST_DESCRIPTION - 1].rstrip()}…"

    @property
    def oddities(self) -> tuple[str, ...]:
        """What whoever approves it should know of its text, as words of `mcp.odd.*`."""
        texts = [self.name, self.title, self.description, canonical(self.input_schema)]
        found = ["hidden"] if any(visible(text) != text for text in texts) else []
        found += ["mixed"] if any(mixed_words(text) for text in texts[:3]) else []
        found += ["long"] if len(self.description) > MOST_DESCRIPTION else []
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolListing:
    """All tools of a server, sorted by name. `digest` is over all of theirs."""

    server: str
    tools: tuple[ListedTool, ...]

    @property
    def digest(self) -> str:
        """The same for the same tools in whatever order."""
        return hashed(canonical([self.server, [tool.digest for tool in self.tools]]))

    def tool(self, name: str) -> ListedTool | None:
        """The tool of that name."""
        return next((tool for tool in self.tools if tool.name == name), None)

    def to_stored(self) -> dict[str, Any]:
        """As JSON, from which `listing_of` makes the same again."""
        return {"server": self.server, "tools": [_stored(tool) for tool in self.tools]}


def listing_of(server: str, tools: Iterable[Mapping[str, Any]]) -> ToolListing:
    """The listing from tools as the protocol writes them (camel case). Raises ListingRefused."""
    found: dict[str, ListedTool] = {}
    for number, given in enumerate(tools, 1):
        if number > MOST_TOOLS:
            raise ListingRefused(f"{server} lists more than {MOST_TOOLS} tools; leave out those that nobody needs")
        tool = _listed(server, given)
        if tool.name in found:
            raise ListingRefused(f"{server} lists {tool.name} twice")
        found[tool.name] = tool
    return ToolListing(server=server, tools=tuple(found[name] for name in sorted(found)))


def listing_from(stored: Mapping[str, Any]) -> ToolListing:
    """A listing as `to_stored` wrote it. Raises ListingRefused."""
    return listing_of(str(stored.get("server", "")), stored.get("tools") or ())


def _listed(server: str, given: Mapping[str, Any]) -> ListedTool:
    name = str(given.get("name") or "")
    if not name or len(name) > MOST_NAME:
        raise ListingRefused(f"{server} lists a tool whose name has not 1 to {MOST_NAME} characters: {name[:40]!r}")
    schemas = (given.get("inputSchema") or {}, given.get("outputSchema"))
    for schema in schemas:
        if not isinstance(schema, Mapping | None):
            raise ListingRefused(f"{server}: {name} has a schema that is no object")
        if schema and len(canonical(schema)) > MOST_SCHEMA_BYTES:
            raise ListingRefused(f"{server}: {name} has a schema of more than {MOST_SCHEMA_BYTES // 1024} KB")
    description = str(given.get("description") or "")
    if len(description) > LONGEST_DESCRIPTION:
        raise ListingRefused(f"{server}: {name} has a description of more than {LONGEST_DESCRIPTION // 1024} KB")
    title = str(given.get("title") or (given.get("annotations") or {}).get("title") or "")
    bound = [server, name, title, description, schemas[0], schemas[1]]
    return ListedTool(
        name=name,
        title=title[:MOST_NAME],
        description=description,
        input_schema=schemas[0],
        output_schema=schemas[1],
        annotations={key: each for key, each in (given.get("annotations") or {}).items() if isinstance(each, bool)},
        digest=hashed(canonical(bound)),
    )


def _stored(tool: ListedTool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": dict(tool.input_schema),
        "outputSchema": None if tool.output_schema is None else dict(tool.output_schema),
        "annotations": dict(tool.annotations),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a listing says otherwise than the approved one. Names of tools; `renamed` are pairs of old and new."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    described: tuple[str, ...] = ()
    reshaped: tuple[str, ...] = ()

    @property
    def held(self) -> frozenset[str]:
        """The approved tools that may not be called any more until somebody has looked at them."""
        return frozenset({*self.removed, *(old for old, _ in self.renamed), *self.described, *self.reshaped})

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.removed or self.renamed or self.described or self.reshaped)

    def said(self, language: str) -> str:
        """In words, a line for each kind of change."""
        lines = [
            say(f"mcp.difference.{kind}", language, tools=", ".join(visible(one_line(name)) for name in names))
            for kind, names in (
                ("added", self.added),
                ("removed", self.removed),
                ("renamed", [f"{old} → {new}" for old, new in self.renamed]),
                ("described", self.described),
                ("reshaped", self.reshaped),
            )
            if names
        ]
        return "\n".join(lines)


def difference(approved: ToolListing, now: ToolListing) -> Difference:
    """How the listing of now differs from the approved one."""
    before, after = ({tool.name: tool for tool in one.tools} for one in (approved, now))
    gone, new = [name for name in before if name not in after], [name for name in after if name not in before]
    renamed = []
    for old in gone:
        twin = next((name for name in new if _body(after[name]) == _body(before[old])), None)
        if twin is not None:
            renamed.append((old, twin))
            new.remove(twin)
    both = [name for name in before if name in after and before[name].digest != after[name].digest]
    reshaped = [name for name in both if _schemas(before[name]) != _schemas(after[name])]
    return Difference(
        added=tuple(new),
        removed=tuple(name for name in gone if name not in dict(renamed)),
        renamed=tuple(renamed),
        described=tuple(name for name in both if name not in reshaped),
        reshaped=tuple(reshaped),
    )


def _schemas(tool: ListedTool) -> str:
    return canonical([tool.input_schema, tool.output_schema])


def _body(tool: ListedTool) -> tuple[str, str]:
    return tool.description, _schemas(tool)


def seen(text: str) -> str:
    """The text without what nobody sees: control and format signs, tags, selectors; an odd blank is a plain one."""
    if text.isascii() and text.isprintable():
        return text
    kept = (sign if sign.isprintable() or sign == "\n" else " " if sign.isspace() else "" for sign in text)
    return _SELECTORS.sub("", "".join(kept))
