"""A recording is known by its bytes and not by its name, and what is no recording is never taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.shared.sound import Codec, Sound, sound_of
from tests.platforms.recordings import amr, opus, silk

WRITERS = {Codec.AMR: amr, Codec.OPUS: opus, Codec.SILK: silk}


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("seconds", [0.02, 1.0, 2.5, 61.0])
def test_a_recording_tells_how_it_is_packed_and_how_long_it_is(codec: Codec, seconds: float) -> None:
    found = sound_of(WRITERS[codec](seconds))

    assert found is not None
    assert found.codec is codec
    assert found.seconds == pytest.approx(seconds)
    assert found.milliseconds == round(seconds * 1000)


@pytest.mark.parametrize("codec", Codec)
def test_of_one_that_was_broken_off_the_whole_frames_count(codec: Codec) -> None:
    whole = WRITERS[codec](2.0)
    found = sound_of(whole[: len(whole) - 5])

    assert found is not None
    assert 0 < found.seconds < 2.0


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF\x00\x00\x00\x00WAVE", b"ID3\x04", b"#!AMR\n", b"#!AMR-WB\n" + bytes(100), opus(0), silk(0), b"OggS",
     opus(1).replace(b"OpusHead", b"\x01vorbis\x00")],
    ids=["nothing", "wav", "mp3", "empty amr", "wide amr", "empty opus", "empty silk", "torn ogg", "vorbis"],
)  # fmt: skip
def test_everything_else_is_none(content: bytes) -> None:
    assert sound_of(content) is None


@given(st.sampled_from([b"#!AMR\n", b"\x02#!SILK_V3", b"OggS", opus(1)[:60]]), st.binary(max_size=300))
def test_any_bytes_are_a_recording_or_none_and_never_an_error(start: bytes, rest: bytes) -> None:
    found = sound_of(start + rest)

    assert found is None or (isinstance(found, Sound) and found.seconds > 0)
