"""The console as it runs: the real server, bus, outbox and channel, with a small agent that answers through them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from aiohttp import ClientSession, web

from agents.layers import Layers
from agents.models.prices import Prices
from agents.sandbox import Sandbox, SandboxLevel
from agents.specs import SpecFolder
from channels import console
from channels.base import Surroundings
from channels.codec import dump, load
from channels.messages import Address, File, FileKind, Inbound, Outbound, Part, plain
from channels.running.stream import Audience, Writer
from channels.running.supervisor import Supervisor
from channels.work import NO_WORK, How, Step, Work
from gateway.capabilities.desk import Desk
from gateway.capabilities.kinds import agents, skills
from gateway.capabilities.sources import Sources
from gateway.queue.inbox import Bus
from gateway.queue.jobs import Job, Patience
from gateway.queue.lanes import Lanes
from gateway.queue.outbox import Outbox
from gateway.settings.model import Settings
from gateway.upkeep.verifying import Verifier
from gateway.web.console import routes as console_pages
from gateway.web.console.board import ConsoleBoard
from gateway.web.console.pages import render
from gateway.web.http import auth
from gateway.web.http.middleware import Middleware
from gateway.web.http.server import build
from gateway.web.http.sse import close_all
from gateway.web.http.uploads import UploadFolder
from governance.accounts.accounts import Accounts
from governance.accounts.links import LINK
from governance.accounts.strangers import ADMISSION
from governance.approvals import decide as approvals
from governance.approvals.bindings import BINDING, Bindings
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals, Asking
from governance.approvals.hosts.host_requests import HOST
from governance.approvals.hosts.host_rules import HostRules
from governance.approvals.shown.cards import card_for
from governance.approvals.tool_grants import ToolGrants
from governance.audit.log import AuditLog
from governance.capabilities.capabilities import Capabilities
from governance.capabilities.capability_requests import CAPABILITY
from governance.capabilities.policies import CapabilityPolicies
from governance.capabilities.rule_requests import RULE, RuleChanges
from governance.digests.digests import Digests
from governance.egress.egress import Egress
from governance.guard.policy import Policy
from governance.keys.master_key import MasterKey
from governance.people.agent_grants import AgentGrants
from governance.people.people import Origin, People, Person, Role, Stranger
from governance.record.transaction import Store, Transaction
from governance.scanner.within import scan_within
from governance.secrets.store import Secrets
from governance.sign_in.passwords import Passwords
from governance.sign_in.sessions import Sessions
from governance.sign_in.sign_in import SignIn
from governance.usage.usage import Usage
from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import because
from governance.values.verdicts import Ask, Risk
from tests.unit.needs import Parts, for_web, nothing_happened

PASSWORD = "a heron waits in the reeds"
WEB = Origin(source="web", address="127.0.0.1")
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
LONG = "\n\n".join(f"Paragraph {number} of a **long** answer." for number in range(1, 13))


@dataclass
class House:
    """Everything that a browser test may ask for. `pace` is the pause between the words of an answer, in seconds."""

    parts: Parts
    board: ConsoleBoard
    home: Path
    pace: float = 0.004
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    worked: dict[str, Work] = field(default_factory=dict)
    app: web.Application | None = None

    async def cut_streams(self) -> None:
        """Every open stream breaks, as when a replica stops."""
        assert self.app is not None
        await close_all(self.app)

    async def person(self, name: str, role: Role = Role.OPERATOR, *, language: str = "en", shown: str = "") -> Person:
        """A person with a password who may use every agent."""
        parts = self.parts
        made, code = await parts.people.create(name, role, by=None, display_name=shown, language=language, origin=WEB)
        await parts.sign_in.by_link(code, name, PASSWORD, origin=WEB)
        for agent in parts.specs.names():
            await parts.agent_grants.grant(made.id, agent, by=None, origin=WEB)
        found = await parts.people.get(made.id)
        assert found is not None
        return found

    async def token(self, name: str) -> str:
        signed = await self.parts.sign_in.by_password(name, PASSWORD, origin=WEB)
        return signed.token

    async def hear(self, job: Job) -> None:
        """What the router does in the product, made small: who, then a press, a command or words."""
        inbound = load(Inbound, job.body)
        person = await self.parts.people.identify(inbound.sender)
        assert not isinstance(person, Stranger)
        if inbound.press is not None:
            await self._pressed(job, inbound, person)
        elif inbound.text == "/stop":
            self.stopped.add(inbound.address.room)
            async with self.parts.store.transaction() as work:
                await self.parts.bus.finish_within(work, job)
        else:
            await self._answer(job, inbound, person)

    async def _pressed(self, job: Job, inbound: Inbound, person: Person) -> None:
        assert inbound.press is not None
        outcome = await self.parts.approvals.decide(
            person, inbound.sender, card_id=inbound.press.id, choice=inbound.press.choice
        )
        async with self.parts.store.transaction() as work:
            await self.parts.bus.finish_within(work, job)
            work.send(
                Outbound(
                    key=f"press:{inbound.event_id}",
                    address=inbound.address,
                    parts=plain(outcome.sentence),
                    only_for=inbound.sender,
                )
            )

    async def _answer(self, job: Job, inbound: Inbound, person: Person) -> None:
        parts = await self._said_back(inbound, person)
        async with self.parts.store.transaction() as work:
            await self.parts.bus.finish_within(work, job)
            if "approve" in inbound.text:
                await self._ask(work, inbound, person)
            answer = Outbound(
                key=f"answer:{inbound.event_id}",
                address=inbound.address,
                parts=parts,
                answers=inbound.message,
                work=self.worked.pop(inbound.event_id, NO_WORK),
            )
            work.send(answer)

    async def _said_back(self, inbound: Inbound, person: Person) -> tuple[Part, ...]:
        if inbound.text in self.texts:
            return plain(self.texts[inbound.text])
        if inbound.text == "file":
            path = self.home / "report.html"
            path.write_text("<script>document.title='taken'</script>")
            picture = self.home / "dot.png"
            picture.write_bytes(PIXEL)
            return (
                *plain("Two files."),
                File(name="report.html", media_type="text/html", size=40, locator=str(path)),
                File(
                    name="dot.png",
                    media_type="image/png",
                    size=len(PIXEL),
                    locator=str(picture),
                    presented_as=FileKind.IMAGE,
                ),
            )
        if inbound.text.startswith("work"):
            return plain(await self._worked(inbound, person))
        if inbound.files:
            return plain("I got " + ", ".join(f"{file.name} ({file.size} B)" for file in inbound.files))
        text = LONG if "long" in inbound.text else f"Hello {person.shown}, you said: {inbound.text}"
        return plain(await self._streamed(inbound, text, waits="wait" in inbound.text))

    async def _streamed(self, inbound: Inbound, text: str, *, waits: bool) -> str:
        channel = self.parts.channels["console"].channel
        audience = Audience(address=inbound.address, recipient=inbound.sender, answers=inbound.message)
        writer = Writer(channel, channel.traits, audience)
        self.stopped.discard(inbound.address.room)
        told: list[str] = []
        words = text.split(" ")
        for place, word in enumerate(words):
            if inbound.address.room in self.stopped:
                told.append("(stopped)")
                break
            told.append(f"{word} ")
            await writer.write(told[-1])
            await asyncio.sleep(self.pace)
            if waits and place == len(words) // 2:
                await self._until_let_go(inbound.address.room)
        await writer.close()
        return "".join(told).strip()

    async def _worked(self, inbound: Inbound, person: Person) -> str:
        """An answer with two calls: one that ran, whose row is there to be opened, and one that was refused."""
        channel = self.parts.channels["console"].channel
        audience = Audience(address=inbound.address, recipient=inbound.sender, answers=inbound.message)
        writer = Writer(channel, channel.traits, audience)
        ran = Step(id=str(uuid4()), what="Command", about="wc -l notes.txt")
        writer.step(ran)
        await self._until_let_go(inbound.address.room)
        async with self.parts.store.transaction() as work:
            await work.execute(
                "insert into nexora_calls (id, conversation, turn_id, user_id, agent, tool, arguments, digest, state,"
                " asked_as, owner, result, created_at, changed_at)"
                " values ($1, $2, $3, $4, 'ops', 'shell', $5, '', 'done', 'c', 'test', $6, now(), now())",
                UUID(ran.id),
                inbound.address.key,
                uuid4(),
                person.id,
                '{"command": "wc -l notes.txt"}',
                "42 notes.txt\nexit 0 <b>&",
            )
        done = replace(ran, how=How.DONE, seconds=2.5)
        refused = Step(id=str(uuid4()), what="Command", about="mkfs /dev/sda", how=How.REFUSED)
        for step in (done, refused):
            writer.step(step)
        await writer.write("It has 42 lines.")
        await asyncio.sleep(0.3)
        await writer.close()
        self.worked[inbound.event_id] = Work(count=2, seconds=3.0, lines=(done, refused))
        return "It has 42 lines."

    async def _until_let_go(self, room: str) -> None:
        while not self.gate.is_set() and room not in self.stopped:  # noqa: ASYNC110 -- two things to wait for
            await asyncio.sleep(0.02)

    async def _ask(self, work: Any, inbound: Inbound, person: Person) -> None:
        subject = {"tool": "shell", "argument": "command", "arguments": {"command": "rm -r build/ && make release"}}
        asking = Asking(
            kind=TOOL_CALL,
            requester=person,
            subject=subject,
            digest="0" * 64,
            ask=Ask(because=because("It removes files that cannot be brought back."), risk=Risk.HIGH),
            agent="ops",
            address=inbound.address,
        )
        request = await self.parts.approvals.ask(work, asking)
        for one in await self.parts.people.page():
            if one.role is Role.ADMIN and one.id != person.id:
                key = f"card:{request.id}:console:{one.id}"
                address = Address(channel="console", room=console.notices_room(str(one.id)))
                work.send(Outbound(key=key, address=address, card=card_for(request, one.language)))
                await work.execute(approvals.QUERIES["add_copy"], request.id, [key], ["console"], [one.id])

    async def buried(self, _: Transaction, job: Job, error: Exception) -> None:
        raise AssertionError(f"{job.key} was given up") from error


@asynccontextmanager
async def open_house(pool: Any, dsn: str, home: Path, *, is_rehearsal: bool = False) -> AsyncIterator[House]:
    """Start everything, and stop it in the order of need."""
    settings = Settings(home=home)
    store = Store(pool)
    bus = Bus(Lanes(store, "nexora_inbox", "event_id", "test", Patience()), lane_cap=200, listen_dsn=dsn)
    board = ConsoleBoard(store, bus, UploadFolder(home / "uploads"))
    channels = {"console": Supervisor("console", now=store.now)}
    sending = Outbox(Lanes(store, "nexora_outbox", "key", "test", Patience()), channels)
    store.commits.heard_by(sending.hear)

    async def receive(inbound: Inbound) -> None:
        lane = f"control:{inbound.event_id}" if inbound.text == "/stop" or inbound.press else inbound.address.key
        await bus.publish(lane, inbound.address.channel, inbound.event_id, dump(inbound))

    async with ClientSession() as http:
        surroundings = Surroundings(http=http, now=store.now, board=board)
        parts = replace(_parts(settings, store, bus, board, channels), is_rehearsal=is_rehearsal)
        house = House(parts, board, home)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(bus.work(house.hear, house.buried)),
                group.create_task(bus.listen()),
                group.create_task(sending.run()),
                group.create_task(
                    channels["console"].run(lambda: console.build("console", console.Options(), surroundings), receive)
                ),
            ]
            async with _served(house):
                yield house
            await bus.flush()
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def _served(house: House) -> AsyncIterator[None]:
    parts = house.parts
    door = Middleware(parts.settings, parts.sessions, parts.store)
    app = build(door, (*auth.ROUTES, *console_pages.ROUTES), for_web(parts), draws=render)
    house.app = app
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    house.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield
    await runner.cleanup()


def _parts(settings: Settings, store: Store, bus: Bus, board: ConsoleBoard, channels: dict[str, Supervisor]) -> Parts:
    people = People(store)
    sessions = Sessions(store, bytes(range(64)))
    agent_grants = AgentGrants(store)
    specs = SpecFolder(settings.agents.folder)
    grants, bindings = ToolGrants(store), Bindings(store)

    policies = CapabilityPolicies(store, Policy(), settings.environment)
    capabilities = Capabilities(store, policies, Secrets(store, MasterKey(bytes(32))))
    rule_changes, sources = RuleChanges(store), Sources(Egress())
    kinds = (
        *(TOOL_CALL, ADMISSION, HOST, LINK, BINDING.with_effect(bindings.decided)),
        *(CAPABILITY.with_effect(capabilities.decided), RULE.with_effect(rule_changes.decided)),
    )
    approvals = Approvals(store, grants, kinds)
    return Parts(
        settings=settings,
        store=store,
        people=people,
        accounts=Accounts(store, people),
        agent_grants=agent_grants,
        sessions=sessions,
        sign_in=SignIn(store, people, sessions, agent_grants, Passwords(memory_kib=64, passes=1)),
        approvals=approvals,
        policies=policies,
        rule_changes=rule_changes,
        desk=Desk(
            capabilities,
            approvals,
            take=lambda source, kind, where: sources.take(source, kind, where=where),
            scan=scan_within,
            readers={CapabilityKind.SKILL: skills.read, CapabilityKind.AGENT: agents.read},
        ),
        bindings=bindings,
        tool_grants=grants,
        host_rules=HostRules(store),
        secrets=Secrets(store, MasterKey(bytes(range(32)))),
        digests=Digests(store, people),
        usage=Usage(store, Prices().cost_usd),
        audit_log=AuditLog(store),
        bus=bus,
        board=board,
        specs=specs,
        layers=Layers(settings.home / "layers", Sandbox(level=SandboxLevel.NONE)),
        channels=channels,
        verifier=Verifier(bus._listen_dsn, settings.home),
        compose=nothing_happened,
    )
