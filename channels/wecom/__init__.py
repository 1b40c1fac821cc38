"""WeCom: an intelligent bot (智能机器人) over its long connection, or a self-built app. The settings stand here."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from channels import options as settings
from channels.base import Channel, Surroundings
from channels.options import Token

_NEEDED = {
    "socket": ("bot_id", "secret"),
    "app": ("corp_id", "agent_id", "app_secret", "callback_token", "encoding_aes_key"),
}
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")


def _address(given: str) -> str:
    if not given.startswith(("wss://", "ws://")):
        raise ValueError("must begin with wss:// or ws://")
    return given


def _api_address(given: str) -> str:
    if not given.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return given.rstrip("/")


class Options(settings.PlatformOptions):
    """A bot in API mode with a long connection, or an app that an admin of the company made in the admin console."""

    mode: Literal["socket", "app"] = "socket"
    """`socket` is the bot and needs no public address; `app` is a self-built app and needs server.public_url."""

    bot_id: str = ""
    """The bot's ID; needed in mode socket."""

    secret: Token | None = None
    """The secret of its long connection; needed in mode socket."""

    socket_url: Annotated[str, AfterValidator(_address)] = "wss://openws.work.weixin.qq.com"
    """Where the long connection is."""

    corp_id: str = ""
    """The company's ID; needed in mode app, as all that follow but the address."""

    agent_id: Annotated[int, Field(ge=1)] | None = None
    """The app's AgentId."""

    app_secret: Token | None = None
    """The app's Secret."""

    callback_token: Token | None = None
    """The Token under Receive messages, which signs every request."""

    encoding_aes_key: Token | None = None
    """The EncodingAESKey beside it, 43 letters and digits, which hides every request."""

    api_url: Annotated[str, AfterValidator(_api_address)] = "https://qyapi.weixin.qq.com/cgi-bin"
    """Where the API of apps is."""

    @model_validator(mode="after")
    def _has_what_its_mode_needs(self) -> Self:
        missing = [name for name in _NEEDED[self.mode] if not getattr(self, name)]
        if missing:
            raise ValueError(f"mode is {self.mode}, so these are needed too: {', '.join(missing)}")
        key = self.encoding_aes_key
        if self.mode == "app" and key is not None and not _AES_KEY.fullmatch(key.get_secret_value()):
            raise ValueError(
                "encoding_aes_key must be the 43 letters and digits that WeCom shows under Receive messages"
            )
        return self


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """One connection of the bot or the app, not yet listening."""
    if options.mode == "app":
        from channels.wecom.app.adapter import WeComApp  # noqa: PLC0415 -- loaded only for a channel that somebody uses

        return WeComApp(name, options, surroundings)
    from channels.wecom.adapter import WeCom  # noqa: PLC0415 -- loaded only for a channel that somebody uses

    return WeCom(name, options, surroundings)
