"""The secrets of the settings by name, so that no model reads them wherever they come up. It keeps and writes none."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, SecretStr

from gateway.settings.model import Configuration
from governance.secrets.names import referred


def own_secrets(configuration: Configuration) -> dict[str, str]:
    """Every secret of the settings and the channels, and the passwords of addresses among them.

    By where it stands, as `telegram.token` or `database.url`. What goes along at the proxy has the name that agents'
    files use.
    """
    settings = configuration.settings
    found = dict(_secrets("settings", settings))
    for name, channel in configuration.channels.items():
        found |= secrets_in(name, channel.options)
    of_proxy = dict(_secrets("", settings.egress.secrets))
    return {name: value for name, value in found.items() if value not in of_proxy.values()} | of_proxy


def secrets_in(name: str, options: BaseModel | None) -> dict[str, str]:
    """Every secret of one channel, by where it stands."""
    return dict(_secrets(name, options))


def _secrets(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, SecretStr):
        yield from _spelled(name, value.get_secret_value())
    elif isinstance(value, BaseModel):
        yield from _of_all(name, ((key, getattr(value, key)) for key in type(value).model_fields))
    elif isinstance(value, Mapping):
        yield from _of_all(name, value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from _of_all(name, enumerate(value, 1))


def _of_all(name: str, values: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, str]]:
    for key, each in values:
        yield from _secrets(f"{name}.{key}".removeprefix("settings.").removeprefix("."), each)


def _spelled(name: str, secret: str) -> Iterator[tuple[str, str]]:
    if referred(secret):
        return  # a reference to a secret, not one
    yield name, secret
    if "://" in secret:
        try:
            password = urlsplit(secret).password
        except ValueError:
            return
        for number, each in enumerate(sorted({password, unquote(password)}) if password else ()):
            yield f"{name}.password{number or ''}", each
