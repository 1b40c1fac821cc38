"""The only admin confirms what they asked for themselves, by a code of their own, until there is another admin."""

import asyncio
import re
from pathlib import Path

import pytest

from channels.messages import Account, Address
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals
from governance.approvals.presses.pressed import Pressed
from governance.approvals.shown.cards import card_for
from governance.approvals.sole_admin import MOST_CODES, MOST_TRIES
from governance.approvals.starting import Approved, lack_at_start
from governance.approvals.tool_grants import ToolGrants
from governance.guard.calls import ProposedCall
from governance.guard.patterns import pattern_for
from governance.guard.reading import read_call
from governance.people.people import Role
from governance.values.verdicts import Ask, Effect, Risk, SoleAdmin
from tests.unit.approval_scene import Scene, open_scene

CHAT = Account(channel="chat", id="7", name="Root")
ROOM = Address(channel="chat", room="7")
HERE = Pressed(address=ROOM)
WRONG = "This code is wrong, used or too old."


@pytest.fixture
async def scene(pool) -> Scene:
    return await open_scene(pool)


async def press(scene: Scene, request, choice: str = "a", place: Pressed = HERE):
    return await scene.approvals.decide(scene.root, CHAT, code=request.code, choice=choice, place=place)


async def code_of(scene: Scene) -> str:
    """The code in the newest message."""
    message = (await scene.sent("confirm:%"))[-1]
    found = re.search(r"\d{3}-\d{3}", message.text)
    assert found is not None
    return found.group()


async def type_(scene: Scene, code: str, *, account: Account = CHAT, room: str = "7") -> str:
    return (await scene.approvals.confirm(scene.root, account, code, room=room)).sentence


async def test_a_press_decides_nothing_before_the_code_is_typed_and_then_all_say_who_confirmed(scene):
    request = await scene.asked(requester=scene.root)

    said = await press(scene, request)
    assert not said.changed
    assert "type the code that I send you now" in said.sentence
    assert await scene.stands(request.id) == ("pending", "pending")
    code = await code_of(scene)
    (message,) = await scene.sent("confirm:%")
    assert (message.address, message.only_for) == (ROOM, CHAT)

    assert await type_(scene, code) == "Approved."
    assert await scene.stands(request.id) == ("approved", "approved")
    decided = await scene.approvals.get(request.id)
    assert decided.is_confirmed
    assert "root, on chat as 7 (confirmed by the requester)" in [fact.value for fact in card_for(decided, "en").facts]
    assert "root（chat 账号 7）（请求人本人确认）" in [fact.value for fact in card_for(decided, "zh").facts]
    tags = await scene.stage.tags()
    assert "approvals:request:confirmed" in tags
    assert "approvals:request:decided" not in tags
    assert code not in str([dict(row) for row in await scene.stage.store.fetch("select * from nexora_audit_events")])


async def test_the_card_of_the_only_admin_has_buttons_and_says_what_they_take(scene):
    await scene.asked(requester=scene.root)
    (own,) = await scene.sent("card:%:requester")
    assert [button.label for button in own.card.buttons] == ["Approve, with a code", "Deny", "For this conversation"]
    assert "You are the only admin" in own.card.note

    await scene.stage.person("ada", Role.ADMIN)
    await scene.asked(requester=scene.root)
    assert [button.label for button in (await scene.sent("card:%:requester"))[-1].card.buttons] == ["Withdraw"]


async def test_a_code_is_good_once_in_one_conversation_of_one_person_for_five_minutes(scene):
    request = await scene.asked(requester=scene.root)
    await press(scene, request)
    code = await code_of(scene)
    ada = await scene.stage.person("ada")

    assert (await type_(scene, code, room="8")).startswith(WRONG)
    assert (await type_(scene, code, account=Account(channel="chat", id="8"))).startswith(WRONG)
    other = await scene.approvals.confirm(ada, CHAT, code, room="7")
    assert other.sentence.startswith(WRONG)
    scene.stage.clock.move(minutes=5, seconds=1)
    assert (await type_(scene, code)).startswith(WRONG)
    assert await scene.stands(request.id) == ("pending", "pending")

    await press(scene, request)
    newer = await code_of(scene)
    assert await type_(scene, newer.replace("-", " ")) == "Approved."
    assert (await type_(scene, newer)).startswith(WRONG)


async def test_a_newer_code_takes_the_place_of_the_older_one(scene):
    request = await scene.asked(requester=scene.root)
    await press(scene, request)
    older = await code_of(scene)
    await press(scene, request)
    newer = await code_of(scene)

    if older != newer:
        assert (await type_(scene, older)).startswith(WRONG)
    assert await type_(scene, newer) == "Approved."


async def test_five_wrong_codes_end_a_code_also_when_they_are_typed_at_once(scene):
    request = await scene.asked(requester=scene.root)
    await press(scene, request)
    code = await code_of(scene)
    wrong = "000-000" if code != "000-000" else "000-001"

    await asyncio.gather(*(type_(scene, wrong) for _ in range(MOST_TRIES)))
    assert (await type_(scene, code)).startswith(WRONG)
    assert await scene.stands(request.id) == ("pending", "pending")
    assert (await scene.stage.tags()).count("approvals:confirmation:refused") == MOST_TRIES + 1
    for _ in range(MOST_CODES - 1):
        await press(scene, request)
    assert "Too many codes" in (await press(scene, request)).sentence


async def test_a_right_code_costs_no_other_request_a_try(scene):
    requests = [await scene.asked(requester=scene.root) for _ in range(MOST_TRIES + 2)]
    codes = []
    for request in requests:
        await press(scene, request)
        codes.append(await code_of(scene))

    assert [await type_(scene, code) for code in codes] == ["Approved."] * len(codes)


async def test_one_code_typed_a_hundred_times_at_once_approves_once(scene):
    request = await scene.asked(requester=scene.root)
    await press(scene, request)
    code = await code_of(scene)

    said = await asyncio.gather(*(type_(scene, code) for _ in range(20)))
    assert said.count("Approved.") == 1
    assert (await scene.stage.tags()).count("approvals:request:approved") == 1
    assert await scene.stage.store.fetchval("select count(*) from nexora_inbox where channel = 'nexora'") == 1


async def test_two_presses_at_once_leave_one_code(scene):
    request = await scene.asked(requester=scene.root)

    await asyncio.gather(press(scene, request), press(scene, request))
    assert await scene.stage.store.fetchval("select count(*) from nexora_confirmations where ended_at is null") == 1


async def test_a_second_admin_between_press_and_code_ends_it(scene):
    request = await scene.asked(requester=scene.root)
    await press(scene, request)
    ada = await scene.stage.person("ada", Role.ADMIN)

    assert (await type_(scene, await code_of(scene))).startswith("You asked for this yourself")
    assert await scene.stands(request.id) == ("pending", "pending")
    await scene.stage.people.disable(ada.id, by=scene.root)
    await press(scene, request)
    assert await type_(scene, await code_of(scene)) == "Approved."


async def test_an_admin_who_was_shut_out_between_press_and_code_decides_nothing(scene):
    request = await scene.asked(requester=scene.root)
    await press(scene, request)
    await scene.stage.store.pool.execute("update nexora_users set status = 'disabled' where id = $1", scene.root.id)

    assert await type_(scene, await code_of(scene)) == "Only an active admin may decide this."
    assert await scene.stands(request.id) == ("pending", "pending")


async def test_a_second_admin_between_code_and_start_ends_it_too(scene):
    request = await scene.asked(requester=scene.root)
    await press(scene, request)
    await type_(scene, await code_of(scene))
    call = Approved(request_id=request.id, person_id=scene.root.id, agent="ops", decider_role="admin", quorum=1)
    await scene.stage.agent_grants.grant(scene.root.id, "ops", by=None)

    async with scene.stage.store.transaction() as work:
        assert await lack_at_start(work, call, scene.stage.clock()) is None
    await scene.stage.person("ada", Role.ADMIN)
    async with scene.stage.store.transaction() as work:
        assert (await lack_at_start(work, call, scene.stage.clock())).word == "why.deciders"


async def test_what_the_only_admin_allowed_themselves_ends_with_the_second(scene):
    request = await scene.asked(requester=scene.root)
    await press(scene, request, "s")
    assert "Approved for this conversation" in await type_(scene, await code_of(scene))
    proposed = ProposedCall(
        person=scene.root,
        agent="ops",
        conversation="chat:alice:",
        tool="shell",
        arguments={"command": "make"},
        effect=Effect.RUNS,
        subject="command",
        workspace=Path("/nowhere"),
        contents={},
    )
    call = read_call(proposed, contained=True)
    await scene.stage.store.pool.execute("update nexora_tool_grants set pattern = $1", pattern_for(call))

    grants = ToolGrants(scene.stage.store)
    assert await grants.find(call) is not None
    await scene.stage.person("ada", Role.ADMIN)
    assert await grants.find(call) is None


async def test_critical_risk_stays_refused_and_says_what_to_do(scene):
    request = await scene.asked(requester=scene.root, risk=Risk.CRITICAL)

    assert "Invite a second admin" in (await press(scene, request)).sentence
    assert await scene.sent("confirm:%") == []
    ask = Ask(because=request.because, risk=Risk.CRITICAL)
    assert "./nexora user create NAME --role admin" in str(await scene.approvals.lack_of_deciders(ask, scene.root))
    (own,) = await scene.sent("card:%:requester")
    assert [button.label for button in own.card.buttons] == ["Withdraw"]


async def test_a_fresh_installation_with_one_admin_may_ask_and_the_policy_may_refuse_that(scene):
    ask = Ask(because=(await scene.asked()).because, risk=Risk.HIGH)
    strict = Approvals(scene.stage.store, ToolGrants(scene.stage.store), [TOOL_CALL], sole_admin=SoleAdmin.REFUSED)
    request = await scene.asked(requester=scene.root)

    assert await scene.approvals.lack_of_deciders(ask, scene.root) is None
    assert await scene.approvals.lack_of_deciders(Ask(because=ask.because, quorum=2), scene.root) is not None
    assert "besides the person who asks, and there are 0" in str(await strict.lack_of_deciders(ask, scene.root))
    refused = await strict.decide(scene.root, CHAT, code=request.code, choice="a", place=HERE)
    assert refused.sentence.startswith("You asked for this yourself")


async def test_the_only_admin_denies_their_own_without_a_code(scene):
    request = await scene.asked(requester=scene.root)

    assert (await press(scene, request, "d")).sentence == "Denied."
    assert not (await scene.approvals.get(request.id)).is_confirmed


async def test_a_press_in_a_group_sends_the_code_to_the_private_chat(scene):
    request = await scene.asked(requester=scene.root)
    said = await press(scene, request, place=Pressed(address=Address(channel="chat", room="group"), is_direct=False))

    assert "in our private chat" in said.sentence
    (message,) = await scene.sent("confirm:%")
    assert message.address.room == "@7"
    assert await type_(scene, await code_of(scene), room="whatever the platform calls it") == "Approved."


async def test_only_what_looks_like_a_code_and_is_awaited_is_taken_for_one(scene):
    own = scene.approvals.own
    assert not await own.is_awaited(scene.root, CHAT, "482-913")
    request = await scene.asked(requester=scene.root)
    await press(scene, request)

    assert [
        await own.is_awaited(scene.root, CHAT, text) for text in ("482-913", " 482913 ", "4829", "it is 482-913")
    ] == [
        True,
        True,
        False,
        False,
    ]
    scene.stage.clock.move(minutes=59)
    assert await own.is_awaited(scene.root, CHAT, "482913")
    scene.stage.clock.move(minutes=2)
    assert not await own.is_awaited(scene.root, CHAT, "482913")


async def test_what_is_put_to_operators_admins_decide_too(scene):
    bob = await scene.stage.person("bob")
    ask = Ask(because=(await scene.asked()).because, decider_role="operator")

    assert await scene.approvals.lack_of_deciders(ask, scene.alice) is None
    for decider in (scene.root, bob):
        request = await scene.asked(decider_role="operator")
        assert [each.id for each in await scene.approvals.pending(bob)] == [request.id]
        assert (await scene.press(decider, request)).sentence == "Approved."
    keys = [copy.key for copy in await scene.sent("card:%")]
    assert sum(str(scene.root.id) in key for key in keys) >= 2
