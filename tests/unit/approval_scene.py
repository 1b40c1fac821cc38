"""Requests to test with: persons, a clock that is moved by hand, and approvals on one real database."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from channels.codec import load
from channels.messages import Account, Address, Outbound
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals, Asking, PressOutcome
from governance.approvals.requests import Request
from governance.approvals.tool_grants import ToolGrants
from governance.people.people import Person, Role
from governance.record.audit import canonical
from governance.record.transaction import Store
from governance.values.reasons import because
from governance.values.verdicts import Ask, Risk
from tests.unit.people_stage import HandClock, Stage

CONSOLE = Account(channel="console", id="root")


@dataclass
class Scene:
    stage: Stage
    approvals: Approvals
    alice: Person
    root: Person

    async def asked(
        self,
        *,
        requester: Person | None = None,
        quorum: int = 1,
        risk: Risk = Risk.MEDIUM,
        decider_role: str = "admin",
        command: str = "make",
        account: Account | None = None,
    ) -> Request:
        """A call, of alice's unless told otherwise, that waits for a decision."""
        requester = requester or self.alice
        call_id = uuid4()
        asking = Asking(
            kind=TOOL_CALL,
            requester=requester,
            account=account,
            subject={
                "tool": "shell",
                "argument": "command",
                "arguments": {"command": command},
                "pattern": f"exactly:{command}",
            },
            digest="0" * 64,
            ask=Ask(because=because("it asks"), quorum=quorum, risk=risk, decider_role=decider_role),
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
                requester.id,
                canonical({"command": command}),
                "0" * 64,
                request.id,
                self.stage.clock(),
            )
        return request

    async def press(self, by: Person, request: Request, choice: str = "a") -> PressOutcome:
        """Somebody presses a button of the card."""
        return await self.approvals.decide(by, CONSOLE, card_id=request.card_id, choice=choice)

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


async def open_scene(pool) -> Scene:
    clock = HandClock()
    stage = Stage(Store(pool, now=clock), clock)
    alice, root = await stage.person("alice"), await stage.person("root", Role.ADMIN)
    approvals = Approvals(stage.store, ToolGrants(stage.store), [TOOL_CALL], run_within_seconds=600)
    return Scene(stage, approvals, alice, root)
