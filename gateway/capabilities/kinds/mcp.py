"""An MCP server as a capability: its definition, and the listing that a person agrees to with it.

What the server says of its tools' effects is put into the definition as a proposal, which stands on the card: whoever
approves the card declares it. What it says nothing of asks each time.
"""

import shlex
from dataclasses import replace
from pathlib import PurePosixPath

import structlog

from agents.mcp.definition import (
    DeclaredEffect,
    DeclaredTool,
    HttpTransport,
    ServerDefinition,
)
from agents.mcp.listing import ToolListing, listing_of
from agents.mcp.reading import definitions_in
from agents.mcp.servers import Servers
from channels.base import NexoraError
from gateway.capabilities.desk import CapabilityWrong, ReadCapability
from gateway.capabilities.server_package import packed, unpacked
from gateway.capabilities.sources import WORKSPACE, Taken
from governance.capabilities.manifest import CapabilityManifest, Permissions, RunsIn
from governance.egress.addresses import NOBODY, AllowList
from governance.egress.egress import judge_url
from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import why
from governance.values.verdicts import Refused

_log = structlog.get_logger(__name__)
_ENDINGS = (".json", ".yaml", ".yml")
_PROPOSED = frozenset({DeclaredEffect.CHANGES, DeclaredEffect.READS, DeclaredEffect.WRITES})
"""Effects that need no argument to be declared with them."""


class McpKind:
    """Reads definitions. `servers` can look at what a server offers before anybody uses it.

    `allow` are the inner servers that may be reached.
    """

    def __init__(self, servers: Servers, allow: AllowList = NOBODY) -> None:
        self._servers = servers
        self._allow = allow

    async def read(self, taken: Taken) -> ReadCapability:
        """The server of a package of one file. Raises CapabilityWrong and DefinitionInvalid."""
        files = [file for file in taken.package.files if PurePosixPath(file.path).suffix in _ENDINGS]
        found = [server for file in files for server in definitions_in(file.content.decode("utf-8", "replace"))]
        if len(found) != 1:
            names = ", ".join(server.name for server in found) or "–"
            raise CapabilityWrong(why("capability.one_server", number=str(len(found)), names=names))
        server = replace(found[0], approved=None)
        self._require_outside(server)
        is_tried = _may_be_tried(server, made_here=taken.source.startswith(WORKSPACE))
        listing = await self._listing(server) if is_tried else listing_of(server.name, ())
        package = packed(_with_proposals(server, listing), listing)
        return ReadCapability(manifest=manifest_of_server(*unpacked(package), taken), package=package)

    def _require_outside(self, server: ServerDefinition) -> None:
        """Nobody has to decide about what would be refused at every call. Raises CapabilityWrong."""
        if isinstance(server.transport, HttpTransport):
            verdict = judge_url(server.transport.url, self._allow)
            if isinstance(verdict, Refused):
                raise CapabilityWrong(why("capability.inside", because=verdict.because))

    async def _listing(self, server: ServerDefinition) -> ToolListing:
        """What it offers; nothing where it cannot be tried without what it would be given once it is approved."""
        try:
            return await self._servers.look(server)
        except NexoraError as problem:
            _log.info("mcp_server_not_tried", server=server.name, reason=str(problem))
            return listing_of(server.name, ())


def _may_be_tried(server: ServerDefinition, *, made_here: bool) -> bool:
    """Whether it can be started before anybody has agreed to it, without a way for what it reads to leave.

    A program that is lent folders of this machine has no network then; and what was made in a workspace, perhaps by a
    model, has neither, and is reached at no address, which may hold what the model has read.
    """
    transport = server.transport
    if isinstance(transport, HttpTransport):
        return not made_here
    return not (transport.hosts or transport.folders) if made_here else not (transport.hosts and transport.folders)


def _with_proposals(server: ServerDefinition, listing: ToolListing) -> ServerDefinition:
    proposed = {
        tool.name: DeclaredTool(effect=tool.proposed)
        for tool in listing.tools
        if tool.name not in server.tools and tool.proposed in _PROPOSED
    }
    return replace(server, tools={**proposed, **server.tools}, approved=listing.digest)


def manifest_of_server(server: ServerDefinition, listing: ToolListing, taken: Taken) -> CapabilityManifest:
    """What a card says of it."""
    origin = CapabilityManifest(
        kind=CapabilityKind.MCP,
        name=server.name,
        version=taken.version,
        publisher=taken.publisher,
        source=taken.source,
        pinned=taken.pinned,
        signed_by=taken.signed_by,
    )
    return manifest_anew(server, listing, origin)


def manifest_anew(server: ServerDefinition, listing: ToolListing, before: CapabilityManifest) -> CapabilityManifest:
    """What a card says of it where it is of the same origin as before, and lists other tools."""
    transport = server.transport
    is_elsewhere = isinstance(transport, HttpTransport)
    tools = {tool.name: server.declared(tool.name).effect for tool in listing.tools if server.offers(tool.name)}
    effects = {name: "" if effect is DeclaredEffect.UNKNOWN else effect.value for name, effect in tools.items()}
    where = transport.url if isinstance(transport, HttpTransport) else shlex.join((transport.command, *transport.args))
    folders = () if isinstance(transport, HttpTransport) else transport.folders
    return replace(
        before,
        description=f"{where} ({', '.join(folders)})" if folders else where,
        permissions=Permissions(
            runs_in=RunsIn.ELSEWHERE if is_elsewhere else RunsIn.SANDBOX,
            network=() if isinstance(transport, HttpTransport) else transport.hosts,
            secrets=server.secrets,
            tools=effects,
        ),
    )
