"""Which host a tunnel is really meant for: the name in the first message of TLS, read as it passes and left as it is.

Whoever listens at an address may serve many hosts, and chooses by that name. So a tunnel to one host must name it.
"""

import asyncio
import re
from asyncio import StreamReader

from channels.base import NexoraError
from governance.egress.addresses import is_address

TLS_PORT = 443
"""Where a tunnel must begin with TLS; elsewhere it may hold another protocol, and TLS is judged where it begins."""
UNRECOGNISED_NAME = b"\x15\x03\x03\x00\x02\x02\x70"
"""The alert by which a client of TLS learns that nobody of that name is here (RFC 6066)."""
MAX_HELLO_BYTES = 32_768
HELLO_SECONDS = 30.0
_CHUNK_BYTES = 16_384
_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME, _HOST_NAME = 22, 1, 0, 0
_RECORD_HEAD, _MESSAGE_HEAD, _RANDOM = 5, 4, 32
_NAME = re.compile(r"[a-z0-9_.-]{1,253}")


class NameDiffers(NexoraError):
    """The tunnel is not for the host that it was opened to."""


class _Unreadable(Exception):
    """No first message of TLS."""


async def opening(reader: StreamReader, host: str, port: int) -> bytes:
    """The first bytes of a tunnel to that host in plain notation, to be sent on; empty when the client ended it.

    Raises NameDiffers.
    """
    first = await reader.read(_CHUNK_BYTES)
    if first and (first[0] == _HANDSHAKE or port == TLS_PORT):
        first = await _judged(first, reader, host)
    return first


async def _judged(begun: bytes, reader: StreamReader, host: str) -> bytes:
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            while (message := _message(begun)) is None:
                begun += await _more(reader)
        named = _named(message)
    except (_Unreadable, TimeoutError) as problem:
        raise NameDiffers("what begins in the tunnel is not TLS that can be read") from problem
    if because := _objection(named, host):
        raise NameDiffers(because)
    return begun


async def _more(reader: StreamReader) -> bytes:
    more = await reader.read(_CHUNK_BYTES)
    if not more:
        raise _Unreadable
    return more


def _objection(named: str, host: str) -> str:
    """Why a tunnel to that host may not carry TLS for that name; empty when it may."""
    told = named if _NAME.fullmatch(named) else "another host"
    if is_address(host):
        return f"the tunnel leads to an address, but TLS inside it names {told}" if named else ""
    if not named:
        return "TLS inside the tunnel names no host"
    return "" if named == host else f"TLS inside the tunnel names {told}"


def _message(data: bytes) -> bytes | None:
    """The body of the first message, gathered from its records; None while some of it is missing."""
    message, at = b"", 0
    while True:
        if len(message) >= _MESSAGE_HEAD:
            if message[0] != _CLIENT_HELLO:
                raise _Unreadable
            end = _MESSAGE_HEAD + int.from_bytes(message[1:4])
            if len(message) >= end:
                return message[_MESSAGE_HEAD:end]
        if at > MAX_HELLO_BYTES:
            raise _Unreadable
        head = data[at : at + _RECORD_HEAD]
        if head[:1] not in {b"", bytes([_HANDSHAKE])} or head[1:2] not in {b"", b"\x03"}:
            raise _Unreadable
        size = int.from_bytes(head[3:])
        if len(head) < _RECORD_HEAD or len(data) < at + _RECORD_HEAD + size:
            return None
        if not size:
            raise _Unreadable
        at += _RECORD_HEAD + size
        message += data[at - size : at]


class _Fields:
    """Reads what is written one after the other; raises _Unreadable where less is there than was said."""

    def __init__(self, data: bytes) -> None:
        self._left = data

    def __bool__(self) -> bool:
        return bool(self._left)

    def take(self, count: int) -> bytes:
        if len(self._left) < count:
            raise _Unreadable
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count))

    def sized(self, count: int) -> bytes:
        """What its own length, in that many bytes, stands before."""
        return self.take(self.number(count))


def _named(message: bytes) -> str:
    """The host that a ClientHello names, in lower case; empty for none. Named twice it is unreadable."""
    fields = _Fields(message)
    fields.take(2 + _RANDOM)
    for size in (1, 2, 1):  # the session, the ciphers, the compressions
        fields.sized(size)
    names: list[str] = []
    extensions = _Fields(fields.sized(2) if fields else b"")
    while extensions:
        kind, content = extensions.number(2), extensions.sized(2)
        if kind != _SERVER_NAME:
            continue
        listed = _Fields(_Fields(content).sized(2))
        while listed:
            if listed.number(1) != _HOST_NAME:
                raise _Unreadable
            names.append(listed.sized(2).decode("ascii", "replace").lower().rstrip("."))
    if len(names) > 1:
        raise _Unreadable
    return names[0] if names else ""
