"""A group asks once which agent answers in it; an admin's press or command binds it, and every card says so."""

import asyncio

import pytest_asyncio

from channels.messages import Account, Address, Inbound, plain
from governance.approvals.bindings import BINDING, LETTERS, Bindings
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals
from governance.approvals.requests import RequestStatus
from governance.approvals.shown.cards import card_for
from governance.approvals.tool_grants import ToolGrants
from governance.people.people import Role
from tests.unit.approval_scene import Scene, open_scene

GROUP = Address(channel="chat", room="g1", thread="t1")
AGENTS = ["assistant", "ops", "writer"]


@pytest_asyncio.fixture(loop_scope="session")
async def scene(pool):
    built = await open_scene(pool)
    built.bindings = Bindings(built.stage.store)
    kinds = (TOOL_CALL, BINDING.with_effect(built.bindings.decided))
    built.approvals = Approvals(built.stage.store, ToolGrants(built.stage.store), kinds)
    return built


def said(scene: Scene, address: Address = GROUP) -> Inbound:
    sender = Account(channel="chat", id="alice")
    return Inbound(
        event_id="1", at=scene.stage.clock(), address=address, sender=sender, parts=plain("hello"), is_direct=False
    )


async def asked(scene, agents=AGENTS):
    assert await scene.bindings.ask(scene.approvals, said(scene), scene.alice, agents)
    (request,) = await scene.approvals.pending(scene.root)
    return request


async def agent_of(scene, room="g1", thread=""):
    known = await scene.bindings.of(Address(channel="chat", room=room, thread=thread))
    return known and known.agent


async def test_the_card_has_a_button_for_each_agent_and_one_to_leave_it_open(scene):
    request = await asked(scene)
    card = card_for(request, "en")

    assert card.title == "Which agent answers in chat · g1?"
    assert [(button.choice, button.label) for button in card.buttons] == [
        ("b", "assistant"),
        ("c", "ops"),
        ("e", "writer"),
        ("d", "Leave it open"),
    ]
    assert [(fact.label, fact.value) for fact in card.facts][:4] == [
        ("Group", "chat · g1"),
        ("First spoken to by", "alice, on chat as alice"),
        ("First words", "hello"),
        ("Agents", "assistant, ops, writer"),
    ]
    assert f"/approve {request.code} AGENT" in card.fallback
    assert "群组" in card_for(request, "zh").title


async def test_a_press_binds_the_room_with_all_its_threads_and_no_other(scene):
    request = await asked(scene)

    outcome = await scene.press(scene.root, request, "c")

    assert outcome.changed
    assert outcome.sentence.startswith("ops answers in that group")
    assert await agent_of(scene) == "ops"
    assert await agent_of(scene, thread="another") == "ops"
    assert await agent_of(scene, room="g2") is None
    (rewritten,) = await scene.sent("%:outcome")
    assert rewritten.card.title == "ops answers in chat · g1"
    assert not rewritten.card.buttons
    event = await scene.stage.last_event("approvals:room:bound")
    assert (event["actor"], event["resource"]) == (str(scene.root.id), "chat:g1")


async def test_late_presses_and_those_of_others_bind_nothing(scene):
    request = await asked(scene)

    assert "admin" in (await scene.press(scene.alice, request, "c")).sentence
    assert await agent_of(scene) == ""
    await scene.press(scene.root, request, "c")
    late = await scene.press(scene.root, request, "e")

    assert "Already approved" in late.sentence
    assert not late.changed
    assert await agent_of(scene) == "ops"


async def test_two_admins_who_press_at_once_bind_it_once(scene):
    second = await scene.stage.person("second", Role.ADMIN)
    request = await asked(scene)

    outcomes = await asyncio.gather(scene.press(scene.root, request, "b"), scene.press(second, request, "e"))

    assert [outcome.changed for outcome in outcomes].count(True) == 1
    assert (await scene.stage.tags()).count("approvals:room:bound") == 1


async def test_approving_without_an_agent_is_answered_with_how_to_name_one(scene):
    request = await asked(scene)

    for choice in ("a", "s"):
        outcome = await scene.approvals.decide(
            scene.root, Account(channel="chat", id="root"), code=request.code, choice=choice
        )
        assert f"/approve {request.code} AGENT" in outcome.sentence
    unknown = await scene.press(scene.root, request, "z")

    assert unknown.sentence == "This button means nothing here."
    assert (await scene.approvals.get(request.id)).is_pending


async def test_a_room_that_was_left_open_or_forgotten_is_not_asked_about_again(scene):
    request = await asked(scene)
    outcome = await scene.press(scene.root, request, "d")

    assert outcome.sentence.startswith("Left open")
    assert await agent_of(scene) == ""
    assert not await scene.bindings.ask(scene.approvals, said(scene), scene.alice, AGENTS)

    other = Address(channel="chat", room="g9")
    assert await scene.bindings.ask(scene.approvals, said(scene, other), scene.alice, AGENTS)
    scene.stage.clock.move(days=8)
    assert await scene.approvals.expire() == 1
    assert await agent_of(scene, room="g9") == ""
    assert not await scene.bindings.ask(scene.approvals, said(scene, other), scene.alice, AGENTS)


async def test_many_words_at_once_ask_once(scene):
    answers = await asyncio.gather(
        *(scene.bindings.ask(scene.approvals, said(scene), scene.alice, AGENTS) for _ in range(5))
    )

    assert sorted(answers) == [False, False, False, False, True]
    assert len(await scene.approvals.pending(scene.root)) == 1


async def test_a_command_settles_a_question_that_waits(scene):
    request = await asked(scene)

    await scene.bindings.bind(GROUP, "writer", by=scene.root)

    assert await agent_of(scene) == "writer"
    assert (await scene.approvals.get(request.id)).status is RequestStatus.CANCELLED
    (rewritten,) = await scene.sent("%:outcome")
    assert rewritten.card.title == "Settled with a command: chat · g1"
    late = await scene.press(scene.root, request, "c")
    assert not late.changed
    assert await agent_of(scene) == "writer"


async def test_unbinding_tells_who_answered_and_is_recorded_once(scene):
    await scene.bindings.bind(GROUP, "ops", by=scene.root)

    assert await scene.bindings.unbind(GROUP, by=scene.root) == "ops"
    assert await scene.bindings.unbind(GROUP, by=scene.root) == ""
    assert await agent_of(scene) == ""
    assert [tag for tag in await scene.stage.tags() if ":room:" in tag] == ["chat:room:bound", "chat:room:unbound"]


async def test_a_card_shows_no_more_buttons_than_every_platform_takes(scene):
    request = await asked(scene, [f"agent-{number:02}" for number in range(40)])
    card = card_for(request, "en")

    assert len(card.buttons) == 6
    (named,) = [fact.value for fact in card.facts if fact.label == "Agents"]
    assert "agent-05" in named
    assert f"/approve {request.code} AGENT" in named
    assert len(request.agents) == len(LETTERS)
    outcome = await scene.press(scene.root, request, LETTERS[-1])
    assert outcome.changed
    assert await agent_of(scene) == f"agent-{len(LETTERS) - 1:02}"
