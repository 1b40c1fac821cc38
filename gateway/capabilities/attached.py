"""The files of a message that gives an order, fetched whole and only when they are needed."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from channels.base import ChannelDown
from channels.messages import Address, Inbound
from channels.running.supervisor import Supervisor

LARGEST = 50 << 20
"""Bytes of one file."""
SECONDS = 120.0


class Attachments:
    """Fetches them from where they were sent."""

    def __init__(self, find: Callable[[Address], Supervisor | None]) -> None:
        self._find = find

    async def of(self, inbound: Inbound) -> dict[str, bytes]:
        """Its files by name. Raises ChannelError."""
        channel = self._find(inbound.address)
        if channel is None:
            raise ChannelDown
        found: dict[str, bytes] = {}
        async with asyncio.timeout(SECONDS):
            for file in inbound.files:
                pieces = bytearray()
                async with aclosing(channel.pieces(file, LARGEST)) as coming:
                    async for piece in coming:
                        pieces += piece
                found[file.name] = bytes(pieces)
        return found
