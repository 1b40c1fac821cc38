"""Messages to text and back, for the rows that keep them. Adapters never need it."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter

from channels.messages import Address, Outbound, Ref

T = TypeVar("T")

_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """Built on first use and kept: building one costs a hundred times what using it does."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def dump(value: Any) -> str:
    """The value as JSON text. `value` is any dataclass of `channels.messages`."""
    return _adapter(type(value)).dump_json(value).decode()


def load(kind: type[T], text: str | bytes) -> T:
    """The value of that class; raises pydantic.ValidationError when the text is not one."""
    if kind is Outbound and _OLD in (text if isinstance(text, str) else text.decode()):
        text = json.dumps(_of_now(json.loads(text)))
    loaded: T = _adapter(kind).validate_json(text)
    return loaded


_OLD = '"detail":{"'
"""How rows of earlier versions begin what they tell beside a message; in words that people say, quotes are escaped."""


def _of_now(row: dict[str, Any]) -> dict[str, Any]:
    """A message of an earlier version, with what it told in one dictionary as the fields that it has now."""
    told: dict[str, Any] = row.pop("detail")
    if "language" in told:
        told["in_language"] = told["language"]
    work = {"count": told.pop("steps", 0), "seconds": told.pop("seconds", 0.0), "lines": told.pop("lines", ())}
    return {**row, **told, "work": work}


def dump_refs(refs: Sequence[Ref]) -> str:
    """The Refs of a message's parts as the row keeps them."""
    return json.dumps(
        [{"c": r.address.channel, "r": r.address.room, "t": r.address.thread, "i": r.id} for r in refs],
        separators=(",", ":"),
    )


def refs_of(stored: str | None) -> list[Ref]:
    """The Refs that a row keeps."""
    rows: list[dict[str, Any]] = json.loads(stored) if stored else []
    return [Ref(address=Address(channel=r["c"], room=r["r"], thread=r["t"]), id=r["i"]) for r in rows]
