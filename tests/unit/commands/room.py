"""A chat on a real database in which persons type commands, and everything that commands may use."""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from channels.base import ChannelRefused
from channels.messages import Account, Address, Inbound, plain
from channels.running.supervisor import Supervisor
from gateway.commands import Commands, Completing, parse
from gateway.commands.conversations import StopOutcome
from gateway.settings.model import Settings
from governance.accounts.admissions import Admissions
from governance.accounts.links import LINK
from governance.accounts.strangers import ADMISSION
from governance.approvals.bindings import BINDING
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals, Asking
from governance.approvals.hosts.host_requests import HOST
from governance.approvals.requests import Request
from governance.approvals.tool_grants import ToolGrants
from governance.audit.log import AuditLog
from governance.capabilities.rule_requests import RULE
from governance.people.people import Person, Role, Stranger
from governance.record.transaction import Store
from governance.usage.usage import Usage
from governance.values.reasons import because
from governance.values.verdicts import Ask, Risk
from tests.unit.needs import Parts, filled, for_commands
from tests.unit.people_stage import HandClock, Stage
from tests.unit.web.stage import parts_of

AGENTS = {"assistant": "Answers questions.", "ops": "Looks after machines.", "writer": "Writes."}


@dataclass
class Room:
    stage: Stage
    parts: Parts
    admissions: Admissions
    stopped: list[str] = field(default_factory=list)
    numbers: int = 0

    @property
    def store(self) -> Store:
        return self.stage.store

    @property
    def commands(self) -> Commands:
        return for_commands(self.parts)

    @property
    def completing(self) -> Completing:
        return filled(Completing, self.parts)

    async def person(self, name: str, role: Role = Role.OPERATOR, *agents: str) -> Person:
        """Somebody with a linked chat account of the same name."""
        person, _ = await self.stage.people.create(name, role, by=None)
        for agent in agents:
            await self.stage.agent_grants.grant(person.id, agent, by=None)
        code = await self.stage.accounts.code_for_person(person)
        await self.stage.accounts.link_from_chat(account_of(name), code)
        return await self.fresh(person)

    async def fresh(self, person: Person) -> Person:
        found = await self.stage.people.get(person.id)
        assert found is not None
        return found

    def inbound(self, sender: Account, text: str, *, room: str = "", is_direct: bool = True) -> Inbound:
        self.numbers += 1
        return Inbound(
            event_id=str(self.numbers),
            at=self.stage.clock(),
            address=Address(channel=sender.channel, room=room or sender.id),
            sender=sender,
            parts=plain(text),
            is_direct=is_direct,
        )

    async def type(
        self, who: Person, text: str, *, channel: str = "chat", room: str = "", is_direct: bool = True
    ) -> str:
        """What the command answers to this person, known as the router knows them."""
        sender = account_of(who.name) if channel == "chat" else Account(channel="console", id=str(who.id))
        person = await self.stage.people.identify(sender)
        assert not isinstance(person, Stranger)
        inbound = self.inbound(sender, text, room=room, is_direct=is_direct)
        parsed = parse(text)
        assert parsed is not None
        name, rest = parsed
        return await self.commands.run(person, inbound, name, rest)

    async def request(self, requester: Person, command: str = "make", *, risk: Risk = Risk.HIGH) -> Request:
        """A pending request for a call of the shell."""
        asking = asked_of(requester, command, risk)
        async with self.store.transaction() as work:
            return await self.parts.approvals.ask(work, asking)

    async def stranger(self, name: str = "carol") -> Request:
        """The request of an account that nobody knows."""
        inbound = self.inbound(account_of(name), "let me in")
        async with self.store.transaction() as work:
            await self.admissions.ask(work, self.parts.approvals, inbound)
        return (await self.parts.approvals.pending(ADMIN_EYES))[-1]

    async def status(self, request: Request) -> str:
        found = await self.parts.approvals.get(request.id)
        assert found is not None
        return found.status.value


ADMIN_EYES = Person(id=UUID(int=0), name="eyes", role=Role.ADMIN)
"""For tests that look at every request."""


def account_of(name: str) -> Account:
    return Account(channel="chat", id=name, name=name.capitalize())


async def open_room(store: Store, dsn: str, home: Path) -> Room:
    clock = HandClock()
    stage = Stage(Store(store.pool, now=clock), clock)
    folder = home / "agents"
    folder.mkdir()
    for name, description in AGENTS.items():
        (folder / f"{name}.yaml").write_text(f"description: {description}\ninstructions: Be brief.\n")
    settings = Settings(home=home, agents={"folder": folder}, server={"public_url": "https://nexora.example"})
    admissions = Admissions(stage.store, stage.accounts, stage.people)
    grants = ToolGrants(stage.store)
    parts = parts_of(stage, settings, dsn)
    kinds = (
        TOOL_CALL,
        HOST,
        ADMISSION.with_effect(admissions.decided),
        BINDING.with_effect(parts.bindings.decided),
        LINK.with_effect(stage.accounts.answered),
        RULE.with_effect(parts.rule_changes.decided),
    )
    room = Room(stage, parts, admissions)

    async def stop(key: str, _: Person) -> StopOutcome:
        room.stopped.append(key)
        return StopOutcome.DONE if key == "chat:alice:" else StopOutcome.NOTHING

    room.parts = replace(
        room.parts,
        approvals=Approvals(stage.store, grants, kinds),
        tool_grants=grants,
        usage=Usage(stage.store, lambda *_: Decimal("0.5")),
        audit_log=AuditLog(stage.store),
        channels={"chat": Supervisor("chat", now=clock)},
        stop=stop,
    )
    return room


def refused() -> Any:
    raise ChannelRefused("invalid_auth")


async def never(_: Inbound) -> None:
    raise AssertionError("nothing is received here")


def asked_of(requester: Person, command: str, risk: Risk) -> Asking:
    """A call of the shell that has to be approved."""
    subject = {"tool": "shell", "argument": "command", "arguments": {"command": command}}
    return Asking(
        kind=TOOL_CALL,
        requester=requester,
        subject={**subject, "pattern": f"exactly:{command}"},
        digest="0" * 64,
        ask=Ask(because=because("it runs a script"), risk=risk),
        agent="ops",
        address=Address(channel="chat", room=requester.name),
    )
