"""The way to a PostgreSQL server, which can be cut, frozen and mended: a Unix socket that passes bytes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

PIECE = 65536


class Wire:
    """Passes bytes between clients and a server. `dsn` leads through it."""

    def __init__(self, dsn: str, folder: Path) -> None:
        parts = urlsplit(dsn)
        asked = parse_qs(parts.query)
        name = f".s.PGSQL.{asked['port'][0]}"
        self._server = Path(asked["host"][0]) / name
        self._here = folder / name
        self.dsn = f"postgresql://{parts.netloc}{parts.path}?host={quote(str(folder))}&port={asked['port'][0]}"
        self._flows = asyncio.Event()
        self._flows.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def mend(self) -> None:
        """Let clients connect, and bytes flow."""
        self._flows.set()
        if self._listener is None:
            self._listener = await asyncio.start_unix_server(self._joined, self._here)

    def freeze(self) -> None:
        """From now on no byte passes, though connections stand and new ones are taken."""
        self._flows.clear()

    async def cut(self) -> None:
        """End every connection and take no new one."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._here.unlink(missing_ok=True)
        for writer in tuple(self._writers):
            writer.transport.abort()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.sleep(0)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._server)
        ways = ((reader, far_writer), (far_reader, writer))
        tasks = {asyncio.create_task(self._pass(*way), name="wire") for way in ways}
        self._tasks |= tasks
        self._writers |= {writer, far_writer}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, far_writer):
            self._writers.discard(end)
            end.transport.abort()
        for task in tasks:
            task.cancel()
        self._tasks -= tasks

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(PIECE):
                await self._flows.wait()
                writer.write(piece)
                await writer.drain()


@asynccontextmanager
async def wire_to(dsn: str, folder: Path) -> AsyncIterator[Wire]:
    """A wire that is not mended yet."""
    wire = Wire(dsn, folder)
    try:
        yield wire
    finally:
        await wire.cut()
