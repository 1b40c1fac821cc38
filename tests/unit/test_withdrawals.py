"""Whoever asked takes their question back, by a button or a code; nobody else does, and nothing is decided by it."""

import json

import pytest

from channels.codec import dump_refs
from channels.messages import Account, Address, Ref
from governance.approvals.presses.pressed import Pressed
from governance.approvals.requests import Choice
from governance.people.people import Role
from governance.values.verdicts import Risk
from tests.unit.approval_scene import Scene, open_scene

CHAT = Account(channel="chat", id="alice")
HERE = Pressed(address=Address(channel="chat", room="alice"))
ELSEWHERE = Pressed(address=Address(channel="chat", room="another"))
WITHDRAW = Choice.WITHDRAW.value


@pytest.fixture
async def scene(pool) -> Scene:
    return await open_scene(pool)


async def withdrawn(scene: Scene) -> list[dict]:
    rows = await scene.stage.store.fetch("select * from nexora_audit_events where tag = 'approvals:request:cancelled'")
    return [dict(row) for row in rows]


async def press(scene: Scene, request, *, by=None, place: Pressed = HERE):
    return await scene.approvals.decide(
        by or scene.alice, CHAT, card_id=request.card_id, choice=WITHDRAW, pressed=place
    )


@pytest.mark.parametrize(("language", "label", "command"), [("en", "Withdraw", "cancel"), ("zh", "撤回", "撤回")])
async def test_the_card_of_whoever_asked_has_one_button_that_takes_the_request_back(scene, language, label, command):
    alice = await scene.stage.people.describe(scene.alice.id, by=None, language=language)
    request = await scene.asked(requester=alice)

    (own,) = await scene.sent("card:%:requester")

    assert [(button.label, button.choice) for button in own.card.buttons] == [(label, WITHDRAW)]
    assert f"/{command} {request.code}" in own.card.note


async def test_a_press_ends_it_as_withdrawn_on_every_card_with_one_line_and_no_decision(scene):
    request = await scene.asked()

    outcome = await press(scene, request)

    assert (outcome.sentence, outcome.changed) == ("Withdrawn.", True)
    assert await scene.stands(request.id) == ("cancelled", "lapsed")
    cards = await scene.sent("card:%:outcome")
    assert {card.card.title for card in cards} == {"Withdrawn: shell"}
    assert len(cards) == 2
    assert not any(card.card.buttons for card in cards)
    (line,) = await withdrawn(scene)
    assert (line["actor_name"], json.loads(line["detail"])["choice"]) == ("alice", "")
    assert await scene.stage.store.fetchval("select count(*) from nexora_decisions") == 0
    assert await scene.stage.store.fetchval("select count(*) from nexora_tool_grants") == 0


async def test_nobody_else_withdraws_by_the_button_not_even_an_admin_and_it_is_recorded(scene):
    request = await scene.asked()
    bob = await scene.stage.person("bob")

    for other in (scene.root, bob):
        assert (await press(scene, request, by=other)).sentence.startswith("Only who asked may press Withdraw")

    assert await scene.stands(request.id) == ("pending", "pending")
    assert (await scene.stage.tags()).count("approvals:press:refused") == 2
    assert await withdrawn(scene) == []


async def test_an_admin_withdraws_by_the_code_and_an_operator_does_not(scene):
    request, bob = await scene.asked(), await scene.stage.person("bob")

    refused = await scene.approvals.withdraw(bob, CHAT, code=request.code)
    done = await scene.approvals.withdraw(scene.root, CHAT, code=request.code.lower())

    assert refused.sentence.startswith("Only who asked, or an admin")
    assert done.sentence == "Withdrawn."


async def test_a_press_that_was_forwarded_does_not_count(scene):
    request = await scene.asked()

    assert "was not sent to you here" in (await press(scene, request, place=ELSEWHERE)).sentence

    assert await scene.stands(request.id) == ("pending", "pending")


async def test_whoever_withdraws_too_late_hears_how_it_ended_and_what_was_withdrawn_cannot_be_decided(scene):
    decided, taken_back = await scene.asked(), await scene.asked(command="make it")
    await scene.press(scene.root, decided)
    await press(scene, taken_back)

    assert (await press(scene, decided)).sentence.startswith("Already approved by root")
    assert (await press(scene, taken_back)).sentence.startswith("Already withdrawn by alice")
    assert (await scene.press(scene.root, taken_back)).sentence.startswith("Already withdrawn by alice")
    assert await scene.stands(taken_back.id) == ("cancelled", "lapsed")
    assert len(await withdrawn(scene)) == 1


async def test_a_card_that_shows_progress_keeps_the_button_of_whoever_asked_and_no_more(scene):
    await scene.stage.person("second", Role.ADMIN)
    request = await scene.asked(quorum=2)

    await scene.press(scene.root, request)

    (own,) = await scene.sent("card:%:requester:progress:1")
    assert [button.choice for button in own.card.buttons] == [WITHDRAW]
    assert own.card.fallback == ""
    assert f"/cancel {request.code}" in own.card.note


async def test_a_card_that_was_found_again_keeps_it_too(scene):
    request = await scene.asked(risk=Risk.HIGH)
    room = Address(channel="chat", room="alice")
    await scene.stage.store.pool.execute(
        "update nexora_outbox set ref = $1::jsonb where key like '%:requester'",
        dump_refs([Ref(address=room, id="first")]),
    )

    again = Pressed(address=room, message=Ref(address=room, id="second"))
    assert (await press(scene, request, by=scene.root, place=again)).sentence.startswith("Only who asked")

    (found,) = await scene.sent("card:%:found:%")
    assert [button.choice for button in found.card.buttons] == [WITHDRAW]


async def test_a_choice_that_withdraws_never_stands_for_an_agent():
    from governance.approvals.bindings import LETTERS  # noqa: PLC0415  # beside what it is compared with

    assert WITHDRAW not in LETTERS
