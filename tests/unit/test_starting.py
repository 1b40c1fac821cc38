"""When an approved call begins, the rights of that moment count: of those who approved, and of whoever asked."""

from datetime import timedelta

import pytest

from agents.tools.tool import ToolResult
from agents.turn.call_ends import CallEnds
from governance.approvals.starting import Approved, lack_at_start
from governance.guard.calls import CallState
from governance.people.people import Role
from governance.values.reasons import Why, because
from tests.unit.approval_scene import Scene, open_scene


@pytest.fixture
async def scene(pool) -> Scene:
    scene = await open_scene(pool)
    await scene.stage.agent_grants.grant(scene.alice.id, "ops", by=None)
    return scene


async def lack(scene: Scene, request, **changes) -> str:
    """Why it may not begin, in English; empty when it may."""
    given = {"person_id": scene.alice.id, "agent": "ops", "decider_role": "admin", "quorum": request.quorum, **changes}
    async with scene.stage.store.transaction() as work:
        why = await lack_at_start(work, Approved(request_id=request.id, **given), scene.stage.clock())
    return why.said("en") if why else ""


async def test_an_approved_call_may_begin(scene):
    assert await lack(scene, await scene.approved()) == ""


@pytest.mark.parametrize("how", ["made an operator", "shut out"])
async def test_who_may_not_decide_any_more_has_not_decided(scene, how):
    ada = await scene.stage.person("ada", Role.ADMIN)
    request = await scene.asked()
    await scene.press(ada, request)
    if how == "shut out":
        await scene.stage.people.disable(ada.id, by=scene.root)
    else:
        await scene.stage.people.set_role(ada.id, Role.OPERATOR, by=scene.root)

    assert await lack(scene, request) == "0 of those who approved may still decide, and 1 are needed"


async def test_with_a_quorum_enough_must_be_left(scene):
    ada, bea = await scene.stage.person("ada", Role.ADMIN), await scene.stage.person("bea", Role.ADMIN)
    request = await scene.asked(quorum=3)
    for by in (scene.root, ada, bea):
        await scene.press(by, request)
    assert await lack(scene, request) == ""

    await scene.stage.people.set_role(ada.id, Role.OPERATOR, by=scene.root)
    assert await lack(scene, request) == "2 of those who approved may still decide, and 3 are needed"
    assert await lack(scene, request, quorum=2) == ""


async def test_whoever_asked_must_still_be_in_and_have_the_agent(scene):
    request = await scene.approved()
    scene.stage.clock.move(seconds=1)

    assert await lack(scene, request, agent="other") == "whoever asked may not use this agent any more"
    await scene.stage.agent_grants.revoke(scene.alice.id, "ops", by=None)
    assert await lack(scene, request) == "whoever asked may not use this agent any more"
    await scene.stage.people.disable(scene.alice.id, by=scene.root)
    assert await lack(scene, request) == "whoever asked has been shut out"


async def test_a_grant_that_has_run_out_is_none(scene):
    until = scene.stage.clock() + timedelta(hours=1)
    await scene.stage.agent_grants.grant(scene.alice.id, "timed", by=None, expires_at=until)
    request = await scene.approved()

    assert await lack(scene, request, agent="timed") == ""
    scene.stage.clock.move(hours=1)
    assert await lack(scene, request, agent="timed") == "whoever asked may not use this agent any more"


async def ended(scene: Scene, how: str) -> list[bool]:
    """Let the call of the one approved request end that way, three times; which of them ended it."""
    ends, call = CallEnds(scene.stage.store), await scene.stage.store.fetchval("select id from nexora_calls")
    if how != "refused":
        await scene.stage.store.fetchval("update nexora_calls set state = 'running' returning id")
    ways = {
        "done": lambda work: ends.ran(work, call, ToolResult(text="42")),
        "failed": lambda work: ends.ran(work, call, ToolResult(text="no", ok=False)),
        "lapsed": lambda work: ends.ran(work, call, ToolResult(text="stop", ok=False, ran=False)),
        "refused": lambda work: ends.refuse(work, call, because("the policy says no.")),
        "unknown": lambda work: ends.unknown(work, call),
    }
    done = []
    for _ in range(3):
        async with scene.stage.store.transaction() as work:
            done.append(await ways[how](work))
    return done


@pytest.mark.parametrize(
    ("how", "title", "tag"),
    [
        ("done", "Approved and run: shell", "agents:tool:ran"),
        ("failed", "Approved, but it failed: shell", "agents:tool:ran"),
        ("lapsed", "Approved, but stopped before it ran: shell", "agents:tool:not_run"),
        ("refused", "Approved, but not run: shell", "guard:call:refused"),
        ("unknown", "Approved, but nobody knows what it did: shell", "agents:tool:outcome_unknown"),
    ],
)
async def test_a_call_ends_once_and_everybody_who_saw_its_card_reads_how(scene, how, title, tag):
    request = await scene.approved()

    assert await ended(scene, how) == [True, False, False]
    assert await scene.stands(request.id) == ("approved", how)
    assert (await scene.stage.tags()).count(tag) == 1
    cards = await scene.sent("card:%:became")
    assert {card.rewrites for card in cards} == {
        f"card:{request.id}:console:{scene.root.id}",
        f"card:{request.id}:requester",
    }
    assert {card.card.title for card in cards} == {title}
    told = [text.parts[0].text for text in await scene.sent("request.%")]
    assert len(told) == (how in {"refused", "unknown"})
    assert all(f"Request {request.code} (shell) was approved by root" in text for text in told)


async def test_a_late_press_hears_what_became_of_the_call(scene):
    request = await scene.approved()
    await ended(scene, "refused")

    sentence = (await scene.press(scene.root, request)).sentence
    assert sentence.startswith("Already approved by root")
    assert sentence.endswith("It did not run: the policy says no.")


async def test_the_reason_is_read_in_the_language_of_each_reader(scene):
    await scene.stage.people.describe(scene.root.id, by=None, language="zh")
    request = await scene.approved()
    ends, call = CallEnds(scene.stage.store), await scene.stage.store.fetchval("select id from nexora_calls")
    async with scene.stage.store.transaction() as work:
        await ends.refuse(work, call, Why(word="why.deciders", fields={"left": "0", "needed": "1"}))

    by_key = {card.rewrites: card.card for card in await scene.sent("card:%:became")}
    chinese, english = by_key[f"card:{request.id}:console:{scene.root.id}"], by_key[f"card:{request.id}:requester"]
    assert (chinese.title, english.title) == ("已批准，但未执行：shell", "Approved, but not run: shell")
    assert any("批准人中仍有审批权的只有 0 人" in fact.value for fact in chinese.facts)
    assert any(fact.label == "Not run because" for fact in english.facts)


async def test_the_database_takes_no_other_end(scene):
    await scene.approved()

    with pytest.raises(Exception, match="nexora_calls_state_check"):
        await scene.stage.store.fetch("update nexora_calls set state = 'lost'")
    await scene.stage.store.fetch("update nexora_calls set state = 'denied'")
    assert await scene.stage.store.fetchval("select state from nexora_calls") == "refused", "as before this version"
    assert {state.value for state in CallState if state.is_end} == {"done", "failed", "lapsed", "refused", "unknown"}
