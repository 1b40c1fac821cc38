"""Pings of ours on a WebSocket and the pongs that answer them: whether anybody is still there."""

import asyncio
import itertools

import aiohttp


class Pings:
    """The pings of one connection that wait for an answer."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, asyncio.Future[None]] = {}
        self._numbers = itertools.count()

    def note(self, payload: bytes) -> None:
        """A pong came."""
        waiting = self._waiting.pop(payload, None)
        if waiting and not waiting.done():
            waiting.set_result(None)

    async def is_answered(self, socket: aiohttp.ClientWebSocketResponse, seconds: float) -> bool:
        """Whether the socket answers a ping within so many seconds; False also when it breaks meanwhile."""
        payload = f"nexora-{next(self._numbers)}".encode()
        self._waiting[payload] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await socket.ping(payload)
                await self._waiting[payload]
        except (TimeoutError, aiohttp.ClientError, OSError):
            return False
        finally:
            self._waiting.pop(payload, None)
        return True
