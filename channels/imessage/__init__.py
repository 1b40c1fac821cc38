"""iMessage: a Mac that runs BlueBubbles Server, over its REST API and webhooks. The settings stand here."""

from typing import Annotated

from pydantic import AfterValidator, Field

from channels import options as settings
from channels.base import Channel, Surroundings
from channels.options import Secret


def _address(given: str) -> str:
    if not given.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return given.rstrip("/")


class Options(settings.PlatformOptions):
    """The account of one Mac."""

    url: Annotated[str, AfterValidator(_address)]
    """Where the server is, as http://192.168.1.20:1234."""

    password: Secret
    """The server's password."""

    name: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^\S+$")] = "nexora"
    """What people in a group call the bot, at the beginning of a message or behind an @; one word."""

    hears_sms: bool = False
    """Hear SMS and RCS too, where whoever writes can pretend to be another number."""

    callback_url: Annotated[str, AfterValidator(_address)] | None = None
    """How the server reaches this gateway to say that there is news; server.public_url when absent."""

    poll_seconds: Annotated[float, Field(ge=0.2, le=300)] = 5.0
    """How often the server is asked for news, beside each time it says that there is some."""


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """One connection to the server, not yet listening."""
    from channels.imessage.adapter import IMessage  # noqa: PLC0415 -- loaded only for a channel in use

    return IMessage(name, options, surroundings)
