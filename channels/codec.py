"""Messages to text and back, for the rows that keep them. Adapters never need it."""

from typing import Any, TypeVar

from pydantic import TypeAdapter

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
