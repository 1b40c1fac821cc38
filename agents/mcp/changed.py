"""What a server says otherwise than before, tool by tool and field by field: as sentences, and whole for a card.

All that servers wrote is shown as it is, in quotation marks where it is a text, with signs that nobody sees written
out. Sentences are cut, and say by how much; what is whole uses the names of the protocol alone, in no language.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agents.mcp.listing import ListedTool, ToolListing, difference
from channels.text.visible import visible
from governance.record.audit import canonical
from governance.values.reasons import Why, why

LONGEST_SHOWN = 160
"""Characters of a text that a sentence shows, from shortly before the first difference on."""
_BEFORE = 24
_DEEPEST = 8
_OWN = frozenset({"type", "description", "properties", "required", "items"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _SchemaField:
    """A parameter, or a field of an answer. `rest` is what its schema says beside its type and its description."""

    kind: str
    is_required: bool
    description: str
    rest: Mapping[str, str]


def sentences(before: ToolListing, after: ToolListing) -> tuple[Why, ...]:
    """What differs, a sentence for each field; empty where nothing does."""
    changed = difference(before, after)
    renamed = dict(changed.renamed)
    told = [_about(old, why("mcp.changed.renamed", name=shown(new))) for old, new in changed.renamed]
    told += [_about(name, why("mcp.changed.removed")) for name in changed.removed]
    for new in (tool for tool in after.tools if tool.name not in renamed.values()):
        old = before.tool(new.name)
        if old is None:
            told.append(_about(new.name, why("mcp.changed.added", text=shown(new.description or new.title))))
        told += [_about(new.name, each) for each in _of_tool(old or ListedTool(name=new.name), new, is_new=old is None)]
    return tuple(told)


def definition_sentences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Why, ...]:
    """How the definition of a server differs, a sentence for each value."""
    return tuple(
        why("mcp.changed.definition", path=shown(".".join(path)), old=shown(old or "–"), new=shown(new or "–"))
        for path, old, new in _leaves_that_differ(before, after)
    )


def whole(before: ToolListing, after: ToolListing) -> str:
    """Everything that differs, by the names of the protocol: `-` was there, `+` is there now."""
    lines: list[str] = []
    for name in sorted({tool.name for tool in (*before.tools, *after.tools)}):
        old, new = before.tool(name), after.tool(name)
        if old != new:
            sign = "+" if old is None else "-" if new is None else "~"
            lines += [f"{sign} {name}", *(f"  {line}" for line in _lines(old, new))]
    return "\n".join(lines)


def whole_definition(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Everything in which two definitions differ, a value after the other."""
    return "\n".join(_values(before, after))


def shown(text: str, at: int = 0) -> str:
    """Others' words in a sentence: on one line, from shortly before `at` on, cut with the number of what is left."""
    start = max(0, at - _BEFORE) if len(text) > LONGEST_SHOWN else 0
    piece, left = text[start : start + LONGEST_SHOWN], len(text) - start - LONGEST_SHOWN
    line = " ".join(visible(piece).split())
    return f"{'…' if start else ''}{line}{f'… (+{left:,})' if left > 0 else ''}"


def _about(tool: str, what: Why) -> Why:
    return why("mcp.changed", tool=shown(tool), what=what)


def _of_tool(old: ListedTool, new: ListedTool, *, is_new: bool) -> Iterator[Why]:
    if not is_new:
        for word, was, now in (("title", old.title, new.title), ("description", old.description, new.description)):
            if was != now:
                yield why(f"mcp.changed.{word}", **_both(was, now))
    yield from _of_schema("parameter", old.input_schema, new.input_schema)
    if not is_new or new.output_schema:
        yield from _of_schema("answer", old.output_schema or {}, new.output_schema or {})
    for hint in sorted({*old.annotations, *new.annotations}):
        was, now = (_hint(tool.annotations.get(hint)) for tool in (old, new))
        if was != now:
            yield why("mcp.changed.hint", hint=shown(hint), old=was, new=now)


def _of_schema(word: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Why]:
    what = why(f"mcp.changed.{word}")
    was, now = dict(_fields(old)), dict(_fields(new))
    told = False
    for name in sorted({*was, *now}):
        for each in _of_field(what, name, was.get(name), now.get(name)):
            told = True
            yield each
    rests = [{key: value for key, value in _rest(schema).items() if key != "$schema"} for schema in (old, new)]
    keys = sorted(key for key in {*rests[0], *rests[1]} if rests[0].get(key) != rests[1].get(key))
    if keys and (old or not told):
        yield why("mcp.changed.schema", what=what, keys=shown(", ".join(keys)))
    elif not told and canonical(old) != canonical(new) and old:
        yield why("mcp.changed.schema", what=what, keys="…")


def _of_field(what: Why, name: str, old: _SchemaField | None, new: _SchemaField | None) -> Iterator[Why]:
    named: dict[str, str | Why] = {"what": what, "name": shown(name)}
    if new is None:
        yield why("mcp.changed.field_removed", **named)
        return
    needed = why(f"mcp.changed.{'required' if new.is_required else 'optional'}")
    if old is None:
        yield why("mcp.changed.field_added", **named, type=new.kind, needed=needed)
        return
    if old.kind != new.kind:
        yield why("mcp.changed.field_type", **named, old=old.kind, new=new.kind)
    if old.is_required != new.is_required:
        yield why("mcp.changed.field_needed", **named, needed=needed)
    if old.description != new.description:
        yield why("mcp.changed.field_description", **named, **_both(old.description, new.description))
    for key in sorted({*old.rest, *new.rest}):
        if (was := old.rest.get(key, "–")) != (now := new.rest.get(key, "–")):
            yield why("mcp.changed.field_else", **named, key=shown(key), **_both(was, now))


def _fields(schema: object, at: str = "", depth: int = 0) -> Iterator[tuple[str, _SchemaField]]:
    """All fields of a schema by their paths, also those of objects and lists within it."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return
    properties, required = schema.get("properties"), schema.get("required")
    for name, given in properties.items() if isinstance(properties, Mapping) else ():
        field = given if isinstance(given, Mapping) else {}
        yield (
            f"{at}{name}",
            _SchemaField(
                kind=_kind(field),
                is_required=isinstance(required, list) and name in required,
                description=str(field.get("description") or ""),
                rest=_rest(field),
            ),
        )
        yield from _fields(field, f"{at}{name}.", depth + 1)
    yield from _fields(schema.get("items"), f"{at.removesuffix('.')}[].", depth + 1)


def _kind(schema: Mapping[str, Any], depth: int = 0) -> str:
    given = schema.get("type", "any")
    told = " | ".join(map(str, given)) if isinstance(given, list) else str(given)
    items = schema.get("items")
    if isinstance(items, Mapping) and depth < _DEEPEST:
        told = f"{told}<{_kind(items, depth + 1)}>"
    return shown(told)


def _rest(schema: Mapping[str, Any], depth: int = 0) -> dict[str, str]:
    found = {str(key): canonical(value) for key, value in schema.items() if key not in _OWN}
    items = schema.get("items")
    if isinstance(items, Mapping) and depth < _DEEPEST:
        found |= {f"items.{key}": value for key, value in _rest(items, depth + 1).items()}
    elif items is not None:
        found["items"] = canonical(items)
    return found


def _hint(given: object) -> str:
    return "–" if given is None else str(given).lower()


def _both(old: str, new: str) -> dict[str, str | Why]:
    """Both texts from where they begin to differ."""
    pairs = zip(old, new, strict=False)
    at = next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(old), len(new)))
    return {"old": shown(old, at), "new": shown(new, at)}


def _lines(old: ListedTool | None, new: ListedTool | None) -> Iterator[str]:
    for key in ("title", "description"):
        was, now = (str(getattr(tool, key)) if tool else "" for tool in (old, new))
        if was != now:
            yield key
            changed = list(difflib.unified_diff(was.splitlines(), now.splitlines(), n=1, lineterm=""))[2:]
            yield from (f"  {'…' if line.startswith('@@') else line}" for line in changed)
    values = [_raw(tool) if tool else {} for tool in (old, new)]
    yield from _values(*values)


def _raw(tool: ListedTool) -> dict[str, Any]:
    schemas = {"inputSchema": tool.input_schema, "outputSchema": tool.output_schema}
    return {**{key: value for key, value in schemas.items() if value}, "annotations": tool.annotations}


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for path, was, now in _leaves_that_differ(old, new):
        yield ".".join(path)
        yield from (f"  {sign} {value}" for sign, value in (("-", was), ("+", now)) if value)


def _leaves_that_differ(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Path, what stood there, what stands there now; empty where nothing does."""
    was, now = dict(_leaves(old)), dict(_leaves(new))
    for path in sorted({*was, *now}):
        if was.get(path) != now.get(path):
            yield path, was.get(path, ""), now.get(path, "")


def _leaves(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping) and (value or not at) and len(at) < _DEEPEST * 4:
        for key, inner in value.items():
            yield from _leaves(inner, (*at, str(key)))
    else:
        yield at, canonical(value)
