"""What waits for the owner of an account, as cards for a place of the platform's own."""

import pytest

from channels.base import NotStored, Traits
from channels.messages import Account, Address
from gateway.messages.waiting_cards import WaitingCards
from governance.approvals.presses.pressed import Pressed
from governance.people.people import People, Role
from tests.unit.approval_scene import Scene, open_scene

ROOT = Account(channel="work", id="T:root", name="Root")
EVE = Account(channel="work", id="T:eve", name="Eve")
HOME = Pressed(address=Address(channel="work", room="D1"))


FEW_WORDS = Traits(max_text=2000, max_card_body=200, has_buttons=True)


@pytest.fixture
async def scene(pool) -> Scene:
    scene = await open_scene(pool)
    await scene.stage.link(ROOT, scene.root)
    await scene.stage.link(EVE, await scene.stage.person("eve", Role.OPERATOR))
    return scene


def cards_of(scene: Scene) -> WaitingCards:
    return WaitingCards(scene.stage.store, People(scene.stage.store), {"work": FEW_WORDS}.__getitem__)


async def test_a_card_waits_for_whoever_may_decide_it_until_it_is_decided(scene):
    first = await scene.asked(command="make")
    scene.stage.clock.move(seconds=1)
    second = await scene.asked(command="make all")
    before = [card.id for card in await cards_of(scene).of("work", ROOT)]
    others = await cards_of(scene).of("work", EVE)
    strangers = await cards_of(scene).of("work", Account(channel="work", id="T:nobody"))
    outcome = await scene.approvals.decide(
        scene.root, ROOT, card_id=first.card_id, choice="d", reason="no", pressed=HOME
    )
    after = [card.id for card in await cards_of(scene).of("work", ROOT)]

    assert before == [first.card_id, second.card_id]
    assert (list(others), list(strangers)) == ([], [])
    assert outcome.request
    assert outcome.request.status == "denied"
    assert after == [second.card_id]


async def test_a_card_that_is_too_long_for_the_channel_cannot_be_approved_there(scene):
    await scene.asked(command="make " + "x" * 500)
    [card] = await cards_of(scene).of("work", ROOT)

    assert "hidden here" in card.body
    assert [button.choice for button in card.buttons] == ["o", "d"]


async def test_what_cannot_be_read_is_said_to_the_channel(scene, pool):
    cards = cards_of(scene)
    await pool.close()
    with pytest.raises(NotStored):
        await cards.of("work", ROOT)
