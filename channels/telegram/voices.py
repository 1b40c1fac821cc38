"""Which recordings Telegram plays as a voice message: Ogg with Opus, MP3, M4A (core.telegram.org/bots/api#sendvoice).

The bytes say it: under the name of one kind there is often another, and what is not played is a bar that stays silent.
"""

from pathlib import Path

from channels.shared.sound import HEAD_BYTES, Codec, codec_of

_MPEG_LAYER_3 = 0b11100010
"""Of the second byte of a frame: the rest of its sync word, and the third layer."""


def is_played(path: Path) -> bool:
    """Whether a file is a voice message by its first bytes. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if codec_of(head) is Codec.OPUS:
        return True
    if head[4:8] == b"ftyp":
        return head[8:11] == b"M4A"
    return head.startswith(b"ID3") or (head[:1] == b"\xff" and len(head) > 1 and head[1] & 0xE6 == _MPEG_LAYER_3)
