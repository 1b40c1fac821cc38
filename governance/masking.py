"""What looks like a secret, and how it is hidden from cards, logs and the record. It knows shapes, no values."""

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"

_SECRET_NAME = re.compile(
    r"(?:^|[_-])(?:api_?key|authori[sz]ation|cookie|credential|passphrase|password|passwd|private_?key|secret|token)s?$",
    re.IGNORECASE,
)
_SECRET_SHAPE = re.compile(
    r"""
    \b\d{6,12}:[A-Za-z0-9_-]{30,}                             # a bot's number and key
  | \bxox[abeoprs]-[A-Za-z0-9-]{10,} | \bxapp-[A-Za-z0-9-]{10,} # a workspace's app
  | \bsk-[A-Za-z0-9_-]{16,}                                   # most providers of models
  | \bgh[opsur]_[A-Za-z0-9]{20,} | \bgithub_pat_\w{20,}       # code hosting
  | \bAKIA[0-9A-Z]{16}\b | \bAIza[0-9A-Za-z_-]{30,}           # clouds
  | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+ # JWT
  | (?<=://)[^\s:/@]*:[^\s/@]+(?=@)                           # user and password of a URL
  | (?<=\bBearer\ )[A-Za-z0-9._~+/-]{8,}=*
    """,
    re.VERBOSE,
)


def mask(text: str) -> str:
    """The text with everything that looks like a secret replaced by asterisks."""
    return _SECRET_SHAPE.sub(MASK, text)


def masked(value: Any, name: str = "") -> Any:
    """The value with what is named like a secret or looks like one hidden, however deep it lies."""
    if value is None or isinstance(value, bool | float | int):
        return value  # a count of tokens is no token
    if _SECRET_NAME.search(name):
        return MASK
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {key: masked(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | set | tuple):
        return [masked(inner) for inner in value]
    return mask(repr(value))
