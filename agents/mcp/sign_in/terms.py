"""What signing in to a server is about, as values: what it asked, where one signs in, and what was given."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from channels.base import NexoraError


class SignInFailed(NexoraError):
    """Signing in did not come about; the text says why, and holds nothing that a server has said but its error code."""


class SignInEnded(SignInFailed):
    """What was given opens nothing any more, so the person has to sign in again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInChallenge:
    """What a server answered that wants to know who asks. `is_step_up`: it knows, and wants more scopes."""

    scope: str = ""
    metadata_url: str = ""
    is_step_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAccount:
    """What the installation is to an authorisation server. `method` is how it says so where it asks for tokens."""

    client_id: str
    client_secret: str = field(default="", repr=False)
    method: str = "none"
    issuer: str = ""
    redirect_uri: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "ClientAccount":
        """From what `asdict` wrote."""
        return cls(**{name: str(stored.get(name, "")) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPlace:
    """Where one signs in to a server. `resource` names it to the authorisation server, empty where that knows none."""

    server_url: str
    issuer: str
    authorize_url: str
    token_url: str
    register_url: str = ""
    resource: str = ""
    scope: str = ""
    methods: tuple[str, ...] = ()
    takes_metadata_url: bool = False
    says_issuer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAccess:
    """Tokens, with all that is needed to renew them. They open `server_url` alone.

    `ends_at` is Unix time, 0 where nobody said.
    """

    server_url: str
    token: str = field(repr=False)
    renewal: str = field(default="", repr=False)
    ends_at: float = 0.0
    scope: str = ""
    token_url: str = ""
    resource: str = ""
    client: ClientAccount

    def to_stored(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "GivenAccess":
        """From what `to_stored` wrote."""
        return cls(**{**stored, "client": ClientAccount.read(stored["client"])})
