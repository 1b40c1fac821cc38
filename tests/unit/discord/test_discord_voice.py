"""Speech that an agent sends is a voice message where it can be one, and else a file."""

import base64
import struct
from pathlib import Path

import pytest

from channels.discord.voice import IS_VOICE, voice_of
from channels.messages import File, Ref, plain
from tests.unit.discord.bench import DIRECT, Bench

PRE_SKIP = 312
FRAME = 960
"""Granules of a packet of 20 ms."""


def page(
    packets: list[bytes], granule: int, number: int, *, flags: int = 0, serial: int = 7, lacing: bytes = b""
) -> bytes:
    """A page of Ogg; its checksum is left out, for nobody here reads it."""
    table = lacing or b"".join(bytes([*[255] * (len(each) // 255), len(each) % 255]) for each in packets)
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, serial, number, 0, len(table))
    return head + table + b"".join(packets)


def speech(sizes: list[int], serial: int = 7) -> bytes:
    """So many packets of those sizes, fifty on a page."""
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, PRE_SKIP, 16_000, 0, 0)
    pages = [page([head], 0, 0, flags=2, serial=serial), page([b"OpusTags" + bytes(8)], 0, 1, serial=serial)]
    for at in range(0, len(sizes), 50):
        packets = [bytes(size) for size in sizes[at : at + 50]]
        pages.append(page(packets, PRE_SKIP + FRAME * (at + len(packets)), len(pages), serial=serial))
    return b"".join(pages)


SPEECH = speech([40] * 50 + [10] * 50 + [80] * 50)


def file(tmp_path: Path, content: bytes = SPEECH, media_type: str = "audio/ogg") -> File:
    path = tmp_path / "speech"
    path.write_bytes(content)
    return File(name="answer.ogg", media_type=media_type, size=len(content), locator=str(path))


def test_how_long_it_lasts_and_how_it_looks_stand_in_the_file():
    voice = voice_of(SPEECH)
    points = base64.b64decode(voice.waveform)

    assert voice.duration_secs == 3.0
    assert len(points) == 30
    assert (points[5], points[15], points[25]) == (128, 32, 255)


@pytest.mark.parametrize(("packets", "points"), [(1, 1), (7, 1), (50, 10), (60_000, 256)])
def test_a_drawing_has_ten_points_a_second_and_no_more_than_discord_takes(packets, points):
    assert len(base64.b64decode(voice_of(speech([20] * packets)).waveform)) == points


def test_a_packet_that_goes_on_over_a_page_is_one():
    half = page([bytes(255)], -1, 2, lacing=b"\xff")
    rest = page([bytes(45)], PRE_SKIP + FRAME * 100, 3, flags=1)
    voice = voice_of(speech([]) + half + rest)

    assert (voice.duration_secs, voice.waveform) == (2.0, base64.b64encode(b"\xff").decode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF" + bytes(100),
        SPEECH[:-1],
        SPEECH + b"more",
        SPEECH[40:],
        speech([]),
        SPEECH + speech([10] * 10, serial=8),
        SPEECH.replace(b"OpusHead", b"\x01vorbis\0"),
        speech([20]) + page([bytes(255)], 9_000, 3, lacing=b"\xff"),
        speech([20]) + page([bytes(20)], 0, 3),
    ],
)
def test_anything_else_is_no_voice_message(content):
    assert voice_of(content) is None


async def test_speech_goes_out_as_a_voice_message(bench: Bench, tmp_path):
    ref = await bench.send(parts=(file(tmp_path),))
    [message] = bench.fake.town.messages
    [attachment] = message.attachments

    assert (message.id, message.flags, message.content) == (ref.id, IS_VOICE, "")
    assert (attachment["filename"], attachment["content_type"]) == ("voice-message.ogg", "audio/ogg")
    assert attachment["duration_secs"] == 3.0
    assert bench.fake.town.files[f"{attachment['id']}-voice-message.ogg"] == SPEECH


async def test_words_beside_it_stand_before_it_in_a_message_of_their_own(bench: Bench, tmp_path):
    said = await bench.say("read it to me")
    for _ in range(2):
        parts = (*plain("here you are"), file(tmp_path))
        ref = await bench.send(key="key-1", parts=parts, answers=Ref(address=DIRECT, id=said.id))
    words, voice = [message for message in bench.fake.town.messages if message.id != said.id]

    assert (words.id, words.content, words.answers) == (ref.id, "here you are", said.id)
    assert (voice.flags, voice.answers) == (IS_VOICE, "")


async def test_where_nobody_may_speak_it_is_a_file(bench: Bench, tmp_path):
    bench.fake.lets_speak = False
    await bench.send(parts=(file(tmp_path),))
    [message] = bench.fake.town.messages

    assert (message.attachments[0]["filename"], message.flags & IS_VOICE) == ("answer.ogg", 0)


@pytest.mark.parametrize(("content", "media_type"), [(b"no speech", "audio/ogg"), (SPEECH, "application/ogg")])
async def test_what_is_no_speech_is_a_file(bench: Bench, tmp_path, content, media_type):
    await bench.send(parts=(file(tmp_path, content, media_type),))
    [message] = bench.fake.town.messages

    assert message.attachments[0]["filename"] == "answer.ogg"
