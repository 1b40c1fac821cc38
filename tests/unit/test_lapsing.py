"""An approval is for now: a call that could not begin in time never runs, whoever notices first."""

import asyncio
from datetime import timedelta

import pytest

from channels.messages import Address
from tests.unit.approval_scene import CONSOLE, Scene, open_scene


@pytest.fixture
async def scene(pool) -> Scene:
    return await open_scene(pool)


async def test_an_approval_stands_for_its_time_and_not_longer(scene):
    request = await scene.approved()

    scene.stage.clock.move(seconds=599)
    assert await scene.approvals.expire() == 0
    assert await scene.stands(request.id) == ("approved", "approved")
    scene.stage.clock.move(seconds=1)
    assert await scene.approvals.expire() == 1
    assert await scene.stands(request.id) == ("expired", "lapsed")
    assert await scene.approvals.expire() == 0


async def test_every_card_and_the_conversation_say_so_and_the_record_has_it(scene):
    request = await scene.approved()
    scene.stage.clock.move(seconds=600)
    await scene.approvals.expire()

    cards = await scene.sent("card:%:lapsed")
    assert {card.rewrites for card in cards} == {
        f"card:{request.id}:console:{scene.root.id}",
        f"card:{request.id}:requester",
    }
    assert all(card.card.title == "Approved, but not run in time: shell" and not card.card.buttons for card in cards)
    (told,) = await scene.sent("request.lapsed:%")
    assert told.address == Address(channel="chat", room="alice")
    assert f"Request {request.code} (shell) was approved, but could not run within 10 min" in told.parts[0].text
    event = await scene.stage.last_event("approvals:request:lapsed")
    assert (event["actor"], event["status"], event["resource"]) == ("system", "denied", str(request.id))


async def test_the_sentence_is_in_the_language_of_who_asked(scene):
    await scene.stage.store.fetchval("update nexora_users set language = 'zh' where name = 'alice' returning id")
    scene.alice = await scene.stage.people.get(scene.alice.id)
    await scene.approved()
    scene.stage.clock.move(seconds=600)
    await scene.approvals.expire()

    (told,) = await scene.sent("request.lapsed:%")
    assert "批准已失效" in told.parts[0].text


async def test_a_call_that_has_begun_is_left_alone(scene):
    request = await scene.approved()
    await scene.stage.store.fetchval("update nexora_calls set state = 'running' returning id")
    scene.stage.clock.move(seconds=6000)

    assert await scene.approvals.expire() == 0
    assert await scene.stands(request.id) == ("approved", "running")


async def test_those_who_notice_at_once_say_it_once(scene):
    request = await scene.approved()
    scene.stage.clock.move(seconds=600)

    async def notice() -> bool:
        async with scene.stage.store.transaction() as work:
            return await scene.approvals.lapse(work, request.id) is not None

    noticed = await asyncio.gather(*(notice() for _ in range(5)), scene.approvals.expire())

    assert len(await scene.sent("request.lapsed:%")) == 1
    assert (await scene.stage.tags()).count("approvals:request:lapsed") == 1
    assert sum(noticed[:5]) <= 1


async def test_what_waits_for_a_decision_or_was_denied_does_not_lapse(scene):
    pending, denied = await scene.asked(), await scene.asked()
    await scene.approvals.decide(scene.root, CONSOLE, code=denied.code, choice="d")
    scene.stage.clock.move(seconds=700)

    async with scene.stage.store.transaction() as work:
        assert await scene.approvals.lapse(work, pending.id) is None
        assert await scene.approvals.lapse(work, denied.id) is None


@pytest.mark.parametrize("choice", ["a", "s", "d"])
async def test_a_press_after_the_end_decides_nothing_although_nobody_has_swept_yet(scene, choice):
    in_time, late = await scene.asked(), await scene.asked()
    scene.stage.clock.at = late.expires_at - timedelta(seconds=1)
    assert (await scene.press(scene.root, in_time, choice)).request.status != "expired"

    scene.stage.clock.at = late.expires_at
    outcome = await scene.press(scene.root, late, choice)

    assert outcome.sentence.startswith("It expired at")
    assert await scene.stands(late.id) == ("expired", "lapsed")
    assert await scene.stage.store.fetchval("select count(*) from nexora_decisions where request_id = $1", late.id) == 0
    grants = await scene.stage.store.fetchval("select count(*) from nexora_tool_grants where request_id = $1", late.id)
    assert grants == 0
    assert await scene.approvals.expire() == 0


async def test_a_late_press_hears_who_had_approved(scene):
    request = await scene.approved()
    scene.stage.clock.move(seconds=600)
    await scene.approvals.expire()

    outcome = await scene.approvals.decide(scene.root, CONSOLE, code=request.code, choice="a")

    assert outcome.sentence.startswith(
        "It was approved by root, in the console, at 6 May 07:08 UTC, but could not run in time"
    )
