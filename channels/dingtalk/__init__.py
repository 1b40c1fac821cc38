"""DingTalk: Stream mode in, its REST API and AI cards out. Loading this package does not load DingTalk's SDK."""

import re
from typing import Self

from pydantic import Field, field_validator, model_validator
from yarl import URL

import channels.options
from channels.base import Channel, Surroundings
from channels.options import Token

__all__ = ["Options", "build"]


class Options(channels.options.PlatformOptions):
    """One robot of one internal app. Where each value is found: docs/channels/dingtalk.md."""

    client_id: str = Field(min_length=1, description="Client ID (AppKey) of the app.")
    client_secret: Token = Field(description="Client Secret (AppSecret) of the app.")
    robot_code: str = Field(
        default="", description="Code of the robot; empty when it is the client id, as it mostly is."
    )
    card_template_id: str = Field(
        default="",
        description="Published card template for requests with buttons; without one they are words with /approve CODE.",
    )
    stream_template_id: str = Field(
        default="",
        description="Published AI card template in which answers grow; without one an answer comes when complete.",
    )
    stream_key: str = Field(
        default="content", min_length=1, description="The variable of that AI card's streaming Markdown component."
    )
    api_url: str = Field(
        default="https://api.dingtalk.com", description="Base of the API; https://api.dingtalk.io outside of China."
    )
    oapi_url: str = Field(
        default="https://oapi.dingtalk.com", description="Base of the older API, which alone takes files."
    )
    ping_seconds: float = Field(
        default=20.0,
        gt=0,
        le=120,
        description="Seconds between pings on the stream; one that stays silent 1.5 times as long is rebuilt.",
    )

    @field_validator("api_url", "oapi_url")
    @classmethod
    def _is_an_address(cls, given: str) -> str:
        url = URL(given)
        if url.scheme not in {"http", "https"} or not url.host:
            raise ValueError("must be an http or https address such as https://api.dingtalk.com")
        return given.rstrip("/")

    @field_validator("card_template_id", "stream_template_id")
    @classmethod
    def _is_a_template(cls, given: str) -> str:
        if given and not re.fullmatch(r"[\w.-]+", given):
            raise ValueError("must be the ID that the card platform shows, such as 1366a1eb-….schema, and no address")
        return given

    @model_validator(mode="after")
    def _knows_its_robot(self) -> Self:
        return self if self.robot_code else self.model_copy(update={"robot_code": self.client_id})


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """The channel of that name; talks to nobody before `listen` or `send`."""
    from channels.dingtalk.adapter import DingTalk  # noqa: PLC0415  the SDK costs 9 MB: only a configured channel pays

    return DingTalk(name, options, surroundings)
