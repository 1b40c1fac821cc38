"""What every adapter owes when its connection breaks or others speak, on its fake platform, under a supervisor."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from channels.base import Channel, ChannelError, ChannelState, FetchesFiles
from channels.messages import FileKind
from channels.running.supervisor import Supervisor
from tests.contract.asked import needs
from tests.contract.drivers import Cut, Power, Room
from tests.contract.stage import HURRIED, Supervised


@asynccontextmanager
async def running(stage: Supervised) -> AsyncIterator[Supervisor]:
    """The stage's channel under a supervisor in a hurry, once it is up."""
    supervisor = await stage.start_again(HURRIED)
    try:
        await becomes(supervisor, ChannelState.UP)
        yield supervisor
    finally:
        await stage.hang_up()


async def becomes(supervisor: Supervisor, state: ChannelState) -> None:
    async with asyncio.timeout(8):
        while supervisor.health.state is not state:  # noqa: ASYNC110 -- health is asked for, not announced
            await asyncio.sleep(0.01)


async def heard_again(stage: Supervised) -> None:
    """Say something until it is heard: once, where the platform keeps it for us, else as people do."""
    async with asyncio.timeout(10):
        for number in itertools.count():
            await stage.driver.say(f"after {number}")
            if keeps_for_us(stage):
                while not any(event.text == "after 0" for event in stage.heard):  # noqa: ASYNC110 -- by other tasks
                    await asyncio.sleep(0.01)
                return
            await asyncio.sleep(0.2)
            if any(event.text.startswith("after") for event in stage.heard):
                return


async def found_out(channel: Channel) -> None:
    """That nobody answers is seen by a probe; what was answered before may deceive the first."""
    with contextlib.suppress(ChannelError, TimeoutError):
        async with asyncio.timeout(0.5):
            assert ChannelState.UP not in [(await channel.probe()).state for _ in range(3)][1:]


def keeps_for_us(stage: Supervised) -> bool:
    """Whether what is said while nobody listens comes later."""
    return not {Power.HISTORY, Power.REDELIVERY} <= stage.driver.lacks


@needs(Power.LINE, each=("how", lambda driver: sorted(driver.cuts - {Cut.REVOKED})))
async def test_whatever_happens_to_a_connection_the_next_message_is_heard_once(stage: Supervised, how: Cut) -> None:
    await stage.home()
    async with running(stage) as supervisor:
        await stage.driver.say("before")
        await stage.until(lambda: any(event.text == "before" for event in stage.heard))
        channel = stage.channel
        await stage.driver.cut(how)
        if how is Cut.DEAF and Power.PINGS not in stage.driver.lacks:
            await found_out(channel)
        await heard_again(stage)
        await becomes(supervisor, ChannelState.UP)

    assert len({event.event_id for event in stage.heard if event.text == "before"}) == 1
    assert len({event.event_id for event in stage.heard if event.text.startswith("after")}) == len(
        {event.text for event in stage.heard if event.text.startswith("after")}
    )


@needs(Power.LINE, each=("how", lambda driver: driver.cuts & {Cut.REVOKED}))
async def test_credentials_that_are_taken_back_are_a_channel_down_in_the_platforms_own_words(
    stage: Supervised, how: Cut
) -> None:
    async with running(stage) as supervisor:
        await stage.driver.cut(how)
        async with asyncio.timeout(8):
            while stage.driver.refusal not in supervisor.health.reason:  # noqa: ASYNC110 -- asked for, not announced
                await asyncio.sleep(0.01)

        assert supervisor.health.state is ChannelState.DOWN


@needs(Power.HISTORY)
async def test_what_was_said_while_nobody_listened_is_heard_once_at_the_next_start(stage: Supervised) -> None:
    await stage.home()
    await stage.hang_up()
    await stage.driver.say("while away")
    async with running(stage):
        await stage.until(lambda: any(event.text == "while away" for event in stage.heard))
        await stage.driver.say("and now")
        await stage.until(lambda: any(event.text == "and now" for event in stage.heard))

    assert len({event.event_id for event in stage.heard}) == len({event.text for event in stage.heard})


@needs(Power.BOTS)
async def test_bots_and_our_own_words_are_not_heard(stage: Supervised) -> None:
    await stage.driver.say_as_bot("I am another bot", mine=False)
    await stage.driver.say_as_bot("I am yourself", mine=True)
    await stage.driver.say("I am a person")
    await stage.hears()

    assert [event.text for event in stage.heard] == ["I am a person"]


@needs(Power.EDITS)
async def test_what_is_edited_or_removed_is_not_said_again(stage: Supervised) -> None:
    first = await stage.driver.say("first")
    await stage.hears()
    await stage.driver.edit(first, "first, rewritten")
    await stage.driver.remove(first)
    await stage.driver.say("afterwards")
    await stage.until(lambda: any(event.text == "afterwards" for event in stage.heard))

    assert [event.text for event in stage.heard if event.corrects is None] == ["first", "afterwards"]


@needs(Power.VOICE)
@pytest.mark.parametrize("kind", [FileKind.VOICE, FileKind.IMAGE])
async def test_voice_and_pictures_arrive_as_what_they_are(stage: Supervised, kind: FileKind) -> None:
    await stage.driver.send_media(kind, b"the bytes of it")
    [event] = await stage.hears()
    [file] = event.files
    assert isinstance(stage.channel, FetchesFiles)

    assert file.presented_as is kind
    assert file.media_type.startswith("audio/" if kind is FileKind.VOICE else "image/")
    assert file.name
    assert await stage.channel.fetch(file, 1000) == b"the bytes of it"


@needs(Power.REDELIVERY)
async def test_nothing_is_acknowledged_while_the_database_takes_its_time(stage: Supervised) -> None:
    stage.stored.clear()
    saying = asyncio.create_task(stage.driver.say("slowly"))
    await asyncio.sleep(0.2)
    early = stage.driver.acknowledged
    stage.stored.set()
    await stage.hears()
    await saying
    async with asyncio.timeout(5):
        while not stage.driver.acknowledged:  # noqa: ASYNC110 -- drivers count, they announce nothing
            await asyncio.sleep(0.01)

    assert early == 0
    assert [event.text for event in stage.heard] == ["slowly"]


@needs(Power.GROUPS, Power.SAME_PERSON)
async def test_the_same_person_is_the_same_account_in_private_and_in_a_group(stage: Supervised) -> None:
    await stage.driver.say("in private")
    await stage.driver.say("in the group", room=Room.GROUP, mention=True)
    private, public = await stage.hears(2)

    assert private.address != public.address
    assert private.sender.id == public.sender.id
