"""What every adapter owes when it speaks, on its fake platform. A new kind of channel edits nothing here."""

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from channels.base import (
    ChannelDown,
    Deferred,
    RateLimited,
    ShowsProgress,
)
from channels.messages import (
    BodyKind,
    Button,
    Card,
    Fact,
    File,
    FileKind,
    Inbound,
    Press,
    Text,
    Tone,
    plain,
)
from channels.running.stream import Audience, Writer
from tests.contract.asked import needs, rooms
from tests.contract.drivers import Fault, Power, Room
from tests.contract.stage import Stage

CARD = Card(
    id="abcdefgh23456789",
    title="Run a command?",
    facts=(Fact(label="Agent", value="dba"), Fact(label="Risk", value="high")),
    body="rm -r /tmp/build",
    body_kind=BodyKind.CODE,
    note="Expires at 14:07",
    buttons=(
        Button(choice="a", label="Approve", tone=Tone.PRIMARY),
        Button(choice="d", label="Deny", tone=Tone.DANGER),
        Button(choice="s", label="For this conversation"),
    ),
    fallback="/approve 7QX4 or /deny 7QX4 reason",
)
HOSTILE = "<b>bold</b> <script>x</script> <!channel> <!here> <@U1> & &lt; </pre> [click](javascript:alert(1))"
MARKS = ("<b>bold</b>", "<a href='tel:112'>a page</a>", "&lt;b&gt; &amp;", "<@U1> <at id=all></at>")
"""Each alone, so that no other keeps a platform from reading it."""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@needs(Power.MARKUP)
async def test_markdown_is_shown_as_the_platform_shows_it(stage: Stage) -> None:
    home = await stage.home()
    await stage.send(
        home, parts=plain("plain **bold words** and `some code`\n\n- a point\n- [a page](https://x.org/a)")
    )
    [seen] = await stage.driver.hear()

    assert "plain bold words and some code" in seen.text
    assert seen.bold == ("bold words",)
    assert seen.code == ("some code",)
    assert seen.links == ("https://x.org/a",)
    assert "a point" in seen.text


@needs(without={Power.MARKUP})
async def test_markdown_is_plain_words_where_the_platform_shows_no_markup(stage: Stage) -> None:
    home = await stage.home()
    await stage.send(home, parts=plain("plain **bold words** and `some code`\n\n- [a page](https://x.org/a)"))
    [seen] = await stage.driver.hear()

    assert "plain bold words and some code" in seen.text
    assert "a page" in seen.text
    assert "https://x.org/a" in seen.text


async def test_hostile_words_are_shown_and_do_nothing(stage: Stage) -> None:
    home = await stage.home()
    await stage.send(home, parts=plain(HOSTILE))
    [seen] = await stage.driver.hear()

    assert (seen.bold, seen.links, seen.pings) == ((), (), ())
    for words in ("<b>bold</b>", "<script>x</script>", "<!channel>", "<@U1>", "&lt;", "javascript:alert(1)"):
        assert words in seen.text


async def test_the_marks_of_a_platform_are_shown_as_they_were_written(stage: Stage) -> None:
    home = await stage.home()
    for number, words in enumerate(MARKS, start=1):
        await stage.send(home, parts=plain(words))
        seen = (await stage.driver.hear(number))[-1]
        assert (seen.bold, seen.links, seen.pings) == ((), (), ()), words
        assert words in seen.text


async def test_a_long_answer_arrives_in_pieces_in_order(stage: Stage) -> None:
    home = await stage.home()
    words = [f"word{number}" for number in range(stage.channel.traits.max_text // 4)]
    refs = await stage.send(home, parts=plain(" ".join(words)))
    seen = await stage.driver.hear(len(refs))

    assert len(refs) > 1
    assert " ".join(each.text for each in seen).split() == words


@needs(Power.UPLOADS)
async def test_files_and_images_go_out(stage: Stage, tmp_path: Path) -> None:
    home = await stage.home()
    report, picture = tmp_path / "report.txt", tmp_path / "dot.png"
    report.write_bytes(b"all is well")
    picture.write_bytes(PIXEL)
    parts = (
        Text(text="two files"),
        File(name="report.txt", media_type="text/plain", size=11, locator=str(report)),
        File(
            name="dot.png",
            media_type="image/png",
            size=len(PIXEL),
            locator=str(picture),
            presented_as=FileKind.IMAGE,
        ),
    )
    await stage.send(home, parts=parts)
    await stage.driver.hear(3)
    seen = await stage.driver.hear()
    files = {file.name: file.content for each in seen for file in each.files}

    assert files == {"report.txt": b"all is well", "dot.png": PIXEL}
    assert any("two files" in each.text for each in seen)


@needs(Power.BUTTONS)
async def test_a_card_shows_what_is_asked_and_a_press_tells_who_chose_what(stage: Stage) -> None:
    room = stage.busiest
    presser = stage.driver.alice if room is Room.DIRECT else stage.driver.bob
    home = await stage.home(room)
    [ref] = await stage.send(home, card=CARD)
    [seen] = await stage.driver.hear(room=room)
    event = await _press(stage, seen.id, "Deny", room)

    for words in (CARD.title, "dba", "high", CARD.body, CARD.note):
        assert words in seen.text
    assert seen.buttons == stage.offered(CARD)
    assert isinstance(event.press, Press)
    assert (event.press.id, event.press.choice, event.press.message) == (CARD.id, "d", ref)
    assert event.sender.id == presser.id
    assert event.address == home


async def _press(stage: Stage, message_id: str, label: str, room: Room) -> Inbound:
    by = stage.driver.alice if room is Room.DIRECT else stage.driver.bob
    await stage.driver.press(message_id, label, room=room, by=by)
    await stage.until(lambda: any(event.press is not None for event in stage.heard))
    return next(event for event in stage.heard if event.press is not None)


@needs(Power.REWRITES)
async def test_a_decided_card_is_rewritten_and_loses_its_buttons(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    outcome = Card(id=CARD.id, title="Denied by Bob at 14:02", facts=CARD.facts)
    again = await stage.send(home, card=outcome, replaces=ref)
    [seen] = await stage.driver.hear()

    assert again == [ref]
    assert "Denied by Bob at 14:02" in seen.text
    assert seen.buttons == ()


@needs(Power.REWRITES)
async def test_a_card_shows_how_far_a_decision_has_come_and_keeps_its_buttons(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    progress = replace(CARD, facts=(*CARD.facts, Fact(label="Decided", value="1 of 2")))
    await stage.send(home, card=progress, replaces=ref)
    [seen] = await stage.driver.hear()

    assert "1 of 2" in seen.text
    assert seen.buttons == stage.offered(CARD)


@needs(without={Power.REWRITES})
async def test_an_outcome_refers_to_its_card_where_that_cannot_be_rewritten(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    await stage.send(home, card=Card(id=CARD.id, title="Denied by Bob at 14:02", facts=CARD.facts), answers=ref)
    _, outcome = await stage.driver.hear(2)

    assert "Denied by Bob at 14:02" in outcome.text
    assert outcome.buttons == ()
    assert outcome.answers == ref.id or Power.ANSWERS in stage.driver.lacks


@needs(Power.REWRITES)
async def test_an_edit_that_changes_nothing_is_no_error(stage: Stage) -> None:
    home = await stage.home()
    [ref] = await stage.send(home, card=CARD)
    again = await stage.send(home, card=CARD, replaces=ref)
    [seen] = await stage.driver.hear()

    assert again == [ref]
    assert seen.buttons == stage.offered(CARD)


async def test_hostile_words_on_a_card_are_shown_and_do_nothing(stage: Stage) -> None:
    home = await stage.home()
    hidden = "echo safe\u202e; rm -r\u200b /"
    card = Card(id=CARD.id, title=HOSTILE, facts=(Fact(label=HOSTILE, value=HOSTILE),), body=HOSTILE, note=hidden)
    await stage.send(home, card=card)
    [seen] = await stage.driver.hear()

    assert (seen.links, seen.pings, seen.buttons) == ((), (), ())
    assert "bold" not in seen.bold
    assert seen.text.count("<script>x</script>") >= 3
    assert "⟦U+202E⟧" in seen.text
    assert "⟦U+200B⟧" in seen.text


async def test_a_card_with_a_huge_body_says_how_much_it_hides(stage: Stage) -> None:
    home = await stage.home()
    card = Card(id=CARD.id, title="Run?", body="x" * 100_000, body_kind=BodyKind.CODE, buttons=CARD.buttons)
    await stage.send(home, card=card)
    [seen] = await stage.driver.hear()

    assert "more characters are hidden" in seen.text
    assert "SHA-256" in seen.text
    assert seen.buttons == stage.offered(CARD)


@needs(Power.BUTTONS)
async def test_a_private_sentence_reaches_the_presser_and_nobody_else(stage: Stage) -> None:
    room = Room.DIRECT if {Power.GROUPS, Power.PRIVATE} & stage.driver.lacks else Room.GROUP
    home = await stage.home(room)
    await stage.send(home, card=CARD)
    [card] = await stage.driver.hear(room=room)
    event = await _press(stage, card.id, "Approve", room)
    assert event.press is not None
    await stage.send(home, parts=plain("You may not decide this."), only_for=event.sender, receipt=event.press.receipt)
    by = stage.driver.alice if room is Room.DIRECT else stage.driver.bob

    assert "You may not decide this." in await stage.driver.told(by)
    if room is Room.GROUP:
        assert [each.id for each in await stage.driver.hear(room=room)] == [card.id]


@needs(Power.ANSWERS)
async def test_an_answer_names_the_message_that_it_answers_while_another_waits(stage: Stage) -> None:
    first = await stage.driver.say("the beginning")
    await stage.hears()
    said = await stage.driver.say("the question", answers=first)
    await stage.hears(2)
    await stage.driver.say("another")
    event = (await stage.hears(3))[1]
    await stage.send(event.address, parts=plain("the answer"), answers=event.message)
    [seen] = await stage.driver.hear()

    assert seen.answers == said


@needs(Power.THREADS, Power.GROUPS)
async def test_a_thread_is_a_conversation_of_its_own_and_answers_stay_in_it(stage: Stage) -> None:
    thread = await stage.driver.open_thread()
    await stage.driver.say("in the thread", room=Room.GROUP, mention=True, thread=thread)
    [event] = await stage.hears()
    await stage.send(event.address, parts=plain("the answer"))
    [seen] = await stage.driver.hear(room=Room.GROUP)

    assert event.address.thread == thread
    assert seen.thread == thread


@needs(Power.FAULTS)
async def test_too_many_calls_are_reported_with_the_platforms_seconds(stage: Stage) -> None:
    home = await stage.home()
    stage.driver.misbehave(Fault.RATE_LIMITED)
    with pytest.raises(RateLimited) as caught:
        await stage.send(home, parts=plain("slowly"))
    await stage.send(home, parts=plain("slowly"))

    assert caught.value.retry_after_seconds == stage.driver.rate_limit_seconds
    assert [seen.text for seen in await stage.driver.hear()] == ["slowly"]


@needs(Power.FAULTS)
@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.DROPPED])
async def test_a_platform_in_trouble_is_a_channel_that_is_down_or_puts_the_message_off(
    stage: Stage, fault: Fault
) -> None:
    home = await stage.home()
    stage.driver.misbehave(fault)
    with pytest.raises((ChannelDown, Deferred)):
        await stage.send(home, parts=plain("later"))
    await stage.send(home, parts=plain("later"))

    assert [seen.text for seen in await stage.driver.hear()] == ["later"]


@needs(Power.STREAMS, each=("room", rooms))
async def test_an_answer_is_seen_growing_and_ends_complete_in_few_calls(stage: Stage, room: Room) -> None:
    home = await stage.home(room)
    before = stage.driver.calls
    event = stage.heard[-1]
    moments = asyncio.Semaphore(0)

    async def sleep(_: float) -> None:
        await moments.acquire()

    writer = Writer(
        stage.channel,
        stage.channel.traits,
        Audience(address=home, recipient=event.sender, answers=event.message),
        sleep=sleep,
    )
    chunks = [f"chunk {number} " for number in range(100)]
    for number, chunk in enumerate(chunks):
        await writer.write(chunk)
        if number in {20, 60}:
            moments.release()
            await stage.called(before + 1)
    replaces = await writer.close()
    shown = stage.driver.calls - before
    await stage.send(home, parts=plain("".join(chunks).strip()), replaces=replaces, answers=event.message)
    seen = await stage.driver.hear(room=room)

    assert isinstance(stage.channel, ShowsProgress)
    assert shown >= 1
    assert stage.driver.calls - before <= 4
    assert [each.text for each in seen] == ["".join(chunks).strip()]


@needs(Power.STREAMS, each=("room", rooms))
async def test_an_answer_made_again_after_a_crash_leaves_one_message(stage: Stage, room: Room) -> None:
    home = await stage.home(room)
    assert isinstance(stage.channel, ShowsProgress)
    event = stage.heard[-1]
    first = await stage.channel.open_live(home, event.sender, event.message)
    nowhere = first.standing()
    await first.show("half of it")
    audience = Audience(address=home, recipient=event.sender, answers=event.message, resumes=first.standing())
    replaces = await Writer(stage.channel, stage.channel.traits, audience).close()
    await stage.send(home, parts=plain("all of it"), replaces=replaces, answers=event.message)
    seen = await stage.driver.hear(room=room)

    assert nowhere is None
    assert replaces == first.standing()
    assert [each.text for each in seen] == ["all of it"]


@needs(Power.FAULTS, Power.STREAMS)
async def test_an_answer_is_complete_though_the_platform_failed_while_it_was_shown(stage: Stage) -> None:
    home = await stage.home()
    event, moments, before = stage.heard[-1], asyncio.Semaphore(0), stage.driver.calls

    async def sleep(_: float) -> None:
        await moments.acquire()

    audience = Audience(address=home, recipient=event.sender, answers=event.message)
    writer = Writer(stage.channel, stage.channel.traits, audience, sleep=sleep)
    await writer.write("the beginning ")
    moments.release()
    await stage.called(before + 1)
    stage.driver.misbehave(Fault.SERVER_ERROR)
    await writer.write("and the middle ")
    moments.release()
    await writer.write("and the end")
    replaces = await writer.close()
    with contextlib.suppress(ChannelDown):
        await stage.send(home, parts=plain("flushes the fault that was not met yet"), replaces=replaces)
    await stage.send(home, parts=plain("the beginning and the middle and the end"), replaces=replaces)
    seen = await stage.driver.hear()

    assert "the beginning and the middle and the end" in [each.text for each in seen]


async def test_a_quick_answer_is_sent_once_and_never_shown_before(stage: Stage) -> None:
    home = await stage.home()
    before = stage.driver.calls
    event = stage.heard[-1]
    writer = Writer(stage.channel, stage.channel.traits, Audience(address=home, recipient=event.sender))
    await writer.write("quick")

    assert await writer.close() is None
    await stage.send(home, parts=plain("quick"))
    assert stage.driver.calls - before == 1
