"""Installed plugins as a source of tools, kinds of channels and models; what is loaded follows what is installed."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from agents.models.providers.added import AddedProviders
from agents.plugins.brought import Brought, require_new
from agents.plugins.package import Plugin
from agents.plugins.plugins import Plugins
from agents.plugins.refused import PluginRefused
from agents.tools.tool import Tool
from channels.base import ChannelDown, ChannelError, ChannelRefused
from channels.running import catalogue
from channels.running.supervisor import Supervisor
from channels.sayings import ChannelSaying, saying
from gateway.capabilities.in_force import CapabilityStanding, InForce
from gateway.capabilities.shelf import PackageShelf
from governance.capabilities.installed import Capability
from governance.capabilities.rules import User
from governance.packages.package import Package
from governance.people.people import Person
from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import Why, because, why

OfKind = Callable[[str], Iterable[Supervisor]]
"""The channels of the settings that are of a kind."""


class InstalledPlugins:
    """The plugins that were approved, in the folder of their code, for those whom the rules let use them.

    What one brings is there while it is loaded: its channels are built anew when it comes, and end when it goes.
    """

    def __init__(self, in_force: InForce, shelf: PackageShelf, folder: Path, of_kind: OfKind) -> None:
        self._in_force = in_force
        self._shelf = shelf
        self._of_kind = of_kind
        self._standing: CapabilityStanding | None = None
        self.plugins = Plugins(folder, self._may_use, self)
        self.providers = AddedProviders(self._lack_of_provider)

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

    def seconds_of(self, kind: CapabilityKind, name: str) -> float | None:
        """How long a plugin took to be loaded on this gateway; None where it is not there, and for other kinds."""
        return self.plugins.seconds_of(name) if kind is CapabilityKind.PLUGIN else None

    async def expect(self) -> None:
        """Know what is installed before anything is loaded. Raises DatabaseAway."""
        self._standing = await self._in_force.now()

    def let_go(self, standing: CapabilityStanding) -> None:
        """Offer nothing more of what is no longer installed as it was loaded. Waits for nothing."""
        installed = {(one.name, one.digest) for one in standing.active(CapabilityKind.PLUGIN)}
        for name, plugin in list(self.plugins.loaded.items()):
            if (name, plugin.digest) not in installed:
                self.plugins.remove(name)

    async def follow(self, standing: CapabilityStanding) -> None:
        """Load what is installed, each in a process of its own first, and let go of what is not."""
        self._standing = standing
        approved: dict[str, Package] = {}
        for found in standing.active(CapabilityKind.PLUGIN):
            package = await self._shelf.package(found.digest)
            if package is not None:
                approved[found.name] = package
        await self.plugins.follow(approved)
        self.providers.settle()

    def came(self, plugin: Plugin, brought: Brought) -> None:
        """Offer its channels and models. Raises PluginRefused where their names are taken; then none is offered."""
        others = [each for each in self.plugins.loaded.values() if each.name != plugin.name]
        taken = frozenset(kind for each in others for kind in each.channels)
        require_new(plugin, catalogue.built_in() | taken)
        for name in sorted(brought.models.keys() & {name for each in others for name in each.models}):
            raise PluginRefused("name_taken", name=plugin.name, entry=name)
        for kind, adapter in brought.channels.items():
            catalogue.offer(kind, adapter)
            self._restart(kind)
        for provider in brought.models.values():
            self.providers.offer(provider)

    def went(self, _plugin: Plugin, brought: Brought) -> None:
        """End its channels, and ask its models no more."""
        for name in brought.models:
            self.providers.withdraw(name)
        for kind in brought.channels:
            catalogue.withdraw(kind)
            self._restart(kind)

    def _restart(self, kind: str) -> None:
        for supervisor in self._of_kind(kind):
            supervisor.restart()

    def lack_of_kind(self, kind: str) -> ChannelError:
        """Why there is no such kind of channel: its plugin is loaded just now, held, or failed, or nobody brings it."""
        found = self._bringing(lambda one: kind in one.manifest.permissions.channels)
        if found is not None and found.is_active and self.problem_of(found.kind, found.name) is None:
            return ChannelDown(saying("kind_waits"))
        if found is None:
            return ChannelRefused(saying("kind_unknown", kind=kind, names=", ".join(catalogue.kinds())))
        return ChannelRefused(saying("kind_lacks", plugin=found.name, because=self._why_not(found)))

    def _lack_of_provider(self, name: str) -> str:
        found = self._bringing(lambda one: name in one.manifest.permissions.models)
        if found is None:
            return ""
        return ChannelSaying.of("model.plugin_lacks", {"plugin": found.name, "because": self._why_not(found)})

    def _bringing(self, brings: Callable[[Capability], bool]) -> Capability | None:
        """The plugin that is installed and brings it, one that is in force before others."""
        installed = self._standing.capabilities if self._standing else ()
        found = [one for one in installed if one.kind is CapabilityKind.PLUGIN and brings(one)]
        return min(found, key=lambda one: not one.is_active, default=None)

    def _why_not(self, found: Capability) -> Why:
        """Why what is installed is not there on this gateway."""
        if not found.is_active:
            return found.held or why(f"capability.state.{found.state.value}")
        return self.problem_of(found.kind, found.name) or why("plugin.waits")
