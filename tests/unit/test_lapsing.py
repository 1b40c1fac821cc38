"""An approval is for now: a call that could not begin in time never runs, whoever notices first."""

import asyncio
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from channels.codec import load
from channels.messages import Account, Address, Outbound
from governance.approvals import Approvals, Asking
from governance.audit import canonical
from governance.people import Person, Role
from governance.requests import Request, RequestKind
from governance.store import Store
from governance.tool_grants import ToolGrants
from governance.verdicts import Ask
from tests.unit.people_stage import HandClock, Stage

CONSOLE = Account(channel="console", id="root")


@dataclass
class Scene:
    stage: Stage
    approvals: Approvals
    alice: Person
    root: Person

    async def asked(self) -> Request:
        """A call of alice's that waits for a decision."""
        call_id = uuid4()
        asking = Asking(
            kind=RequestKind.TOOL_CALL,
            requester=self.alice,
            subject={
                "tool": "shell",
                "argument": "command",
                "arguments": {"command": "make"},
                "pattern": "exactly:make",
            },
            digest="0" * 64,
            ask=Ask(because="it asks"),
            agent="ops",
            address=Address(channel="chat", room="alice"),
        )
        async with self.stage.store.transaction() as work:
            request = await self.approvals.ask(work, asking)
            await work.execute(
                "insert into nexora_calls (id, conversation, turn_id, user_id, agent, tool, arguments, digest, state,"
                " request_id, created_at, changed_at) values ($1, 'chat:alice:', $2, $3, 'ops', 'shell', $4, $5,"
                " 'pending', $6, $7, $7)",
                call_id,
                uuid4(),
                self.alice.id,
                canonical({"command": "make"}),
                "0" * 64,
                request.id,
                self.stage.clock(),
            )
        return request

    async def approved(self) -> Request:
        request = await self.asked()
        await self.approvals.decide(self.root, CONSOLE, code=request.code, choice="a")
        return request

    async def stands(self, request_id: UUID) -> tuple[str, str]:
        row = await self.stage.store.fetchrow(
            "select r.status, c.state from nexora_approval_requests r join nexora_calls c on c.request_id = r.id"
            " where r.id = $1",
            request_id,
        )
        return row["status"], row["state"]

    async def sent(self, ending: str) -> list[Outbound]:
        rows = await self.stage.store.fetch("select body from nexora_outbox where key like $1 order by id", ending)
        return [load(Outbound, row["body"]) for row in rows]


@pytest.fixture
async def scene(pool) -> Scene:
    clock = HandClock()
    stage = Stage(Store(pool, now=clock), clock)
    alice, root = await stage.person("alice"), await stage.person("root", Role.ADMIN)
    approvals = Approvals(stage.store, ToolGrants(stage.store), run_within_seconds=600)
    return Scene(stage, approvals, alice, root)


async def test_an_approval_stands_for_its_time_and_not_longer(scene):
    request = await scene.approved()

    scene.stage.clock.move(seconds=599)
    assert await scene.approvals.expire() == 0
    assert await scene.stands(request.id) == ("approved", "approved")
    scene.stage.clock.move(seconds=1)
    assert await scene.approvals.expire() == 1
    assert await scene.stands(request.id) == ("expired", "denied")
    assert await scene.approvals.expire() == 0


async def test_every_card_and_the_conversation_say_so_and_the_record_has_it(scene):
    request = await scene.approved()
    scene.stage.clock.move(seconds=600)
    await scene.approvals.expire()

    cards = await scene.sent("card:%:lapsed")
    assert {card.detail["rewrites"] for card in cards} == {
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


async def test_a_late_press_hears_who_had_approved(scene):
    request = await scene.approved()
    scene.stage.clock.move(seconds=600)
    await scene.approvals.expire()

    outcome = await scene.approvals.decide(scene.root, CONSOLE, code=request.code, choice="a")

    assert outcome.sentence.startswith("It was approved by root at 6 May 07:08 UTC, but could not run in time")
