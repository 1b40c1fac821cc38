"""Several questions of one kind on one card: how it stands, who may press it, and what each press does."""

import json

import pytest

from channels.messages import Account, Address
from governance.accounts.live_codes import LiveCodes
from governance.approvals.batches import kinds_of
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Asking
from governance.approvals.presses.pressed import Pressed
from governance.people.people import Role
from governance.values.reasons import because
from governance.values.verdicts import Ask, Risk
from tests.unit.approval_scene import CONSOLE, Scene, open_scene

ROOM = Address(channel="chat", room="7")
CHAT = Account(channel="chat", id="7", name="Root")


@pytest.fixture
async def scene(pool) -> Scene:
    return await open_scene(pool)


async def ask(scene: Scene, commands: list[str], *, requester=None, risk: Risk = Risk.MEDIUM):
    requester = requester or scene.alice
    askings = [
        Asking(
            kind=TOOL_CALL,
            requester=requester,
            subject={
                "tool": "shell",
                "argument": "command",
                "arguments": {"command": command},
                "pattern": f"exactly:{command}",
            },
            digest="0" * 64,
            ask=Ask(because=because("it asks"), risk=risk),
            agent="ops",
            address=ROOM,
        )
        for command in commands
    ]
    async with scene.stage.store.transaction() as work:
        return await scene.approvals.ask_all(work, askings)


async def press(scene: Scene, by, card, choice: str, **pressed):
    return await scene.approvals.decide(by, CONSOLE, card_id=card.id, choice=choice, **pressed)


def test_three_of_a_kind_are_together_and_the_order_is_kept():
    assert kinds_of(["a", "b", "a", "c", "a", "b"]) == [[0, 2, 4], [1], [5], [3]]
    assert kinds_of([]) == []


async def test_each_decider_has_one_card_which_names_each_and_approves_none(scene):
    requests = await ask(scene, ["rm a", "rm b", "x" * 301])
    cards = {copy.key.rpartition(":")[2]: copy.card for copy in await scene.sent("card:%")}

    assert set(cards) == {str(scene.root.id), "requester"}
    card = cards[str(scene.root.id)]
    assert card.title == "ops wants to run shell, 3 times"
    codes = [request.code for request in requests]
    long = "(301 characters: its own card shows it)"
    assert card.body == f"{codes[0]}\nrm a\n\n{codes[1]}\nrm b\n\n{codes[2]}\n{long}"
    assert [button.choice for button in card.buttons] == ["e", "x"]
    assert [button.label for button in cards["requester"].buttons] == ["Withdraw all"]
    assert (await scene.stage.tags()).count("approvals:request:opened") == 3
    for choice in ("a", "s", "d"):
        assert (await press(scene, scene.root, card, choice)).sentence == "There is no such request."


async def test_what_is_decided_one_by_one_leaves_the_card_of_several_up_to_date(scene):
    requests = await ask(scene, ["rm a", "rm b", "rm c"])

    await scene.press(scene.root, requests[1], "d")
    (now,) = await scene.sent(f"card:batch:%:{scene.root.id}:pdp:%")
    assert (now.card.title, now.card.body.count("rm ")) == ("ops wants to run shell, 2 times", 2)
    for request in (requests[0], requests[2]):
        await scene.press(scene.root, request, "a")
    (ended,) = await scene.sent(f"card:batch:%:{scene.root.id}:ada:%")
    assert ended.card.buttons == ()
    assert {"approved 2, denied 1"} <= {fact.value for fact in ended.card.facts}


async def test_a_code_that_was_shown_to_an_agent_and_replaced_is_new_on_the_card_of_several_each_time(scene):
    requests = await ask(scene, ["rm a", "rm b", "rm c"])
    codes, said = LiveCodes(scene.stage.store, scene.approvals.kinds), requests[0].code

    for _ in range(2):
        async with scene.stage.store.transaction() as work:
            await codes.spend(work, f"/approve {said}", by=scene.root, account=CONSOLE, place="chat:7:")
        said = (await scene.approvals.get(requests[0].id)).code
        newest = (await scene.sent(f"card:batch:%:{scene.root.id}:ppp:%"))[-1]
        assert said in newest.card.body


async def test_denying_all_rewrites_each_copy_once_and_tells_where_it_was_asked(scene):
    await ask(scene, ["rm a", "rm b", "rm c", "rm d"])
    card = (await scene.sent(f"card:batch:%:{scene.root.id}"))[0].card

    done = await press(scene, scene.root, card, "x")
    assert done.sentence == "Denied all that waited in that conversation: 4."
    rewritten = await scene.sent("card:batch:%:dddd:%")
    assert len(rewritten) == 2
    for fewer in ("d", "dd", "ddd"):
        assert await scene.sent(f"card:batch:%:{fewer}:%") == []
    again = await press(scene, scene.root, card, "x")
    assert again.sentence.startswith("Already denied by root")


async def test_the_reason_for_denying_all_stands_on_every_card_and_in_the_record(scene):
    requests = await ask(scene, ["rm a", "rm b", "rm c"])
    card = (await scene.sent(f"card:batch:%:{scene.root.id}"))[0].card

    await press(scene, scene.root, card, "x", reason=" not on a Friday ")

    assert [button.choice for button in card.buttons if button.takes_reason] == ["x"]
    ended = await scene.sent("card:batch:%:ddd:%")
    assert len(ended) == 2
    for copy in ended:
        assert {("By", "root, in the console"), ("Reason", "not on a Friday")} <= {
            (fact.label, fact.value) for fact in copy.card.facts
        }
    assert {(await scene.approvals.get(each.id)).reason for each in requests} == {"not on a Friday"}
    lines = await scene.stage.store.fetch(
        "select detail from nexora_audit_events where tag = 'approvals:request:denied'"
    )
    assert {json.loads(line["detail"])["reason"] for line in lines} == {"not on a Friday"}


async def test_whoever_may_not_decide_neither_sees_each_nor_denies_all_nor_does_a_forwarded_card(scene):
    await ask(scene, ["rm a", "rm b", "rm c"])
    card = (await scene.sent(f"card:batch:%:{scene.root.id}"))[0].card

    for choice in ("e", "x"):
        assert (await press(scene, scene.alice, card, choice)).sentence == "Only an active admin may decide this."
        elsewhere = Pressed(address=Address(channel="chat", room="mallory"))
        assert "was not sent to you here" in (await press(scene, scene.root, card, choice, pressed=elsewhere)).sentence
    assert (
        await scene.stage.store.fetchval("select count(*) from nexora_approval_requests where status = 'pending'") == 3
    )
    assert len(await scene.sent("card:%")) == 2


async def test_showing_each_sends_a_card_of_its_own_that_decides_and_follows_its_request(scene):
    requests = await ask(scene, ["rm a", "rm b", "rm c"])
    card = (await scene.sent(f"card:batch:%:{scene.root.id}"))[0].card
    await scene.press(scene.root, requests[0], "d")

    assert (await press(scene, scene.root, card, "e")).sentence == "Each has a card of its own now."
    assert (await press(scene, scene.root, card, "e")).sentence == "Each has a card of its own now."
    each = [copy for copy in await scene.sent("card:%:console:%") if "batch" not in copy.key]
    assert [copy.card.body for copy in each] == ["rm b", "rm c"]
    await scene.press(scene.root, requests[1], "a")
    assert len(await scene.sent(f"card:{requests[1].id}:console:%:outcome")) == 1


async def test_the_only_admin_sees_each_of_their_own_with_the_second_step(scene):
    requests = await ask(scene, ["rm a", "rm b", "rm c"], requester=scene.root)
    (waiting,) = await scene.sent("card:batch:%:requester")
    assert [button.choice for button in waiting.card.buttons] == ["e", "x"]

    here = Pressed(address=ROOM)
    shown = await scene.approvals.decide(scene.root, CHAT, card_id=waiting.card.id, choice="e", pressed=here)
    assert shown.sentence == "Each has a card of its own now."
    own = [copy for copy in await scene.sent("card:%:requester") if "batch" not in copy.key]
    assert [copy.card.buttons[0].label for copy in own] == ["Approve, with a code"] * 3
    pressed = await scene.approvals.decide(scene.root, CHAT, card_id=requests[0].card_id, choice="a", pressed=here)
    assert "type the code that I send you now" in pressed.sentence


async def test_with_a_second_admin_the_requester_only_waits(scene):
    await scene.stage.person("ada", Role.ADMIN)
    await ask(scene, ["rm a", "rm b", "rm c"], requester=scene.root)

    (waiting,) = await scene.sent("card:batch:%:requester")
    assert [button.label for button in waiting.card.buttons] == ["Withdraw all"]


async def test_whoever_asked_takes_all_of_a_card_back_at_once_and_nobody_else_does(scene):
    requests = await ask(scene, ["rm a", "rm b", "rm c"])
    (waiting,) = await scene.sent("card:batch:%:requester")
    await scene.press(scene.root, requests[1], "d")

    assert (await press(scene, scene.root, waiting.card, "w")).sentence.startswith("Only who asked may press")
    taken_back = await press(scene, scene.alice, waiting.card, "w")
    again = await press(scene, scene.alice, waiting.card, "w")

    assert taken_back.sentence == "Withdrawn all that waited there: 2."
    assert again.sentence == "None of these waits for a decision any more."
    stand = [await scene.approvals.get(each.id) for each in requests]
    assert [each.status.value for each in stand] == ["cancelled", "denied", "cancelled"]
    assert (await scene.stage.tags()).count("approvals:request:cancelled") == 2
    ended = await scene.sent("card:batch:%:requester:cdc:%")
    assert not ended[-1].card.buttons
