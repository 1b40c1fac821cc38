"""Messages to text and back, for the rows that keep them. Adapters never need it."""

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump(value: Any) -> str:
    """The value as JSON text. `value` is any dataclass of `channels.messages`."""
    return _adapter(type(value)).dump_json(value, exclude_defaults=True).decode()


def load(kind: type[T], text: str | bytes) -> T:
    """The value of that class; raises pydantic.ValidationError when the text is not one."""
    loaded: T = _adapter(kind).validate_json(text)
    return loaded
