"""What every adapter owes when it hears and lives, on its fake platform. A new kind of channel edits nothing here."""

import asyncio

import pytest

from channels.base import (
    ChannelRefused,
    ChannelState,
    FetchesFiles,
    FileTooLarge,
    Streaming,
)
from channels.messages import (
    Button,
    Card,
    Mention,
    Quote,
    Ref,
    plain,
)
from channels.running import catalogue
from tests.contract.asked import needs
from tests.contract.drivers import Power, Room, driver_of
from tests.contract.stage import Stage


@pytest.mark.parametrize("kind", catalogue.kinds())
def test_every_kind_of_channel_has_a_fake_platform(kind: str) -> None:
    assert driver_of(kind) is not None, f"{kind} has no tests/platforms/{kind}.py with a driver()"


async def test_a_direct_message_arrives_once_with_who_said_it_and_where(stage: Stage) -> None:
    said = await stage.driver.say("hello there")
    [event] = await stage.hears()

    assert event.text == "hello there"
    assert (event.sender.channel, event.sender.id) == (stage.kind, stage.driver.alice.id)
    assert event.address.channel == stage.kind
    assert event.message == Ref(address=event.address, id=said)
    assert event.is_direct
    assert event.to_me
    assert event.at.tzinfo is not None


async def test_messages_of_one_room_arrive_in_order_and_our_own_words_are_not_heard(stage: Stage) -> None:
    home = await stage.home()
    await stage.send(home, parts=plain("our own words"), answers=stage.heard[0].message)
    for number in range(12):
        await stage.driver.say(f"number {number}")
    events = await stage.hears(13)

    assert [event.text for event in events] == ["here I am", *(f"number {number}" for number in range(12))]
    assert len({event.event_id for event in events}) == 13


async def test_a_platform_lacks_what_its_channel_says_it_lacks(stage: Stage) -> None:
    traits, lacks = stage.channel.traits, stage.driver.lacks
    said = {
        Power.BUTTONS: traits.has_buttons,
        Power.LIVE_BUTTON: traits.live_button,
        Power.REWRITES: traits.can_edit,
        Power.STREAMS: traits.streaming is not Streaming.NONE,
        Power.UPLOADS: traits.max_file_bytes > 0,
    }

    assert {power: power not in lacks for power in said} == said
    assert Power.NONCES not in lacks or not traits.sends_idempotently


@needs(Power.REPEATS)
async def test_a_repeated_delivery_has_the_same_event_id_or_is_not_heard(stage: Stage) -> None:
    await stage.driver.say("once")
    await stage.hears()
    await stage.driver.say_again()
    await stage.driver.say("the end")
    await stage.until(lambda: any(event.text == "the end" for event in stage.heard))

    assert len({event.event_id for event in stage.heard if event.text == "once"}) == 1
    assert len({event.event_id for event in stage.heard}) == 2


@needs(Power.REDELIVERY)
async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(stage: Stage) -> None:
    stage.refuse(2)
    await stage.driver.say("keep me")
    [event] = await stage.hears()

    assert [refused.event_id for refused in stage.refused] == [event.event_id] * 2
    assert stage.acknowledged_when_refused == [0, 0]


@needs(Power.GROUPS)
async def test_in_a_group_only_a_mention_is_for_the_bot(stage: Stage) -> None:
    await stage.driver.say("not for the bot", room=Room.GROUP)
    await stage.driver.say("for the bot", room=Room.GROUP, mention=True)
    await stage.until(lambda: any(event.to_me for event in stage.heard))
    mentioned = stage.heard[-1]

    assert not any(event.to_me for event in stage.heard if "not for" in event.text)
    assert mentioned.text == "for the bot"
    assert not mentioned.is_direct
    assert any(isinstance(part, Mention) and part.is_me for part in mentioned.parts)


@needs(Power.QUOTES)
async def test_a_reply_carries_the_words_that_it_answers(stage: Stage) -> None:
    first = await stage.driver.say("the question")
    await stage.driver.say("the answer", answers=first)
    event = (await stage.hears(2))[-1]
    [quote] = [part for part in event.parts if isinstance(part, Quote) and part.ref is not None]

    assert event.text == "the answer"
    assert quote.ref.id == first


async def test_an_answer_to_a_card_names_it_where_the_channel_says_so(stage: Stage) -> None:
    home = await stage.home()
    card = Card(id="abcdefgh23456789", title="Run?", buttons=(Button(choice="a", label="Approve"),))
    refs = await stage.send(home, card=card)
    seen = (await stage.driver.hear())[-1]
    await stage.driver.say("同意", answers=seen.id)
    event = (await stage.hears(2))[-1]
    named = [part.ref.id for part in event.parts if isinstance(part, Quote) and part.ref is not None]

    assert event.typed == "同意"
    if stage.channel.traits.names_quoted and Power.QUOTES not in stage.driver.lacks:
        assert named
        assert set(named) <= {ref.id for ref in refs}
        assert {ref.address.room for ref in refs} == {event.address.room}


@needs(Power.FILES)
async def test_a_file_arrives_with_its_bytes(stage: Stage) -> None:
    await stage.driver.send_file("notes.txt", b"what was said", "text/plain", "read this")
    [event] = await stage.hears()
    [file] = event.files
    assert isinstance(stage.channel, FetchesFiles)

    assert (event.text, file.name, file.media_type, file.size) == ("read this", "notes.txt", "text/plain", 13)
    assert await stage.channel.fetch(file, 1000) == b"what was said"
    with pytest.raises(FileTooLarge):
        await stage.channel.fetch(file, 12)


@needs(Power.CREDENTIALS)
async def test_wrong_credentials_are_refused_in_the_platforms_own_words(stage: Stage) -> None:
    await stage.hang_up()
    wrong = stage.build(stage.driver.wrong_options(stage.mode))
    with pytest.raises(ChannelRefused) as caught:
        async with asyncio.timeout(5):
            await wrong.listen(stage.receive)
    health = await wrong.probe()

    assert stage.driver.refusal in str(caught.value)
    assert health.state is ChannelState.DOWN
    assert stage.driver.refusal in health.reason


async def test_a_probe_finds_a_working_channel_up(stage: Stage) -> None:
    await stage.home()

    assert (await stage.settled()).state is ChannelState.UP


@needs(Power.WEBHOOK)
async def test_somebody_else_cannot_speak_through_the_platforms_door(stage: Stage) -> None:
    await stage.home()
    count = len(stage.heard)
    status = await stage.driver.forge("let me in")

    assert status in {401, 403}
    assert len(stage.heard) == count


async def test_a_cancelled_connection_leaves_no_task_behind(stage: Stage) -> None:
    home = await stage.home()
    if Power.BUTTONS not in stage.driver.lacks:  # a press is worked on for a moment
        card = Card(id="abcdefgh23456789", title="Run?", buttons=(Button(choice="a", label="Approve"),))
        [ref] = await stage.send(home, card=card)
        await stage.driver.hear()
        await stage.driver.press(ref.id, "Approve")
        await stage.until(lambda: any(event.press for event in stage.heard))
    stage.stored.clear()
    saying = asyncio.create_task(stage.driver.say("never stored"))
    await stage.until(lambda: stage.storing > 0)
    await stage.hang_up()
    left = [task.get_name() for task in asyncio.all_tasks() if _is_of_the_adapter(task)]
    stage.stored.set()
    saying.cancel()
    await asyncio.wait([saying])

    assert stage.listening.cancelled()
    assert left == []


def _is_of_the_adapter(task: "asyncio.Task[object]") -> bool:
    """Neither this test, nor a fake, nor its database, nor a browser of other tests, nor a socket's server side."""
    code = getattr(task.get_coro(), "cr_code", None)
    file = code.co_filename if code else ""
    elsewhere = ("/tests/", "/gateway/", "/aiohttp/web", "/pytest", "/playwright/", "/asyncio/")
    return not any(place in file for place in elsewhere)
