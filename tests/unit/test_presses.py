"""A press counts on the cards that were sent, where they were sent; every one of them ends, also a forgotten one."""

from datetime import timedelta

import pytest

from channels.codec import dump_refs
from channels.messages import Account, Address, Ref
from gateway.queue.jobs import Patience
from gateway.queue.lanes import Lanes
from governance.approvals.presses.pressed import Pressed
from governance.approvals.requests import Request
from governance.people.people import Role
from tests.unit.approval_scene import Scene, open_scene

ROOT = Account(channel="chat", id="9", name="Root")
HOME = Address(channel="chat", room="r9")
ELSEWHERE = "This button was not sent to you here"


@pytest.fixture
async def scene(pool) -> Scene:
    scene = await open_scene(pool)
    await scene.stage.link(ROOT, scene.root)
    return scene


async def sent(scene: Scene, request: Request, message: str = "m1", room: str = HOME.room) -> None:
    """The outbox has sent root's copy there."""
    refs = dump_refs([Ref(address=Address(channel="chat", room=room), id=message)])
    await scene.stage.store.fetch(
        "update nexora_outbox set state = 'done', ref = $2::jsonb where key = $1", key_of(request), refs
    )


def key_of(request: Request) -> str:
    return f"card:{request.id}:chat:9"


async def press(scene: Scene, request: Request, *, message: str = "m1", by=None, account=ROOT, choice="a", **where):
    address = Address(channel=where.get("channel", "chat"), room=where.get("room", HOME.room))
    pressed = Pressed(address=address, message=Ref(address=address, id=message), is_direct=where.get("is_direct", True))
    return await scene.approvals.decide(
        by or scene.root, account, card_id=request.card_id, choice=choice, pressed=pressed
    )


async def test_a_press_on_the_card_that_was_sent_there_counts(scene):
    request = await scene.asked()
    await sent(scene, request)

    assert (await press(scene, request)).sentence == "Approved."


@pytest.mark.parametrize(
    "where",
    [
        {"room": "r10"},
        {"room": "r10", "is_direct": False},
        {"channel": "other"},
        {"account": Account(channel="chat", id="10")},
        {"room": ""},
    ],
)
async def test_a_press_elsewhere_is_refused_with_a_sentence_and_a_line_of_the_record(scene, where):
    request = await scene.asked()
    await sent(scene, request)

    outcome = await press(scene, request, **where)

    assert outcome.sentence.startswith(ELSEWHERE)
    assert await scene.stands(request.id) == ("pending", "pending")
    event = await scene.stage.last_event("approvals:press:refused")
    assert (event["resource"], event["status"]) == (str(request.id), "denied")
    assert "the button was not sent to them there" in event["detail"]
    assert (await press(scene, request)).sentence == "Approved."


async def test_an_admin_to_whom_no_card_was_sent_decides_by_code_only(scene):
    late, account = await scene.stage.person("late"), Account(channel="chat", id="11")
    request = await scene.asked()
    await sent(scene, request)
    late = await scene.stage.people.set_role(late.id, Role.ADMIN, by=scene.root)

    assert (await press(scene, request, by=late, account=account)).sentence.startswith(ELSEWHERE)
    decided = await scene.approvals.decide(late, account, code=request.code, choice="a")
    assert decided.sentence == "Approved."


async def test_a_card_whose_place_is_not_known_yet_counts_in_private_only(scene):
    in_private, in_group = await scene.asked(), await scene.asked()

    assert (await press(scene, in_group, room="g1", is_direct=False)).sentence.startswith(ELSEWHERE)
    assert (await press(scene, in_private)).sentence == "Approved."


async def test_a_forgotten_copy_counts_and_is_rewritten_with_the_others(scene):
    """A crash kept from the database where the first copy stands; it was sent a second time."""
    request = await scene.asked()
    await sent(scene, request, "second")

    assert (await press(scene, request, message="first")).sentence == "Approved."

    rewritten = {card.rewrites for card in await scene.sent("card:%:outcome")}
    found = await scene.stage.store.fetchrow("select key, ref, state from nexora_outbox where key like '%:found:%'")
    assert {key_of(request), found["key"]} < rewritten
    assert (found["state"], '"first"' in found["ref"]) == ("done", True)


async def test_a_late_press_on_any_copy_hears_how_it_ended_and_mends_that_card_once(scene):
    request = await scene.asked()
    await sent(scene, request, "second")
    await press(scene, request, message="second", choice="d")

    for _ in range(2):
        for message in ("first", "second"):
            assert (await press(scene, request, message=message)).sentence.startswith("Already denied by root")

    mended = await scene.sent("card:%:repair:%")
    assert len(mended) == 2
    assert all(card.card.title == "Denied: shell" and not card.card.buttons for card in mended)


async def test_whoever_may_not_decide_still_mends_a_card_that_is_over(scene):
    request = await scene.asked()
    await sent(scene, request)
    await scene.approvals.withdraw(scene.alice, ROOT, code=request.code)
    await scene.stage.person("second", Role.ADMIN)
    demoted = await scene.stage.people.set_role(scene.root.id, Role.OPERATOR, by=None)

    assert (await press(scene, request, by=demoted)).sentence.startswith("Already withdrawn by alice")
    assert len(await scene.sent("card:%:repair:%")) == 1


async def test_each_decision_that_changes_nothing_leaves_no_line(scene):
    request = await scene.asked(quorum=2)
    await sent(scene, request)

    for _ in range(3):
        await press(scene, request)

    assert (await scene.stage.tags()).count("approvals:request:decided") == 1
    assert (await press(scene, request, choice="d")).sentence == "Denied."
    assert (await scene.stage.tags()).count("approvals:request:decided") == 2
    assert await scene.stage.store.fetchval("select choice from nexora_decisions") == "d"


async def test_a_card_is_remembered_for_as_long_as_a_request_can_wait(scene):
    request = await scene.asked()
    await sent(scene, request)
    sending = Lanes(scene.stage.store, "nexora_outbox", "key", "me", Patience())
    for days, left in ((15, 1), (31, 0)):
        await scene.stage.store.fetch("update nexora_outbox set done_at = now() - make_interval(days => $1)", days)
        await scene.stage.store.fetch(sending.query("forget_done"), timedelta(days=7))
        kept = await scene.stage.store.fetchval("select count(*) from nexora_outbox where key = $1", key_of(request))
        assert kept == left
