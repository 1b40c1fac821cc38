"""WeCom: an intelligent bot (智能机器人) over its long connection. The settings stand here."""

from typing import Annotated

from pydantic import AfterValidator

from channels import options as settings
from channels.base import Channel, Surroundings
from channels.options import Secret


def _address(given: str) -> str:
    if not given.startswith(("wss://", "ws://")):
        raise ValueError("must begin with wss:// or ws://")
    return given


class Options(settings.Options):
    """A bot that was made in the WeCom client or the admin console, in API mode with a long connection."""

    bot_id: str
    """The bot's ID."""

    secret: Secret
    """The secret of its long connection."""

    socket_url: Annotated[str, AfterValidator(_address)] = "wss://openws.work.weixin.qq.com"
    """Where the long connection is."""


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """One connection of the bot, not yet listening."""
    from channels.wecom.adapter import WeCom  # noqa: PLC0415 -- loaded only for a channel that somebody uses

    return WeCom(name, options, surroundings)
