"""The bytes of one IMAP connection (RFC 9051): lines, literals, TLS begun in the middle. It knows no command.

A response is taken from the buffer whole or not at all, so whoever waits for one may be cancelled at any time.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass
from typing import cast

from channels.base import ChannelDown, ChannelRefused
from channels.sayings import saying
from channels.shared.certificates import missing

_LITERAL = re.compile(rb"\{(\d{1,12})\+?\}\r?\Z")
_SPARE_BYTES = 1024 * 1024
_CONNECT_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One response of the server: its words with each literal left out, and the literals in their order."""

    words: bytes
    literals: tuple[bytes, ...] = ()


class ImapWire(asyncio.Protocol):
    """One connection. `most_bytes` is the largest literal that is taken."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._buffer = bytearray()
        self._news = asyncio.Event()
        self._lost: str = ""
        self._transport: asyncio.Transport | None = None
        self._heard_at = asyncio.get_running_loop().time()

    @property
    def silent_seconds(self) -> float:
        """For how long the server has said nothing."""
        return asyncio.get_running_loop().time() - self._heard_at

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Keep what came until somebody reads it; more than anybody asked for ends the connection."""
        self._buffer += data
        self._heard_at = asyncio.get_running_loop().time()
        if len(self._buffer) > self._most + _SPARE_BYTES:
            self.abort(saying("too_much", platform=saying("mail_server")))
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits."""
        self._lost = self._lost or (
            str(exc) if exc else saying("closed_silently", platform=saying("mail_server"), thing="connection")
        )
        self._news.set()

    async def response(self) -> Response:
        """The next response; raises ChannelDown when the connection is gone or makes no sense."""
        while (found := self._take()) is None:
            if self._lost:
                raise ChannelDown(self._lost)
            self._news.clear()
            await self._news.wait()
        return found

    def _take(self) -> Response | None:
        """A whole response from the beginning of the buffer, None while it is not there yet."""
        words, at = bytearray(), 0
        literals: list[bytes] = []
        while True:
            end = self._buffer.find(b"\n", at)
            if end < 0:
                return None
            line = bytes(self._buffer[at:end])
            at = end + 1
            announced = _LITERAL.search(line)
            if announced is None:
                words += line.rstrip(b"\r")
                del self._buffer[:at]
                return Response(words=bytes(words), literals=tuple(literals))
            words += line[: announced.start()] + b"{}"
            size = int(announced[1])
            if size > self._most:
                self.abort(saying("too_much", platform=saying("mail_server")))
                raise ChannelDown(self._lost)
            if len(self._buffer) < at + size:
                return None
            literals.append(bytes(self._buffer[at : at + size]))
            at += size

    def write(self, line: bytes) -> None:
        """Send one line; raises ChannelDown when the connection is gone."""
        if self._lost or self._transport is None:
            raise ChannelDown(self._lost or saying("not_connected", name=saying("mail_server")))
        self._transport.write(line + b"\r\n")

    async def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Go on encrypted; raises ChannelRefused for what was sent ahead of it, or for a certificate not trusted."""
        if self._buffer or self._transport is None:
            raise ChannelRefused(saying("ahead"))
        try:
            transport = await asyncio.get_running_loop().start_tls(
                self._transport, self, context, server_hostname=host, ssl_handshake_timeout=_CONNECT_SECONDS
            )
        except (OSError, TimeoutError) as error:
            raise trouble(error, host) from error
        self._transport = cast("asyncio.Transport", transport)

    def abort(self, why: str = "") -> None:
        """Drop the connection now."""
        self._lost = self._lost or why or saying("stopped")
        if self._transport is not None:
            self._transport.abort()
        self._news.set()


async def connect(host: str, port: int, context: ssl.SSLContext | None, most_bytes: int, *, at: str = "") -> ImapWire:
    """A connection, encrypted from the start where a context is given; raises ChannelDown or ChannelRefused.

    `at` is the address that is connected to, where the host was looked up before.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, wire = await loop.create_connection(
                lambda: ImapWire(most_bytes), at or host, port, ssl=context, server_hostname=host if context else None
            )
    except (OSError, TimeoutError) as error:
        raise trouble(error, host) from error
    return wire


def trouble(error: Exception, host: str) -> ChannelDown | ChannelRefused:
    """What a failed connection means: a certificate is for a person to mend, everything else may pass."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return ChannelRefused(saying("certificate_of", host=host, why=missing(error)))
    return ChannelDown(saying("unreachable", platform=host, why=str(error) or type(error).__name__))
