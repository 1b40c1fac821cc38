"""Telegram: a bot heard by polling or by webhook. The settings stand here, so that checking them loads no SDK."""

import re
import sys
import types
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from channels import options as settings
from channels.base import Channel, Surroundings
from channels.options import Secret, Token

_HTTPX_LAYER = "telegram.request._httpxrequest"


def _address(given: str) -> str:
    if not given.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return given.rstrip("/")


def _header(given: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", given.get_secret_value()):
        raise ValueError("must be 1-256 of A-Z a-z 0-9 _ -")
    return given


def _whole(given: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", given.get_secret_value()):
        raise ValueError("is not the whole token of BotFather, which is digits, a colon and letters: 123456789:AA…")
    return given


class Options(settings.PlatformOptions):
    """A bot that was made with BotFather."""

    token: Annotated[Token, AfterValidator(_whole)]
    """The token that BotFather gave, like 123456789:AA…"""

    mode: Literal["polling", "webhook"] = "polling"
    """`polling` works from anywhere; `webhook` needs a public HTTPS address and one request less per message."""

    api_url: Annotated[str, AfterValidator(_address)] = "https://api.telegram.org"
    """Where the Bot API is; another one for a Bot API server of your own."""

    webhook_secret: Annotated[Secret, AfterValidator(_header)] | None = None
    """What Telegram must show when it calls us, 1-256 of A-Z a-z 0-9 _ -; made from the token when absent."""

    keeps_rates: bool = True
    """Keep within 30 messages a second, one a second in a chat and 20 a minute in a group. A server of your own may
    take more."""

    poll_timeout_seconds: Annotated[int, Field(ge=1, le=50)] = 30
    """How long one question for news stays open."""


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """One connection of the bot, not yet listening."""
    _spare_httpx()
    from channels.telegram.adapter import Telegram  # noqa: PLC0415 -- the SDK loads when a channel first needs it

    return Telegram(name, options, surroundings)


class _Absent:
    """Stands where the SDK's own HTTP client would be."""

    def __init__(self) -> None:
        raise RuntimeError("the SDK speaks through channels.telegram.transport here")


def _spare_httpx() -> None:
    """Keep the SDK from importing httpx, which we never use: 47 modules, 3 MB and 0.1 s of CPU at every start."""
    if "telegram" in sys.modules:
        return
    stand_in = types.ModuleType(_HTTPX_LAYER)
    vars(stand_in)["HTTPXRequest"] = _Absent
    sys.modules[_HTTPX_LAYER] = stand_in
