"""The parts of discord.py that are used, loaded in one place. Nothing of it is changed for anybody else in the process.

Its client is not used: it opens a session and a TLS context of its own, sleeps through rate limits, repeats calls by
itself, tells the gateway that an event was taken before anybody stored it, and dies of a first connection that fails.
So the gateway's and the API's modules are loaded without the package around them, which would load eighty more, voice
among them: 6 MB instead of 13, a quarter of the time, and no warning of `audioop`.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from types import ModuleType


@contextmanager
def _without_the_rest() -> Iterator[None]:
    """Inside, `discord` is an empty package in the same place; whoever imports it later gets the whole one."""
    spec = None if "discord" in sys.modules else find_spec("discord")
    if spec is None or spec.submodule_search_locations is None:
        yield
        return
    bare = ModuleType("discord")
    bare.__path__ = list(spec.submodule_search_locations)
    vars(bare)["__version__"] = version("discord.py")
    sys.modules["discord"] = bare
    try:
        yield
    finally:
        del sys.modules["discord"]


with _without_the_rest():
    from discord.errors import ConnectionClosed
    from discord.gateway import DiscordWebSocket, KeepAliveHandler, ReconnectWebSocket
    from discord.http import HTTPClient, Route

# What goes wrong reaches a person through the channel's health; below a warning its lines hold payloads and sessions.
logging.getLogger("discord").setLevel(logging.WARNING)

__all__ = [
    "ConnectionClosed",
    "DiscordWebSocket",
    "HTTPClient",
    "KeepAliveHandler",
    "ReconnectWebSocket",
    "Route",
]
