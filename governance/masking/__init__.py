"""What looks like a secret, and how each surface hides it. It knows shapes; `known` and `guard.hidden` know values.

Four surfaces, four rules. In **chat** what opens something (keys of providers, PEM, JWT, passwords of addresses,
headers, secrets of apps by their name) is hidden, and a password somebody asked for is not. What a **model** reads is
whole but for the same, which `hidden` replaces by references. The **record and logs** hide what is given to a telling
name as well. **Exports** leave the installation, so they hide even what looks like an example. Cards mask nothing that
a shell could interpret. What this process has handed to somebody (`known`) is hidden on each, however it is encoded.
"""

import re
from collections.abc import Mapping
from typing import Any

from governance.masking.found import FoundSecret, SecretKind, apart
from governance.masking.known import HANDED_OUT
from governance.masking.providers import provider_keys
from governance.masking.shapes import (
    assignments,
    header_values,
    keys_in_two_parts,
    pem_keys,
    secrets_of_apps,
    url_passwords,
    web_tokens,
)

__all__ = ["MASK", "FoundSecret", "SecretKind", "for_chat", "for_export", "for_record", "keys_in", "masked"]

MASK = "***"

_SECRET_NAME = re.compile(
    r"(?:^|[_-])(?:api_?key|authori[sz]ation|cookie|credential|passphrase|password|passwd|private_?key|secret|token)s?$",
    re.IGNORECASE,
)
_FOR_A_SHELL = re.compile(r"[^\s$`;|&<>(){}\"'\\]+")
_PEM_LINE = re.compile(r"(\\[nr])|[A-Za-z0-9+/=,:-]+")
_CAPITALS = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def keys_in(text: str, *, strict: bool = False) -> list[FoundSecret]:
    """Whatever opens something by itself, in order and apart; with `strict` also what looks like an example."""
    lowered = _lowered(text)
    return apart(
        [
            *provider_keys(text, strict=strict),
            *pem_keys(text),
            *web_tokens(text),
            *url_passwords(text, strict=strict),
            *header_values(text, lowered),
            *keys_in_two_parts(text),
            *secrets_of_apps(text, lowered),
        ]
    )


def secrets_in(text: str, *, strict: bool = False) -> list[FoundSecret]:
    """The same, and what is given to a telling name."""
    return apart([*keys_in(text, strict=strict), *assignments(text, _lowered(text))])


def for_chat(text: str) -> str:
    """As a person in chat sees it, and as it is stored of them."""
    return _hidden(text, keys_in(text))


def for_record(text: str) -> str:
    """As the record and logs keep it. A command stays the same command, whatever a shell makes of it."""
    return _hidden(text, secrets_in(text))


def for_export(text: str) -> str:
    """As it leaves the installation."""
    return _hidden(text, secrets_in(text, strict=True))


def masked(value: Any, name: str = "") -> Any:
    """The value with what is named like a secret or looks like one hidden, however deep it lies."""
    if value is None or isinstance(value, bool | float | int):
        return value  # a count of tokens is no token
    if _SECRET_NAME.search(name):
        return MASK
    if isinstance(value, str):
        return for_export(value)
    if isinstance(value, Mapping):
        return {key: masked(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | set | tuple):
        return [masked(inner) for inner in value]
    return for_export(repr(value))


def _lowered(text: str) -> str:
    """In small letters, each at its place: some capitals become two letters, and then only those of ASCII change."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.translate(_CAPITALS)


def _hidden(text: str, found: list[FoundSecret]) -> str:
    if known := HANDED_OUT.found_in(text):
        found = apart([*found, *known])
    if not found:
        return text
    pieces: list[str] = []
    at = 0
    for each in found:
        pieces += [text[at : each.start], _mask_of(text[each.start : each.end], each.kind)]
        at = each.end
    return "".join([*pieces, text[at:]])


def _mask_of(secret: str, kind: SecretKind) -> str:
    """Asterisks; of a private key for each line, and of what is known for each word, so that a command stays one."""
    if kind is SecretKind.KNOWN:
        return _FOR_A_SHELL.sub(MASK, secret)
    return _PEM_LINE.sub(lambda line: line[1] or MASK, secret) if kind is SecretKind.PEM else MASK
