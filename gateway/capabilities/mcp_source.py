"""Installed MCP servers as a source of tools: each as it was approved, for those whom the rules let use it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from agents.mcp.listing import Difference, ToolListing
from agents.mcp.servers import Servers
from agents.mcp.source import ServerTools
from agents.tools.tool import Tool
from gateway.capabilities.desk import cut
from gateway.capabilities.in_force import CapabilityStanding, InForce
from gateway.capabilities.kinds.mcp import manifest_anew
from gateway.capabilities.server_package import packed, server_difference, server_sentences, unpacked
from gateway.capabilities.shelf import PackageShelf
from governance.approvals.decide import Approvals
from governance.capabilities.capabilities import Capabilities
from governance.capabilities.changes import WantedChange
from governance.capabilities.installed import Capability, named
from governance.capabilities.rules import User
from governance.packages.package import Package
from governance.packages.packing import pack
from governance.people.people import Person
from governance.scanner.within import scan_within
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.reasons import because


class InstalledServers:
    """The servers that were approved; what runs follows what is installed."""

    def __init__(
        self,
        in_force: InForce,
        shelf: PackageShelf,
        capabilities: Capabilities,
        approvals: Approvals,
        servers: Servers,
    ) -> None:
        self._in_force = in_force
        self._shelf = shelf
        self._capabilities = capabilities
        self._approvals = approvals
        self._servers = servers
        self._offered = ServerTools(servers, self._may_use)
        self._running: dict[str, str] = {}
        self._followed: CapabilityStanding | None = None
        self._following = asyncio.Lock()

    async def tools_for(self, agent: str, person: Person) -> Sequence[Tool]:
        """The tools of all servers that this agent may use for this person."""
        await self.follow()
        return await self._offered.tools_for(agent, person)

    async def _may_use(self, server: str, agent: str, person: Person) -> bool:
        standing = await self._in_force.now()
        return standing.lack(CapabilityKind.MCP.value, server, User(person=person, agent=agent)) is None

    async def follow(self) -> CapabilityStanding:
        """Start to offer what is installed by now, and end what is not any more."""
        standing = await self._in_force.now()
        if self._followed is standing:
            return standing
        async with self._following:
            if self._followed is not standing:
                await self._follow(standing)
        return standing

    async def _follow(self, standing: CapabilityStanding) -> None:
        wanted = {each.name: each for each in standing.active(CapabilityKind.MCP)}
        await self._end(name for name in list(self._running) if name not in wanted)
        for name, found in sorted(wanted.items()):
            if self._running.get(name) == found.digest:
                continue
            package = await self._shelf.package(found.digest)
            if package is not None:
                await self._servers.put(*unpacked(package))
                self._running[name] = found.digest
        self._followed = standing

    async def _end(self, names: Iterable[str]) -> None:
        for name in names:
            await self._servers.remove(name)
            del self._running[name]

    async def changed(self, server: str, difference: Difference, now: ToolListing) -> None:
        """A server offers something else than what was approved: it is held, and the admins are asked."""
        found = named((await self._in_force.now()).capabilities, CapabilityKind.MCP, server)
        old = await self._shelf.package(found.digest) if found else None
        if found is None or old is None:
            return
        definition, _ = unpacked(old)
        new = packed(replace(definition, approved=now.digest), now)
        change = await self._update(old, new, found)
        reason = because(difference.said("en"))
        if difference.held:
            await self._capabilities.hold(self._approvals, found, reason, change)
        else:  # what was approved is still the same; what is new is not offered before somebody agrees
            await self._capabilities.ask_about(self._approvals, change, reason)

    async def _update(self, old: Package, new: Package, found: Capability) -> WantedChange:
        return WantedChange(
            action=CapabilityAction.UPDATE,
            manifest=manifest_anew(*unpacked(new), found.manifest),
            digest=new.digest,
            body=pack(new),
            size=new.size,
            base=found.digest,
            scanned=await scan_within(new),
            difference=cut(server_difference(old, new)),
            changed=server_sentences(old, new),
        )
