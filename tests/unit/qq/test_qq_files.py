"""Files to QQ: as what they are sent, what is said when QQ does not take one, and that each costs one answer."""

import base64
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from channels.base import ChannelDown, FileTooLarge, MessageRefused, RateLimited
from channels.messages import File, FileKind, Outbound, plain
from channels.qq.files import FILE_BYTES, MAX_FILE_BYTES
from channels.qq.passive import GROUP_ANSWERS, PRIVATE_ANSWERS
from tests.contract.drivers import Fault, Room
from tests.contract.stage import Stage
from tests.platforms.qq import driver
from tests.platforms.qq.driver import ALICE, GROUP

PNG = b"\x89PNG\r\n\x1a\n" + b"dots"
NOT_OPEN = (400, 850019, "不支持的文件格式")
BUSY = (500, 40093001, "文件上传失败，请重试")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage("qq", "socket", driver()) as made:
        yield made


def fake(stage: Stage) -> Any:
    return stage.driver.fake  # type: ignore[attr-defined]


def file(folder: Path, content: bytes, name: str = "report.txt", kind: FileKind = FileKind.DOCUMENT) -> File:
    path = folder / "bytes"
    path.write_bytes(content)
    return File(name=name, media_type="a/b", size=len(content), locator=str(path), presented_as=kind)


@pytest.mark.parametrize(
    ("content", "kind", "shown_as"),
    [
        (PNG, FileKind.IMAGE, FileKind.IMAGE),
        (b"\xff\xd8\xff\xe0jpeg", FileKind.IMAGE, FileKind.IMAGE),
        (b"RIFF\0\0\0\0WEBP", FileKind.IMAGE, FileKind.DOCUMENT),
        (b"<svg/>", FileKind.IMAGE, FileKind.DOCUMENT),
        (PNG, FileKind.DOCUMENT, FileKind.DOCUMENT),
        (b"ID3", FileKind.VOICE, FileKind.DOCUMENT),
    ],
)
async def test_only_what_qq_shows_as_a_picture_is_sent_as_one(
    stage: Stage, tmp_path: Path, content: bytes, kind: FileKind, shown_as: FileKind
) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, parts=(file(tmp_path, content, "a.bin", kind),))
    [seen] = await stage.driver.hear()
    [shown] = seen.files

    assert (shown.name, shown.content, shown.presented_as) == ("a.bin", content, shown_as)
    assert ref.id == seen.id


@pytest.mark.parametrize(("room", "most"), [(Room.DIRECT, PRIVATE_ANSWERS), (Room.GROUP, GROUP_ANSWERS)])
async def test_a_file_is_one_answer_and_is_not_carried_there_while_nothing_may_be_answered(
    stage: Stage, tmp_path: Path, room: Room, most: int
) -> None:
    home = await stage.home(room)
    report = file(tmp_path, b"all is well")
    for number in range(most - 1):
        await stage.send(home, parts=plain(f"answer {number}"))
    await stage.send(home, parts=(report,))
    for _ in range(3):
        with pytest.raises(RateLimited, match="until somebody writes"):
            await stage.send(home, parts=(report,))

    assert fake(stage).store.calls == 1
    assert fake(stage).calls["messages"] == most
    assert len(await stage.driver.hear(most, room=room)) == most


async def test_a_window_that_closes_before_the_file_is_shown_leaves_it_waiting_for_the_next(
    stage: Stage, tmp_path: Path
) -> None:
    home = await stage.home()
    fake(stage).window_seconds["users"] = -1.0
    with pytest.raises(RateLimited):
        await stage.send(home, parts=(file(tmp_path, b"all is well"),))
    fake(stage).window_seconds["users"] = 60.0
    await stage.driver.say("go on")
    await stage.hears(2)
    await stage.send(home, parts=(file(tmp_path, b"all is well"),))
    [seen] = await stage.driver.hear()

    assert [each.content for each in seen.files] == [b"all is well"]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "📎 report.txt cannot be sent here. QQ says: "), ("zh", "📎 report.txt 无法在此发送。QQ 的答复：")],
)
async def test_what_qq_does_not_take_is_said_in_its_words_and_the_rest_still_comes(
    stage: Stage, tmp_path: Path, language: str, words: str
) -> None:
    fake(stage).store.documents = False
    home = await stage.home()
    (tmp_path / "other").mkdir()
    picture = file(tmp_path / "other", PNG, "dot.png", FileKind.IMAGE)
    await stage.send(home, parts=(file(tmp_path, b"all is well"), picture), in_language=language)
    refused, shown = await stage.driver.hear(2)

    assert refused.text == f"{words}不支持的文件格式 (850019)"
    assert [each.name for each in shown.files] == ["dot.png"]
    assert fake(stage).store.calls == 2


async def test_hostile_words_in_a_name_call_nobody_when_the_file_is_refused(stage: Stage, tmp_path: Path) -> None:
    fake(stage).store.refusals.append(NOT_OPEN)
    home = await stage.home()
    await stage.send(home, parts=(file(tmp_path, b"x", "<@OPENID> @everyone.txt"),))
    [seen] = await stage.driver.hear()

    assert seen.pings == ()
    assert "OPENID" in seen.text


async def test_a_refusal_that_is_told_twice_is_seen_once(stage: Stage, tmp_path: Path) -> None:
    fake(stage).store.documents = False
    home = await stage.home()
    message = Outbound(key="one", address=home, parts=(file(tmp_path, b"all is well"),))
    await stage.channel.send(message)
    await stage.channel.send(message)

    assert len(await stage.driver.hear()) == 1


@pytest.mark.parametrize(("times", "files"), [(1, [b"all is well"]), (2, [])])
async def test_a_busy_store_is_asked_once_more_and_not_for_ever(
    stage: Stage, tmp_path: Path, times: int, files: list[bytes]
) -> None:
    fake(stage).store.refusals.extend([BUSY] * times)
    home = await stage.home()
    await stage.send(home, parts=(file(tmp_path, b"all is well"),))
    [seen] = await stage.driver.hear()

    assert [each.content for each in seen.files] == files
    assert ("(40093001)" in seen.text) == (not files)
    assert fake(stage).store.calls == 2


async def test_a_store_that_is_away_is_waited_for(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    report = file(tmp_path, b"all is well")
    for fault in (Fault.SERVER_ERROR, Fault.DROPPED):
        stage.driver.misbehave(fault)
        with pytest.raises(ChannelDown):
            await stage.send(home, parts=(report,))
    await stage.send(home, parts=(report,))
    [seen] = await stage.driver.hear()

    assert [each.content for each in seen.files] == [b"all is well"]


@pytest.mark.parametrize("size", [FILE_BYTES, FILE_BYTES + 1, 10_002_432 + 7])
@pytest.mark.parametrize("room", list(Room))
async def test_a_large_file_arrives_whole_in_one_call_or_in_pieces(
    stage: Stage, tmp_path: Path, room: Room, size: int
) -> None:
    home = await stage.home(room)
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    await stage.send(home, parts=(file(tmp_path, content, "large.bin"),))
    [seen] = await stage.driver.hear(room=room)

    assert [each.content == content for each in seen.files] == [True]
    assert stage.channel.traits.max_file_bytes == MAX_FILE_BYTES > size


async def test_what_qq_says_of_a_large_file_stands_in_its_place(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    fake(stage).store.refusals.append(NOT_OPEN)
    await stage.send(home, parts=(file(tmp_path, b"x" * (FILE_BYTES + 1), "large.bin"),))
    [seen] = await stage.driver.hear()

    assert "large.bin cannot be sent here" in seen.text


async def test_a_piece_goes_nowhere_but_to_qq(stage: Stage) -> None:
    with pytest.raises(MessageRefused, match="no safe place"):
        await stage.channel._api.put("https://cos.example/a", b"x")  # type: ignore[attr-defined]


async def test_what_cannot_be_read_has_grown_or_is_empty_is_not_carried_there(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    gone = File(name="gone.txt", media_type="text/plain", size=1, locator=str(tmp_path / "gone"))
    with pytest.raises(MessageRefused, match=r"gone\.txt cannot be read: No such file"):
        await stage.send(home, parts=(gone,))
    with pytest.raises(MessageRefused, match="is empty"):
        await stage.send(home, parts=(file(tmp_path, b""),))
    with (tmp_path / "grown").open("wb") as opened:
        opened.truncate(MAX_FILE_BYTES + 1)
    grown = File(name="grown.bin", media_type="a/b", size=1, locator=str(tmp_path / "grown"))
    with pytest.raises(FileTooLarge, match=r"grown\.bin"):
        await stage.send(home, parts=(grown,))

    assert fake(stage).store.calls == 0


async def test_a_file_for_one_member_is_never_shown_in_a_group(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home(Room.GROUP)
    sender = stage.heard[-1].sender
    await stage.send(home, parts=(file(tmp_path, b"yours alone"),), only_for=sender)
    [seen] = await stage.driver.hear(room=Room.GROUP)

    assert seen.files == ()
    assert "private chat" in seen.text
    assert fake(stage).store.calls == 0


async def test_the_fake_refuses_what_qq_refuses(stage: Stage) -> None:
    """Without this, a file in the wrong room or of the wrong kind would pass here and fail there."""
    await stage.home()
    await stage.home(Room.GROUP)
    given = {"file_data": base64.b64encode(PNG).decode(), "srv_send_msg": False, "file_name": "a"}
    text = {"file_data": base64.b64encode(b"text").decode()}
    uploads: list[tuple[dict[str, Any], int]] = [
        ({"file_type": 1, **text}, 850019),
        ({"file_type": 5}, 850019),
        ({"file_type": 4, "file_data": "no base64!"}, 850026),
        ({"file_type": 4, "file_data": ""}, 40093010),
        ({"file_type": 4, "srv_send_msg": True}, 40034105),
    ]
    for changed, code in uploads:
        assert await ask(stage, f"users/{ALICE}/files", {**given, **changed}) == (400, code)
    too_much = {**given, "file_type": 4, "file_data": "A" * 10_000_000}
    assert await ask(stage, f"users/{ALICE}/files", too_much) == (413, None)
    kept = fake(stage).store.take(f"groups/{GROUP}", {**given, "file_type": 1})
    opening = {"msg_id": stage.heard[0].event_id, "msg_seq": 1, "msg_type": 7}
    messages: list[tuple[dict[str, Any], int]] = [
        ({}, 22006),
        ({"media": {}}, 22006),
        ({"media": {"file_info": "made-up"}}, 304080),
        ({"media": {"file_info": kept["file_info"]}}, 304080),
    ]
    for media, code in messages:
        assert await ask(stage, f"users/{ALICE}/messages", {**opening, **media}) == (400, code)

    assert fake(stage).said == []


async def ask(stage: Stage, path: str, body: dict[str, Any]) -> tuple[int, int | None]:
    """What the fake answers to a call past the adapter: its status and its number."""
    headers = {"Authorization": f"QQBot at{fake(stage).tokens}", "Content-Type": "application/json"}
    content = io.BytesIO(json.dumps(body).encode())
    async with stage.http.post(f"{fake(stage).base}/v2/{path}", data=content, headers=headers) as answer:
        return answer.status, (await answer.json())["code"] if answer.status == 400 else None
