"""What is said on the platform: once, where it belongs, to whom it is meant for."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from channels.base import ChannelDown, ChannelRefused, FetchesFiles, FileTooLarge, MessageRefused, RateLimited
from channels.feishu.toasts import LONGEST_TOAST
from channels.messages import Account, Address, Card, File, FileKind, Inbound, Mention, Outbound, Ref, Text, plain
from tests.contract.drivers import Room
from tests.contract.stage import Stage
from tests.contract.test_channels_saying import CARD, PIXEL
from tests.platforms.feishu.driver import Driver
from tests.platforms.feishu.rules import Refused
from tests.platforms.feishu.server import FakeFeishu, too_many
from tests.platforms.feishu.town import ALICE, BOB, CAROL, GROUP
from tests.platforms.recordings import opus

DIRECT = Address(channel="feishu", room=ALICE)
OUTCOME = Card(id=CARD.id, title="Denied by Bob at 14:02")


def fake(stage: Stage) -> FakeFeishu:
    assert isinstance(stage.driver, Driver)
    return stage.driver.fake


async def test_a_repeat_is_the_message_that_was_sent(stage: Stage):
    message = Outbound(key="k" * 300, address=DIRECT, parts=plain("once"))
    refs = [await stage.channel.send(message) for _ in range(2)]

    assert refs[0] == refs[1]
    assert len(await stage.driver.hear()) == 1


async def test_somebody_can_be_written_to_first(stage: Stage):
    home = await stage.channel.direct_room(Account(channel="feishu", id=BOB))  # type: ignore[attr-defined]
    await stage.send(home, parts=plain("hello Bob"))
    with pytest.raises(MessageRefused):
        await stage.channel.direct_room(Account(channel="feishu", id="oc_group"))  # type: ignore[attr-defined]

    assert await stage.driver.told(stage.driver.bob) == ["hello Bob"]


async def test_a_mention_calls_the_person_and_nobody_else(stage: Stage):
    bob = Mention(account=Account(channel="feishu", id=BOB, name="Bob"))
    await stage.send(Address(channel="feishu", room=GROUP), parts=(bob, Text(text=" <at id=all></at>")))
    [seen] = await stage.driver.hear(room=Room.GROUP)

    assert seen.pings == (f"<at id={BOB}>",)


async def test_what_answers_a_message_that_is_gone_stands_alone(stage: Stage):
    said = await stage.driver.say("never mind")
    [event] = await stage.hears()
    await stage.driver.remove(said)
    await stage.send(event.address, parts=plain("the answer"), answers=event.message)
    [seen] = await stage.driver.hear()

    assert (seen.text, seen.answers) == ("the answer", "")


async def test_an_answer_to_us_or_in_a_topic_of_ours_is_to_us(stage: Stage):
    group = Address(channel="feishu", room=GROUP)
    [ours] = await stage.send(group, parts=plain("anybody?"))
    await stage.driver.say("me", room=Room.GROUP, answers=ours.id)
    await stage.driver.say("in the topic", room=Room.GROUP, thread=ours.id)
    theirs = await stage.driver.open_thread()
    await stage.driver.say("before we spoke there", room=Room.GROUP, thread=theirs)
    await stage.hears(3)
    await stage.send(Address(channel="feishu", room=GROUP, thread=theirs), parts=plain("may I?"))
    await stage.driver.say("after", room=Room.GROUP, thread=theirs)
    await stage.driver.say("not for you", room=Room.GROUP)

    assert [event.to_me for event in await stage.hears(5)] == [True, True, False, True, False]


async def test_a_message_that_says_nothing_and_a_toast_cannot_be_sent_or_rewritten(stage: Stage):
    with pytest.raises(MessageRefused):
        await stage.channel.send(Outbound(key="k", address=DIRECT, parts=plain("  \n")))
    with pytest.raises(MessageRefused):
        await stage.channel.send(
            Outbound(key="k", address=DIRECT, parts=plain("x"), replaces=Ref(address=DIRECT, id=""))
        )


async def test_a_card_older_than_two_weeks_is_refused_in_the_platforms_own_words(stage: Stage):
    [ref] = await stage.send(DIRECT, card=CARD)
    fake(stage).town.messages[ref.id].is_old = True
    with pytest.raises(MessageRefused, match="exceeds the update time limit"):
        await stage.send(DIRECT, card=OUTCOME, replaces=ref)


# Private words


async def pressed(stage: Stage) -> tuple[Ref, Inbound]:
    [ref] = await stage.send(Address(channel="feishu", room=GROUP), card=CARD)
    await stage.driver.press(ref.id, "Approve", room=Room.GROUP, by=stage.driver.bob)
    await stage.until(lambda: any(event.press for event in stage.heard))
    return ref, next(event for event in stage.heard if event.press)


def privately(event: Inbound, text: str) -> Outbound:
    assert event.press
    return Outbound(
        key="k", address=event.address, parts=plain(text), only_for=event.sender, receipt=event.press.receipt
    )


async def test_the_first_private_word_is_a_toast_and_the_next_a_private_message(stage: Stage):
    _, event = await pressed(stage)
    first = await stage.channel.send(privately(event, "You may not decide this."))
    second = await stage.channel.send(privately(event, "Ask Alice."))
    await fake(stage).until(lambda: fake(stage).toasts[BOB])

    assert (first.id, second.address.room) == ("", BOB)
    assert fake(stage).toasts[BOB] == [{"type": "warning", "content": "You may not decide this."}]
    assert [each.text for each in await stage.driver.hear(room=Room.GROUP)] != ["Ask Alice."]
    assert "Ask Alice." in await stage.driver.told(stage.driver.bob)


async def test_a_private_word_too_long_or_too_late_is_a_private_message(stage: Stage):
    _, event = await pressed(stage)
    long = "x" * (LONGEST_TOAST + 1)
    await stage.channel.send(privately(event, long))
    stage.channel._toasts.settle(event.message.id if event.message else "")  # type: ignore[attr-defined]
    await fake(stage).until(lambda: fake(stage).toasts[BOB])
    await stage.channel.send(replace(privately(event, "late"), key="k2"))

    assert fake(stage).toasts[BOB][0]["content"] == "Received"
    assert (await stage.driver.told(stage.driver.bob))[1:] == [long, "late"]


async def test_a_press_is_answered_before_its_card_is_rewritten(stage: Stage):
    ref, event = await pressed(stage)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await stage.send(event.address, card=OUTCOME, replaces=ref)
    await fake(stage).until(lambda: fake(stage).toasts[BOB])

    assert loop.time() - begun < 0.9
    assert [seen.buttons for seen in await stage.driver.hear(room=Room.GROUP)] == [()]


async def test_a_press_in_a_topic_comes_from_the_topic(stage: Stage):
    thread = await stage.driver.open_thread()
    topic = Address(channel="feishu", room=GROUP, thread=thread)
    [ref] = await stage.send(topic, card=CARD)
    await stage.driver.press(ref.id, "Deny", room=Room.GROUP)
    await stage.until(lambda: any(event.press for event in stage.heard))

    assert stage.heard[-1].address == topic


async def test_a_guest_may_neither_speak_nor_press_unless_they_are_welcome(stage: Stage):
    [ref] = await stage.send(Address(channel="feishu", room=GROUP), card=CARD)
    town = fake(stage).town
    await fake(stage).tell(town.pressed(town.messages[ref.id], "Approve", CAROL), again=False)
    await fake(stage).tell(town.heard(town.say(CAROL, GROUP, "text", {"text": "hi"}), []))
    await stage.driver.say("an employee")

    assert [event.text for event in await stage.hears()] == ["an employee"]


# Files


async def test_files_go_out_as_what_they_are(stage: Stage, tmp_path: Path):
    def file(name: str, media_type: str, kind: FileKind, content: bytes) -> File:
        (tmp_path / name).write_bytes(content)
        locator = str(tmp_path / name)
        return File(name=name, media_type=media_type, size=len(content), locator=locator, presented_as=kind)

    parts = (
        Text(text="six files"),
        file("报告.txt", "text/plain", FileKind.DOCUMENT, b"all is well"),
        file('do"t.png', "image/png", FileKind.IMAGE, PIXEL),
        file("drawing.svg", "image/svg+xml", FileKind.IMAGE, b"<svg/>"),
        file("hello.opus", "audio/ogg", FileKind.VOICE, opus(1)),
        file("song.opus", "audio/ogg", FileKind.DOCUMENT, b"OggS"),
        file("large.bin", "application/x", FileKind.DOCUMENT, b"x" * (2**20 + 1)),
    )
    await stage.send(DIRECT, parts=parts)
    seen = [file for each in await stage.driver.hear(7) for file in each.files]

    assert [(each.name, each.presented_as) for each in seen] == [
        ("报告.txt", FileKind.DOCUMENT),
        ("do_t.png", FileKind.IMAGE),
        ("drawing.svg", FileKind.DOCUMENT),
        ("hello.opus", FileKind.VOICE),
        ("song.opus", FileKind.DOCUMENT),
        ("large.bin", FileKind.DOCUMENT),
    ]
    assert seen[0].content == b"all is well"
    assert len(seen[5].content) == 2**20 + 1


async def test_a_file_that_is_empty_gone_or_too_large_is_refused_in_words(stage: Stage, tmp_path: Path):
    (tmp_path / "empty").touch()
    for name, words in (("empty", "empty"), ("gone", "cannot be read")):
        file = File(name=name, media_type="text/plain", size=1, locator=str(tmp_path / name))
        with pytest.raises(MessageRefused, match=words):
            await stage.send(DIRECT, parts=(file,))
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(31 << 20)
    file = File(name="huge", media_type="text/plain", size=1, locator=str(tmp_path / "huge"))
    with pytest.raises(FileTooLarge):
        await stage.send(DIRECT, parts=(file,))


async def test_a_file_is_fetched_within_its_limit_and_from_nowhere_else(stage: Stage):
    await stage.driver.send_file("notes.txt", b"what was said", "text/plain")
    [event] = await stage.hears()
    [file] = event.files
    assert isinstance(stage.channel, FetchesFiles)

    assert (file.name, file.media_type, file.size) == ("notes.txt", "text/plain", 0)
    assert await stage.channel.fetch(file, 13) == b"what was said"
    with pytest.raises(FileTooLarge):
        await stage.channel.fetch(file, 12)
    for locator in ("https://evil.org/x", "om_1/../../../auth", "om_1/k/image?x", "om_1/k/other", ""):
        with pytest.raises(MessageRefused, match="does not lie with Feishu"):
            await stage.channel.fetch(replace(file, locator=locator), 100)
    with pytest.raises(MessageRefused, match="File not in msg"):
        await stage.channel.fetch(replace(file, locator="om_1/k/file"), 100)


# The API


async def test_a_token_is_asked_for_once_and_renewed_before_it_dies(stage: Stage):
    await stage.home()
    api = stage.build(stage.driver.options("socket"))._api  # type: ignore[attr-defined]
    before = fake(stage).token_calls
    await asyncio.gather(*(api.call("GET", "/open-apis/bot/v3/info") for _ in range(20)))
    together = fake(stage).token_calls - before
    left = api._token._good_until - asyncio.get_running_loop().time()
    api._token._good_until -= left
    await api.call("GET", "/open-apis/bot/v3/info")

    assert together == 1
    assert 6500 < left < 7000
    assert fake(stage).token_calls - before == 2


async def test_a_token_that_died_before_its_time_is_renewed_once_for_all_who_notice(stage: Stage):
    await stage.home()
    before = fake(stage).token_calls
    fake(stage).tokens.clear()
    api = stage.channel._api  # type: ignore[attr-defined]
    await asyncio.gather(*(api.call("GET", "/open-apis/bot/v3/info") for _ in range(5)))
    file = File(name="f", media_type="x/y", size=0, locator="om_1/k/file")
    fake(stage).town.resources["om_1", "k", "file"] = b"x"
    fake(stage).tokens.clear()

    assert fake(stage).token_calls - before == 1
    assert await stage.channel.fetch(file, 9) == b"x"  # type: ignore[attr-defined]


async def test_a_token_that_is_never_taken_is_a_refusal_and_no_endless_asking(stage: Stage):
    await stage.home()
    fake(stage).refusals["im/v1/messages"].extend([Refused(99991663, "Invalid access token")] * 2)
    with pytest.raises(ChannelRefused, match="Invalid access token"):
        await stage.send(DIRECT, parts=plain("x"))

    assert sum(path == "im/v1/messages" for _, path, _ in fake(stage).calls) == 2


@pytest.mark.parametrize(
    ("code", "whole_bot"), [(99991400, True), (230020, False), (11232, False), (11233, False), (11247, False)]
)
async def test_too_many_calls_are_told_with_the_platforms_seconds(stage: Stage, code: int, whole_bot: bool):
    fake(stage).faults.append(too_many(3, code))
    with pytest.raises(RateLimited) as caught:
        await stage.send(DIRECT, parts=plain("x"))

    assert (caught.value.retry_after_seconds, caught.value.whole_bot) == (3, whole_bot)


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (Refused(230002, "The bot can not be outside the group."), MessageRefused),
        (Refused(99991672, "Access denied. scopes: [im:message]"), MessageRefused),
        (Refused(99991673, "app is disabled"), ChannelRefused),
        (Refused(2200, "Internal Error", status=500), ChannelDown),
        (Refused(230049, "The message is being sent."), ChannelDown),
        (Refused(0, "", status=502), ChannelDown),
    ],
)
async def test_each_refusal_is_told_as_what_it_means(stage: Stage, refused: Refused, error: type[Exception]):
    fake(stage).faults.append(refused)
    with pytest.raises(error, match=refused.words.replace("[", r"\[") or "502"):
        await stage.send(DIRECT, parts=plain("x"))


async def test_no_secret_gets_into_an_error(stage: Stage):
    secret = "s3cr3t-s3cr3t"
    gone = stage.build({**stage.driver.options("socket"), "domain": "http://127.0.0.1:9"})
    with pytest.raises(ChannelDown) as caught:
        await gone.listen(stage.receive)

    assert secret not in repr(caught.value) + str(caught.value.__cause__)
    assert secret not in repr(gone._options)  # type: ignore[attr-defined]
