"""Whoever asks, and whoever takes a question back, stands with the account by which they did, wherever that is read."""

from dataclasses import replace

import pytest

from channels.messages import Account, Address
from governance.approvals.presses.pressed import Pressed
from governance.approvals.requests import Choice
from governance.approvals.shown.cards import card_for
from governance.audit.log import AuditLog, describe
from tests.unit.approval_scene import Scene, open_scene

CHAT = Account(channel="chat", id="17", name="Root (admin)")
HERE = Pressed(address=Address(channel="chat", room="alice"))
SAID = "alice, on chat as Root (admin) (17)"


@pytest.fixture
async def scene(pool) -> Scene:
    return await open_scene(pool)


def values(card) -> list[str]:
    return [fact.value for fact in card.facts]


async def test_every_card_of_a_request_names_the_account_by_which_it_was_asked(scene):
    request = await scene.asked(account=CHAT)

    sent = await scene.sent(f"card:{request.id}:%")
    (waiting,) = [each for each in await scene.approvals.pending(scene.root) if each.id == request.id]

    assert len(sent) == 2
    assert all(SAID in values(copy.card) for copy in sent)
    assert waiting.asker.said("zh") == "alice（chat 账号 Root (admin) (17)）"


async def test_an_account_without_a_name_has_the_one_under_which_it_is_known(scene):
    await scene.stage.link(replace(CHAT, name="Al"), scene.alice)

    request = await scene.asked(account=replace(CHAT, name=""))

    found = await scene.approvals.get(request.id)
    assert found.asker.said("en") == "alice, on chat as Al (17)"


async def test_a_request_of_before_names_the_person_alone(scene):
    request = await scene.asked()

    assert request.asker.said("en") == "alice"


async def test_the_outcome_and_the_record_name_the_account_by_which_it_was_withdrawn(scene):
    request = await scene.asked(account=CHAT)
    (own,) = await scene.sent("card:%:requester")

    await scene.approvals.decide(scene.alice, CHAT, card_id=own.card.id, choice=Choice.WITHDRAW.value, pressed=HERE)

    assert SAID in values(card_for(await scene.approvals.get(request.id), "en"))
    assert all(SAID in values(copy.card) for copy in await scene.sent("card:%:outcome"))
    lines = await AuditLog(scene.stage.store).read(None, tag="approvals:request", limit=9)
    told = [describe(line, "en") for line in lines]
    assert told[0].endswith("was withdrawn by alice, on chat as 17")
    assert told[1].startswith("alice, on chat as 17 asked for shell")
