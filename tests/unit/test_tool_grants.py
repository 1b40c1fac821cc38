"""A permission "for this conversation" covers what it was given for, until its end, its withdrawal, and no further."""

from pathlib import Path

import pytest

from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Asking
from governance.approvals.tool_grants import ToolGrants
from governance.guard.calls import ProposedCall
from governance.guard.guard import Guard, pattern_for
from governance.guard.policy import Policy
from governance.guard.reading import read_call
from governance.values.verdicts import Allowed, Ask, Effect
from tests.unit.approval_scene import Scene, open_scene

GRANT_SECONDS = 8 * 3600


@pytest.fixture
async def scene(pool) -> Scene:
    return await open_scene(pool)


def guard_of(scene: Scene) -> Guard:
    return Guard(Policy(), contained=True, find_grant=ToolGrants(scene.stage.store).find, protected=[])


async def granted(scene: Scene) -> ProposedCall:
    """A call that asks, with root's permission for this conversation."""
    proposed = ProposedCall(
        person=scene.alice,
        agent="ops",
        conversation="chat:alice:",
        tool="shell",
        arguments={"command": "cat ~/.ssh/config"},
        effect=Effect.RUNS,
        subject="command",
        workspace=Path("/srv/work/chat-1"),
        contents={},
    )
    call = read_call(proposed, contained=True)
    verdict = await guard_of(scene).judge(call)
    assert isinstance(verdict, Ask)
    asking = Asking(
        kind=TOOL_CALL,
        requester=scene.alice,
        subject={
            "tool": call.tool,
            "argument": call.subject,
            "arguments": call.arguments,
            "pattern": pattern_for(call),
        },
        digest=call.digest,
        ask=verdict,
        agent=call.agent,
    )
    async with scene.stage.store.transaction() as work:
        request = await scene.approvals.ask(work, asking)
        await work.execute(
            "update nexora_approval_requests set conversation = $2 where id = $1", request.id, call.conversation
        )
    assert (await scene.press(scene.root, request, "s")).sentence.startswith("Approved for this conversation")
    return call


async def test_a_permission_covers_until_its_end_and_at_its_end_no_more(scene):
    call = await granted(scene)
    grants = ToolGrants(scene.stage.store)

    scene.stage.clock.move(seconds=GRANT_SECONDS - 1)
    assert isinstance(await guard_of(scene).judge(call), Allowed)
    assert len(await grants.live(scene.root)) == 1
    scene.stage.clock.move(seconds=1)
    assert isinstance(await guard_of(scene).judge(call), Ask)
    assert await grants.find(call) is None
    assert await grants.live(scene.root) == []
