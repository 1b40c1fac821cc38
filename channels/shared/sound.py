"""What a recording is by its bytes, where it is one that chat platforms play as a voice message. It converts nothing.

Facts: RFC 4867 §5 (AMR), RFC 3533 and RFC 7845 (Opus in Ogg), the SILK SDK's test vectors (`#!SILK_V3`, before which
Tencent writes a byte of 2).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_AMR = b"#!AMR\n"
_AMR_BYTES = (12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0)
_SILK = re.compile(rb"\x02?#!SILK_V3")
HEAD_BYTES = 64
_FRAME_SECONDS = 0.02
_OGG, _OGG_HEAD, _OPUS, _OPUS_RATE = b"OggS", 27, b"OpusHead", 48_000
_NO_END = 2**64 - 1
"""The position of a page on which no packet ends."""


class Codec(StrEnum):
    """How speech is packed, by the name that platforms call it. Alphabetical."""

    AMR = "amr"
    OPUS = "opus"
    SILK = "silk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One recording of speech."""

    codec: Codec
    seconds: float

    @property
    def milliseconds(self) -> int:
        """At least one, for a platform shows a recording of nothing as broken."""
        return max(1, round(self.seconds * 1000))


def codec_of(head: bytes) -> Codec | None:
    """How a recording is packed that begins like this; some 60 bytes are enough."""
    if head.startswith(_AMR):
        return Codec.AMR
    if _SILK.match(head):
        return Codec.SILK
    return Codec.OPUS if head.startswith(_OGG) and head[_OGG_HEAD:].find(_OPUS, 0, 10) >= 0 else None


def sound_of(content: bytes) -> Sound | None:
    """The recording, None where it is none of these or is broken off before its first frame."""
    codec = codec_of(content[:HEAD_BYTES])
    seconds = _seconds(codec, content) if codec is not None else 0.0
    return Sound(codec=codec, seconds=seconds) if codec is not None and seconds > 0 else None


def _seconds(codec: Codec, content: bytes) -> float:
    match codec:
        case Codec.AMR:
            return _amr_frames(content) * _FRAME_SECONDS
        case Codec.OPUS:
            return _opus_seconds(content)
        case Codec.SILK:
            return _silk_frames(content) * _FRAME_SECONDS


def _amr_frames(content: bytes) -> int:
    """Whole frames, whose first byte tells how long they are."""
    at, count = len(_AMR), 0
    while at < len(content):
        at += 1 + _AMR_BYTES[content[at] >> 3 & 15]
        count += at <= len(content)
    return count


def _silk_frames(content: bytes) -> int:
    """Whole frames, each behind its length; a length below zero ends them."""
    found = _SILK.match(content)
    at, count = found.end() if found else len(content), 0
    while at + 2 <= len(content):
        length = int.from_bytes(content[at : at + 2], "little", signed=True)
        at += 2 + length
        if length < 0 or at > len(content):
            break
        count += 1
    return count


def _opus_seconds(content: bytes) -> float:
    """How far the last whole page reaches."""
    at, end, skipped = 0, 0, -1
    # The first page is known to begin such a stream; what it skips stands there alone.
    while content.startswith(_OGG, at) and at + _OGG_HEAD <= len(content):
        body = at + _OGG_HEAD + content[at + 26]
        length = sum(content[at + _OGG_HEAD : body])
        if skipped < 0:
            skipped = int.from_bytes(content[body + 10 : body + 12], "little")
        if body + length > len(content):
            break
        position = int.from_bytes(content[at + 6 : at + 14], "little")
        end = end if position == _NO_END else max(end, position)
        at = body + length
    return max(0, end - skipped) / _OPUS_RATE if skipped >= 0 else 0.0
