"""WeCom's long connection for bots on loopback, refusing what the real one refuses (document/path/101463)."""

from tests.platforms.wecom.driver import driver

__all__ = ["driver"]
