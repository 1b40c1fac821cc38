"""Recordings of silence as recorders write them, for fakes and tests: Opus in Ogg, AMR and SILK."""


def opus(seconds: float) -> bytes:
    """A page that begins the stream, one with its comment, and one page for each second of it."""
    head = b"OpusHead\x01\x01" + (312).to_bytes(2, "little") + (48_000).to_bytes(4, "little") + bytes(3)
    pages = [_page(0, 0, head, flags=2), _page(1, 0, b"OpusTags" + bytes(8))]
    left, at = round(seconds * 48_000), 312
    while left > 0:
        step = min(left, 48_000)
        left, at = left - step, at + step
        pages.append(_page(len(pages), at, b"\xf8\xff\xfe" * 50, flags=0 if left else 4))
    return b"".join(pages)


def _page(number: int, position: int, body: bytes, flags: int = 0) -> bytes:
    sizes = bytes([255] * (len(body) // 255) + [len(body) % 255])
    numbers = (1).to_bytes(4, "little") + number.to_bytes(4, "little") + bytes(4)
    return b"OggS\x00" + bytes([flags]) + position.to_bytes(8, "little") + numbers + bytes([len(sizes)]) + sizes + body


def amr(seconds: float) -> bytes:
    """Frames of 12.2 kbit/s, 32 bytes each."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * round(seconds * 50)


def silk(seconds: float) -> bytes:
    """Frames behind their lengths, as Tencent begins them."""
    return b"\x02#!SILK_V3" + (b"\x04\x00" + bytes(4)) * round(seconds * 50) + b"\xff\xff"
