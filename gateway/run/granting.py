"""Builds what agents are given beyond their own tools: what is installed, and the desk where it is asked for."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agents.mcp.asking import PersonAsker
from agents.mcp.listing import Difference, ToolListing
from agents.mcp.servers import Servers
from agents.sandbox import Sandbox
from agents.specs import AgentSpec
from agents.tools.sources import ToolSource
from channels.running.supervisor import Supervisor
from gateway.capabilities.added import AddedTools
from gateway.capabilities.agent_files import AgentFiles
from gateway.capabilities.attached import Attachments
from gateway.capabilities.catalogue import Catalogues
from gateway.capabilities.desk import Desk, ProblemOf, Reader, SecondsOf, no_problem, no_seconds
from gateway.capabilities.in_force import InForce
from gateway.capabilities.kinds import agents as agent_kind
from gateway.capabilities.kinds import plugins as plugin_kind
from gateway.capabilities.kinds import skills as skill_kind
from gateway.capabilities.kinds.mcp import McpKind
from gateway.capabilities.mcp_source import InstalledServers
from gateway.capabilities.plugin_source import InstalledPlugins
from gateway.capabilities.proposing import Proposing
from gateway.capabilities.shelf import PackageShelf
from gateway.capabilities.skill_source import InstalledSkills
from gateway.capabilities.sources import Sources
from gateway.run.deciding import Deciding
from gateway.run.foundation import Foundation
from gateway.run.servers import StandsOn, egress_for_servers, servers_for, sign_ins_for, somebody_answers
from gateway.settings.home import AGENTS, CAPABILITIES
from gateway.settings.model import Configuration, Settings
from gateway.signing_in.desk import SignInDesk
from governance.egress.addresses import NOBODY, AllowList
from governance.egress.egress import Egress
from governance.record.transaction import DatabaseAway
from governance.scanner.within import scan_within
from governance.values.capability_kinds import CapabilityKind

AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Granting:
    """What is installed, and who may use it."""

    home: Path
    in_force: InForce
    shelf: PackageShelf
    agents: AgentFiles
    skills: InstalledSkills
    servers: Servers
    sign_ins: SignInDesk
    servers_egress: Egress
    installed_servers: InstalledServers
    plugins: InstalledPlugins
    desk: Desk
    attachments: Attachments

    def source(self, skills: ToolSource, load: Callable[[str], AgentSpec]) -> ToolSource:
        """What brings tools beside the built-in ones; `load` gives the definition of an agent."""

        def loaded() -> object:
            return self.servers.version, self.plugins.plugins.version

        sources = (skills, Proposing(self.desk), self.installed_servers, self.plugins)
        return AddedTools(self.in_force, load, loaded, sources)

    async def run(self) -> None:
        """Follow what is installed, on this gateway, until cancelled: what is taken away ends at once."""
        while True:
            self.in_force.changed.clear()
            try:
                self.plugins.let_go(await self.in_force.now())
                standing = await self.installed_servers.follow()
                await self.agents.follow(standing)
                await self.plugins.follow(standing)
                await self.shelf.tidy({each.digest for each in standing.active(CapabilityKind.SKILL)})
            except DatabaseAway:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            await self.in_force.changed.wait()


def grant_with(
    configuration: Configuration,
    base: Foundation,
    deciding: Deciding,
    sandbox: Sandbox,
    *,
    home: Path,
    channels: Mapping[str, Supervisor],
) -> Granting:
    """Build it. Nothing runs, and nothing is read yet."""
    settings = configuration.settings
    capabilities, approvals = deciding.capabilities, deciding.approvals
    in_force = InForce(base.store, capabilities)
    folder = home / CAPABILITIES
    shelf = PackageShelf(folder, capabilities)

    async def changed(server: str, difference: Difference, now: ToolListing) -> None:
        await installed.changed(server, difference, now)

    asks = PersonAsker(deciding.questions, somebody_answers(channels))
    servers_egress = egress_for_servers(base)
    sign_ins = sign_ins_for(settings, base, servers_egress)
    servers = servers_for(settings, base, sandbox, home, changed, egress=servers_egress, asks=asks, desk=sign_ins)
    sign_ins.follow_with(servers.compare)
    installed = InstalledServers(in_force, shelf, capabilities, approvals, servers)
    plugins = InstalledPlugins(in_force, shelf, folder / "plugins", partial(_of_kind, configuration, channels))
    return Granting(
        home=home,
        in_force=in_force,
        shelf=shelf,
        agents=AgentFiles(folder / AGENTS, shelf),
        skills=InstalledSkills(in_force, shelf, capabilities, approvals),
        servers=servers,
        sign_ins=sign_ins,
        servers_egress=servers_egress,
        installed_servers=installed,
        plugins=plugins,
        desk=desk_with(
            *(settings, base, deciding, readers_with(servers, base.egress.allow)),
            home=home,
            problem_of=plugins.problem_of,
            seconds_of=plugins.seconds_of,
        ),
        attachments=Attachments(lambda address: channels.get(address.channel)),
    )


def _of_kind(configuration: Configuration, channels: Mapping[str, Supervisor], kind: str) -> list[Supervisor]:
    """The channels of the settings that are of that kind."""
    return [channels[name] for name, given in configuration.channels.items() if given.kind == kind and name in channels]


def readers_with(servers: Servers | None = None, allow: AllowList = NOBODY) -> Mapping[CapabilityKind, Reader]:
    """What reads a package of each kind; a definition of a server only with what can look at what it offers.

    `allow` are the inner servers that may be reached.
    """
    readers: dict[CapabilityKind, Reader] = {
        CapabilityKind.AGENT: agent_kind.read,
        CapabilityKind.PLUGIN: plugin_kind.read,
        CapabilityKind.SKILL: skill_kind.read,
    }
    return readers if servers is None else {**readers, CapabilityKind.MCP: McpKind(servers, allow).read}


def desk_with(
    settings: Settings,
    base: StandsOn,
    deciding: Deciding,
    readers: Mapping[CapabilityKind, Reader],
    *,
    home: Path,
    problem_of: ProblemOf = no_problem,
    seconds_of: SecondsOf = no_seconds,
) -> Desk:
    """The desk, for a gateway and for a command beside it."""
    catalogues = catalogues_of(settings, base.egress, home)
    sources = Sources(base.egress, catalogues)
    return Desk(
        deciding.capabilities,
        deciding.approvals,
        take=lambda source, kind, where: sources.take(source, kind, where=where),
        scan=scan_within,
        readers=readers,
        problem_of=problem_of,
        seconds_of=seconds_of,
        search=catalogues.search,
    )


def catalogues_of(settings: Settings, egress: Egress, home: Path) -> Catalogues:
    """The catalogues that the settings name."""
    return Catalogues(settings.catalogues, egress, home / CAPABILITIES / "catalogues")
