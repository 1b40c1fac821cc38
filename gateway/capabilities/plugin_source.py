"""Installed plugins as a source of tools; what is loaded follows what is installed."""

from collections.abc import Sequence
from pathlib import Path

from agents.plugins.plugins import Plugins
from agents.plugins.refused import PluginRefused
from agents.tools.tool import Tool
from gateway.capabilities.in_force import CapabilityStanding, InForce
from gateway.capabilities.shelf import PackageShelf
from governance.capabilities.rules import User
from governance.packages.package import Package
from governance.people.people import Person
from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import Why, because


class InstalledPlugins:
    """The plugins that were approved, in the folder of their code, for those whom the rules let use them."""

    def __init__(self, in_force: InForce, shelf: PackageShelf, folder: Path) -> None:
        self._in_force = in_force
        self._shelf = shelf
        self.plugins = Plugins(folder, self._may_use)

    async def tools_for(self, agent: str, person: Person) -> Sequence[Tool]:
        """The tools of all that are loaded and still in force."""
        return await self.plugins.tools_for(agent, person)

    async def _may_use(self, plugin: str, agent: str, person: Person) -> bool:
        standing, kind = await self._in_force.now(), CapabilityKind.PLUGIN
        digest = self.plugins.loaded[plugin].digest
        is_there = any((one.name, one.digest) == (plugin, digest) for one in standing.active(kind))
        return is_there and standing.lack(kind.value, plugin, User(person=person, agent=agent)) is None

    def problem_of(self, kind: CapabilityKind, name: str) -> Why | None:
        """Why a plugin that is installed is not loaded on this gateway; None where it is, and for other kinds."""
        problem = self.plugins.problems.get(name) if kind is CapabilityKind.PLUGIN else None
        if problem is None:
            return None
        return problem.why if isinstance(problem, PluginRefused) else because(str(problem))

    async def follow(self, standing: CapabilityStanding) -> None:
        """Load what is installed, each in a process of its own first, and let go of what is not."""
        approved: dict[str, Package] = {}
        for found in standing.active(CapabilityKind.PLUGIN):
            package = await self._shelf.package(found.digest)
            if package is not None:
                approved[found.name] = package
        await self.plugins.follow(approved)
