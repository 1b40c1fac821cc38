"""QQ's own sign that an answer is being prepared: in private, once for a message, and never in place of an answer."""

from collections.abc import AsyncIterator

import pytest

from channels.messages import Account, Address, Ref, plain
from channels.qq.adapter import QQ
from channels.qq.passive import PRIVATE_ANSWERS
from channels.running.typing_sign import ShowsTyping, TakesBackTyping
from tests.contract.drivers import Room
from tests.contract.stage import Stage
from tests.platforms.qq import driver
from tests.platforms.qq.driver import ALICE
from tests.platforms.qq.server import FakeQQ


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage("qq", "socket", driver()) as made:
        yield made


def fake(stage: Stage) -> FakeQQ:
    found: FakeQQ = stage.driver.fake  # type: ignore[attr-defined]
    return found


async def sign(stage: Stage, address: Address, answers: Ref | None) -> None:
    assert isinstance(stage.channel, QQ)
    await stage.channel.show_typing(address, Account(channel="qq", id=ALICE), answers)


async def test_whoever_writes_in_private_sees_once_that_it_is_being_answered(stage: Stage) -> None:
    await stage.driver.say("hello")
    [event] = await stage.hears()
    for _ in range(2):
        await sign(stage, event.address, event.message)

    assert fake(stage).typing == [ALICE]
    assert isinstance(stage.channel, ShowsTyping)
    assert not isinstance(stage.channel, TakesBackTyping)


async def test_the_sign_takes_no_answer_away(stage: Stage) -> None:
    home = await stage.home()
    await sign(stage, home, None)
    for number in range(PRIVATE_ANSWERS):
        await stage.send(home, parts=plain(f"answer {number}"))

    assert len(await stage.driver.hear(PRIVATE_ANSWERS)) == PRIVATE_ANSWERS


async def test_a_group_has_no_such_sign_and_neither_has_whoever_wrote_nothing(stage: Stage) -> None:
    await stage.driver.say("hello", room=Room.GROUP, mention=True)
    [event] = await stage.hears()
    await sign(stage, event.address, event.message)
    await sign(stage, Address(channel="qq", room="somebody"), None)

    assert fake(stage).typing == []
