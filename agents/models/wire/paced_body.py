"""Reads a streamed body by the clock, not by the chunk. It understands nothing of what it reads.

So what an answer costs depends on how long it takes, not on how finely its server cuts it. While it waits, the
transport does not read either: the kernel gathers what comes, and nobody wakes up for it. The beginning is read as it
comes, so that a quick answer is not slowed down and the first words show at once.
"""

import asyncio

import aiohttp

AT_ONCE_SECONDS = 0.25
"""How long a body is read as it comes."""
PAUSE_SECONDS = 0.1
"""From then on the time from one read to the next, which is also how late the end of an answer can be noticed. Ten
times a second still reads as growing; each read costs about as much processor time as a chunk, 0.1 ms."""


class PacedBody:
    """The body of a response; not to be read in any other way."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._clock = asyncio.get_running_loop().time
        self._paced_from = self._clock() + AT_ONCE_SECONDS
        self._last = 0.0

    async def read(self) -> bytes:
        """The next bytes; empty at the end. Raises what aiohttp raises."""
        left = self._last + PAUSE_SECONDS - self._clock()
        if left > 0 and self._last > self._paced_from:
            await self._gather(left)
        data = await self._response.content.readany()
        self._last = self._clock()
        return data

    async def _gather(self, seconds: float) -> None:
        """Let the kernel keep what comes in this time. A response that has ended has no connection to hold back."""
        connection = self._response.connection
        if connection is None or connection.transport is None:
            return
        transport = connection.transport
        transport.pause_reading()
        try:
            await asyncio.sleep(seconds)
        finally:
            if not transport.is_closing():
                transport.resume_reading()
