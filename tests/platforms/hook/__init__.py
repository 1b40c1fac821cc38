"""A server that speaks by plain webhooks, whose channel comes with a plugin."""

from tests.platforms.hook.driver import driver

__all__ = ["driver"]
