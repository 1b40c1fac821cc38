"""A QQ bot platform on loopback that refuses what the real one refuses (bot.q.qq.com/wiki)."""

from tests.platforms.qq.driver import driver

__all__ = ["driver"]
