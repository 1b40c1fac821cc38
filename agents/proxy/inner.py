"""What a proxy needs to look into connections: secrets to add, an authority of its own, and whom it trusts itself."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

from channels.base import NexoraError
from governance.egress.hosts import NetworkReach

if TYPE_CHECKING:
    from agents.proxy.authority import Authority


BUNDLE = "/etc/nexora-ca.pem"
"""Where commands find what to trust: the system's authorities and this one."""
VARIABLES = (
    *("CARGO_HTTP_CAINFO", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS", "PIP_CERT"),
    *("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"),
)
"""By these names programs are told of it."""


class SecretUnset(NexoraError):
    """The secret that goes along to a host is not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """`secrets` by name; without an `authority` no connection is looked into. `trust` judges the servers themselves."""

    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    authority: "Authority | None" = None
    trust: ssl.SSLContext | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """How programs are told whom to trust."""
        return dict.fromkeys(VARIABLES, BUNDLE) if self.authority else {}

    @property
    def files(self) -> Mapping[str, bytes]:
        """What they are to trust."""
        return {BUNDLE: self.authority.bundle} if self.authority else {}

    def server_context(self, host: str) -> ssl.SSLContext:
        """Speaks TLS to the client as that host."""
        if self.authority is None:
            raise RuntimeError("only a proxy with an authority looks into connections")
        return self.authority.context_for(host)

    def hidden(self, added: Mapping[str, str]) -> dict[str, str]:
        """What must not come back of the fields that were added, each whole and the secrets in them, with its name."""
        secrets = {name: one.get_secret_value() for name, one in self.secrets.items()}
        wholes = {
            whole: name for whole in added.values() for name, secret in secrets.items() if secret and secret in whole
        }
        return {**wholes, **{secret: name for name, secret in secrets.items() if secret}} if added else {}


def inner_for(reach: NetworkReach, secrets: Mapping[str, SecretStr], trust: ssl.SSLContext | None = None) -> Inner:
    """What the proxy to that reach needs; takes some milliseconds where it may look into something.

    Raises SecretUnset.
    """
    wanted = {one.name for host in reach.allowed for one in reach.secrets_for(host.host)}
    for name in sorted(wanted - set(secrets)):
        raise SecretUnset(f"the secret {name} is not set; an admin sets it under egress.secrets")
    if not reach.may_look:
        return Inner()
    from agents.proxy.authority import Authority  # noqa: PLC0415  # loads with the first call that needs it

    chosen = {name: secrets[name] for name in wanted}
    return Inner(secrets=chosen, authority=Authority(), trust=trust or ssl.create_default_context())
