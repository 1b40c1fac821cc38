"""The bytes of a file that a platform hands out, never more than was allowed. What an answer means is the adapter's."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from aiohttp import ClientResponse

from channels.base import ChannelDown, ChannelError, FileTooLarge, MessageRefused
from channels.sayings import saying

PIECE_BYTES = 2**16


_PASSING = frozenset({408, 425, 429})


def refusal_of(answer: ClientResponse, platform: str, name: str) -> ChannelError:
    """The error of an answer that holds no file: that of a server passes, any other is about this file."""
    words = saying("not_handed", platform=platform, name=name, why=f"{answer.status} {answer.reason or ''}".strip())
    passing = answer.status >= 500 or answer.status in _PASSING  # noqa: PLR2004 -- the class of server errors
    return ChannelDown(words) if passing else MessageRefused(words)


async def pieces(
    answer: ClientResponse, name: str, limit_bytes: int, *, padding_bytes: int = 0
) -> AsyncGenerator[bytes]:
    """The body in pieces of at most `PIECE_BYTES`; raises FileTooLarge as soon as it is longer than the limit.

    With `padding_bytes` the body may be that much longer than the file.
    """
    count = 0
    async for piece in answer.content.iter_chunked(PIECE_BYTES):
        count += len(piece)
        if count > limit_bytes + padding_bytes:
            raise FileTooLarge(f"{name} is larger than {limit_bytes} bytes", limit_bytes=limit_bytes)
        yield piece


async def beginning(answer: ClientResponse, most_bytes: int) -> bytes:
    """The body, or at most so much of it. The SDK's own `content.read(n)` ends with what has arrived so far."""
    body = bytearray()
    while len(body) < most_bytes and (piece := await answer.content.read(most_bytes - len(body))):
        body += piece
    return bytes(body)


async def whole(answer: ClientResponse, name: str, limit_bytes: int, *, padding_bytes: int = 0) -> bytes:
    """The body at once, as `pieces`."""
    content = bytearray()
    async with aclosing(pieces(answer, name, limit_bytes, padding_bytes=padding_bytes)) as found:
        async for piece in found:
            content += piece
    return bytes(content)
