"""Messages to text and back, for the rows that keep them. Adapters never need it."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter

from channels.messages import Address, Ref

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
    loaded: T = _adapter(kind).validate_json(text)
    return loaded


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
