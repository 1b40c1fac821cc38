"""Builds everything, top to bottom, from the settings; runs nothing. What must be closed goes onto the exit stack."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from aiohttp import ClientSession, web

from agents.models.choice import ModelChoice
from agents.sandbox import Sandbox
from agents.turn.decided import Decided
from channels.running.supervisor import Supervisor
from gateway.commands import Commands, Completing
from gateway.database.home import open_home
from gateway.messages.border import Border
from gateway.messages.choose_agent import Chooser
from gateway.messages.digest import Digester
from gateway.messages.dispatch import Parts, Router
from gateway.messages.not_yet import NotYet
from gateway.messages.queue_position import QueuePosition
from gateway.messages.read import AttachmentReader
from gateway.messages.spoken_answers import SpokenAnswers
from gateway.messages.spoken_decisions import SpokenDecisions
from gateway.messages.stop import Cancellation
from gateway.messages.turn import Talk, Talking
from gateway.messages.waiting_cards import WaitingCards
from gateway.queue.inbox import Bus
from gateway.queue.keeping import Run
from gateway.queue.neighbours import Neighbours
from gateway.queue.outbox import Outbox
from gateway.run.connections import Around, connections, lenient_session, supervisors
from gateway.run.deciding import Deciding, decide_with
from gateway.run.foundation import Foundation, lay
from gateway.run.granting import Granting, grant_with
from gateway.run.needs import needs_of_commands, needs_of_web
from gateway.run.stored import with_stored
from gateway.run.thinking import Thinking, sandbox_of, think
from gateway.settings.model import Configuration, Settings
from gateway.settings.own_secrets import own_secrets
from gateway.upkeep.channel_times import ChannelTimes
from gateway.upkeep.lacks import LackRecord
from gateway.upkeep.retention import Retention
from gateway.web.api import routes as api
from gateway.web.console import routes as console_pages
from gateway.web.console.board import ConsoleBoard
from gateway.web.console.pages import render
from gateway.web.http import auth, health
from gateway.web.http.middleware import Middleware
from gateway.web.http.server import build
from gateway.web.http.uploads import UploadFolder
from gateway.web.mcp import endpoint as mcp
from governance.audit.checkpoints import Checkpoints
from governance.capabilities.capabilities import CHANGED
from governance.digests.digests import Digests
from governance.guard.hidden import Hidden
from governance.record.transaction import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Everything that runs, once it is built."""

    configuration: Configuration
    settings: Settings
    store: Store
    base: Foundation
    deciding: Deciding
    thinking: Thinking
    granting: Granting
    board: ConsoleBoard
    bus: Bus
    neighbours: Neighbours
    cancellation: Cancellation
    outbox: Outbox
    digester: Digester
    router: Router
    checkpoints: Checkpoints
    retention: Retention
    queue_position: QueuePosition
    lacks: LackRecord
    channels: Mapping[str, Supervisor]
    connections: Mapping[str, Run]
    times: ChannelTimes
    app: web.Application

    @property
    def choice(self) -> ModelChoice:
        """Which models answer."""
        return self.thinking.choice

    @property
    def sandbox(self) -> Sandbox:
        """How commands are contained."""
        return self.thinking.sandbox

    def hear_others(self, what: str) -> None:
        """Another gateway says that there is work, or a free seat."""
        self.granting.in_force.hear(what)
        if self.deciding.questions.hear(what) or what == CHANGED:
            return
        self.thinking.memory.memories.hear(what)
        self.outbox.lanes.wake()
        self.neighbours.hear(what)


async def assemble_gateway(configuration: Configuration, stack: AsyncExitStack) -> Gateway:
    """Everything, built and not yet running; `stack` owns what has to be closed."""
    base = await lay(configuration.settings, open_home(configuration.settings.home), stack)
    return await _assembled(await with_stored(configuration, base.secrets), base, stack)


async def _assembled(configuration: Configuration, base: Foundation, stack: AsyncExitStack) -> Gateway:
    settings, home = configuration.settings, open_home(configuration.settings.home)
    channels = supervisors(configuration, now=base.store.now, told=(lacks := LackRecord(base.store)).hear)
    outbox, neighbours = Outbox(base.sending, channels), Neighbours(base.store, base.owner, channels)
    deciding = decide_with(settings, base.store, base.keys, channels)
    hidden = Hidden(base.store, base.keys.master, own_secrets(configuration), settings.egress.secrets.keys())
    border = Border(base.store, deciding.people, hidden, deciding.approvals.kinds, secrets_page=_secrets_page(settings))
    board = ConsoleBoard(base.store, base.bus, UploadFolder(base.shared / "uploads"), border.cleared)
    sandbox = await sandbox_of(settings, base.shared)
    granting = grant_with(configuration, base, deciding, sandbox, home=home, channels=channels)
    base.store.commits.heard_by(outbox.hear, granting.in_force.hear_commit, deciding.questions.hear_commit)
    thinking = await think(configuration, base, deciding, hidden, tell=board.titled, sandbox=sandbox, granting=granting)
    stack.push_async_callback(thinking.close)
    cancellation = Cancellation(base.store, base.bus, thinking.turns.running, thinking.backgrounds)
    digester = _digester(base, deciding, thinking, channels)
    talk = _talk(settings, base, deciding, thinking, granting, border=border, channels=channels)
    built = needs_of_commands(
        configuration, base, deciding, thinking, granting, channels=channels, digester=digester, cancel=cancellation
    )
    router = _router(
        configuration, base, deciding, talk, cancellation, border=border, channels=channels, commands=Commands(built)
    )
    not_yet = NotYet(router.receive, channels, base.store.now)
    stack.push_async_callback(not_yet.close)
    around = _around(
        base,
        deciding,
        thinking,
        lenient=lenient_session(configuration, base.http, stack),
        board=board,
        router=router,
        not_yet=not_yet,
        neighbours=neighbours,
        channels=channels,
    )
    return Gateway(
        configuration=configuration,
        settings=settings,
        store=base.store,
        base=base,
        deciding=deciding,
        thinking=thinking,
        granting=granting,
        board=board,
        bus=base.bus,
        neighbours=neighbours,
        cancellation=cancellation,
        outbox=outbox,
        digester=digester,
        router=router,
        checkpoints=Checkpoints(base.store, home, base.keys),
        retention=Retention(base.store, base.shared, settings.cleanup, thinking.layers),
        queue_position=QueuePosition(base.store, base.bus.lanes),
        lacks=lacks,
        channels=channels,
        connections=connections(configuration, around, channels),
        times=ChannelTimes(base.store, channels),
        app=_app(configuration, base, deciding, thinking, granting, channels=channels, board=board),
    )


def _secrets_page(settings: Settings) -> str:
    """Where people keep secrets; empty where they reach no console of ours."""
    return f"{settings.public_url}/secrets" if settings.server.public_url else ""


def _app(
    configuration: Configuration,
    base: Foundation,
    deciding: Deciding,
    thinking: Thinking,
    granting: Granting,
    *,
    channels: Mapping[str, Supervisor],
    board: ConsoleBoard,
) -> web.Application:
    middleware = Middleware(configuration.settings, deciding.sessions, base.store)
    routes = (*auth.ROUTES, *api.ROUTES, *console_pages.ROUTES, *health.ROUTES)
    records = needs_of_web(configuration, base, deciding, thinking, granting, channels=channels, board=board)
    extra = [*mcp.MCP_ROUTES, *(route for supervisor in channels.values() for route in supervisor.routes())]
    return build(middleware, routes, records, draws=render, extra=extra)


def _around(
    base: Foundation,
    deciding: Deciding,
    thinking: Thinking,
    *,
    lenient: ClientSession,
    board: ConsoleBoard,
    router: Router,
    not_yet: NotYet,
    neighbours: Neighbours,
    channels: Mapping[str, Supervisor],
) -> Around:
    return Around(
        http=base.http,
        lenient=lenient,
        board=board,
        now=base.store.now,
        key=base.keys.session,
        receive=not_yet.receive,
        newest=base.bus.newest,
        seat=neighbours.seat,
        moves=router.moved.of,
        complete=Completing(people=deciding.people, approvals=deciding.approvals, specs=thinking.specs).complete,
        waiting=WaitingCards(base.store, deciding.people, lambda name: channels[name].channel.traits).of,
        lack_of_kind=thinking.plugins.lack_of_kind,
    )


def _router(
    configuration: Configuration,
    base: Foundation,
    deciding: Deciding,
    talk: Talk,
    cancellation: Cancellation,
    *,
    border: Border,
    channels: Mapping[str, Supervisor],
    commands: Commands,
) -> Router:
    parts = Parts(
        store=base.store,
        bus=base.bus,
        people=deciding.people,
        approvals=deciding.approvals,
        admissions=deciding.admissions,
        border=border,
        talk=talk,
        channels=channels,
        commands=commands,
        spoken=SpokenDecisions(
            store=base.store,
            approvals=deciding.approvals,
            commands=commands,
            traits_of=lambda name: channels[name].channel.traits,
        ),
        answers=SpokenAnswers(questions=deciding.questions, traits_of=lambda name: channels[name].channel.traits),
        stop_pressed=cancellation.pressed,
    )
    groups = {name: given.groups for name, given in configuration.channels.items() if given.groups is not None}
    return Router(parts, lane_cap=configuration.settings.bus.lane_cap, groups=groups)


def _talk(
    settings: Settings,
    base: Foundation,
    deciding: Deciding,
    thinking: Thinking,
    granting: Granting,
    *,
    border: Border,
    channels: Mapping[str, Supervisor],
) -> Talk:
    return Talk(
        Talking(
            store=base.store,
            bus=base.bus,
            people=deciding.people,
            pool=thinking.pool,
            conversations=thinking.conversations,
            turns=thinking.turns,
            refused=deciding.asked.refused,
            decided=Decided(base.store, thinking.calls, thinking.guard),
            ends=thinking.calls.ends,
            hidden=thinking.calls.hidden,
            backgrounds=thinking.backgrounds,
            hearing=AttachmentReader(
                base.store,
                thinking.usage,
                lambda address: channels.get(address.channel),
                thinking.choice.transcriber(),
                border.heard,
            ),
            channels=channels,
            workspaces=base.shared / "workspaces",
            may_think_with=granting.in_force.may_think_with,
            default_models=lambda: thinking.choice.labels,
            chooser=Chooser(
                base.store,
                deciding.bindings,
                deciding.approvals,
                thinking.specs.names,
                default=settings.agents.default,
                asks_in_groups=settings.agents.ask_in_groups,
            ),
        )
    )


def _digester(base: Foundation, deciding: Deciding, thinking: Thinking, channels: Mapping[str, Supervisor]) -> Digester:
    return Digester(
        store=base.store,
        digests=Digests(base.store, deciding.people),
        approvals=deciding.approvals,
        usage=thinking.usage,
        channels=channels,
    )
