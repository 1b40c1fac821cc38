"""Mattermost: a bot account over WebSocket and REST, with buttons through a callback. The settings stand here."""

from typing import Annotated

from pydantic import AfterValidator

from channels import options as settings
from channels.base import Channel, Surroundings
from channels.options import Token


def _address(given: str) -> str:
    if not given.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return given.rstrip("/")


class Options(settings.PlatformOptions):
    """A bot account on a server of your own."""

    url: Annotated[str, AfterValidator(_address)]
    """Where the server is, as https://chat.example.org; with its subpath if it has one."""

    token: Token
    """The access token of the bot account."""

    callback_url: Annotated[str, AfterValidator(_address)] | None = None
    """How the server reaches this gateway for presses of buttons; server.public_url when absent."""


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """One connection of the bot, not yet listening."""
    from channels.mattermost.adapter import Mattermost  # noqa: PLC0415 -- loaded only for a channel in use

    return Mattermost(name, options, surroundings)
