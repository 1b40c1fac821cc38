"""A recording that an agent sends is a voice message where the platform plays such bytes, and a file elsewhere."""

from pathlib import Path

import pytest

from channels.messages import File, FileKind
from channels.shared.sound import Codec
from tests.contract.asked import needs
from tests.contract.drivers import PlaysRecordings
from tests.contract.stage import Stage
from tests.platforms.recordings import amr, opus, silk

BYTES = {Codec.AMR: amr(2), Codec.OPUS: opus(2), Codec.SILK: silk(2)}


def played(stage: Stage) -> frozenset[Codec]:
    assert isinstance(stage.driver, PlaysRecordings)
    return stage.driver.plays


def recording(folder: Path, name: str, content: bytes, kind: FileKind = FileKind.VOICE) -> File:
    path = folder / name
    path.write_bytes(content)
    return File(name=name, media_type="audio/x", size=len(content), locator=str(path), presented_as=kind)


async def sent(stage: Stage, file: File) -> tuple[FileKind, bytes]:
    """How the platform shows that file, and what it holds."""
    home = await stage.home()
    await stage.send(home, parts=(file,))
    [seen] = await stage.driver.hear()
    [shown] = seen.files
    return shown.presented_as, shown.content


@needs(PlaysRecordings)
@pytest.mark.parametrize("codec", Codec)
async def test_a_recording_is_heard_where_the_platform_plays_it(stage: Stage, codec: Codec, tmp_path: Path) -> None:
    kind, content = await sent(stage, recording(tmp_path, f"hello.{codec}", BYTES[codec]))

    assert (kind is FileKind.VOICE) == (codec in played(stage))
    if kind is FileKind.VOICE:
        assert content == BYTES[codec]


@needs(PlaysRecordings)
async def test_a_name_alone_makes_no_voice_message(stage: Stage, tmp_path: Path) -> None:
    kind, _ = await sent(stage, recording(tmp_path, "hello.opus", b"ID3\x04 is an MP3 with a wrong name"))

    assert kind is FileKind.DOCUMENT


@needs(PlaysRecordings)
async def test_what_is_sent_as_a_document_stays_one(stage: Stage, tmp_path: Path) -> None:
    codec = min(played(stage))
    kind, _ = await sent(stage, recording(tmp_path, f"a.{codec}", BYTES[codec], FileKind.DOCUMENT))

    assert kind is FileKind.DOCUMENT
