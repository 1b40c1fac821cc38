"""A company's HTTP proxy on loopback: tunnels with CONNECT, passes plain requests on, and may insist on a name.

Every host that is asked for is reached at the one server that the test names, so that no name has to exist.
"""

import asyncio
import base64
from typing import Self

REFUSED = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class FakeProxy:
    """`asked` holds the first line of every request that was let in, `refused` counts the others.

    user: name:password that the proxy insists on; empty lets everybody in.
    """

    def __init__(self, server_port: int, *, user: str = "") -> None:
        self._server_port = server_port
        self._pass = f"Basic {base64.b64encode(user.encode()).decode()}" if user else ""
        self._tasks: set[asyncio.Task[None]] = set()
        self.asked: list[str] = []
        self.refused = 0

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            if self._pass and headers.get("proxy-authorization") != self._pass:
                self.refused += 1
                writer.write(REFUSED)
                return
            self.asked.append(first)
            inner, outer = await asyncio.open_connection("127.0.0.1", self._server_port)
            if first.startswith("CONNECT "):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                outer.write(head)
            self._pump(reader, outer)
            self._pump(inner, writer)
            await asyncio.gather(*self._tasks)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_pump(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return
    finally:
        writer.close()
