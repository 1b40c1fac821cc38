"""Nexora's adapter, built from a guide's settings and really connected to the fake platform."""

import asyncio
from collections.abc import Mapping
from typing import Any

from channels.base import Channel, ChannelState, Health
from tests.contract.drivers import PlatformDriver
from tests.contract.stage import Supervised


class Guided(Supervised):
    """With what the guide says and nothing else; only where the platform is, is where the fake is."""

    def __init__(
        self, kind: str, mode: str, driver: PlatformDriver, given: Mapping[str, Any], addresses: tuple[str, ...]
    ) -> None:
        super().__init__(kind, mode, driver)
        self._given = given
        self._addresses = addresses

    def build(self, options: Mapping[str, Any]) -> Channel:
        where = {name: value for name, value in options.items() if name in self._addresses}
        return super().build({**self._given, **where})


async def up(stage: Supervised, refusals: tuple[str, ...]) -> str:
    """Wait until the channel is up; else why it is not. One of `refusals` will not pass by waiting."""
    health = stage.supervisor.health
    async with asyncio.timeout(20):
        while health.state is not ChannelState.UP:
            if health.state is ChannelState.DOWN or any(words in health.reason for words in refusals):
                return health.reason
            await asyncio.sleep(0.01)
            health = await _asked(stage)
    return ""


async def _asked(stage: Supervised) -> Health:
    """What the channel says itself while it starts, for a supervisor asks it only now and then."""
    health = stage.supervisor.health
    return await stage.channel.probe() if health.state is ChannelState.STARTING else health
