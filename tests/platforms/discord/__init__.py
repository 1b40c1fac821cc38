"""Discord on 127.0.0.1: gateway with sessions, REST, interactions, files; it refuses what Discord refuses."""

from tests.platforms.discord.driver import DiscordDriver, driver
from tests.platforms.discord.server import FakeDiscord

__all__ = ["DiscordDriver", "FakeDiscord", "driver"]
