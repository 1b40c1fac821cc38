"""The plugins that are loaded, as a source of tools. One that cannot be loaded is told, and everything else goes on.

Whoever has to know of the channels and the models that one brings is told when it comes and when it goes.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import structlog

from agents.mcp.names import wire_names
from agents.plugins.brought import Brought
from agents.plugins.loading import load
from agents.plugins.package import Plugin, read_plugin
from agents.plugins.refused import PluginRefused
from agents.tools.tool import Tool
from governance.packages.package import Package
from governance.packages.refused import PackageRefused
from governance.packages.written import remove_written
from governance.people.people import Person

_DIGEST = re.compile("[0-9a-f]{64}")
_log = structlog.get_logger(__name__)
MayUse = Callable[[str, str, Person], Awaitable[bool]]
"""Whether an agent may use a plugin of that name for a person."""
Refusal = PluginRefused | PackageRefused


class HearsOfPlugins(Protocol):
    """Who has to know of what plugins bring beside tools."""

    def came(self, plugin: Plugin, brought: Brought) -> None:
        """It is loaded. Raises PluginRefused for what cannot be taken of it; then it is not."""

    def went(self, plugin: Plugin, brought: Brought) -> None:
        """It is offered no longer."""


class NobodyHears:
    """Where tools are all that is wanted of plugins."""

    def came(self, plugin: Plugin, brought: Brought) -> None:
        """Take it as it is."""
        del plugin, brought

    def went(self, plugin: Plugin, brought: Brought) -> None:
        """Nothing depends on it."""
        del plugin, brought


async def everybody(_plugin: str, _agent: str, _person: Person) -> bool:
    """Where no rule says otherwise."""
    return True


class Plugins:
    """What is loaded, by name. `folder` is where their code lies, `may_use` who may use which."""

    def __init__(self, folder: Path, may_use: MayUse = everybody, hears: HearsOfPlugins | None = None) -> None:
        self._folder, self._may_use = folder, may_use
        self._hears: HearsOfPlugins = hears or NobodyHears()
        self._loaded: dict[str, tuple[Plugin, Brought]] = {}
        self._is_tidy = False
        self.version = 0
        """Goes up whenever a plugin is loaded or let go."""
        self.problems: dict[str, Refusal] = {}
        """Why a plugin is not there, by name, for health."""

    @property
    def loaded(self) -> Mapping[str, Plugin]:
        """What is there."""
        return {name: plugin for name, (plugin, _) in self._loaded.items()}

    def seconds_of(self, name: str) -> float | None:
        """How long the import of a plugin took; None while it is not there."""
        found = self._loaded.get(name)
        return None if found is None else found[1].seconds

    async def follow(self, approved: Mapping[str, Package]) -> None:
        """Load what is approved and not there, forget what is no longer approved. Never raises for a plugin.

        The first time, code of what is no longer approved is removed: nothing of it is in memory yet.
        """
        for name in list(self._loaded):
            if name not in approved:
                self.remove(name)
        if not self._is_tidy:
            await asyncio.to_thread(_tidy, self._folder, {package.digest for package in approved.values()})
            self._is_tidy = True
        self.problems = {name: problem for name, problem in self.problems.items() if name in approved}
        for name, package in approved.items():
            known = self._loaded.get(name)
            if known is None or known[0].digest != package.digest:
                await self.add(name, package)

    async def add(self, name: str, package: Package) -> Refusal | None:
        """Load one; why it is not there, if it is not. What was there under its name is offered no longer."""
        self.remove(name)
        try:
            plugin = read_plugin(package)
            brought = _named(plugin, await load(plugin, self._folder))
            self._hears.came(plugin, brought)
        except (PluginRefused, PackageRefused) as problem:
            self.problems[name] = problem
            _log.warning("plugin_not_loaded", plugin=name, reason=str(problem))
            return problem
        except OSError as problem:
            refused = PluginRefused("fails", name=name, because=problem.strerror or str(problem))
            self.problems[name] = refused
            _log.warning("plugin_not_loaded", plugin=name, reason=str(refused))
            return refused
        self._loaded[name] = (plugin, brought)
        self.version += 1
        self.problems.pop(name, None)
        return None

    def remove(self, name: str) -> bool:
        """Offer what it brings no longer; whether it was there. Its code stays until a restart."""
        found = self._loaded.pop(name, None)
        if found is None:
            return False
        self.version += 1
        self._hears.went(*found)
        return True

    async def tools_for(self, agent: str, person: Person) -> Sequence[Tool]:
        """The tools of every plugin that this agent may use for this person."""
        found: list[Tool] = []
        for name, (_, brought) in sorted(self._loaded.items()):
            if brought.tools and await self._may_use(name, agent, person):
                found.extend(brought.tools)
        return found


def _tidy(folder: Path, wanted: Collection[str]) -> None:
    for place in folder.iterdir() if folder.is_dir() else ():
        if _DIGEST.fullmatch(place.name) and place.name not in wanted:
            remove_written(place)


def _named(plugin: Plugin, brought: Brought) -> Brought:
    """Each tool under the name of its plugin, and known as another's."""
    names = wire_names(plugin.name, [each.name for each in brought.tools])
    if len(names) != len(brought.tools):
        raise PluginRefused("same_names", name=plugin.name)
    tools = (
        replace(each, name=names[each.name], server=plugin.name, also_called=frozenset()) for each in brought.tools
    )
    return replace(brought, tools=tuple(tools))
