"""What the fakes share that are heard over a WebSocket: a connection, and how it ends."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from tests.contract.drivers import Cut


@dataclass(eq=False)
class Connection:
    """One socket. `is_in` once the platform let it in; `is_deaf` when it answers nothing any more."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport
    is_in: bool = False
    is_deaf: bool = False


def connection_of(request: web.Request, socket: web.WebSocketResponse) -> Connection:
    """The connection of a socket that was just prepared."""
    assert isinstance(request.transport, asyncio.Transport)
    return Connection(socket, request.transport)


async def cut(connection: Connection, how: Cut, nonsense: Sequence[str], *, code: int = 1000) -> None:
    """End it like this; `nonsense` are frames that make none, `code` is what an orderly end says."""
    match how:
        case Cut.DEAF:
            connection.is_deaf = True
        case Cut.MALFORMED:
            for frame in nonsense:
                await connection.socket.send_str(frame)
        case Cut.ABRUPT:
            connection.transport.abort()
        case _:
            await connection.socket.close(code=code)


async def until(changed: asyncio.Event, is_so: Callable[[], object]) -> None:
    """Wait until something that sets the event makes it so; fails after 5 seconds."""
    async with asyncio.timeout(5):
        while not is_so():
            changed.clear()
            await changed.wait()
