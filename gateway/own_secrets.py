"""The secrets of the settings, so that no model reads them wherever they come up. It keeps and writes none."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from gateway.settings import Configuration


def own_secrets(configuration: Configuration) -> list[str]:
    """Every secret of the settings and the channels, and the passwords of addresses among them."""
    given = [configuration.settings, *(channel.options for channel in configuration.channels.values())]
    return [secret for model in given for secret in _secrets(model)]


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield from _spelled(value.get_secret_value())
    elif isinstance(value, BaseModel):
        yield from _of_all(getattr(value, name) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        yield from _of_all(value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from _of_all(value)


def _of_all(values: Iterable[Any]) -> Iterator[str]:
    for each in values:
        yield from _secrets(each)


def _spelled(secret: str) -> Iterator[str]:
    yield secret
    if "://" in secret:
        try:
            password = urlsplit(secret).password
        except ValueError:
            return
        if password:
            yield password
