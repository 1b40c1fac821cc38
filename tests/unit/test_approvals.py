"""Who may decide, how often, and that what is decided stays decided: each promise about approvals as a sentence."""

import asyncio
import json
from dataclasses import replace

import pytest

from channels.messages import Account
from governance.approvals.requests import CARD_LETTERS
from governance.approvals.shown.cards import card_for
from governance.audit.log import AuditLog, describe
from governance.people.people import Role
from governance.record.urgency import place_of
from governance.values.verdicts import Risk
from tests.unit.approval_scene import CONSOLE, Scene, open_scene


@pytest.fixture
async def scene(pool) -> Scene:
    return await open_scene(pool)


async def test_whoever_asked_never_decides_not_even_an_admin(scene):
    await scene.stage.person("ada", Role.ADMIN)
    request = await scene.asked(requester=scene.root)

    for choice in ("a", "s", "d"):
        assert (await scene.press(scene.root, request, choice)).sentence.startswith("You asked for this yourself")
    assert await scene.stands(request.id) == ("pending", "pending")
    assert (await scene.stage.tags()).count("approvals:press:refused") == 3


async def test_a_person_with_two_accounts_is_one_person(scene):
    chat = Account(channel="chat", id="9", name="Root")
    await scene.stage.link(chat, scene.root)
    await scene.stage.person("ada", Role.ADMIN)
    own, other = await scene.asked(requester=scene.root), await scene.asked(quorum=2)
    by_chat = await scene.stage.people.identify(chat)

    assert not (await scene.approvals.decide(by_chat, chat, code=own.code, choice="a")).changed
    await scene.press(scene.root, other)
    again = await scene.approvals.decide(by_chat, chat, code=other.code, choice="a")
    assert again.sentence == "You have already answered; 1 more needed."
    assert await scene.stands(own.id) == await scene.stands(other.id) == ("pending", "pending")


async def test_the_account_by_which_somebody_decided_stands_beside_their_name(scene):
    chat = Account(channel="chat", id="9", name="")
    await scene.stage.link(replace(chat, name="Ada L."), scene.root)
    ada = await scene.stage.person("ada", Role.ADMIN)
    by_chat = await scene.stage.people.identify(chat)
    request, both = await scene.asked(), await scene.asked(quorum=2)

    await scene.approvals.decide(by_chat, chat, code=request.code, choice="a")
    await scene.approvals.decide(by_chat, chat, code=both.code, choice="a")
    await scene.press(ada, both, "d")

    as_it_ended = card_for(await scene.approvals.get(request.id), "en")
    (sent, *_) = await scene.sent(f"card:{request.id}:%:outcome")
    (progress, *_) = await scene.sent(f"card:{both.id}:%:progress:1")
    assert "root, on chat as Ada L. (9)" in [fact.value for fact in as_it_ended.facts]
    assert "root, on chat as Ada L. (9)" in [fact.value for fact in sent.card.facts]
    assert "1/2: root, on chat as Ada L. (9)" in [fact.value for fact in progress.card.facts]
    late = (await scene.press(ada, request)).sentence
    assert late.startswith("Already approved by root, on chat as Ada L. (9), at ")
    assert (await scene.press(by_chat, both)).sentence.startswith("Already denied by ada, in the console, at ")
    assert (await scene.approvals.withdraw(scene.alice, CONSOLE, code=(await scene.asked()).code)).changed


async def test_the_record_tells_by_which_account_somebody_decided(scene):
    chat = Account(channel="chat", id="T1:U9", name="Ada")
    await scene.stage.link(chat, scene.root)
    request = await scene.asked()
    await scene.approvals.decide(scene.root, chat, code=request.code, choice="a")
    audit_log = AuditLog(scene.stage.store)

    (line,) = await audit_log.read(None, tag="approvals:request:decided")

    assert describe(line, "en").endswith("was answered by root, on chat as T1:U9: approved")
    assert describe(line, "zh").startswith("root（chat 账号 T1:U9） 答复了请求")


async def test_a_quorum_takes_as_many_different_persons(scene):
    ada, bea = await scene.stage.person("ada", Role.ADMIN), await scene.stage.person("bea", Role.ADMIN)
    request = await scene.asked(quorum=3)

    said = [(await scene.press(by, request)).sentence for by in (scene.root, scene.root, ada)]
    assert said == [
        "Noted. 2 more must approve.",
        "You have already answered; 2 more needed.",
        "Noted. 1 more must approve.",
    ]
    assert await scene.stands(request.id) == ("pending", "pending")
    assert (await scene.press(bea, request)).sentence == "Approved."
    assert await scene.stands(request.id) == ("approved", "approved")


async def test_one_denial_ends_it_and_later_approvals_are_told_so(scene):
    ada = await scene.stage.person("ada", Role.ADMIN)
    request = await scene.asked(quorum=2)
    await scene.press(scene.root, request)

    assert (await scene.press(ada, request, "d")).sentence == "Denied."
    assert (await scene.press(scene.root, request)).sentence.startswith("Already denied by ada")
    assert await scene.stands(request.id) == ("denied", "refused")


@pytest.mark.parametrize("how", ["made an operator", "shut out"])
async def test_a_right_that_was_taken_after_the_question_no_longer_decides(scene, how):
    ada = await scene.stage.person("ada", Role.ADMIN)
    request = await scene.asked()
    if how == "shut out":
        await scene.stage.people.disable(ada.id, by=scene.root)
    else:
        await scene.stage.people.set_role(ada.id, Role.OPERATOR, by=scene.root)

    assert (await scene.press(ada, request)).sentence == "Only an active admin may decide this."
    assert await scene.stands(request.id) == ("pending", "pending")


async def test_a_hundred_presses_at_once_approve_once(scene):
    ada = await scene.stage.person("ada", Role.ADMIN)
    request = await scene.asked()

    outcomes = await asyncio.gather(*(scene.press((scene.root, ada)[n % 2], request, "as"[n % 2]) for n in range(100)))

    assert sum(outcome.changed for outcome in outcomes) == 1
    assert (await scene.stage.tags()).count("approvals:request:approved") == 1
    notices = await scene.stage.store.fetchval("select count(*) from nexora_inbox where channel = 'nexora'")
    assert notices == 1


async def test_a_button_names_an_unguessable_card_and_nothing_of_the_call(scene):
    one, other = await scene.asked(), await scene.asked()

    assert one.card_id != other.card_id
    assert len(one.card_id) == 16
    assert set(one.card_id) <= set(CARD_LETTERS)
    assert {button.choice for button in card_for(one, "en").buttons} == {"a", "s", "d"}
    assert [button.choice for button in card_for(one, "en").buttons if button.takes_reason] == ["d"]
    for forged in (one.card_id[::-1], one.code, str(one.id), "", "%"):
        outcome = await scene.approvals.decide(scene.root, CONSOLE, card_id=forged, choice="a")
        assert outcome.sentence == "There is no such request."
    assert await scene.stands(one.id) == ("pending", "pending")


async def test_a_choice_that_no_button_has_decides_nothing(scene):
    request = await scene.asked()

    for choice in ("", "A", "approve", "aa", "\0"):
        assert (await scene.press(scene.root, request, choice)).sentence == "This button means nothing here."
    assert await scene.stands(request.id) == ("pending", "pending")


async def test_what_is_critical_is_never_granted_for_longer(scene):
    request = await scene.asked(risk=Risk.CRITICAL)

    assert "too risky for a standing permission" in (await scene.press(scene.root, request, "s")).sentence
    assert {button.choice for button in card_for(request, "en").buttons} == {"a", "d"}
    assert await scene.stage.store.fetchval("select count(*) from nexora_tool_grants") == 0


async def test_a_withdrawn_request_is_dead_on_every_card(scene):
    request = await scene.asked()

    assert (await scene.approvals.withdraw(scene.alice, CONSOLE, code=request.code)).sentence == "Withdrawn."
    assert (await scene.press(scene.root, request)).sentence.startswith("Already withdrawn by alice")
    cards = await scene.sent("card:%:outcome")
    assert len(cards) == 2
    assert not any(card.card.buttons for card in cards)
    assert await scene.stands(request.id) == ("cancelled", "lapsed")


async def test_without_its_line_in_the_record_nothing_is_decided(scene):
    request = await scene.asked()
    await scene.stage.store.pool.execute(
        "create function full_disk() returns trigger language plpgsql as $$ begin raise 'no space left'; end $$;"
        "create trigger full_disk before insert on nexora_audit_events execute function full_disk()"
    )

    with pytest.raises(Exception, match="no space left"):
        await scene.press(scene.root, request)
    assert await scene.stands(request.id) == ("pending", "pending")


async def test_whoever_is_shut_out_leaves_no_request_and_the_record_counts_them(scene):
    scene.stage.people._on_disable = scene.approvals.cancel_all_of
    requests = [await scene.asked(), await scene.asked()]

    await scene.stage.people.disable(scene.alice.id, by=scene.root)

    assert {await scene.stands(request.id) for request in requests} == {("cancelled", "lapsed")}
    line = await scene.stage.last_event("chat:user:disabled")
    assert json.loads(line["detail"])["requests"] == 2
    assert (await scene.stage.last_event("approvals:request:cancelled"))["actor"] == str(scene.root.id)
    assert len(await scene.sent("card:%:outcome")) == 4


async def test_all_of_a_conversation_are_denied_at_once_by_who_may_and_one_turn_tells_of_it(scene):
    requests = [await scene.asked() for _ in range(4)]
    bob = await scene.stage.person("bob")

    refused = await scene.approvals.deny_all(bob, CONSOLE, conversation="chat:alice:")
    assert refused.sentence == "Only an active admin may decide this."
    done = await scene.approvals.deny_all(scene.root, CONSOLE, code=requests[2].code, reason="enough")
    assert done.sentence == "Denied all that waited in that conversation: 4."
    assert {await scene.stands(request.id) for request in requests} == {("denied", "refused")}
    assert await scene.stage.store.fetchval("select count(*) from nexora_inbox where channel = 'nexora'") == 1
    assert (await scene.stage.tags()).count("approvals:request:denied") == 4
    again = await scene.approvals.deny_all(scene.root, CONSOLE, conversation="chat:alice:")
    assert again.sentence.startswith("Nothing waits for a decision there.")


async def test_what_became_of_all_is_told_in_the_language_of_whoever_denied_them(scene):
    zhang = await scene.stage.person("zhang", Role.ADMIN)
    for requester in (scene.alice, scene.alice, zhang):
        await scene.asked(requester=requester)

    done = await scene.approvals.deny_all(replace(zhang, language="zh"), CONSOLE, conversation="chat:alice:")

    assert done.sentence == "已拒绝该会话的全部待审批请求：2 个。已撤回该会话的全部待审批请求：1 个。"
    by_alice = replace(scene.alice, language="zh")
    await scene.asked()
    done = await scene.approvals.deny_all(by_alice, CONSOLE, conversation="chat:alice:")
    assert done.sentence == "已撤回该会话的全部待审批请求：1 个。"


async def test_who_asked_withdraws_all_of_their_conversation(scene):
    requests = [await scene.asked() for _ in range(3)]

    done = await scene.approvals.deny_all(scene.alice, CONSOLE, conversation="chat:alice:")
    assert done.sentence == "Withdrawn all that waited there: 3."
    assert {await scene.stands(request.id) for request in requests} == {("cancelled", "lapsed")}
    assert await scene.stage.store.fetchval("select count(*) from nexora_inbox where channel = 'nexora'") == 1


async def test_each_requester_has_a_lane_of_their_own_in_a_deciders_chat(scene):
    bob = await scene.stage.person("bob")
    for requester in (scene.alice, bob):
        await scene.press(scene.root, await scene.asked(requester=requester), "d")

    rows = await scene.stage.store.fetch("select key, lane from nexora_outbox where key like 'card:%'")
    lanes = {row["lane"] for row in rows if str(scene.root.id) in row["key"]}
    assert lanes == {f"!~{person.id}~console:@{scene.root.id}:" for person in (scene.alice, bob)}
    assert {place_of(lane) for lane in lanes} == {f"console:@{scene.root.id}:"}
