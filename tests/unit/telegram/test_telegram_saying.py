"""Alerts, edits, files, drafts and moved groups of the Telegram adapter."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from channels.base import (
    BearsStop,
    FileTooLarge,
    MessageRefused,
    RateLimited,
)
from channels.messages import STOP, Account, Address, Button, Card, File, FileKind, Outbound, Ref, Stop, plain
from channels.running.typing_sign import ShowsTyping
from tests.platforms.telegram import ALICE, BOB, GROUP
from tests.platforms.telegram.chats import TOPIC, Refused
from tests.unit.telegram.conftest import Bench

DIRECT = Address(channel="tg", room="777")
ROOM = Address(channel="tg", room=str(GROUP))
BOB_ACCOUNT = Account(channel="tg", id="888", name="Bob")
OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(20)
CARD = Card(id="abcdefgh23456789", title="Run?", buttons=(Button(choice="a", label="Approve"),))


def out(address: Address = DIRECT, **content: Any) -> Outbound:
    return Outbound(key="k", address=address, **content)


async def test_every_press_is_answered_soon_even_one_that_means_nothing(bench: Bench) -> None:
    ref = await bench.channel.send(out(card=CARD))
    async with bench.listening():
        known = bench.fake.chats.press(777, int(ref.id), "ap|abcdefgh23456789|a", ALICE)
        unknown = bench.fake.chats.press(777, int(ref.id), "something old", ALICE)
        await bench.until(lambda: {known, unknown} <= bench.fake.chats.answered.keys())

    assert [inbound.press.choice for inbound in bench.heard if inbound.press] == ["a"]
    assert bench.fake.chats.answered[known]["text"] == ""


async def test_a_sentence_for_the_presser_is_an_alert_and_answers_the_press(bench: Bench) -> None:
    channel = bench.build(spinner_seconds=0.05)
    ref = await channel.send(out(ROOM, card=CARD))
    async with bench.listening(channel):
        query = bench.fake.chats.press(GROUP, int(ref.id), "ap|abcdefgh23456789|a", BOB)
        await bench.until(lambda: bench.fake.chats.acknowledged == 1)
        await channel.send(out(ROOM, parts=plain("Not yours."), only_for=BOB_ACCOUNT, receipt=query))
        await asyncio.gather(*channel._presses._tasks)

    assert bench.fake.chats.answered[query]["text"] == "Not yours."
    assert bench.fake.calls["answerCallbackQuery"] == 1
    assert [message.text for message in bench.fake.chats.sent[BOB["id"]]] == []


@pytest.mark.parametrize(("text", "receipt"), [("x" * 201, "known"), ("late", "stale"), ("no press", "")])
async def test_a_private_sentence_that_fits_no_alert_is_a_direct_message(bench: Bench, text: str, receipt: str) -> None:
    ref = await bench.channel.send(out(ROOM, card=CARD))
    query = bench.fake.chats.press(GROUP, int(ref.id), "ap|abcdefgh23456789|a", BOB)
    receipts = {"known": query, "stale": "1", "": ""}
    sent = await bench.channel.send(out(ROOM, parts=plain(text), only_for=BOB_ACCOUNT, receipt=receipts[receipt]))

    assert sent.address.room == "888"
    assert [message.text for message in bench.fake.chats.sent[BOB["id"]]] == [text]
    assert len(bench.fake.chats.sent[GROUP]) == 1


async def test_somebody_who_never_wrote_to_the_bot_cannot_be_told_privately(bench: Bench) -> None:
    bench.fake.chats.blocked.add(BOB["id"])
    with pytest.raises(MessageRefused, match="blocked by the user"):
        await bench.channel.send(out(ROOM, parts=plain("psst"), only_for=BOB_ACCOUNT))

    assert bench.fake.chats.sent[GROUP] == []


async def test_a_message_that_is_gone_is_sent_anew_instead_of_edited(bench: Bench) -> None:
    ref = await bench.channel.send(out(parts=plain("now"), replaces=Ref(address=DIRECT, id="99999")))

    assert [str(message.id) for message in bench.fake.chats.sent[777]] == [ref.id]


async def test_a_group_that_became_a_supergroup_is_followed(bench: Bench) -> None:
    old = Address(channel="tg", room="-55")
    bench.fake.chats.migrated[-55] = GROUP
    first = await bench.channel.send(out(old, parts=plain("one")))
    await bench.channel.send(out(old, parts=plain("two")))
    await bench.channel.send(out(old, parts=plain("three"), replaces=Ref(address=old, id="7")))

    assert first.address == old
    assert [message.text for message in bench.fake.chats.sent[GROUP]] == ["one", "two", "three"]
    assert bench.fake.calls["sendMessage"] == 4


async def test_an_address_that_is_none_of_telegrams_is_refused_for_good(bench: Bench) -> None:
    with pytest.raises(MessageRefused, match="not a chat of Telegram: tg:general:"):
        await bench.channel.send(out(Address(channel="tg", room="general"), parts=plain("x")))


@pytest.mark.parametrize("text", ["```\n```", "|a|b|\n|-|-|\n|" + "y" * 60 + "|x|\n" + "|x|y|\n" * 80])
async def test_what_the_platform_cannot_set_is_sent_as_it_was_written(bench: Bench, text: str) -> None:
    await bench.channel.send(out(parts=plain(text)))
    [message] = bench.fake.chats.sent[777]

    assert message.text == text.strip()
    assert message.entities == []


async def test_links_are_never_fetched_for_a_preview(bench: Bench) -> None:
    given: list[dict[str, Any]] = []
    send = bench.fake._methods["sendMessage"]
    bench.fake._methods["sendMessage"] = lambda call: (given.append(call), send(call))[1]
    await bench.channel.send(out(parts=plain("see https://x.example/secret")))

    assert '"is_disabled": true' in given[0]["link_preview_options"]


@pytest.mark.parametrize(
    ("kind", "media_type", "content", "sent_as"),
    [
        (FileKind.IMAGE, "image/svg+xml", b"<svg/>", "document"),
        (FileKind.IMAGE, "image/png", b"\x89PNG", "photo"),
        (FileKind.VOICE, "audio/ogg", OPUS, "voice"),
        (FileKind.VOICE, "audio/ogg", OPUS.replace(b"OpusHead", b"\x01vorbis."), "document"),
        (FileKind.VOICE, "audio/mpeg", b"ID3\x04" + bytes(60), "voice"),
        (FileKind.VOICE, "audio/mpeg", b"\xff\xfb\x90\x64" + bytes(60), "voice"),
        (FileKind.VOICE, "audio/aac", b"\xff\xf1\x50\x80" + bytes(60), "document"),
        (FileKind.VOICE, "audio/mp4", b"\0\0\0\x1cftypM4A \0\0\0\0", "voice"),
        (FileKind.VOICE, "audio/x-wav", b"RIFF\x24\0\0\0WAVEfmt ", "document"),
        (FileKind.DOCUMENT, "audio/ogg", OPUS, "document"),
    ],
)
async def test_pictures_and_voices_go_the_way_the_platform_takes(
    bench: Bench, tmp_path: Path, *, kind: FileKind, media_type: str, content: bytes, sent_as: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    file = File(name="file", media_type=media_type, size=len(content), locator=str(path), presented_as=kind)
    await bench.channel.send(out(parts=(file,)))

    assert [message.file[0] for message in bench.fake.chats.sent[777] if message.file] == [sent_as]


async def test_who_forbids_voice_messages_gets_a_file(bench: Bench, tmp_path: Path) -> None:
    def forbidden(_: Any) -> None:
        raise Refused(400, "Bad Request: VOICE_MESSAGES_FORBIDDEN")

    bench.fake._methods["sendVoice"] = forbidden
    path = tmp_path / "file"
    path.write_bytes(OPUS)
    file = File(name="a.ogg", media_type="audio/ogg", size=9, locator=str(path), presented_as=FileKind.VOICE)
    await bench.channel.send(out(parts=(file,)))
    [message] = bench.fake.chats.sent[777]
    assert message.file is not None

    assert message.file[:2] == ("document", "a.ogg")


async def test_where_drafts_are_not_taken_the_answer_grows_as_a_message_from_then_on(bench: Bench) -> None:
    bench.fake.unknown.add("sendMessageDraft")
    first = await bench.channel.open_live(DIRECT, BOB_ACCOUNT, None)
    await first.show("gro")
    await first.show("growing")
    ref = await first.close()
    second = await bench.channel.open_live(DIRECT, BOB_ACCOUNT, None)
    await second.show("again")
    messages = bench.fake.chats.sent[777]

    assert ref == first.standing() == Ref(address=DIRECT, id=str(messages[0].id))
    assert [message.text for message in messages] == ["growing", "again"]
    assert bench.fake.calls["sendMessageDraft"] == 1


async def test_a_chat_that_takes_no_message_says_nothing_of_drafts(bench: Bench) -> None:
    bench.fake.chats.blocked.add(777)
    live = await bench.channel.open_live(DIRECT, BOB_ACCOUNT, None)
    with pytest.raises(MessageRefused):
        await live.show("gro")
    bench.fake.chats.blocked.clear()
    await live.show("growing")

    assert bench.fake.chats.previews[777] == ["growing"]


async def test_somebody_who_waits_sees_the_bot_writing_in_the_chat_and_in_the_topic(bench: Bench) -> None:
    assert isinstance(bench.channel, ShowsTyping)
    for address in (DIRECT, replace(ROOM, thread=str(TOPIC))):
        await bench.channel.show_typing(address, BOB_ACCOUNT, None)

    assert bench.fake.chats.actions == [(777, 0, "typing"), (GROUP, TOPIC, "typing")]


async def test_a_file_that_vanished_is_refused_with_its_name(bench: Bench) -> None:
    gone = File(name="report.txt", media_type="text/plain", size=5, locator="/nonexistent/report.txt")
    with pytest.raises(MessageRefused, match=r"cannot read report\.txt: No such file"):
        await bench.channel.send(out(parts=(gone,)))


async def test_a_file_over_the_platforms_limit_is_refused_for_good(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as handle:
        handle.truncate(51 * 2**20)
    huge = File(name="huge", media_type="x/y", size=51 * 2**20, locator=str(path))
    with pytest.raises(MessageRefused, match="Too Large"):
        await bench.channel.send(out(parts=(huge,)))


async def test_a_download_is_cut_off_at_the_limit_whatever_its_announced_size(bench: Bench) -> None:
    bench.fake.chats.files["F"] = ("a", b"x" * 200_000)
    bench.fake.chats.files["G"] = ("b", b"x" * (20 * 2**20 + 1))
    small = File(name="a", media_type="x/y", size=0, locator="F")
    large = File(name="b", media_type="x/y", size=0, locator="G")
    for file in (small, large):
        with pytest.raises(FileTooLarge):
            await bench.channel.fetch(file, 100_000 if file is small else 2**30)

    assert len(await bench.channel.fetch(small, 200_000)) == 200_000


async def test_private_answers_grow_as_drafts_and_group_answers_as_edits_within_the_groups_budget(
    bench: Bench,
) -> None:
    draft = await bench.channel.open_live(DIRECT, BOB_ACCOUNT, None)
    await draft.show("gro")
    await draft.show("**growing**")
    edit = await bench.channel.open_live(ROOM, BOB_ACCOUNT, None)
    await edit.show("gro")
    with pytest.raises(RateLimited) as caught:
        await edit.show("growing")
    edit._next_at = 0.0  # type: ignore[attr-defined]
    await edit.show("growing")
    ref = await edit.close()
    [message] = bench.fake.chats.sent[GROUP]

    assert bench.fake.chats.previews[777] == ["gro", "growing"]
    assert await draft.close() is None
    assert bench.fake.chats.sent[777] == []
    assert 2.5 < caught.value.retry_after_seconds <= 3
    assert ref == Ref(address=ROOM, id=str(message.id))
    assert message.text == "growing"


async def test_a_draft_bears_the_platforms_own_button_whose_press_names_the_answer(bench: Bench) -> None:
    draft = await bench.channel.open_live(DIRECT, BOB_ACCOUNT, None)
    assert isinstance(draft, BearsStop)
    draft.bear(Stop(id="000000abcdef0123", label="Stop"))
    await draft.show("gro")
    [number] = bench.fake.chats.stoppable
    async with bench.listening():
        bench.fake.chats.stop(number)
        await bench.until(lambda: len(bench.heard) == 1)
    [event] = bench.heard

    assert (event.address, event.sender.id, event.is_direct) == (DIRECT, DIRECT.room, True)
    assert event.press is not None
    assert "000000abcdef0123".startswith(event.press.id)
    assert (len(event.press.id), event.press.choice, event.press.receipt) == (7, STOP, "")


async def test_where_drafts_are_not_taken_the_message_bears_a_button_of_ours(bench: Bench) -> None:
    bench.fake.unknown.add("sendMessageDraft")
    growing = await bench.channel.open_live(DIRECT, BOB_ACCOUNT, None)
    assert isinstance(growing, BearsStop)
    growing.bear(Stop(id="000000abcdef0123", label="停止"))
    await growing.show("gro")
    [message] = bench.fake.chats.sent[777]

    assert message.keyboard == [[{"text": "停止", "callback_data": "ap|000000abcdef0123|z"}]]


async def test_the_private_room_of_an_account_is_found_by_its_id(bench: Bench) -> None:
    room = await bench.channel.direct_room(BOB_ACCOUNT)
    await bench.channel.send(out(room, parts=plain("hi")))

    assert [message.text for message in bench.fake.chats.sent[BOB["id"]]] == ["hi"]


async def test_in_a_private_chat_only_an_answer_to_something_older_quotes(bench: Bench) -> None:
    async with bench.listening():
        for text in ("first", "second"):
            bench.fake.chats.say(777, ALICE, text=text)
        for room, by in ((777, ALICE), (888, BOB)):
            bench.fake.chats.say(room, by, text="of that room")
        bench.fake.chats.say(
            GROUP, ALICE, text="@ops_bot in the group", entities=[{"type": "mention", "offset": 0, "length": 8}]
        )
        await bench.until(lambda: len(bench.heard) == 5)
        for inbound in bench.heard:
            await bench.channel.send(out(inbound.address, parts=plain(inbound.text), answers=inbound.message))

    sent = bench.fake.chats.sent
    assert [bool(message.answers) for message in sent[777]] == [True, True, False]
    assert [bool(message.answers) for message in sent[888]] == [False]
    assert [bool(message.answers) for message in sent[GROUP]] == [True]
