"""A Mattermost server on loopback that refuses what the real one refuses (api.mattermost.com, v4)."""

from tests.platforms.mattermost.driver import driver

__all__ = ["driver"]
