"""QQ: an official bot, heard over its gateway or by signed webhook. The settings stand here."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from channels import options as settings
from channels.base import Channel, Surroundings
from channels.options import Token


def _address(given: str) -> str:
    if not given.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return given.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]


class Options(settings.PlatformOptions):
    """A bot of q.qq.com."""

    app_id: Annotated[str, Field(pattern=r"^\d{1,20}$")]
    """The AppID of the bot."""

    secret: Token
    """The AppSecret of the bot; it also signs webhooks."""

    mode: Literal["socket", "webhook"] = "socket"
    """`socket` needs no public address; `webhook` needs server.public_url on port 443, 80, 8080 or 8443."""

    markdown: bool = True
    """Try Markdown with buttons; where the platform has not granted them, plain words are sent instead."""

    api_url: Address = "https://api.sgroup.qq.com"
    """Where the bot API is; https://sandbox.api.sgroup.qq.com for the sandbox."""

    token_url: Address = "https://bots.qq.com"  # noqa: S105 -- an address and no token
    """Where access tokens are given out."""


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """One connection of the bot, not yet listening."""
    from channels.qq.adapter import connect  # noqa: PLC0415 -- loaded only for a channel that somebody uses

    return connect(name, options, surroundings)
