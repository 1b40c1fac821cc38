"""An answer that is shown while it grows."""

import pytest

from channels.base import ChannelDown, ChannelState, LiveMessage, MessageRefused, ShowsProgress, Streaming
from channels.feishu.render import markdown
from channels.messages import Account, Address, Outbound, Ref, plain
from tests.contract.drivers import Fault, Room
from tests.contract.stage import Stage
from tests.platforms.feishu.driver import Driver
from tests.platforms.feishu.server import FakeFeishu
from tests.platforms.feishu.town import ALICE, GROUP, Card, Message

DIRECT = Address(channel="feishu", room=ALICE)


def fake(stage: Stage) -> FakeFeishu:
    assert isinstance(stage.driver, Driver)
    return stage.driver.fake


async def live(stage: Stage, address: Address = DIRECT, resumes: Ref | None = None) -> LiveMessage:
    assert isinstance(stage.channel, ShowsProgress)
    return await stage.channel.open_live(address, Account(channel="feishu", id=ALICE), None, resumes)


def only(stage: Stage, room: str = "") -> tuple[Message, Card]:
    town = fake(stage).town
    [message] = town.said_by_bot(room or town.direct(ALICE))
    return message, town.cards[message.card_id]


def changes(stage: Stage) -> list[int]:
    return [body["sequence"] for _, path, body in fake(stage).calls if "sequence" in body and "cardkit" in path]


async def test_an_answer_grows_in_one_card_whose_numbers_rise(stage: Stage):
    growing = await live(stage)
    for text in ("Hel", "Hello **wor**", "Hello **wor**", "Hello **world** <at id=all>"):
        await growing.show(text)
    standing, ref = growing.standing(), await growing.close()
    assert ref is not None
    message, card = only(stage)
    numbers = changes(stage)

    assert standing == ref == Ref(address=DIRECT, id=message.id)
    assert card.history == [markdown("Hello **wor**"), markdown("Hello **world** <at id=all>")]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 3
    assert not card.streaming
    assert (await stage.driver.hear())[0].pings == ()


async def test_a_final_text_that_is_already_shown_costs_no_call(stage: Stage):
    growing = await live(stage)
    await growing.show("all of it")
    ref = await growing.close()
    before = fake(stage).noticed

    assert await stage.send(DIRECT, parts=plain("all of it"), replaces=ref) == [ref]
    assert fake(stage).noticed == before
    assert await stage.send(DIRECT, parts=plain("all of it, and more"), replaces=ref) == [ref]
    assert [each.text for each in await stage.driver.hear()] == ["all of it, and more"]


async def test_a_growing_answer_stays_in_its_topic(stage: Stage):
    thread = await stage.driver.open_thread()
    growing = await live(stage, Address(channel="feishu", room=GROUP, thread=thread))
    await growing.show("in the topic")
    await growing.close()

    assert [each.thread for each in await stage.driver.hear(room=Room.GROUP)] == [thread]


async def test_where_the_platform_stops_typing_the_card_is_rewritten_whole(stage: Stage):
    growing = await live(stage)
    await growing.show("one")
    _, card = only(stage)
    card.streaming = False
    await growing.show("one two")
    ref = await growing.close()
    await stage.send(DIRECT, parts=plain("one two three"), replaces=ref)

    assert [each.text for each in await stage.driver.hear()] == ["one two three"]
    assert card.history == []


async def test_an_app_that_may_not_make_such_cards_says_so_and_answers_at_the_end(stage: Stage):
    await stage.home()
    fake(stage).ungranted.add("cardkit:card:write")
    growing = await live(stage)
    for text in ("one", "one two"):
        with pytest.raises(MessageRefused):
            await growing.show(text)
    health = await stage.channel.probe()

    assert await growing.close() is None
    assert sum("cardkit" in path for _, path, _ in fake(stage).calls) == 1
    assert stage.channel.traits.streaming is Streaming.NONE
    assert stage.channel.traits.has_buttons
    assert health.state is ChannelState.UP
    assert "has not granted this app cardkit:card:write" in health.reason
    await stage.send(DIRECT, parts=plain("one two three"))
    assert [each.text for each in await stage.driver.hear()] == ["one two three"]


async def test_a_stream_that_fails_to_end_is_ended_by_the_final_text(stage: Stage):
    growing = await live(stage)
    await growing.show("half")
    stage.driver.misbehave(Fault.SERVER_ERROR)
    ref = await growing.close()
    assert ref is not None
    await stage.send(DIRECT, parts=plain("half"), replaces=ref)
    _, card = only(stage)

    assert not card.streaming
    assert [each.text for each in await stage.driver.hear()] == ["half"]


async def test_what_a_killed_gateway_left_growing_is_taken_up_or_finished_by_the_next(stage: Stage):
    growing = await live(stage)
    await growing.show("half")
    ref = growing.standing()
    assert ref is not None
    stage.channel = stage.build(stage.driver.options("socket"))
    again = await live(stage, resumes=ref)
    await again.show("half and more")
    shown = [each.text for each in await stage.driver.hear()]
    stage.channel = stage.build(stage.driver.options("socket"))
    await stage.channel.send(Outbound(key="k", address=DIRECT, parts=plain("the whole"), replaces=ref))
    _, card = only(stage)

    assert again.standing() == await again.close() == ref
    assert shown == ["half and more"]
    assert [each.text for each in await stage.driver.hear()] == ["the whole"]
    assert not card.streaming


async def test_what_cannot_be_taken_up_is_refused(stage: Stage):
    again = await live(stage, resumes=Ref(address=DIRECT, id="om_gone"))
    with pytest.raises(MessageRefused, match="invalid message_id"):
        await again.show("x")


async def test_trouble_while_it_is_shown_is_told_and_leaves_the_card(stage: Stage):
    growing = await live(stage)
    await growing.show("one")
    stage.driver.misbehave(Fault.SERVER_ERROR)
    with pytest.raises(ChannelDown):
        await growing.show("one two")
    await growing.show("one two three")
    ref = await growing.close()

    assert ref is not None
    assert [each.text for each in await stage.driver.hear()] == ["one two three"]
