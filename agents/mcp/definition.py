"""How a server is defined: where it runs, what its tools do, and which listing was approved. It starts nothing.

What people paste comes in many forms; `agents.mcp.reading` brings them into this one. Values that are secrets never
stand in a definition: `${NAME}` stands for the secret of that name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from channels.base import NexoraError
from governance.record.audit import canonical

REFERENCE = re.compile(r"\$\{(?:env:|secret:)?([A-Za-z_][A-Za-z0-9_]{0,127})(?::-([^}]*))?\}")
"""A value that comes from elsewhere, as `${NAME}`, with what stands there otherwise as `${NAME:-otherwise}`."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


class DefinitionInvalid(NexoraError):
    """The server is defined wrongly; the text names the place and what to write instead."""


class DeclaredEffect(StrEnum):
    """What a tool of a server does to the world, as a person has declared it. Alphabetical.

    It is about the world of that server: none of its tools ever sees a workspace.
    """

    CHANGES = "changes"
    """Something that others see: an issue, a calendar, a page. Its destinations say where."""
    FETCHES = "fetches"
    """An address of the web; its one destination is the argument that holds it."""
    NONE = "none"
    """Nothing: it computes."""
    READS = "reads"
    """What the server, or the account that it is signed in with, can see."""
    RUNS = "runs"
    """A command or code, where the server runs."""
    SEARCHES = "searches"
    """Words to a search engine; its one destination is the argument that holds them."""
    SENDS = "sends"
    """Words or files to others. Its destinations say to whom."""
    UNKNOWN = "unknown"
    """Nobody has said."""
    WRITES = "writes"
    """What the server keeps for its callers alone."""


_ABOUT_ONE = frozenset({DeclaredEffect.FETCHES, DeclaredEffect.SEARCHES})


class ActsAs(StrEnum):
    """Whom a server takes its caller for. Alphabetical."""

    INSTALLATION = "installation"
    """One account for everybody who may use it."""
    PERSON = "person"
    """The account of whoever speaks with the agent, each with a session of their own."""


class HeardOver(StrEnum):
    """Which edition of the protocol is spoken. Alphabetical.

    `auto` agrees on the newest edition, whose servers say nothing by themselves: no progress of a listing that changed,
    no questions to the person. `legacy` hears both. (Tried with SDK 2.3.0.)
    """

    AUTO = "auto"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredTool:
    """What one tool does. `destinations` are the arguments that say where to; a command's is the argument that runs."""

    effect: DeclaredEffect = DeclaredEffect.UNKNOWN
    destinations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.effect in _ABOUT_ONE and len(self.destinations) != 1:
            raise DefinitionInvalid(f"a tool that {self.effect} needs the one argument that says what, as destinations")


@dataclass(frozen=True, slots=True, kw_only=True)
class StdioTransport:
    """A program that is spoken to by its input and output. `hosts` are those that it may reach; without any, none.

    `folders` are those of this machine that it reads, such as the one in which it is installed.
    """

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    hosts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.command.strip():
            raise DefinitionInvalid("`command` is empty; name the program that the server is started with")
        for folder in self.folders:
            if not folder.startswith("/") or ".." in folder.split("/"):
                raise DefinitionInvalid(f"`folders` holds {folder[:200]}, which is no whole path")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInTerms:
    """What an admin has settled about signing in to a server, where it does not settle that by itself.

    `client_id` is what the installation was registered as, `client_secret` the name of the secret that goes with it;
    `scopes` are asked for where the server names none.
    """

    client_id: str = ""
    client_secret: str = ""
    scopes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.client_secret and not self.client_id:
            raise DefinitionInvalid("`oauth` has a client_secret without a client_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpTransport:
    """A server at an address."""

    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    oauth: SignInTerms = field(default_factory=SignInTerms)

    @property
    def signs_in(self) -> bool:
        """Whether people may be asked to sign in; not where a header says already who asks."""
        return not any(name.lower() == "authorization" for name in self.headers)

    def __post_init__(self) -> None:
        if not re.match(r"https?://[^/\s]", self.url):
            raise DefinitionInvalid(f"`url` is no address: {self.url[:200]}; it begins with https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDefinition:
    """One server. `approved` is the digest of the listing that a person approved; None before that.

    idle_seconds: how long it stays without a call. timeout_seconds: how long one call may take. `tools` are those whose
    effect somebody declared; every other one asks each time. `only`, where it is given, leaves out the rest.
    """

    name: str
    transport: StdioTransport | HttpTransport
    tools: Mapping[str, DeclaredTool] = field(default_factory=lambda: MappingProxyType({}))
    only: tuple[str, ...] | None = None
    idle_seconds: float = 600.0
    timeout_seconds: float = 120.0
    acts_as: ActsAs = ActsAs.INSTALLATION
    mode: HeardOver = HeardOver.LEGACY
    approved: str | None = None

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > 64 or not self.name.isprintable():  # noqa: PLR2004  # as for agents
            raise DefinitionInvalid("a server's name has 1 to 64 characters that can be seen")
        if not 1 <= self.timeout_seconds <= 3600:  # noqa: PLR2004  # an hour
            raise DefinitionInvalid(f"{self.name}: timeout_seconds must be from 1 to 3600")
        if not 1 <= self.idle_seconds <= 86_400:  # noqa: PLR2004  # a day
            raise DefinitionInvalid(f"{self.name}: idle_seconds must be from 1 to 86400")

    def declared(self, tool: str) -> DeclaredTool:
        """What that tool does."""
        return self.tools.get(tool, _UNDECLARED)

    def offers(self, tool: str) -> bool:
        """Whether that tool of it may be used at all."""
        return self.only is None or tool in self.only

    @property
    def references(self) -> tuple[str, ...]:
        """The names of the secrets that it needs, sorted; what may be left out is not one."""
        found = (each for text in self.given.values() for each in REFERENCE.finditer(text))
        return tuple(sorted({each[1] for each in found if each[2] is None}))

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of all secrets that are used for it, sorted: also the one by which the installation signs in."""
        oauth = self.transport.oauth.client_secret if isinstance(self.transport, HttpTransport) else ""
        return tuple(sorted({*self.references, oauth} - {""}))

    @property
    def given(self) -> Mapping[str, str]:
        """Its variables or its headers, as they are written."""
        return self.transport.env if isinstance(self.transport, StdioTransport) else self.transport.headers


_UNDECLARED = DeclaredTool()


def as_stored(server: ServerDefinition) -> dict[str, Any]:
    """The definition in our form, which `agents.mcp.reading.definition_of` reads again; every key is written."""
    transport = server.transport
    if isinstance(transport, StdioTransport):
        where: dict[str, Any] = {
            "type": "stdio",
            "command": transport.command,
            "args": list(transport.args),
            "env": dict(transport.env),
            "hosts": list(transport.hosts),
            "folders": list(transport.folders),
        }
    else:
        where = {"type": "http", "url": transport.url, "headers": dict(transport.headers)}
        if transport.oauth != SignInTerms():
            where["oauth"] = _oauth_as_stored(transport.oauth)
    return {
        "name": server.name,
        **where,
        "tools": {
            name: {"effect": tool.effect.value, "destinations": list(tool.destinations)}
            for name, tool in server.tools.items()
        },
        "only": None if server.only is None else list(server.only),
        "idle_seconds": server.idle_seconds,
        "timeout_seconds": server.timeout_seconds,
        "acts_as": server.acts_as.value,
        "mode": server.mode.value,
        "approved": server.approved,
    }


def _oauth_as_stored(terms: SignInTerms) -> dict[str, Any]:
    secret = {"client_secret": f"secret:{terms.client_secret}"} if terms.client_secret else {}
    return {"client_id": terms.client_id, **secret, "scopes": list(terms.scopes)}


def written(server: ServerDefinition) -> str:
    """The same as canonical JSON: one text for one definition, on every machine."""
    return canonical(as_stored(server))


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """The text with the values of its references. Raises KeyError for one that is not there."""
    return REFERENCE.sub(lambda found: values[found[1]] if found[1] in values else _otherwise(found), text)


def _otherwise(found: re.Match[str]) -> str:
    if found[2] is None:
        raise KeyError(found[1])
    return found[2]
