"""Discord: one bot, heard over its gateway. The settings stand here; loading this package does not load the SDK."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator

from channels import options as settings
from channels.base import Channel, Surroundings
from channels.options import Secret, bare


def _of_api(given: str) -> str:
    if not given.startswith(("https://", "http://")):
        raise ValueError("must be an address such as https://discord.com/api/v10")
    return given.rstrip("/")


def _of_gateway(given: str) -> str:
    if given and not given.startswith(("wss://", "ws://")):
        raise ValueError("must be an address such as wss://gateway.discord.gg, or empty")
    return given


class Options(settings.PlatformOptions):
    """A bot of discord.com/developers. Where each thing is clicked: docs/channels/discord.md."""

    token: Secret
    """The bot's token, without the word Bot before it."""

    message_content: bool = True
    """Ask for the words of server messages that do not mention the bot, where the developer portal allows it."""

    command: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,32}$")] = "nexora"
    """The slash command that speaks to the bot anywhere; empty registers none."""

    missed_hours: Annotated[float, Field(ge=0, le=168)] = 24.0
    """How old, in hours, a message may be that was missed while away and is fetched later; 0 fetches none."""

    api_url: Annotated[str, AfterValidator(_of_api)] = "https://discord.com/api/v10"
    """Where the REST API is, its version included; for a proxy or a test."""

    gateway_url: Annotated[str, AfterValidator(_of_gateway)] = ""
    """Where the gateway is; empty asks the API."""

    @field_validator("token")
    @classmethod
    def _is_bare(cls, given: SecretStr) -> SecretStr:
        if not given.get_secret_value().isascii() or " " in given.get_secret_value():
            raise ValueError("must be the bare token from the page Bot, without the word Bot before it")
        bare(given.get_secret_value())
        return given


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """One connection of the bot, not yet listening."""
    from channels.discord.adapter import Discord  # noqa: PLC0415 -- the SDK loads only for a channel somebody uses

    return Discord(name, options, surroundings)
