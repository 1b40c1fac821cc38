"""How many questions may wait, of whom, and what ends the asking: on one real database, for all gateways together."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from channels.messages import Address
from gateway.run.deciding import KINDS
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Asking
from governance.approvals.questions import Asked
from governance.guard.calls import ProposedCall
from governance.guard.policy import Questions
from governance.guard.targets import targets_of
from governance.values.reasons import because
from governance.values.verdicts import Ask, Effect
from tests.unit.approval_scene import CONSOLE, Scene, open_scene


@pytest.fixture
async def scene(pool) -> Scene:
    return await open_scene(pool)


def call(scene: Scene, command: str, *, person=None, room: str = "alice", agent: str = "ops") -> ProposedCall:
    return ProposedCall(
        person=person or scene.alice,
        agent=agent,
        conversation=f"chat:{room}:",
        tool="shell",
        arguments={"command": command},
        effect=Effect.RUNS,
        subject="command",
        workspace=Path("/nowhere"),
    )


async def ask(scene: Scene, asked: Asked, proposed: ProposedCall, turn=None) -> str:
    """What is said against asking about this call; empty where it was asked."""
    turn = turn or uuid4()
    async with scene.stage.store.transaction() as work:
        lack = (await asked.budget(work, proposed, turn)).lack(proposed)
        if lack is not None:
            return lack.word
        request = await scene.approvals.ask(
            work,
            Asking(
                kind=TOOL_CALL,
                requester=proposed.person,
                subject={
                    "tool": "shell",
                    "argument": "command",
                    "arguments": dict(proposed.arguments),
                    "targets": sorted(targets_of(proposed)),
                },
                digest=proposed.digest,
                ask=Ask(because=because("it asks")),
                agent=proposed.agent,
                address=Address(channel="chat", room=proposed.conversation.split(":")[1]),
            ),
        )
        await work.execute(
            "insert into nexora_calls (id, conversation, turn_id, user_id, agent, tool, arguments, digest, state,"
            " request_id, created_at, changed_at)"
            " values ($1, $2, $3, $4, $5, 'shell', '{}', $6, 'pending', $7, $8, $8)",
            uuid4(),
            proposed.conversation,
            turn,
            proposed.person.id,
            proposed.agent,
            proposed.digest,
            request.id,
            scene.stage.clock(),
        )
    return ""


@pytest.mark.parametrize(
    ("most", "others", "word"),
    [
        ({"per_turn": 2}, {"turn": True}, "budget.turn"),
        ({"per_conversation": 2}, {"agent": "dev"}, "budget.conversation"),
        ({"per_agent": 2}, {"room": "elsewhere", "who": "bob"}, "budget.agent"),
        ({"per_person": 2}, {"room": "elsewhere", "agent": "dev"}, "budget.person"),
    ],
)
async def test_what_is_beyond_a_budget_is_not_asked_and_a_decision_makes_room(scene, most, others, word):
    asked, turn = Asked(scene.stage.store, Questions(**most), KINDS), uuid4()
    bob = await scene.stage.person("bob")
    person = bob if others.get("who") else scene.alice
    third = call(scene, "rm c.txt", person=person, room=others.get("room", "alice"), agent=others.get("agent", "ops"))

    assert [await ask(scene, asked, call(scene, f"rm {name}.txt"), turn) for name in "ab"] == ["", ""]
    assert await ask(scene, asked, third, turn if others.get("turn") else None) == word
    free = call(scene, "rm d.txt", person=bob, room="free", agent="free")
    assert await ask(scene, asked, free) == ""
    query = "select code from nexora_approval_requests where agent = 'ops' limit 1"
    code = await scene.stage.store.fetchval(query)
    await scene.approvals.decide(scene.root, CONSOLE, code=code, choice="a")
    left = "" if word != "budget.turn" else word  # a turn that asked enough has asked enough
    assert await ask(scene, asked, third, turn if others.get("turn") else None) == left


async def test_two_turns_at_once_never_share_the_last_place(scene):
    asked = Asked(scene.stage.store, Questions(per_person=3), KINDS)

    words = await asyncio.gather(*(ask(scene, asked, call(scene, f"rm {number}.txt")) for number in range(8)))
    assert sorted(words) == [""] * 3 + ["budget.person"] * 5


async def test_a_denied_question_is_the_same_elsewhere_in_the_text_and_another_conversation_may_ask(scene):
    asked = Asked(scene.stage.store, Questions(), KINDS)
    assert await ask(scene, asked, call(scene, "rm a.txt")) == ""
    code = await scene.stage.store.fetchval("select code from nexora_approval_requests")
    await scene.approvals.decide(scene.root, CONSOLE, code=code, choice="d")

    assert await ask(scene, asked, call(scene, "rm a.txt")) == "again.denied"
    assert await ask(scene, asked, call(scene, "unlink a.txt")) == "again.refused"
    assert await ask(scene, asked, call(scene, "rm a.txt", room="elsewhere")) == ""
    await asked.refused.told_since("chat:alice:", uuid4(), by_person=True)
    assert await ask(scene, asked, call(scene, "rm a.txt")) == "again.denied"
    assert await ask(scene, asked, call(scene, "unlink a.txt")) == ""
    scene.stage.clock.move(minutes=10, seconds=1)
    assert await ask(scene, asked, call(scene, "rm a.txt")) == ""


async def test_what_nobody_answered_may_be_asked_again_as_soon_as_the_person_speaks(scene):
    asked = Asked(scene.stage.store, Questions(), KINDS)
    assert await ask(scene, asked, call(scene, "rm a.txt")) == ""
    scene.stage.clock.move(hours=1)
    await scene.approvals.expire()

    assert await ask(scene, asked, call(scene, "rm -f a.txt")) == "again.expired"
    await asked.refused.told_since("chat:alice:", uuid4(), by_person=True)
    assert await ask(scene, asked, call(scene, "rm a.txt")) == ""


async def test_a_decision_in_favour_begins_the_row_anew(scene):
    notices = "select count(*) from nexora_inbox where channel = 'nexora'"
    for choice, begun in (("d", 1), ("d", 2), ("a", 3), ("d", 4), ("d", 5), ("d", 5), ("d", 5)):
        request = await scene.asked()
        await scene.press(scene.root, request, choice)
        assert await scene.stage.store.fetchval(notices) == begun
    enough = await scene.sent("request.enough:%")
    assert len(enough) == 1


async def test_the_next_turn_is_told_once_what_no_turn_was_begun_for(scene):
    asked = Asked(scene.stage.store, Questions(), KINDS)
    for _ in range(4):
        await scene.press(scene.root, await scene.asked(), "d")
    turn = uuid4()

    told = await asked.refused.told_since("chat:alice:", turn, by_person=True)
    assert told.count("was denied") == 2
    assert await asked.refused.told_since("chat:alice:", turn, by_person=True) == told
    assert await asked.refused.told_since("chat:alice:", uuid4(), by_person=True) == ""
