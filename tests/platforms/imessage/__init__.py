"""BlueBubbles Server on loopback, refusing what the real one refuses."""

from tests.platforms.imessage.driver import driver

__all__ = ["driver"]
