"""What every adapter owes to a thread or topic: all that belongs to it happens in it."""

import asyncio
from pathlib import Path

from channels.base import ShowsProgress
from channels.messages import Address, Button, Card, File, Tone, plain
from channels.running.stream import Audience, Writer
from tests.contract.asked import needs
from tests.contract.drivers import Power, Room
from tests.contract.stage import Stage

CARD = Card(
    id="abcdefgh23456789",
    title="Run a command?",
    body="make",
    buttons=(
        Button(choice="a", label="Approve", tone=Tone.PRIMARY),
        Button(choice="d", label="Deny", tone=Tone.DANGER),
    ),
    fallback="/approve 7QX4 or /deny 7QX4 reason",
)


async def in_thread(stage: Stage) -> Address:
    """A thread in which somebody has just spoken to the bot."""
    thread = await stage.driver.open_thread()
    await stage.driver.say("in the thread", room=Room.GROUP, mention=True, thread=thread)
    [event] = await stage.hears()
    assert event.address.thread == thread
    return event.address


@needs(Power.THREADS, Power.GROUPS, Power.UPLOADS)
async def test_a_file_goes_to_the_thread(stage: Stage, tmp_path: Path) -> None:
    address = await in_thread(stage)
    report = tmp_path / "report.txt"
    report.write_bytes(b"all is well")
    file = File(name="report.txt", media_type="text/plain", size=11, locator=str(report))
    await stage.send(address, parts=(*plain("here it is"), file))
    seen = [each for each in await stage.driver.hear(2, room=Room.GROUP) if each.files or "here it is" in each.text]

    assert [file.content for each in seen for file in each.files] == [b"all is well"]
    assert {each.thread for each in seen} == {address.thread}


@needs(Power.THREADS, Power.GROUPS, Power.BUTTONS)
async def test_a_card_in_a_thread_is_pressed_and_rewritten_there(stage: Stage) -> None:
    address = await in_thread(stage)
    [ref] = await stage.send(address, card=CARD)
    [asked] = await stage.driver.hear(room=Room.GROUP)
    await stage.driver.press(asked.id, "Deny", room=Room.GROUP, by=stage.driver.bob)
    await stage.until(lambda: any(event.press for event in stage.heard))
    event = next(event for event in stage.heard if event.press)
    assert event.press is not None
    outcome = Card(id=CARD.id, title="Denied by Bob at 14:02")
    if stage.channel.traits.can_edit:
        await stage.send(address, card=outcome, replaces=ref)
    else:
        await stage.send(address, card=outcome, answers=ref)
    seen = await stage.driver.hear(room=Room.GROUP)

    assert event.address == address
    assert (event.press.choice, event.press.message) == ("d", ref)
    assert "Denied by Bob" in seen[-1].text
    assert {each.thread for each in (asked, *seen)} == {address.thread}


@needs(Power.THREADS, Power.GROUPS, Power.STREAMS)
async def test_an_answer_grows_in_its_thread_and_ends_there(stage: Stage) -> None:
    address = await in_thread(stage)
    event, before, moments = stage.heard[-1], stage.driver.calls, asyncio.Semaphore(0)

    async def sleep(_: float) -> None:
        await moments.acquire()

    audience = Audience(address=address, recipient=event.sender, answers=event.message)
    writer = Writer(stage.channel, stage.channel.traits, audience, sleep=sleep)
    await writer.write("the beginning ")
    moments.release()
    await stage.called(before + 1)
    await writer.write("and the end")
    replaces = await writer.close()
    await stage.send(address, parts=plain("the beginning and the end"), replaces=replaces, answers=event.message)
    seen = await stage.driver.hear(room=Room.GROUP)

    assert isinstance(stage.channel, ShowsProgress)
    assert [(each.text, each.thread) for each in seen] == [("the beginning and the end", address.thread)]


@needs(Power.THREADS, Power.GROUPS)
async def test_a_long_answer_stays_in_its_thread_with_every_piece(stage: Stage) -> None:
    address = await in_thread(stage)
    words = " ".join(f"word{number}" for number in range(stage.channel.traits.max_text // 4))
    refs = await stage.send(address, parts=plain(words), answers=stage.heard[-1].message)
    seen = await stage.driver.hear(len(refs), room=Room.GROUP)

    assert len(refs) > 1
    assert {each.thread for each in seen} == {address.thread}
