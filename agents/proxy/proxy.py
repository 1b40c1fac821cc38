"""Accepts what one command connects inside its sandbox, and passes on what its reach allows, until it closes."""

import asyncio
import socket
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any, Self

import structlog
from aiohttp.abc import AbstractResolver

from agents.proxy import ssh
from agents.proxy.dialling import NotReached, dial, judge
from agents.proxy.heads import Head, HeadWrong, body_of, read_head
from agents.proxy.hello import UNRECOGNISED_NAME, NameDiffers, opening
from agents.proxy.inner import Inner
from agents.proxy.ledger import Ledger, TrafficBounds, Use
from agents.proxy.masked import Masked
from agents.sandbox import ProxyListener
from channels.base import NexoraError
from governance.egress.addresses import HostRefused, plain_host
from governance.egress.hosts import CONNECT, NetworkReach, Server

PROXY_PORT = 3128
_CHUNK_BYTES = 65_536
_CLOSING_SECONDS = 2.0
_NAMES = b"hosts: files\n"
_log = structlog.get_logger(__name__)

Handler = Callable[[StreamReader, StreamWriter], Coroutine[Any, Any, None]]


class Proxy:
    """The way out of one call. Use it as a context: when it ends, everything that passed through it is closed.

    `note` is what whoever keeps the record wants the model to know of what was blocked.
    """

    def __init__(
        self, reach: NetworkReach, resolver: AbstractResolver, bounds: TrafficBounds, inner: Inner | None = None
    ) -> None:
        self.ledger = Ledger(bounds)
        self.note = ""
        self._inner = inner or Inner()
        self._reach = reach
        self._resolver = resolver
        self._at_once = bounds.at_once
        self._tasks: set[asyncio.Task[Any]] = set()
        self._servers: list[asyncio.Server] = []
        self._ours, self._theirs = socket.socketpair()

    @property
    def listener(self) -> ProxyListener:
        """What the sandbox has to know of it."""
        inside = [(f"127.0.0.{number}", server) for number, server in enumerate(self._reach.servers, 2)]
        hosts = "".join(f"{address} {server.name}\n" for address, server in inside)
        return ProxyListener(
            handing=self._theirs.fileno(),
            places=(f"127.0.0.1:{PROXY_PORT}", *(f"{address}:{server.port}" for address, server in inside)),
            environment={**_environment([server.name for _, server in inside]), **self._inner.environment},
            files={
                **self._inner.files,
                **ssh.files(PROXY_PORT),
                "/etc/hosts": f"127.0.0.1 localhost\n::1 localhost\n{hosts}".encode(),
                "/etc/nsswitch.conf": _NAMES,
            },
        )

    async def __aenter__(self) -> Self:
        self._begin(self._open(), "proxy")
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSING_SECONDS)
        self._ours.close()
        self._theirs.close()

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self) -> None:
        """Wait for the listeners that were made inside, and accept on them."""
        handlers: list[Handler] = [self._proxy, *(partial(self._lead_to, server) for server in self._reach.servers)]
        for listener, handler in zip(await _handed_out(self._ours, len(handlers)), handlers, strict=False):
            accept = partial(self._accept, handler)
            self._servers.append(await asyncio.start_server(accept, sock=listener, limit=_CHUNK_BYTES))

    def _accept(self, handler: Handler, reader: StreamReader, writer: StreamWriter) -> None:
        self._begin(self._serve(handler, reader, writer), "proxy connection")

    async def _serve(self, handler: Handler, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            self.ledger.begin()
            if len(self._tasks) > self._at_once:
                await _answer(writer, 503, "too many connections at a time")
                return
            await handler(reader, writer)
        except (NexoraError, OSError, asyncio.IncompleteReadError) as problem:
            _log.debug("proxy_connection_ended", reason=str(problem))
        except Exception:  # noqa: BLE001  # the border of one connection: the others go on
            _log.exception("proxy_connection_failed")
        finally:
            writer.transport.abort() if self.ledger.spent else writer.close()

    # The ways through

    async def _proxy(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            head = await read_head(reader)
        except HeadWrong as problem:
            await _answer(writer, 400, str(problem))
            return
        if head is None:
            return
        if head.method == CONNECT and self._reach.looks_into(head.host, head.port):
            await self._look_into(head.host, head.port, reader, writer)
        else:
            await self._pass(head, reader, writer)

    async def _look_into(self, host: str, port: int, reader: StreamReader, writer: StreamWriter) -> None:
        """Be the server to the client and the client to the server, for one request."""
        try:
            judge(self._reach, host, port, CONNECT)
        except HostRefused as problem:
            self.ledger.blocked(host, port, CONNECT, str(problem))
            await _answer(writer, 403, f"{host}:{port} is blocked: {problem}")
            return
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await writer.start_tls(self._inner.server_context(host))
        await self._one_request((host, port), reader, writer, secure=True)

    async def _one_request(
        self, within: tuple[str, int], reader: StreamReader, writer: StreamWriter, *, secure: bool
    ) -> None:
        """Read a request to a server that is known already, and pass it on."""
        try:
            head = await read_head(reader, within=within)
        except HeadWrong as problem:
            await _answer(writer, 400, str(problem))
            return
        if head is not None:
            await self._pass(head, reader, writer, trust=self._inner.trust if secure else None)

    async def _pass(
        self, head: Head, reader: StreamReader, writer: StreamWriter, trust: ssl.SSLContext | None = None
    ) -> None:
        try:
            async with self._through(head.host, head.port, head.method, trust) as (use, up_reader, up_writer):
                if head.method == CONNECT:
                    writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                    await self._tunnel(head, use, (reader, writer), (up_reader, up_writer))
                else:
                    added = self._added_to(head, is_safe=trust is not None)
                    await self._forward(head, added, use, (reader, writer), (up_reader, up_writer))
        except HostRefused as problem:
            await _answer(writer, 403, f"{head.host}:{head.port} is blocked: {problem}")
        except NotReached as problem:
            await _answer(writer, 502, str(problem))

    async def _tunnel(
        self,
        head: Head,
        use: Use,
        client: tuple[StreamReader, StreamWriter],
        upstream: tuple[StreamReader, StreamWriter],
    ) -> None:
        """Bytes both ways, where TLS inside is for the host that the tunnel was opened to; a server inside is one."""
        if self._reach.server(head.host, head.port):
            await self._both_ways(use, client, upstream)
            return
        try:
            await self._both_ways(use, client, upstream, partial(opening, host=plain_host(head.host), port=head.port))
        except NameDiffers as problem:
            self.ledger.blocked(head.host, head.port, CONNECT, str(problem))
            client[1].write(UNRECOGNISED_NAME)

    def _added_to(self, head: Head, *, is_safe: bool) -> dict[str, str]:
        """The fields with secrets that go along, never in the clear but to servers inside."""
        if not (is_safe or self._reach.server(head.host, head.port)):
            return {}
        carried = self._reach.carried_to(head.host, head.port)
        return {one.header: one.prefix + self._inner.secrets[one.name].get_secret_value() for one in carried}

    async def _lead_to(self, server: Server, reader: StreamReader, writer: StreamWriter) -> None:
        if self._reach.carried_to(server.name, server.port):
            await self._one_request((server.name, server.port), reader, writer, secure=False)
            return
        async with self._through(server.name, server.port, "TCP") as (use, up_reader, up_writer):
            await self._both_ways(use, (reader, writer), (up_reader, up_writer))

    @asynccontextmanager
    async def _through(
        self, host: str, port: int, method: str, trust: ssl.SSLContext | None = None
    ) -> AsyncIterator[tuple[Use, StreamReader, StreamWriter]]:
        """A connection to a host, if it may be reached; written down either way."""
        try:
            plain = judge(self._reach, host, port, method)
            reader, writer = await dial(self._reach, self._resolver, plain, port, trust)
        except HostRefused as problem:
            self.ledger.blocked(host, port, method, str(problem))
            raise
        try:
            yield self.ledger.passed(plain, port, method), reader, writer
        finally:
            writer.close()

    async def _forward(
        self,
        head: Head,
        added: Mapping[str, str],
        use: Use,
        client: tuple[StreamReader, StreamWriter],
        upstream: tuple[StreamReader, StreamWriter],
    ) -> None:
        """One request and its answer, with the fields that are `added` and no sign of them in the answer.

        The rest of what the client sends is not passed on.
        """

        async def send() -> None:
            self.ledger.sent(use, len(raw))
            upstream[1].write(raw)
            async for piece in body_of(head, client[0]):
                self.ledger.sent(use, len(piece))
                upstream[1].write(piece)
                await upstream[1].drain()

        plain = {"Accept-Encoding": "identity"} if added else {}
        raw = head.passed_on(*((name.encode(), value.encode()) for name, value in {**added, **plain}.items()))
        sending = asyncio.create_task(send(), name="proxy sends")
        hidden = Masked(self._inner.hidden(added))
        try:
            await self._fetch(use, upstream[0], client[1], hidden)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _both_ways(
        self,
        use: Use,
        client: tuple[StreamReader, StreamWriter],
        upstream: tuple[StreamReader, StreamWriter],
        begin: Callable[[StreamReader], Awaitable[bytes]] | None = None,
    ) -> None:
        """Bytes as they come, until both sides have ended; `begin` takes, and judges, the first that are sent."""

        async def send() -> None:
            if begin is not None:
                first = await begin(client[0])
                self.ledger.sent(use, len(first))
                upstream[1].write(first)
            await _copy(client[0], upstream[1], partial(self.ledger.sent, use))

        ways = [
            asyncio.create_task(send(), name="proxy sends"),
            asyncio.create_task(self._fetch(use, upstream[0], client[1]), name="proxy fetches"),
        ]
        try:
            await asyncio.gather(*ways)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _fetch(self, use: Use, reader: StreamReader, writer: StreamWriter, hidden: Masked | None = None) -> None:
        await _copy(reader, writer, partial(self.ledger.got, use), hidden)


async def _copy(
    reader: StreamReader, writer: StreamWriter, count: Callable[[int], None], hidden: Masked | None = None
) -> None:
    while piece := await reader.read(_CHUNK_BYTES):
        count(len(piece))
        writer.write(hidden.feed(piece) if hidden else piece)
        await writer.drain()
    if hidden:
        writer.write(hidden.end())
    if writer.can_write_eof():
        writer.write_eof()


async def _answer(writer: StreamWriter, status: int, sentence: str) -> None:
    """Tell the client in the way in which proxies do; clients show the status line, some the text."""
    line = sentence.encode("ascii", "replace").decode()[:300]
    body = f"Nexora: {line}\n"
    head = f"HTTP/1.1 {status} {line}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n{body}".encode())
    await writer.drain()


async def _handed_out(ours: socket.socket, most: int) -> list[socket.socket]:
    """The listeners that the listener hands out; none when it ended before."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    ours.settimeout(0)
    loop.add_reader(ours, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(ours)
    _, descriptors, _, _ = socket.recv_fds(ours, 1, most)
    return [socket.socket(fileno=each) for each in descriptors]


def _environment(names: list[str]) -> dict[str, str]:
    """By which variables programs find a proxy."""
    proxy, past = f"http://127.0.0.1:{PROXY_PORT}", ",".join(["localhost", "127.0.0.0/8", "127.0.0.1", "::1", *names])
    usual = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy, "NO_PROXY": past}
    return {
        **usual,
        **{name.lower(): value for name, value in usual.items()},
        "CARGO_HTTP_PROXY": proxy,
        "NODE_USE_ENV_PROXY": "1",
        "npm_config_https_proxy": proxy,
        "npm_config_noproxy": past,
        "npm_config_proxy": proxy,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
