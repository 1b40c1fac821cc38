"""What a client asks of a proxy: the head of a request, read strictly, and the way it is passed on.

What two programs could read in two ways is refused, so that nothing passes that was not judged.
"""

import asyncio
import re
from asyncio import StreamReader
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from channels.base import NexoraError

HEAD_SECONDS = 30.0
_CHUNK_BYTES = 65_536
_LINE = re.compile(rb"([A-Z]{3,20}) ([!-~]{1,16000}) HTTP/1\.[01]")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0-\x08\x0a-\x1f\x7f]*)")
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]/@:?#]+)(?::(\d{1,5}))?")
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})(?:;[^\r\n]*)?\r\n")
_OF_THE_BODY = frozenset({b"content-length", b"transfer-encoding"})
_OF_THE_HOP = frozenset(
    {b"connection", b"host", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection"}
    | {b"te", b"upgrade"}
)


class HeadWrong(NexoraError):
    """The request to the proxy cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a request. `host` and `port` are where it is to go, `path` what is asked there (empty: CONNECT)."""

    method: str
    host: str
    port: int
    path: str
    fields: tuple[tuple[bytes, bytes], ...]

    @property
    def length(self) -> int | None:
        """How many bytes follow; None when they come in chunks. Raises HeadWrong where that can be read in two ways."""
        sizes = [value for name, value in self.fields if name.lower() == b"content-length"]
        codings = [value for name, value in self.fields if name.lower() == b"transfer-encoding"]
        if len(sizes) + len(codings) > 1:
            raise HeadWrong("the request says twice how long it is")
        if codings:
            if codings[0].strip().lower() != b"chunked":
                raise HeadWrong("the request is encoded in a way that is not passed on")
            return None
        if sizes and not (sizes[0].isdigit() and len(sizes[0]) < 16):  # noqa: PLR2004  # more than anything that is sent
            raise HeadWrong("the request does not say how long it is")
        return int(sizes[0]) if sizes else 0

    def passed_on(self, *more: tuple[bytes, bytes]) -> bytes:
        """As the server gets it, for one answer on this connection; `more` fields replace those of the same names."""
        named = {name.lower() for name, _ in more}
        listed = [value for name, value in self.fields if name.lower() == b"connection"]
        dropped = {one.strip().lower() for value in listed for one in value.split(b",")} - _OF_THE_BODY
        kept = [pair for pair in self.fields if pair[0].lower() not in dropped | named | _OF_THE_HOP]
        host = f"[{self.host}]" if ":" in self.host else self.host
        at = host if self.port in {80, 443} else f"{host}:{self.port}"
        fields = [(b"Host", at.encode()), *kept, *more, (b"Connection", b"close")]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in fields)
        return f"{self.method} {self.path} HTTP/1.1\r\n".encode() + lines + b"\r\n"


async def read_head(reader: StreamReader, *, within: tuple[str, int] | None = None) -> Head | None:
    """The next head; None when there is none. `within` is the host that the connection leads to, if it leads to one.

    Raises HeadWrong.
    """
    try:
        async with asyncio.timeout(HEAD_SECONDS):
            raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as problem:
        if not problem.partial:
            return None
        raise HeadWrong from problem
    except (asyncio.LimitOverrunError, TimeoutError) as problem:
        raise HeadWrong from problem
    first, *lines = raw[:-4].split(b"\r\n")
    line = _LINE.fullmatch(first)
    fields = [_FIELD.fullmatch(one) for one in lines]
    if line is None or not all(fields):
        raise HeadWrong
    method, target = line[1].decode(), line[2].decode()
    host, port, path = _place(method, target, within)
    return Head(
        method=method,
        host=host,
        port=port,
        path=path,
        fields=tuple((one[1], one[2].rstrip()) for one in fields if one),
    )


def _place(method: str, target: str, within: tuple[str, int] | None) -> tuple[str, int, str]:
    if within is not None:
        if not target.startswith("/"):
            raise HeadWrong
        return *within, target
    if method == "CONNECT":
        return *_authority(target, 0), ""
    parts = urlsplit(target)
    if parts.scheme.lower() != "http":
        raise HeadWrong("only http:// and CONNECT are passed on")
    path = parts.path or "/"
    return *_authority(parts.netloc, 80), f"{path}?{parts.query}" if parts.query else path


def _authority(text: str, port: int) -> tuple[str, int]:
    found = _AUTHORITY.fullmatch(text)
    number = int(found[2] or port) if found else 0
    if found is None or not 0 < number < 65_536:  # noqa: PLR2004  # the number of ports
        raise HeadWrong("the request names no host and port")
    return found[1].strip("[]").lower().rstrip("."), number


async def body_of(head: Head, reader: StreamReader) -> AsyncIterator[bytes]:
    """What belongs to that head, as it was sent, and not a byte more. Raises HeadWrong, IncompleteReadError."""
    length = head.length
    if length is not None:
        async for piece in _exactly(length, reader):
            yield piece
        return
    while True:
        line = await _line(reader)
        size = _SIZE.fullmatch(line)
        if size is None:
            raise HeadWrong
        yield line
        if not int(size[1], 16):
            break
        async for piece in _exactly(int(size[1], 16), reader):
            yield piece
        if await reader.readexactly(2) != b"\r\n":
            raise HeadWrong
        yield b"\r\n"
    while (line := await _line(reader)) != b"\r\n":
        if not _FIELD.fullmatch(line[:-2]):
            raise HeadWrong
    yield b"\r\n"


async def _exactly(count: int, reader: StreamReader) -> AsyncIterator[bytes]:
    while count:
        piece = await reader.read(min(count, _CHUNK_BYTES))
        if not piece:
            raise asyncio.IncompleteReadError(b"", count)
        count -= len(piece)
        yield piece


async def _line(reader: StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n")
    except asyncio.LimitOverrunError as problem:
        raise HeadWrong from problem
