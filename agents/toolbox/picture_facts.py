"""What a model that cannot see is told of a picture: its kind and its size in pixels, read from its first bytes."""

import struct
from collections.abc import Iterator

_SIZED = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})
"""The markers of JPEG frames, which hold their size."""


def facts_of(content: bytes, kind: str) -> list[str]:
    """`["a PNG picture", "640 × 480 pixels"]`; without the size where it cannot be found."""
    try:
        width, height = _size(content)
    except (LookupError, struct.error, ValueError):
        return [kind]
    return [kind, f"{width} × {height} pixels"]


def _size(content: bytes) -> tuple[int, int]:
    if content.startswith(b"\x89PNG"):
        width, height = struct.unpack_from(">II", content, 16)
    elif content.startswith(b"GIF8"):
        width, height = struct.unpack_from("<HH", content, 6)
    elif content.startswith(b"BM"):
        width, height = struct.unpack_from("<ii", content, 18)
    elif content[:4] == b"RIFF":
        width, height = _webp(content)
    elif content.startswith(b"\xff\xd8"):
        height, width = next(struct.unpack_from(">HH", content, at + 5) for at in _frames(content))
    else:
        raise ValueError("of a kind whose size is not known")
    return abs(width), abs(height)


def _webp(content: bytes) -> tuple[int, int]:
    if content[12:16] == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    elif content[12:16] == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (each & 0x3FFF for each in struct.unpack_from("<HH", content, 26))
    return width, height


def _frames(content: bytes) -> Iterator[int]:
    """Where the frames of a JPEG begin; raises ValueError where there is none."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:  # noqa: PLR2004  # begins every marker
        if content[at + 1] in _SIZED:
            yield at
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    raise ValueError("no frame in a JPEG")
