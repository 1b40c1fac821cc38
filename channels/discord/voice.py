"""A voice message out of a file of speech: what Discord wants to be told of it is read from the file itself.

How long it lasts stands in the pages of Ogg (RFC 3533, RFC 7845 section 4). How loud it is only a decoder could tell;
the drawing is made of how many bytes the encoder spent on each moment, which are few where nobody speaks. A file that
is anything else than one plain stream of Opus is none, and goes out as a file.
Facts: discord.com/developers/docs/resources/message (message flags, attachment object).
"""

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from channels.messages import File, FileKind

IS_VOICE = 1 << 13
NAME, MEDIA_TYPE = "voice-message.ogg", "audio/ogg"
MOST_POINTS, POINTS_A_SECOND = 256, 10
_SPOKEN = frozenset({"audio/ogg", "audio/opus"})
_RATE = 48_000
"""Granules a second, at whatever rate it was recorded."""
_HEADER, _HEADERS = 27, 2
_CONTINUED, _UNFINISHED = 1, 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What is told of a voice message beside its bytes."""

    duration_secs: float
    waveform: str


class _Other(ValueError):
    """It is not one plain stream of Opus in Ogg."""


async def voice_in(file: File) -> Voice | None:
    """What to tell of a file as a voice message; None where it goes out as a file."""
    if file.presented_as is not FileKind.VOICE and file.media_type not in _SPOKEN:
        return None
    try:
        return voice_of(await asyncio.to_thread(Path(file.locator).read_bytes))
    except OSError:
        return None  # whoever sends it as a file says what is wrong with it


def voice_of(content: bytes) -> Voice | None:
    """The same of the bytes themselves."""
    try:
        sizes, granule = _read(content)
    except _Other:
        return None
    seconds = granule / _RATE
    if seconds <= 0 or not sizes:
        return None
    return Voice(duration_secs=round(seconds, 3), waveform=_drawn(sizes, seconds))


def _read(content: bytes) -> tuple[list[int], int]:
    """The sizes of the packets that hold sound, and the number of granules that are heard."""
    packets: list[bytes] = []
    begun, last, serial = b"", 0, b""
    for flags, granule, stream, pieces in _pages(content):
        if (serial and stream != serial) or bool(flags & _CONTINUED) != bool(begun):
            raise _Other
        serial = stream
        for piece, is_whole in pieces:
            begun += piece
            if is_whole:
                packets.append(begun)
                begun = b""
        last = granule if granule >= 0 else last  # -1: no packet ends on this page
    if begun or len(packets) <= _HEADERS or packets[0][:8] != b"OpusHead" or packets[1][:8] != b"OpusTags":
        raise _Other
    return [len(packet) for packet in packets[_HEADERS:]], last - int.from_bytes(packets[0][10:12], "little")


def _pages(content: bytes) -> Iterator[tuple[int, int, bytes, list[tuple[bytes, bool]]]]:
    """Each page: its flags, its granule, its stream, and its pieces of packets, whole or to be continued."""
    at = 0
    while at < len(content):
        head = content[at : at + _HEADER]
        if len(head) < _HEADER or head[:5] != b"OggS\0":
            raise _Other
        lacing = content[at + _HEADER : at + _HEADER + head[26]]
        body = at + _HEADER + head[26]
        at = body + sum(lacing)
        if len(lacing) < head[26] or at > len(content):
            raise _Other
        yield head[5], int.from_bytes(head[6:14], "little", signed=True), head[14:18], _pieces(content, body, lacing)


def _pieces(content: bytes, at: int, lacing: bytes) -> list[tuple[bytes, bool]]:
    found, size = [], 0
    for length in lacing:
        size += length
        if length < _UNFINISHED:
            found.append((content[at : at + size], True))
            at, size = at + size, 0
    return [*found, (content[at : at + size], False)] if size else found


def _drawn(sizes: list[int], seconds: float) -> str:
    """At most so many points, each as high as what was spent on its moment, the highest at the top."""
    points = max(1, min(MOST_POINTS, int(seconds * POINTS_A_SECOND), len(sizes)))
    edges = [len(sizes) * number // points for number in range(points + 1)]
    spent = [sum(sizes[begin:end]) / (end - begin) for begin, end in pairwise(edges)]
    return base64.b64encode(bytes(round(each * 255 / max(spent)) for each in spent)).decode()
