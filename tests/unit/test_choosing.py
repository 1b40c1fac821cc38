"""Who answers: the agent that a message names, that of the group, or of the conversation, and only granted ones."""

from datetime import UTC, datetime

import pytest
import pytest_asyncio

from channels.messages import Account, Address, Inbound, Mention, Part, Text
from gateway.messages.choose_agent import Chooser, NobodyAnswers, named_agent
from governance.approvals.bindings import BINDING, Bindings
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals
from governance.approvals.tool_grants import ToolGrants
from governance.people.people import Role
from governance.record.transaction import Store
from tests.unit.people_stage import HandClock, Stage

AGENTS = ["assistant", "ops", "writer"]
ME = Mention(account=Account(channel="chat", id="bot", name="nexora"), is_me=True)
AT = datetime(2030, 5, 6, tzinfo=UTC)
ALICE = Account(channel="chat", id="alice")


def heard(*parts: Part | str, room: str = "g1", is_direct: bool = False, to_me: bool = True) -> Inbound:
    words = tuple(Text(text=part) if isinstance(part, str) else part for part in parts)
    address = Address(channel="chat", room=room, thread="" if is_direct else "t1")
    return Inbound(event_id="1", at=AT, address=address, sender=ALICE, parts=words, is_direct=is_direct, to_me=to_me)


@pytest.mark.parametrize(
    "text",
    [
        "@ops restart it",
        "@ops",
        "＠ops 重启",
        "@ops重启",
        "@ops: restart it",
        "@ops, restart it",
        "@ops!",
        "@Ops restart it",
        "ops: restart it",
        "ops:\nrestart it",
        "Ops: restart it",
        "ops, restart it",
        "ops：重启",
        "ops，重启",
        "ops:重启",
        " , @ops restart it",
        "ops:",
    ],
)
def test_a_message_that_begins_with_an_agent_s_name_names_it(text):
    assert named_agent(heard(text), lambda: AGENTS) == "ops"
    assert named_agent(heard(ME, f" {text}"), lambda: AGENTS) == "ops"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "@alice look",
        "alice: look",
        "ops",
        "ops restart it",
        "ops@example.com is down",
        "@ops@example.com is down",
        "@ops.example is down",
        "@opsx restart it",
        "@ops-team restart it",
        "ops-team: restart it",
        "ops:8080 is closed",
        "ops://host/path",
        "ask @ops about it",
        "tell ops: no",
        "/ops: x",
    ],
)
def test_what_only_looks_like_it_names_nobody(text):
    assert named_agent(heard(ME, text), lambda: AGENTS) == ""


def test_a_person_whom_the_platform_knows_is_no_agent():
    person = Mention(account=Account(channel="chat", id="U7", name="ops"))

    assert named_agent(heard(ME, " ", person, " look"), lambda: AGENTS) == ""
    assert named_agent(heard(person, ": look"), lambda: AGENTS) == ""
    assert named_agent(heard(ME, "ops: ask ", person), lambda: AGENTS) == "ops"


class Scene:
    def __init__(self, pool):
        clock = HandClock()
        self.stage = Stage(Store(pool, now=clock), clock)
        self.bindings = Bindings(self.stage.store)
        kinds = (TOOL_CALL, BINDING.with_effect(self.bindings.decided))
        self.approvals = Approvals(self.stage.store, ToolGrants(self.stage.store), kinds)
        self.chooser = self.choosing()

    def choosing(self, agents=AGENTS, *, asks=True):
        return Chooser(
            self.stage.store, self.bindings, self.approvals, lambda: agents, default="assistant", asks_in_groups=asks
        )

    async def person(self, name, *agents, role=Role.OPERATOR):
        person, _ = await self.stage.people.create(name, role, by=None)
        for agent in agents:
            await self.stage.agent_grants.grant(person.id, agent, by=None)
        return await self.stage.people.get(person.id)

    async def questions(self):
        rows = await self.stage.store.fetch("select subject from nexora_approval_requests where kind = 'binding'")
        return len(rows)

    async def kept(self):
        return await self.stage.store.fetchval("select agent from nexora_conversations where key = 'chat:g1:t1'")


@pytest_asyncio.fixture(loop_scope="session")
async def scene(pool):
    return Scene(pool)


async def test_a_new_group_is_answered_as_ever_and_asked_about_once(scene):
    alice = await scene.person("alice", "ops", "writer")

    assert await scene.chooser.choose(heard("hello"), alice, "") == "ops"
    assert await scene.chooser.choose(heard("hello"), alice, "writer") == "writer"
    assert await scene.questions() == 1
    subject = await scene.stage.store.fetchval("select subject->'agents'->>'b' from nexora_approval_requests")
    assert subject == "assistant"


async def test_private_chats_lone_agents_and_the_setting_ask_nothing(scene):
    alice = await scene.person("alice", "ops")

    assert await scene.chooser.choose(heard("hello", is_direct=True), alice, "") == "ops"
    assert await scene.choosing(["ops"]).choose(heard("hello"), alice, "") == "ops"
    assert await scene.choosing(asks=False).choose(heard("hello"), alice, "") == "ops"
    assert await scene.questions() == 0


async def test_a_bound_group_is_answered_by_its_agent_whatever_was_chosen(scene):
    root = await scene.person("root", role=Role.ADMIN)
    alice = await scene.person("alice", "ops", "writer")
    await scene.bindings.bind(heard("").address, "ops", by=root)

    assert await scene.chooser.choose(heard("hello"), alice, "writer") == "ops"
    assert await scene.chooser.choose(heard("hello"), alice, "") == "ops"
    assert await scene.kept() == ""
    assert await scene.chooser.choose(heard("hello", room="g2"), alice, "writer") == "writer"
    assert await scene.chooser.choose(heard("hello", is_direct=True), alice, "writer") == "writer"


async def test_who_has_not_been_granted_the_group_s_agent_is_told_and_never_answered_by_it(scene):
    root = await scene.person("root", role=Role.ADMIN)
    bob = await scene.person("bob", "writer")
    await scene.bindings.bind(heard("").address, "ops", by=root)

    told = await scene.chooser.choose(heard("hello"), bob, "")
    assert isinstance(told, NobodyAnswers)
    assert "In this group ops answers" in told.because
    assert "/grant bob ops" in told.because
    overheard = await scene.chooser.choose(heard("hello", to_me=False), bob, "")
    assert overheard == NobodyAnswers(because="")


async def test_a_named_agent_answers_one_message_and_does_not_become_the_conversation_s(scene):
    root = await scene.person("root", role=Role.ADMIN)
    alice = await scene.person("alice", "assistant", "ops")

    assert await scene.chooser.choose(heard("@ops restart it"), alice, "") == "ops"
    assert await scene.kept() == ""
    assert await scene.chooser.choose(heard("restart it"), alice, "") == "assistant"
    await scene.bindings.bind(heard("").address, "assistant", by=root)
    assert await scene.chooser.choose(heard("ops: restart it"), alice, "") == "ops"


async def test_an_agent_that_was_not_granted_is_refused_by_name(scene):
    bob = await scene.person("bob", "assistant")

    told = await scene.chooser.choose(heard("@ops restart it", is_direct=True), bob, "")

    assert isinstance(told, NobodyAnswers)
    assert told.because.startswith("You may not use ops.")
    assert await scene.chooser.choose(heard("@nobody restart it", is_direct=True), bob, "") == "assistant"


async def test_somebody_without_agents_is_told_so(scene):
    carol = await scene.person("carol")

    told = await scene.chooser.choose(heard("hello"), carol, "")

    assert isinstance(told, NobodyAnswers)
    assert "not been granted an agent" in told.because
