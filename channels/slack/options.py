"""The settings of one Slack app in one workspace, checked together: a mistake is named before anything starts."""

from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator
from yarl import URL

import channels.options
from channels.options import Token


class Mode(StrEnum):
    """How Slack reaches us. Alphabetical."""

    HTTP = "http"
    SOCKET = "socket"


class Options(channels.options.PlatformOptions):
    """One Slack app, installed in one workspace. Where each token is found: docs/channels/slack.md."""

    mode: Mode = Field(
        default=Mode.SOCKET,
        description="How Slack reaches us: `socket` needs no public address, `http` needs one but no open connection.",
    )
    bot_token: Token = Field(description="Bot User OAuth Token (xoxb-…); everything is sent and read with it.")
    app_token: Token | None = Field(
        default=None,
        description="App-level token (xapp-…) with connections:write; needed in mode socket, unused in mode http.",
    )
    signing_secret: Token | None = Field(
        default=None,
        description="Signing secret of the app; needed in mode http, where it proves that a request is from Slack.",
    )
    api_url: str = Field(
        default="https://slack.com/api/",
        description="Base of the Web API; change it for GovSlack (https://slack-gov.com/api/), a proxy or a test.",
    )
    ping_seconds: float = Field(
        default=10.0,
        gt=0,
        le=60,
        description="Seconds between pings on the socket; a connection that stays silent 1.5 times as long is rebuilt.",
    )

    prompts: tuple[str, ...] = Field(
        default=("What can you do for me?", "你能帮我做什么？"),
        max_length=4,
        description="Phrases that the pane of the assistant offers to begin with, at most four; `[]` offers none.",
    )

    @field_validator("api_url")
    @classmethod
    def _is_an_address(cls, given: str) -> str:
        url = URL(given)
        if url.scheme not in {"http", "https"} or not url.host:
            raise ValueError("api_url must be an http or https address such as https://slack.com/api/")
        return given if given.endswith("/") else f"{given}/"

    @model_validator(mode="after")
    def _has_what_its_mode_needs(self) -> Self:
        if self.bot_token.get_secret_value().startswith("xapp-"):
            raise ValueError("bot_token holds an app-level token (xapp-…); it needs the Bot User OAuth Token (xoxb-…)")
        if not self.bot_token.get_secret_value().startswith(("xoxb-", "xoxe.xoxb-")):
            raise ValueError("bot_token is no Bot User OAuth Token, which begins with xoxb-")
        if self.mode is Mode.SOCKET and self.app_token is None:
            raise ValueError(
                "mode is socket, so app_token is needed: the app-level token (xapp-…) under Basic Information"
            )
        if self.app_token and self.app_token.get_secret_value().startswith("xox"):
            raise ValueError("app_token holds a bot or user token (xox…); it needs the app-level token (xapp-…)")
        if self.app_token and not self.app_token.get_secret_value().startswith("xapp-"):
            raise ValueError("app_token is no app-level token, which begins with xapp-")
        if self.mode is Mode.HTTP and self.signing_secret is None:
            raise ValueError("mode is http, so signing_secret is needed: Signing Secret under Basic Information")
        return self
