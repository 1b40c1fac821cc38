"""A line between a client and a server that tests can cut, deafen, or say nonsense on. It reads nothing."""

import asyncio
import contextlib

_CHUNK = 65536


class Proxy:
    """Listens on a port of its own and passes everything on to another, both ways."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}
        self._hears = asyncio.Event()
        self._hears.set()
        self._over = asyncio.Event()
        self.refuse = 0
        self.taken = 0

    @property
    def port(self) -> int:
        assert self._server
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        assert self._server
        self._server.close()
        self._over.set()
        await asyncio.gather(*self._lines)

    def abort(self) -> None:
        """Cut every connection without a word."""
        for writers in self._lines.values():
            for writer in writers:
                writer.transport.abort()

    def deafen(self) -> None:
        """Pass nothing on any more over the connections there are; new ones work."""
        self._hears.clear()
        self._hears = asyncio.Event()
        self._hears.set()

    def inject(self, nonsense: bytes) -> None:
        """Say this to every client."""
        for writers in self._lines.values():
            writers[0].write(nonsense)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuse:
            self.refuse -= 1
            writer.transport.abort()
            return
        self.taken += 1
        task = asyncio.current_task()
        assert task
        self._lines[task] = [writer]
        hears = self._hears
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
            self._lines[task].append(back)
            ways = [_pass(reader, back, hears), _pass(there, writer, hears)]
            passing = [asyncio.ensure_future(way) for way in (*ways, _wait(self._over))]
            try:
                await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in passing:
                    each.cancel()
                await asyncio.gather(*passing, return_exceptions=True)
        finally:
            for each_writer in self._lines.pop(task):
                each_writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hears: asyncio.Event) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            await hears.wait()
            writer.write(chunk)
            await writer.drain()


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
