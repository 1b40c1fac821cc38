"""Files to WeCom: in pieces, while all else goes on; broken ones begin anew, refused ones are refused for good."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from channels.base import ChannelDown, ChannelState, MessageRefused, RateLimited
from channels.messages import Address, File, FileKind, plain
from channels.wecom import Options
from channels.wecom.connection import Connection, Refusal
from channels.wecom.uploads import CHUNK_BYTES, MAX_FILE_BYTES, MAX_IMAGE_BYTES
from tests.contract.drivers import Cut, Fault, Room
from tests.contract.stage import Stage
from tests.platforms.recordings import amr
from tests.platforms.wecom import driver

PNG, JPEG, GIF = b"\x89PNG\r\n\x1a\n" + b"x" * 20, b"\xff\xd8\xff\xe0" + b"x" * 20, b"GIF89a" + b"x" * 20
BIG = bytes(range(256)) * (CHUNK_BYTES * 5 // 512) + b"the rest"
"""Three pieces, of which the last is the smallest."""
BEGIN, CHUNK, FINISH = (f"aibot_upload_media_{step}" for step in ("init", "chunk", "finish"))
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage("wecom", "socket", driver()) as made:
        yield made


def fake(stage: Stage) -> Any:
    return stage.driver.fake  # type: ignore[attr-defined]


def made(
    folder: Path, content: bytes, name: str = "report.bin", kind: FileKind = FileKind.DOCUMENT, *, size: int = 0
) -> File:
    path = folder / "bytes"
    path.write_bytes(content)
    return File(name=name, media_type="a/b", size=size, locator=str(path), presented_as=kind)


async def sent(stage: Stage) -> list[tuple[str, bytes, FileKind]]:
    seen = await stage.driver.hear()
    return [(file.name, file.content, file.presented_as) for each in seen for file in each.files]


async def nothing(frame: dict[str, Any]) -> None:
    """Nobody hears it."""


@contextmanager
def sending(stage: Stage, home: Address, file: File) -> Iterator[asyncio.Task[Any]]:
    """A file on its way."""
    task = asyncio.create_task(stage.send(home, parts=(file,)))
    try:
        yield task
    finally:
        task.cancel()


async def test_a_large_file_goes_in_pieces_and_arrives_whole_as_one_message(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    await stage.send(home, parts=(made(tmp_path, BIG),))

    assert await sent(stage) == [("report.bin", BIG, FileKind.DOCUMENT)]
    assert fake(stage).uploads.chunks == 3
    assert stage.driver.calls == 1


async def test_a_file_goes_to_a_group(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home(Room.GROUP)
    await stage.send(home, parts=(made(tmp_path, b"all is well"),))
    [seen] = await stage.driver.hear(room=Room.GROUP)

    assert [file.content for file in seen.files] == [b"all is well"]


async def test_a_file_for_one_member_of_a_group_goes_to_that_person(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home(Room.GROUP)
    await stage.send(home, parts=(made(tmp_path, b"for you alone"),), only_for=stage.heard[-1].sender)
    [seen] = await stage.driver.hear()

    assert [file.content for file in seen.files] == [b"for you alone"]


async def test_an_answer_that_is_only_a_file_leaves_the_stream_as_it_was(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    event = stage.heard[-1]
    live = await stage.channel.open_live(home, event.sender, event.message)  # type: ignore[attr-defined]
    await live.show("here it comes")
    await stage.send(home, parts=(made(tmp_path, b"the file"),), replaces=await live.close())
    shown, file = await stage.driver.hear(2)

    assert shown.text == "here it comes"
    assert [each.content for each in file.files] == [b"the file"]


# While an upload is on its way


async def test_messages_and_probes_and_words_go_on_between_the_pieces(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    fake(stage).holds = CHUNK
    with sending(stage, home, made(tmp_path, BIG)) as task:
        await fake(stage).until(lambda: fake(stage).held)
        await stage.driver.say("are you there?")
        await stage.hears(2)
        await stage.send(home, parts=plain("I am"))
        health = await stage.channel.probe()
        is_done = task.done()
        await fake(stage).release()
        await task

    assert not is_done
    assert health.state is ChannelState.UP
    assert [event.text for event in stage.heard] == ["here I am", "are you there?"]
    assert [seen.text for seen in await stage.driver.hear(2)] == ["I am", ""]
    assert [content for _, content, _ in await sent(stage)] == [BIG]


async def test_at_most_two_files_are_on_their_way_at_once(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    fake(stage).holds = CHUNK
    file = made(tmp_path, b"all is well")
    with sending(stage, home, file) as one, sending(stage, home, file) as two, sending(stage, home, file) as three:
        await fake(stage).until(lambda: len(fake(stage).held) == 2)
        await stage.send(home, parts=plain("not a file"))
        begun = fake(stage).uploads.begun
        await fake(stage).release()
        await asyncio.gather(one, two, three)

    assert begun == 2
    assert len(await sent(stage)) == 3


# What breaks


@pytest.mark.parametrize("how", [Cut.ABRUPT, Cut.CLEAN])
async def test_an_upload_that_breaks_off_begins_anew_and_is_seen_once(stage: Stage, tmp_path: Path, how: Cut) -> None:
    home = await stage.home()
    fake(stage).holds = CHUNK
    file = made(tmp_path, BIG)
    with sending(stage, home, file) as task:
        await fake(stage).until(lambda: fake(stage).held)
        await stage.driver.cut(how)
        with pytest.raises(ChannelDown):
            await task
    fake(stage).held.clear()
    fake(stage).holds = ""
    await stage.settled()
    await stage.send(home, parts=(file,))

    assert fake(stage).uploads.begun == 2
    assert [content for _, content, _ in await sent(stage)] == [BIG]


@pytest.fixture
async def line(stage: Stage) -> AsyncIterator[Connection]:
    """A line of its own in the place of the channel's."""
    await stage.hang_up()
    made = Connection(stage.http, Options.model_validate(stage.driver.options("socket")), lambda: NOW)
    running = asyncio.create_task(made.run(nothing))
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_belongs_to_one_connection_does_not_go_over_the_next(stage: Stage, line: Connection) -> None:
    before, there = await line.connection(), fake(stage).connection
    await line.request("ping", {}, on=before)
    await stage.driver.cut(Cut.ABRUPT)
    await fake(stage).until(lambda: fake(stage).connection is not there)
    with pytest.raises(ChannelDown, match="renewed in the middle"):
        await line.request("ping", {}, on=before)

    assert await line.request("ping", {}) == {}


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Fault.RATE_LIMITED, RateLimited), (Fault.SERVER_ERROR, ChannelDown), (Fault.DROPPED, ChannelDown)],
)
async def test_a_platform_that_is_busy_is_asked_again_later(
    stage: Stage, tmp_path: Path, fault: Fault, error: type[Exception]
) -> None:
    home = await stage.home()
    stage.driver.misbehave(fault)
    file = made(tmp_path, b"all is well")
    with pytest.raises(error):
        await stage.send(home, parts=(file,))
    await stage.settled()
    await stage.send(home, parts=(file,))

    assert [content for _, content, _ in await sent(stage)] == [b"all is well"]


@pytest.mark.parametrize("step", [BEGIN, CHUNK, FINISH, "aibot_send_msg"])
async def test_a_refusal_at_any_step_is_for_good_and_in_the_platforms_words(
    stage: Stage, tmp_path: Path, step: str
) -> None:
    home = await stage.home()
    fake(stage).refuses[step] = (40099, "this file is not wanted")
    with pytest.raises(MessageRefused, match=r"this file is not wanted \(40099\)"):
        await stage.send(home, parts=(made(tmp_path, b"all is well"),))

    assert fake(stage).uploads.begun == (step != BEGIN)
    assert fake(stage).shown == []


async def test_a_refusal_that_names_no_request_ends_the_only_one_that_waits(line: Connection) -> None:
    with pytest.raises(Refusal, match="missing field"):
        await line.request(CHUNK, {"chunk_index": 0})


async def test_a_refusal_that_may_mean_either_of_two_requests_ends_none(stage: Stage, line: Connection) -> None:
    fake(stage).holds = BEGIN
    body = {"type": "file", "filename": "x", "total_size": 9, "total_chunks": 1}
    innocent = asyncio.create_task(line.request(BEGIN, body))
    await fake(stage).until(lambda: fake(stage).held)
    with pytest.raises(ChannelDown, match="does not answer"):
        await line.request(CHUNK, {"chunk_index": 0}, seconds=0.2)
    await fake(stage).release()

    assert await innocent == {"upload_id": "upload-1"}


async def test_an_upload_without_a_name_in_its_receipt_is_refused(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    fake(stage).refuses[BEGIN] = (0, "ok")
    with pytest.raises(MessageRefused, match=r"report\.bin and named no upload_id"):
        await stage.send(home, parts=(made(tmp_path, b"all is well"),))


# What is a picture, and what is no file at all


@pytest.mark.parametrize(
    ("content", "name", "called"),
    [
        (PNG, "dot.png", "dot.png"),
        (JPEG, "photo.JPEG", "photo.JPEG"),
        (GIF, "dance.gif", "dance.gif"),
        (PNG, "really-png.jpg", "really-png.jpg.png"),
        (JPEG, "nameless", "nameless.jpg"),
    ],
)
async def test_a_picture_is_shown_and_ends_as_its_content_says(
    stage: Stage, tmp_path: Path, content: bytes, name: str, called: str
) -> None:
    home = await stage.home()
    await stage.send(home, parts=(made(tmp_path, content, name, FileKind.IMAGE),))

    assert await sent(stage) == [(called, content, FileKind.IMAGE)]


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PNG, "dot.png", FileKind.DOCUMENT),
        (b"RIFF\0\0\0\0WEBPVP8 ", "picture.webp", FileKind.IMAGE),
        (b"<svg></svg>", "fake.png", FileKind.IMAGE),
        (PNG + bytes(MAX_IMAGE_BYTES), "large.png", FileKind.IMAGE),
        (amr(61), "voice.amr", FileKind.VOICE),
    ],
)
async def test_everything_else_goes_as_a_file(
    stage: Stage, tmp_path: Path, content: bytes, name: str, kind: FileKind
) -> None:
    home = await stage.home()
    await stage.send(home, parts=(made(tmp_path, content, name, kind),))

    assert await sent(stage) == [(name, content, FileKind.DOCUMENT)]


@pytest.mark.parametrize(
    ("content", "words"), [(b"tiny", "fewer than 5 bytes"), (bytes(MAX_FILE_BYTES + 1), f"more than {MAX_FILE_BYTES}")]
)
async def test_what_wecom_would_refuse_for_its_size_is_not_uploaded(
    stage: Stage, tmp_path: Path, content: bytes, words: str
) -> None:
    home = await stage.home()
    with pytest.raises(MessageRefused, match=words):
        await stage.send(home, parts=(made(tmp_path, content),))

    assert fake(stage).uploads.begun == 0


async def test_a_file_of_exactly_the_limit_is_taken(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    content = bytes(MAX_FILE_BYTES)
    await stage.send(home, parts=(made(tmp_path, content, size=len(content)),))

    assert [len(given) for _, given, _ in await sent(stage)] == [MAX_FILE_BYTES]


async def test_a_file_that_cannot_be_read_is_refused_by_its_name_and_not_its_place(
    stage: Stage, tmp_path: Path
) -> None:
    home = await stage.home()
    gone = File(name="gone.txt", media_type="text/plain", size=5, locator=str(tmp_path / "gone"))
    with pytest.raises(MessageRefused, match=r"gone\.txt cannot be read") as caught:
        await stage.send(home, parts=(gone,))

    assert str(tmp_path) not in str(caught.value)
