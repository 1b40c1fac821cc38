"""The providers that plugins bring, as long as their code is loaded. Which there are may change at any time."""

import asyncio
from collections.abc import Callable, Mapping

from agents.models.providers.provider import Provider

WAIT_SECONDS = 30.0
"""So long the first question after a start waits for the plugins, which are loaded beside everything else."""
Lack = Callable[[str], str]
"""Why the provider of a plugin is not there, in a sentence; empty where no plugin brings one of that name."""


def nobody_lacks(_name: str) -> str:
    """Where no plugin could bring any."""
    return ""


class AddedProviders:
    """What plugins offer now, by name. `lack_of` tells of those that are installed and not there."""

    def __init__(self, lack_of: Lack = nobody_lacks) -> None:
        self.lack_of = lack_of
        self._offered: dict[str, Provider] = {}
        self._are_loaded = asyncio.Event()

    @property
    def offered(self) -> Mapping[str, Provider]:
        """Those that are there."""
        return self._offered

    def offer(self, provider: Provider) -> None:
        """From now on it can be asked."""
        self._offered[provider.name] = provider

    def withdraw(self, name: str) -> None:
        """From now on it is asked no more."""
        self._offered.pop(name, None)

    def settle(self) -> None:
        """Every plugin that is installed was loaded, or could not be."""
        self._are_loaded.set()

    async def found(self, name: str) -> Provider | None:
        """The provider of that name; at a start once the plugins are loaded, or after a while."""
        if name not in self._offered and not self._are_loaded.is_set():
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await self._are_loaded.wait()
            except TimeoutError:
                return None
        return self._offered.get(name)
