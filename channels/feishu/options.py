"""The settings of one app on Feishu or Lark, checked together: a mistake is named before anything starts."""

from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from channels import options as settings
from channels.options import Token

DOMAINS = {"feishu": "https://open.feishu.cn", "lark": "https://open.larksuite.com"}


class Mode(StrEnum):
    """How the platform reaches us. Alphabetical."""

    SOCKET = "socket"
    WEBHOOK = "webhook"


def _domain(given: str) -> str:
    domain = DOMAINS.get(given.lower(), given).rstrip("/")
    parts = urlsplit(domain)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise ValueError("domain must be feishu, lark or an address such as https://open.feishu.cn")
    return domain


class Options(settings.PlatformOptions):
    """A self-built app of open.feishu.cn or open.larksuite.com."""

    app_id: Annotated[str, Field(pattern=r"^cli_[A-Za-z0-9]{2,40}$")]
    """The App ID, cli_…"""

    app_secret: Token
    """The App Secret."""

    mode: Mode = Mode.SOCKET
    """`socket` (long connection) needs no public address; `webhook` needs server.public_url."""

    domain: Annotated[str, AfterValidator(_domain)] = DOMAINS["feishu"]
    """`feishu` (China), `lark` (international), or the address of a private deployment or a test."""

    encrypt_key: Token | None = None
    """The Encrypt Key under Events & Callbacks; needed in mode webhook, where it signs and hides every request."""

    verification_token: Token | None = None
    """The Verification Token beside it; needed in mode webhook."""

    guests: bool = False
    """Hear people of other companies too, in groups that are shared with them; without it they are not heard."""

    @model_validator(mode="after")
    def _has_what_its_mode_needs(self) -> Self:
        if self.mode is Mode.WEBHOOK and (self.encrypt_key is None or self.verification_token is None):
            raise ValueError(
                "mode is webhook, so encrypt_key and verification_token are needed: both stand under "
                "Events & Callbacks, Encryption Strategy"
            )
        return self
