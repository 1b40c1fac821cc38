"""Which hosts the commands of an agent may reach without a question: rules of host, ports and methods, and servers.

Pure. What a rule says is obeyed at the proxy, where a connection is made; here it is only known.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from channels.base import NexoraError

WEB_PORTS = (80, 443)
_HTTPS = 443
ANY = "*"
"""Stands for every public host. Only a person can allow that, for one call."""
CONNECT = "CONNECT"
"""The method by which a client asks for a connection that nobody looks into."""
LISTS: Mapping[str, tuple[str, ...]] = {
    "code hosts": (
        *(
            "github.com",
            "codeload.github.com",
            "*.githubusercontent.com",
            "gitlab.com",
            "bitbucket.org",
            "codeberg.org",
        ),
        *("gitee.com",),
    ),
    "package registries": (
        *("pypi.org", "files.pythonhosted.org", "registry.npmjs.org", "registry.yarnpkg.com", "crates.io"),
        *("index.crates.io", "static.crates.io", "proxy.golang.org", "sum.golang.org", "rubygems.org"),
        *("index.rubygems.org", "repo.maven.apache.org", "repo1.maven.org"),
    ),
}
"""The lists that every policy knows by name."""
_HOST = re.compile(r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}|\d{1,3}(?:\.\d{1,3}){3}")
LIST_NAME = re.compile(r"[a-z]+(?: [a-z]+)*")
_LABEL = re.compile(r"[a-z][a-z0-9-]{0,62}")
_METHOD = re.compile(r"[A-Z]{3,10}")
_NAMED = re.compile(r"(?:https?://)?(?:[^/@\s]*@)?(\*|[^/:\s?#@\[\]]+)(?::(\d{1,5}))?(?:[/?#].*)?", re.IGNORECASE)


def _host(host: str) -> str:
    plain = host.lower().rstrip(".")
    if not _HOST.fullmatch(plain):
        raise ValueError("must be a host such as api.example.org, or *.example.org for all below it")
    return plain


def is_host(text: str) -> bool:
    """Whether a rule could name it."""
    return bool(_HOST.fullmatch(text))


def _method(method: str) -> str:
    if not _METHOD.fullmatch(method.upper()) or method.upper() == CONNECT:
        raise ValueError("must be a method of HTTP such as GET")
    return method.upper()


Port = Annotated[int, Field(ge=1, le=65_535)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class HostRule(_Strict):
    """One host, or all below a name, with the ports and methods that are allowed there.

    Where a rule names methods, the proxy looks into HTTPS to see them.
    """

    host: Annotated[str, AfterValidator(_host)]
    """As `api.example.org`, or `*.example.org` for every name below it, but not it itself."""
    ports: Annotated[tuple[Port, ...], Field(min_length=1)] = WEB_PORTS
    """80 and 443 when left out."""
    methods: tuple[Annotated[str, AfterValidator(_method)], ...] = ()
    """As `[GET, HEAD]`; every one when left out."""

    def holds(self, host: str, port: int, method: str) -> bool:
        """Whether it allows that method (empty: one at all) at a host in plain notation."""
        below = self.host.startswith("*.") and host.endswith(self.host[1:])
        return (
            (below or host == self.host)
            and port in self.ports
            and (not (self.methods and method) or method in self.methods)
        )

    def __str__(self) -> str:
        ports = "" if self.ports == WEB_PORTS else ":" + "+".join(map(str, self.ports))
        return f"{'/'.join(self.methods)} {self.host}{ports}".strip()


class Server(_Strict):
    """A server inside, which commands reach by its name and port, by TCP."""

    name: Annotated[str, Field(pattern=rf"^{_LABEL.pattern}$")]
    """What commands call it, as `db`."""
    host: str
    """Where it is, as the gateway's machine finds it: 10.0.0.5 or db.corp."""
    port: Port


Entry = HostRule | Annotated[str, Field(min_length=1, max_length=300)]
"""The name of a list, `api.example.org`, `api.example.org:8443`, or a rule with its keys."""


class HostSecret(_Strict):
    """A secret that the proxy puts into requests to one host, where a person approved that host by its name."""

    name: Annotated[str, Field(pattern=rf"^{_LABEL.pattern}$")]
    """The name under which the settings hold it."""
    host: str
    """A host, reached by HTTPS, or the name of a server of this agent, reached by HTTP."""
    header: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")] = "Authorization"
    """The field that carries it."""
    prefix: Annotated[str, Field(pattern=r"^[ -~]{0,64}$")] = "Bearer "
    """What stands before it there."""


def secret_reference(name: str) -> str:
    """How a model reads a secret of that name where its value stood."""
    return f"‹secret {name}›"


class AgentEgress(_Strict):
    """What the commands of one agent reach without a question, when they ask for the network."""

    hosts: tuple[Entry, ...] = ()
    """Names of lists (`package registries`, `code hosts`), hosts, or rules with ports and methods."""
    servers: tuple[Server, ...] = ()
    """Servers inside, which commands reach by their names."""
    secrets: tuple[HostSecret, ...] = ()
    """Secrets that are added on the way, so that neither the command nor the model sees them."""

    @model_validator(mode="after")
    def _is_clear(self) -> Self:
        names = [server.name for server in self.servers]
        if len(names) != len(set(names)):
            raise ValueError("two servers have one name")
        for secret in self.secrets:
            if secret.host not in names:
                _host(secret.host.removeprefix("*."))
        rules_of((one for one in self.hosts if not LIST_NAME.fullmatch(str(one))), {})
        return self


class HostListUnknown(NexoraError, ValueError):
    """There is no list of hosts of that name."""


def rules_of(entries: Iterable[Entry], lists: Mapping[str, tuple[str, ...]]) -> tuple[HostRule, ...]:
    """The rules that these stand for. Raises HostListUnknown, also for what is no host."""
    found: list[HostRule] = []
    for entry in entries:
        if isinstance(entry, HostRule):
            found.append(entry)
        elif entry in lists:
            found.extend(HostRule(host=host) for host in lists[entry])
        else:
            found.append(_written(entry, lists))
    return tuple(found)


def _written(entry: str, lists: Mapping[str, tuple[str, ...]]) -> HostRule:
    host, colon, port = entry.rpartition(":")
    try:
        return HostRule(host=host, ports=(int(port),)) if colon else HostRule(host=entry)
    except ValueError as problem:
        known = ", ".join(sorted(lists))
        raise HostListUnknown(f"{entry[:100]} is neither a host nor a list of hosts; lists are {known}") from problem


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Destination:
    """A host that a call names, with its port where one is given; ANY where it may be every public host."""

    host: str
    port: int = 0

    @classmethod
    def of(cls, text: str) -> "Destination | None":
        """From `example.org`, `example.org:8443`, a URL, or ANY; None for what names no host."""
        found = _NAMED.fullmatch(text.strip())
        if not found or int(found[2] or 0) > 65_535:  # noqa: PLR2004  # the highest port
            return None
        return cls(host=found[1].lower().rstrip("."), port=int(found[2] or 0))

    def holds(self, host: str, port: int) -> bool:
        """Whether it means that host and port."""
        below = self.host.startswith("*.") and host.endswith(self.host[1:])
        return (self.host in {ANY, host} or below) and (port == self.port if self.port else port in WEB_PORTS)

    def is_listed(self, reach: "NetworkReach") -> bool:
        """Whether nobody need be asked about it. Where a secret goes along, somebody must."""
        if reach.secrets_for(self.host):
            return False
        if self.port:
            return reach.lists(self.host, self.port, "")
        named = any(one.name == self.host for one in reach.servers)
        return named or any(reach.lists(self.host, port, "") for port in WEB_PORTS)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" if self.port else self.host


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkReach:
    """What the commands of one agent reach: rules, and servers inside. `allowed` are those of one approved call."""

    rules: tuple[HostRule, ...] = ()
    servers: tuple[Server, ...] = ()
    secrets: tuple[HostSecret, ...] = ()
    allowed: tuple[Destination, ...] = ()

    def lists(self, host: str, port: int, method: str = CONNECT) -> bool:
        """Whether nobody need be asked about it."""
        return self.server(host, port) is not None or any(rule.holds(host, port, method) for rule in self.rules)

    def allows(self, host: str, port: int, method: str = CONNECT) -> bool:
        """Whether it is listed, or was approved for this call."""
        return self.lists(host, port, method) or any(one.holds(host, port) for one in self.allowed)

    def server(self, name: str, port: int) -> Server | None:
        """The server of that name and port."""
        return next((one for one in self.servers if (one.name, one.port) == (name, port)), None)

    def secrets_for(self, host: str) -> tuple[HostSecret, ...]:
        """The secrets that are meant for a host."""
        return tuple(one for one in self.secrets if one.host == host)

    def carried_to(self, host: str, port: int) -> tuple[HostSecret, ...]:
        """Those that go along in this call: for what was approved by its very name."""
        return self.secrets_for(host) if self._was_named(host, port) else ()

    def names(self, host: str, port: int) -> bool:
        """Whether a tunnel to it is listed, or was approved by its very name, not just as one of all public hosts."""
        return self.lists(host, port) or self._was_named(host, port)

    def _was_named(self, host: str, port: int) -> bool:
        return any(one.host == host and one.holds(host, port) for one in self.allowed)

    def looks_into(self, host: str, port: int) -> bool:
        """Whether the proxy must end TLS itself: to add a secret, or to see a method where only some are allowed."""
        if self.server(host, port) is not None or port != _HTTPS:
            return False
        some = any(rule.methods and rule.holds(host, port, rule.methods[0]) for rule in self.rules)
        return bool(self.carried_to(host, port)) or (some and not self.allows(host, port, CONNECT))

    @property
    def may_look(self) -> bool:
        """Whether it could come to that."""
        return any(rule.methods for rule in self.rules) or any(self.secrets_for(one.host) for one in self.allowed)

    def with_approved(self, destinations: Iterable[Destination]) -> "NetworkReach":
        """The same, and these for one call."""
        return replace(self, allowed=tuple(destinations))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is listed."""
        return not self.rules and not self.servers


NOTHING = NetworkReach()


def plain(destinations: Iterable[Destination]) -> tuple[Destination, ...]:
    """Each once, in order of the alphabet; one with a port of the web is the same as one without."""
    return tuple(sorted({replace(one, port=0) if one.port in WEB_PORTS else one for one in destinations}))
