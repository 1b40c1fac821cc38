"""The composition root: everything is built here, top to bottom, and its lifetime is owned by one exit stack."""

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import structlog
from aiohttp import web

from agents.calls import Calls
from agents.conversation import Conversations
from agents.decided import Decided
from agents.model_choice import ModelChoice, choose
from agents.pool import Agent, Pool, assemble
from agents.prices import Prices
from agents.sandbox import Limits, Sandbox
from agents.sandbox import choose as choose_sandbox
from agents.specs import AgentSpec, SpecFolder
from agents.toolbox import toolbox
from agents.turn import Turns
from channels import catalogue
from channels.base import NexoraError, Surroundings
from channels.options import Options
from channels.supervisor import Supervisor
from gateway.banner import announce
from gateway.bus import Bus
from gateway.database import connect, migrate
from gateway.lanes import Lanes, Patience
from gateway.outbox import Outbox
from gateway.postgres import EmbeddedPostgres
from gateway.router import Parts, Router
from gateway.settings import Configuration, Settings
from gateway.talk import Talk, Talking
from gateway.web import api, auth, console_pages
from gateway.web.board import Board, furnish
from gateway.web.server import Services, build
from gateway.web.uploads import Uploads
from governance import invitations
from governance.accounts import Accounts
from governance.admissions import Admissions
from governance.agent_grants import AgentGrants
from governance.approvals import Approvals
from governance.audit import Event
from governance.checkpoints import Checkpoints
from governance.guard import Guard
from governance.passwords import Passwords
from governance.people import CONSOLE, People, Person
from governance.policy import Policy
from governance.requests import RequestKind
from governance.sessions import Sessions, session_key
from governance.sign_in import SignIn
from governance.store import Clock, Committed, DatabaseAway, Store, Transaction
from governance.tool_grants import ToolGrants
from governance.trail import Trail
from governance.usage import Usage

_log = structlog.get_logger(__name__)

EXPIRY_EVERY_SECONDS = 5
SWEEP_EVERY_SECONDS = 60
STOP_SECONDS = 2.0


class PortTaken(NexoraError):
    """The port is in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Everything that runs, once it is built."""

    settings: Settings
    store: Store
    services: Services
    bus: Bus
    outbox: Outbox
    router: Router
    checkpoints: Checkpoints
    approvals: Approvals
    pool: Pool
    channels: Mapping[str, Supervisor]
    choice: ModelChoice
    sandbox: Sandbox
    app: web.Application


async def serve(configuration: Configuration) -> None:
    """Build everything, serve until SIGINT or SIGTERM, and stop in order. Raises NexoraError when it cannot start."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        listener = _listener(configuration.settings)
        stack.callback(listener.close)
        gateway = await assemble_gateway(configuration, stack)
        running = asyncio.create_task(_run(gateway), name="gateway")
        stack.push_async_callback(_end, running)
        await _open_port(gateway, listener, stack)
        await announce(gateway, configuration, listener.getsockname()[1], await _first_link(gateway))
        waiting = asyncio.create_task(stopping.wait(), name="wait for a signal")
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if running.done():
            running.result()
        await gateway.checkpoints.finish()


async def assemble_gateway(configuration: Configuration, stack: AsyncExitStack) -> Gateway:
    """Everything, built and not yet running; `stack` owns what has to be closed."""
    settings = configuration.settings
    home = _home(settings.home)
    dsn = settings.dsn
    is_alone = dsn is None
    if dsn is None:
        dsn = (await stack.enter_async_context(EmbeddedPostgres(home))).dsn
    await migrate(dsn)
    pool = await connect(dsn, most=settings.database.connections)
    stack.push_async_callback(_close_pool, pool)
    http = aiohttp.ClientSession(trust_env=False)
    stack.push_async_callback(http.close)
    store = Store(pool, message_ttl=timedelta(seconds=settings.bus.message_ttl_seconds))
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    patience = Patience(tries=settings.bus.tries, lease=timedelta(seconds=settings.bus.lease_seconds))
    inbox = Lanes(store, "nexora_inbox", "event_id", owner, patience)
    sending = Lanes(store, "nexora_outbox", "key", owner, patience)
    if is_alone:  # nobody else can be at work on our own server, so what was running is free at once
        for lanes in (inbox, sending):
            await store.fetch(lanes.query("release_all"))
    bus = Bus(inbox, lane_cap=settings.bus.lane_cap, listen_dsn=dsn)
    channels: dict[str, Supervisor] = {}
    outbox = Outbox(sending, channels)
    store.on_commit = lambda committed: _hear(committed, bus, outbox)
    governance = _governance(settings, store, home)
    choice = await choose(settings.models, http=http, environment=os.environ)
    prices = Prices(is_free=choice.is_free)
    usage = Usage(store, prices.cost_usd)
    sandbox = await _sandbox(settings)
    specs = SpecFolder(settings.agents.folder)
    tools = toolbox(sandbox, timeout_seconds=settings.sandbox.timeout_seconds)
    agents = Pool(
        specs,
        lambda spec: _agent(spec, choice, tools),
        max_active=settings.agents.max_active,
        idle_seconds=settings.agents.idle_seconds,
    )
    guard = Guard(
        Policy.load(settings.approvals.policy),
        contained=sandbox.contained,
        find_grant=governance.tool_grants.find,
        protected=(home,),
        ports=frozenset({settings.server.port}),
    )
    conversations = Conversations(store)
    calls = Calls(store, guard, governance.approvals, owner)
    talk = Talk(
        Talking(
            store=store,
            bus=bus,
            people=governance.people,
            pool=agents,
            conversations=conversations,
            turns=Turns(store, conversations, calls, usage),
            decided=Decided(store, calls, guard),
            channels=channels,
            workspaces=home / "workspaces",
            default_agent=settings.agents.default,
        )
    )
    router = Router(
        Parts(
            store=store,
            bus=bus,
            people=governance.people,
            approvals=governance.approvals,
            admissions=governance.admissions,
            conversations=conversations,
            talk=talk,
            channels=channels,
        ),
        lane_cap=settings.bus.lane_cap,
    )
    board = Board(store, bus, Uploads(home / "uploads"))
    channels.update(_channels(configuration, router, http, board, store.now))
    services = Services(
        settings=settings,
        store=store,
        people=governance.people,
        accounts=governance.accounts,
        agent_grants=governance.agent_grants,
        sessions=governance.sessions,
        sign_in=governance.sign_in,
        approvals=governance.approvals,
        tool_grants=governance.tool_grants,
        usage=usage,
        trail=Trail(store),
        bus=bus,
        pool=agents,
        specs=specs,
        channels=channels,
        receive=router.receive,
        prices=prices,
        explain_model=choice.explain,
        stop=talk.stop,
    )
    router.services = services
    doors = [route for supervisor in channels.values() for route in supervisor.routes()]
    app = build(services, (*auth.ROUTES, *api.ROUTES, *console_pages.ROUTES), doors)
    furnish(app, board)
    return Gateway(
        settings=settings,
        store=store,
        services=services,
        bus=bus,
        outbox=outbox,
        router=router,
        checkpoints=Checkpoints(store, home),
        approvals=governance.approvals,
        pool=agents,
        channels=channels,
        choice=choice,
        sandbox=sandbox,
        app=app,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Governance:
    """The floor that decides, built."""

    people: People
    accounts: Accounts
    agent_grants: AgentGrants
    sessions: Sessions
    sign_in: SignIn
    approvals: Approvals
    admissions: Admissions
    tool_grants: ToolGrants


def _governance(settings: Settings, store: Store, home: Path) -> _Governance:
    async def cancel_requests(work: Transaction, person_id: UUID, _: Person | None) -> None:
        await approvals.cancel_all_of(work, person_id)

    people = People(store, on_disable=cancel_requests)
    accounts = Accounts(store, people)
    admissions = Admissions(store, accounts, people)
    tool_grants = ToolGrants(store)
    approvals = Approvals(
        store,
        tool_grants,
        {RequestKind.ADMISSION: admissions.decided},
        grant_seconds=settings.approvals.grant_seconds,
    )
    agent_grants = AgentGrants(store)
    sessions = Sessions(store, session_key(home))
    return _Governance(
        people=people,
        accounts=accounts,
        agent_grants=agent_grants,
        sessions=sessions,
        sign_in=SignIn(store, people, sessions, agent_grants, Passwords()),
        approvals=approvals,
        admissions=admissions,
        tool_grants=tool_grants,
    )


async def _agent(spec: AgentSpec, choice: ModelChoice, tools: Any) -> Agent:
    extra = {"temperature": spec.temperature} if spec.temperature is not None else None
    return assemble(spec, model=choice.model(spec.model, extra=extra), tools=tools)


async def _sandbox(settings: Settings) -> Sandbox:
    limits = Limits(memory_bytes=settings.sandbox.memory_megabytes * 2**20)
    return await asyncio.to_thread(choose_sandbox, settings.sandbox.level, limits=limits)


def _channels(
    configuration: Configuration, router: Router, http: aiohttp.ClientSession, board: Board, now: Clock
) -> dict[str, Supervisor]:
    """A supervisor for each channel that can start, and for the console, which is always there."""
    settings = configuration.settings
    found: dict[str, Supervisor] = {}
    wanted: dict[str, tuple[str, Options]] = {CONSOLE: (CONSOLE, Options())}
    wanted |= {
        name: (given.kind, given.options) for name, given in configuration.channels.items() if given.options is not None
    }
    for name, (kind, options) in wanted.items():
        surroundings = Surroundings(
            http=http,
            now=now,
            public_url=settings.server.public_url,
            board=board if name == CONSOLE else None,
        )
        found[name] = Supervisor(name, _builder(kind, name, options, surroundings), router.receive, now=now)
    return found


def _builder(kind: str, name: str, options: Any, surroundings: Surroundings) -> Any:
    return lambda: catalogue.load(kind).build(name, options, surroundings)


def _home(home: Path) -> Path:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NexoraError(f"The data folder {home} cannot be made: {error.strerror}. Set NEXORA_HOME.") from error
    return home.resolve()


def _hear(committed: Committed, bus: Bus, outbox: Outbox) -> None:
    if committed.inbox:
        bus.lanes.wake(committed.inbox)
    outbox.hear(committed)


async def _run(gateway: Gateway) -> None:
    """Everything that goes on until the end; one part that fails ends them all, and the program."""
    async with asyncio.TaskGroup() as group:
        group.create_task(gateway.bus.run(gateway.router.handle, gateway.router.bury), name="bus")
        group.create_task(gateway.outbox.run(), name="outbox")
        group.create_task(gateway.checkpoints.run(), name="checkpoints")
        group.create_task(_expire(gateway), name="expire")
        for name, supervisor in gateway.channels.items():
            group.create_task(supervisor.run(), name=f"channel {name}")


async def _expire(gateway: Gateway) -> None:
    """Close what nobody decided, and let go of idle agents."""
    ticks = 0
    while True:
        await asyncio.sleep(EXPIRY_EVERY_SECONDS)
        ticks += 1
        try:
            await gateway.approvals.expire()
        except DatabaseAway as error:
            _log.warning("expiry_postponed", reason=str(error))
        if ticks % (SWEEP_EVERY_SECONDS // EXPIRY_EVERY_SECONDS) == 0:
            gateway.pool.sweep()


def _listener(settings: Settings) -> socket.socket:
    """The port, taken before anything else, so that a second start says so at once."""
    family = socket.AF_INET6 if ":" in settings.server.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.server.host, settings.server.port))
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"{settings.server.host}:{settings.server.port} cannot be used: {error.strerror}. "
            "Set NEXORA_PORT to a free port, or stop what is using this one."
        ) from error
    return listener


async def _open_port(gateway: Gateway, listener: socket.socket, stack: AsyncExitStack) -> None:
    runner = web.AppRunner(gateway.app, access_log=None, handle_signals=False, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.SockSite(runner, listener).start()


async def _first_link(gateway: Gateway) -> str:
    """The one-time link for the first admin; empty once there is one."""
    if await gateway.services.people.has_admin():
        return ""
    async with gateway.store.transaction() as work:
        work.record(Event(tag="gateway:link:created"))
        return await invitations.create(work, "first_admin", None, now=gateway.store.now())


async def _end(running: asyncio.Task[None]) -> None:
    running.cancel()
    await asyncio.wait((running,))


async def _close_pool(pool: Any) -> None:
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await pool.close()
    except TimeoutError:
        pool.terminate()
