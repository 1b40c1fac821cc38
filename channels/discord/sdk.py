"""The parts of discord.py that are used, loaded in one place. Nothing of it is changed for anybody else in the process.

Its client is not used: it opens a session and a TLS context of its own, sleeps through rate limits, repeats calls by
itself, tells the gateway that an event was taken before anybody stored it, and dies of a first connection that fails.
"""

import logging
import warnings

with warnings.catch_warnings():
    # Its voice half, which is loaded with the rest, needs `audioop`, and Python 3.11 and 3.12 warn of that.
    warnings.simplefilter("ignore", DeprecationWarning)
    from discord.errors import ConnectionClosed
    from discord.gateway import DiscordWebSocket, KeepAliveHandler, ReconnectWebSocket
    from discord.http import HTTPClient, Route
    from discord.utils import _ActiveDecompressionContext as Decompression

# What goes wrong reaches a person through the channel's health; below a warning its lines hold payloads and sessions.
logging.getLogger("discord").setLevel(logging.WARNING)

__all__ = [
    "ConnectionClosed",
    "Decompression",
    "DiscordWebSocket",
    "HTTPClient",
    "KeepAliveHandler",
    "ReconnectWebSocket",
    "Route",
]
