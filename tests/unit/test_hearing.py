"""A file that its platform will not hand out: the person and the agent are told what lacks, and the words go on."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from channels.base import ChannelDown, ChannelError, Lack, MessageRefused
from channels.messages import Account, Address, File, Inbound, Quote, Ref, Text
from channels.running.supervisor import Supervisor
from gateway.messages.read import AttachmentReader
from governance.people.people import Person, Role
from tests.unit.supervisor_stand import Line, Stand, running

NOTES = File(name="notes.txt", media_type="text/plain", size=5, locator="somewhere")
SCOPE = Lack(word="missing_scope files:read", repair={"en": "Add the scope.", "zh": "请添加权限。"})

ENGLISH = "the platform does not let me do this (missing_scope files:read). Add the scope."


class Shut(Line):
    """A channel that hands out no file, for a reason of the test's."""

    error: ChannelError = ChannelDown("nobody answers")

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        raise self.error


@pytest.mark.parametrize(
    ("error", "language", "told", "read"),
    [
        (
            MessageRefused("403", lack=SCOPE),
            "en",
            f"I could not fetch notes.txt: {ENGLISH} Send it again once that is done.",
            f"(The file notes.txt could not be fetched: {ENGLISH})",
        ),
        (
            MessageRefused("403", lack=SCOPE),
            "zh",
            "无法获取 notes.txt：平台不允许此操作（missing_scope files:read）。请添加权限。处理完成后请重新发送。",
            "（文件 notes.txt 无法获取：平台不允许此操作（missing_scope files:read）。请添加权限。）",
        ),
        (
            MessageRefused("it is gone"),
            "en",
            "I could not fetch notes.txt: it is gone Please send it again.",
            "(The file notes.txt could not be fetched: it is gone)",
        ),
    ],
)
async def test_a_file_that_is_not_handed_out_is_told_and_the_words_are_heard(
    tmp_path: Path, error: ChannelError, language: str, told: str, read: str
) -> None:
    said = Inbound(
        event_id="1",
        at=datetime(2026, 1, 2, tzinfo=UTC),
        address=Address(channel="chat", room="1"),
        sender=Account(channel="chat", id="7"),
        parts=(Text(text="read this"), NOTES),
    )
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    async with running(Stand(Shut)) as stand:
        line = await stand.up()
        assert isinstance(line, Shut)
        line.error = error
        heard = await _hearing(stand.supervisor).hear(said, _person(language), "ops", workspace)
        lacking = stand.supervisor.health.lacking

    assert heard.text == f"read this\n{read}"
    assert heard.unheard == told
    assert [each.lack for each in lacking] == ([SCOPE] if isinstance(error, MessageRefused) and error.lack else [])


async def test_quoted_words_stand_behind_the_name_of_whoever_said_them(tmp_path: Path) -> None:
    mallory, nameless = (Account(channel="chat", id="9", name=name) for name in ("Mal\nlory", ""))
    quotes = (Quote(text="one\ntwo", author=mallory), Quote(text="three", author=nameless), Quote(text="four"))
    said = Inbound(
        event_id="1",
        at=datetime(2026, 11, 24, tzinfo=UTC),
        address=Address(channel="chat", room="1"),
        sender=Account(channel="chat", id="7"),
        parts=(*quotes, Text(text="look")),
    )
    async with running(Stand(Shut)) as stand:
        heard = await _hearing(stand.supervisor).hear(said, _person("en"), "ops", tmp_path)

    assert heard.text == "> Mal lory: one\n> two\n> three\n> four\nlook"


async def test_what_is_passed_on_is_read_whole_and_what_is_answered_in_short(tmp_path: Path) -> None:
    address = Address(channel="chat", room="1")
    text = "\n".join(f"line {number}" for number in range(100))
    said = Inbound(
        event_id="1",
        at=datetime(2026, 11, 24, tzinfo=UTC),
        address=address,
        sender=Account(channel="chat", id="7"),
        parts=(Quote(text=text), Quote(text=text, ref=Ref(address=address, id="0")), Text(text="look")),
    )
    async with running(Stand(Shut)) as stand:
        heard = await _hearing(stand.supervisor).hear(said, _person("en"), "ops", tmp_path)

    passed_on, answered = heard.text.split("> line 99\n", 1)
    assert passed_on.count("\n") == 99
    assert answered.endswith("> line 39\n> [60 more lines]\nlook")


def _hearing(supervisor: Supervisor) -> AttachmentReader:
    return AttachmentReader(None, None, lambda _: supervisor, None, None)  # type: ignore[arg-type]  # only voice needs the others


def _person(language: str) -> Person:
    return Person(id=UUID(int=1), name="alice", role=Role.OPERATOR, language=language)
