"""The settings of one mailbox, checked together: a mistake is named before anything starts."""

import ipaddress
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator
from yarl import URL

import channels.options
from channels.email.presets import MailProvider, preset_for
from channels.options import Secret

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@[^@]{{1,255}}$){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
"""An address as we take and write one: no quoted local part, no characters beyond ASCII."""


class Security(StrEnum):
    """How a connection is kept from others. NONE is for a server on this machine alone. Alphabetical."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Options(channels.options.PlatformOptions):
    """One mailbox of its own and the servers that hold it. Where each value is found: docs/channels/email.md."""

    address: str = Field(description="The address that people write to and that answers come from.")
    display_name: str = Field(default="Nexora", description="The name beside the address.", max_length=100)
    provider: MailProvider | None = Field(
        default=None,
        description="tencent, alibaba, netease, microsoft or google: fills in the servers of a mailbox there.",
    )
    authserv_id: str = Field(
        default="",
        min_length=1,
        description="The name with which your own server begins Authentication-Results; only its DMARC result counts.",
    )
    imap_host: str = Field(default="", min_length=1, description="The server that holds the mailbox.")
    imap_port: int = Field(default=993, ge=1, le=65535, description="993 for tls, 143 for starttls.")
    imap_security: Security = Field(default=Security.TLS, description="tls, starttls, or none on this machine.")
    smtp_host: str = Field(default="", min_length=1, description="The server that takes what we send.")
    smtp_port: int = Field(default=465, ge=1, le=65535, description="465 for tls, 587 for starttls.")
    smtp_security: Security = Field(default=Security.TLS, description="tls, starttls, or none on this machine.")
    ca_file: str | None = Field(default=None, description="Certificates to trust instead of the system's, as PEM.")
    username: str = Field(default="", description="The name to sign in with; the address when absent.")
    password: Secret | None = Field(default=None, description="The password, where the servers take one.")
    oauth_token_url: str | None = Field(default=None, description="Where access tokens are had, instead of a password.")
    oauth_client_id: str = Field(default="", description="The name of this application at the token URL.")
    oauth_client_secret: Secret | None = Field(default=None, description="Its secret, where it has one.")
    oauth_refresh_token: Secret | None = Field(
        default=None, description="The consent of the mailbox's owner; without it the application asks for itself."
    )
    oauth_scope: str = Field(default="", description="The scopes to ask for, where the token URL needs them.")
    mailbox: str = Field(default="INBOX", min_length=1, description="The folder that is heard.")
    idle_seconds: float = Field(
        default=540, gt=0, le=1740, description="Seconds after which waiting for news begins anew; servers take 1740."
    )
    poll_seconds: float = Field(
        default=60, gt=0, le=3600, description="Seconds between looks where the server cannot push."
    )
    catch_up_days: int = Field(default=3, ge=1, le=30, description="Mail older than so many days is never heard.")
    max_mail_bytes: int = Field(
        default=25 * 1024 * 1024, ge=100_000, description="Of a larger mail the words are read and the files left out."
    )
    decision_hours: float = Field(default=24, gt=0, le=336, description="How long a link or code decides.")
    links_decide: bool = Field(
        default=True, description="Off: a button writes a reply, so that only mail from the decider's address decides."
    )
    mails_per_minute: int = Field(default=30, ge=1, description="What your provider takes from this mailbox.")
    mails_per_sender_hour: int = Field(
        default=60, ge=1, description="More from one sender in an hour is taken for a loop and not heard."
    )

    @model_validator(mode="before")
    @classmethod
    def _at_its_provider(cls, given: Any) -> Any:
        """What the provider's name or the address' domain tells, below what is written."""
        if not isinstance(given, Mapping):
            return given
        preset = preset_for(given.get("provider"), given.get("address"))
        return {**preset.fields(), **given} if preset else given

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, given: str) -> str:
        if not ADDRESS.fullmatch(given):
            raise ValueError("address must be a plain address such as nexora@example.org")
        return given.lower()

    @field_validator("display_name", "username", "mailbox", "authserv_id")
    @classmethod
    def _is_one_line(cls, given: str) -> str:
        if not given.isprintable():
            raise ValueError("control characters are not allowed here")
        return given

    @field_validator("ca_file")
    @classmethod
    def _is_there(cls, given: str | None) -> str | None:
        if given is not None and not Path(given).is_file():
            raise ValueError(f"ca_file: there is no file {given}")
        return given

    @field_validator("oauth_token_url")
    @classmethod
    def _is_safe(cls, given: str | None) -> str | None:
        url = URL(given or "https://unset")
        if url.scheme != "https" and not _is_here(url.host or ""):
            raise ValueError("oauth_token_url must be an https address")
        return given

    @model_validator(mode="after")
    def _knows_its_servers(self) -> Self:
        for name in ("imap_host", "smtp_host"):
            if not getattr(self, name):
                raise ValueError(f"{name} is needed, or a provider ({', '.join(MailProvider)})")
        if not self.authserv_id:
            raise ValueError(
                "authserv_id is needed: the first word of the topmost Authentication-Results in the source of a mail "
                "that came into this mailbox from outside"
            )
        return self

    @model_validator(mode="after")
    def _has_one_way_to_sign_in(self) -> Self:
        if (self.password is None) == (self.oauth_token_url is None):
            raise ValueError("give either password or oauth_token_url")
        if self.oauth_token_url and not self.oauth_client_id:
            raise ValueError("oauth_client_id is needed beside oauth_token_url")
        if self.oauth_token_url and not (self.oauth_refresh_token or self.oauth_client_secret):
            raise ValueError("oauth_refresh_token or oauth_client_secret is needed beside oauth_token_url")
        for name, host, security in (
            ("imap", self.imap_host, self.imap_security),
            ("smtp", self.smtp_host, self.smtp_security),
        ):
            if security is Security.NONE and not _is_here(host):
                raise ValueError(f"{name}_security none is for a server on this machine; use tls or starttls")
        return self

    @property
    def user(self) -> str:
        """The name to sign in with."""
        return self.username or self.address


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
