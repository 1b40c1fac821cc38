"""While an answer is prepared the message wears a reaction, which is taken off; without the right there is none."""

import pytest

from channels.base import MessageRefused
from channels.feishu.adapter import Feishu
from channels.messages import Account, Address, Ref
from channels.running.typing_sign import TakesBackTyping
from tests.contract.stage import Stage
from tests.platforms.feishu.driver import Driver
from tests.platforms.feishu.rules import Refused
from tests.platforms.feishu.server import FakeFeishu
from tests.platforms.feishu.town import ALICE

DIRECT = Address(channel="feishu", room=ALICE)
PERSON = Account(channel="feishu", id=ALICE)


def fake(stage: Stage) -> FakeFeishu:
    assert isinstance(stage.driver, Driver)
    return stage.driver.fake


def channel(stage: Stage) -> Feishu:
    assert isinstance(stage.channel, Feishu)
    return stage.channel


async def said(stage: Stage) -> Ref:
    await stage.driver.say("hello")
    [event] = await stage.hears()
    assert event.message is not None
    return event.message


async def test_the_message_wears_the_sign_once_until_it_is_taken_off(stage: Stage):
    message = await said(stage)
    worn = fake(stage).town.messages[message.id].reactions
    for _ in range(2):
        await channel(stage).show_typing(DIRECT, PERSON, message)
    assert list(worn.values()) == ["Typing"]
    for _ in range(2):
        await channel(stage).take_back_typing(DIRECT, message)

    assert worn == {}
    assert isinstance(stage.channel, TakesBackTyping)


async def test_an_answer_that_goes_on_after_a_decision_has_no_message_to_wear_it(stage: Stage):
    await said(stage)
    calls = len(fake(stage).calls)
    await channel(stage).show_typing(DIRECT, PERSON, None)
    await channel(stage).take_back_typing(DIRECT, None)

    assert len(fake(stage).calls) == calls


async def test_without_the_right_it_is_tried_once_and_everything_goes_on(stage: Stage):
    message = await said(stage)
    fake(stage).ungranted.add("im:message.reactions:write_only")
    for _ in range(3):
        await channel(stage).show_typing(DIRECT, PERSON, message)

    assert len([path for _, path, _ in fake(stage).calls if path.endswith("/reactions")]) == 1


async def test_a_message_that_is_gone_wears_nothing_and_the_next_one_does(stage: Stage):
    message = await said(stage)
    fake(stage).refusals["/reactions"].append(Refused(231003, "The message is not found."))
    with pytest.raises(MessageRefused):
        await channel(stage).show_typing(DIRECT, PERSON, message)
    await channel(stage).show_typing(DIRECT, PERSON, message)

    assert fake(stage).town.messages[message.id].reactions
