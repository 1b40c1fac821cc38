"""The real server on a real database, and visitors who speak HTTP to it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestServer
from yarl import URL

from agents.layers import Layers
from agents.sandbox import Sandbox, SandboxLevel
from agents.specs import SpecFolder
from channels.messages import Address
from channels.running.supervisor import Supervisor
from gateway.capabilities.desk import Desk
from gateway.capabilities.kinds import agents, skills
from gateway.capabilities.sources import Sources
from gateway.queue.inbox import Bus
from gateway.queue.jobs import Patience
from gateway.queue.lanes import Lanes
from gateway.settings.model import Settings
from gateway.upkeep.set_ups import SetUps
from gateway.upkeep.verifying import Verifier
from gateway.web.api import routes as api
from gateway.web.console.board import ConsoleBoard
from gateway.web.console.pages import render
from gateway.web.http import auth
from gateway.web.http.middleware import Middleware
from gateway.web.http.route import Route
from gateway.web.http.server import build
from gateway.web.http.uploads import UploadFolder
from governance.accounts.links import LINK
from governance.accounts.strangers import ADMISSION
from governance.approvals.bindings import BINDING, Bindings
from governance.approvals.call_requests import TOOL_CALL
from governance.approvals.decide import Approvals, Asking
from governance.approvals.hosts.host_requests import HOST
from governance.approvals.hosts.host_rules import HostRules
from governance.approvals.requests import Request
from governance.approvals.tool_grants import ToolGrants
from governance.capabilities.capabilities import Capabilities
from governance.capabilities.capability_requests import CAPABILITY
from governance.capabilities.policies import CapabilityPolicies
from governance.capabilities.rule_requests import RULE, RuleChanges
from governance.digests.digests import Digests
from governance.egress.egress import Egress
from governance.guard.policy import Policy
from governance.keys.master_key import MasterKey
from governance.people.names import known_as
from governance.people.people import Person, Role
from governance.record.transaction import Store
from governance.scanner.within import scan_within
from governance.secrets.store import Secrets
from governance.usage.usage import UsageRow
from governance.values.capability_kinds import CapabilityKind
from governance.values.reasons import because
from governance.values.verdicts import Ask, Risk
from tests.unit.needs import Parts, for_web, nothing_happened
from tests.unit.people_stage import PASSWORD, WEB, HandClock, Stage

OURS = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Visitor:
    """Somebody with a browser's cookie, or none."""

    client: ClientSession
    base: URL
    token: str = ""
    cookie: str = "nexora"
    headers: dict[str, str] = field(default_factory=dict)
    person: Person | None = None

    async def __call__(self, method: str, path: str, *, headers: dict[str, str] | None = None, **sent: Any) -> Answer:
        sending = {**OURS, **self.headers, **(headers or {})}
        if self.token:
            sending["Cookie"] = f"{self.cookie}={self.token}"
        sending = {name: value for name, value in sending.items() if value}
        url = URL(f"{str(self.base).rstrip('/')}{path}", encoded=True)
        async with self.client.request(method, url, headers=sending, allow_redirects=False, **sent) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())


@dataclass
class WebStage:
    stage: Stage
    parts: Parts
    server: TestServer
    client: ClientSession

    @property
    def anybody(self) -> Visitor:
        return Visitor(self.client, self.server.make_url("/"))

    async def visitor(self, name: str, role: Role = Role.OPERATOR) -> Visitor:
        """A person who is new and signed in."""
        person = await self.stage.person(name, role)
        signed = await self.stage.sign_in.by_password(name, PASSWORD, origin=WEB)
        return Visitor(self.client, self.server.make_url("/"), token=signed.token, person=person)


@dataclass
class PlainAuditLog:
    """The record as the web is promised it, read in the plainest way."""

    store: Store

    async def read(self, viewer: Person, *, tag, actor, since, before, limit) -> list[Any]:
        rows = await self.store.fetch(
            "select * from nexora_audit_events where starts_with(tag, $1)"
            " and (actor = $2 or actor_name = $2 or $2 = '') and ($3 or actor = $4)"
            " and ($5::timestamptz is null or at >= $5) order by at desc, seq desc limit $6",
            tag,
            actor,
            viewer.role is Role.ADMIN,
            str(viewer.id),
            since,
            limit,
        )
        return [SimpleNamespace(**dict(row)) for row in rows]

    async def known(self, lines) -> dict[str, str]:
        rows = await self.store.fetch("select id::text, name, display_name as shown from nexora_users")
        return {row["id"]: known_as(row["name"], row["shown"]) for row in rows}


@dataclass
class SomeUsage:
    """Token usage as the web is promised it: one sum, and what was asked for."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    async def table(self, viewer: Person, **wanted: Any) -> list[Any]:
        self.asked.append({"viewer": viewer.id, **wanted})
        sums = {"input_tokens": 12, "output_tokens": 3, "cached_tokens": 0, "calls": 1, "estimated_calls": 0}
        return [UsageRow(key="k", label="a label", cost_usd=Decimal("0.00012"), **sums)]


def parts_of(stage: Stage, settings: Settings, dsn: str) -> Parts:
    specs = SpecFolder(settings.agents.folder)
    grants, bindings = ToolGrants(stage.store), Bindings(stage.store)

    bus = Bus(Lanes(stage.store, "nexora_inbox", "event_id", "test", Patience()), lane_cap=200, listen_dsn=dsn)
    policies = CapabilityPolicies(stage.store, Policy(), settings.environment)
    capabilities = Capabilities(stage.store, policies, Secrets(stage.store, MasterKey(bytes(32))))
    rule_changes = RuleChanges(stage.store)
    kinds = (
        *(TOOL_CALL, ADMISSION, HOST, LINK, BINDING.with_effect(bindings.decided)),
        *(CAPABILITY.with_effect(capabilities.decided), RULE.with_effect(rule_changes.decided)),
    )
    approvals = Approvals(stage.store, grants, kinds)
    sources = Sources(Egress())
    return Parts(
        settings=settings,
        store=stage.store,
        people=stage.people,
        accounts=stage.accounts,
        agent_grants=stage.agent_grants,
        sessions=stage.sessions,
        sign_in=stage.sign_in,
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
        host_rules=HostRules(stage.store),
        secrets=Secrets(stage.store, MasterKey(bytes(range(32)))),
        digests=Digests(stage.store, stage.people),
        usage=SomeUsage(),
        audit_log=PlainAuditLog(stage.store),
        bus=bus,
        board=ConsoleBoard(stage.store, bus, UploadFolder(settings.home / "uploads")),
        specs=specs,
        layers=Layers(settings.home / "layers", Sandbox(level=SandboxLevel.NONE), now=stage.clock),
        channels={"chat": Supervisor("chat", now=stage.clock)},
        verifier=Verifier(dsn, settings.home),
        compose=nothing_happened,
    )


@asynccontextmanager
async def open_stage(
    pool: Any, dsn: str, home: Path, *, routes: Sequence[Route] = (), **server_settings: Any
) -> AsyncIterator[WebStage]:
    clock = HandClock()
    stage = Stage(Store(pool, now=clock), clock)
    settings = Settings(home=home, server=server_settings)
    parts = parts_of(stage, settings, dsn)

    async def door(_: web.Request) -> web.Response:
        return web.Response(text="the platform's own door")

    async with ClientSession(cookie_jar=DummyCookieJar()) as client:
        parts.set_ups = SetUps(stage.store, client, {"NEXORA_HOME": str(home)})
        app = build(
            Middleware(settings, stage.sessions, stage.store),
            (*auth.ROUTES, *api.ROUTES, *routes),
            for_web(parts),
            draws=render,
            extra=[web.post("/channels/chat/door", door)],
        )
        server = TestServer(app, skip_url_asserts=True)
        await server.start_server()
        yield WebStage(stage, parts, server, client)
        await parts.set_ups.close()
        await server.close()


async def asked_by(web: WebStage, visitor: Visitor, *, decider_role: str = "admin") -> Request:
    """A pending request for a tool call."""
    asking = Asking(
        kind=TOOL_CALL,
        requester=visitor.person,
        subject={"tool": "shell", "argument": "command", "arguments": {"command": "make"}, "pattern": "exactly:make"},
        digest="0" * 64,
        ask=Ask(because=because("it runs a script"), risk=Risk.HIGH, decider_role=decider_role),
        agent="ops",
        address=Address(channel="chat", room="room"),
    )
    async with web.stage.store.transaction() as work:
        return await web.parts.approvals.ask(work, asking)
