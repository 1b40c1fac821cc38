"""Feishu on 127.0.0.1: open API, long connection, signed requests; it refuses what the platform refuses."""

from tests.platforms.feishu.driver import driver

__all__ = ["driver"]
