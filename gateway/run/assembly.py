"""Builds everything, top to bottom, from the settings; runs nothing. What must be closed goes onto the exit stack."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from aiohttp import web

from agents.models.choice import ModelChoice
from agents.pool import Pool
from agents.sandbox import Sandbox
from agents.tools.background import Backgrounds
from agents.turn.decided import Decided
from channels.running.supervisor import Supervisor
from gateway.database.home import open_home
from gateway.messages.border import Border
from gateway.messages.choose_agent import Chooser
from gateway.messages.digest import Digester
from gateway.messages.dispatch import Parts, Router
from gateway.messages.not_yet import NotYet
from gateway.messages.queue_position import QueuePosition
from gateway.messages.read import AttachmentReader
from gateway.messages.stop import Cancellation
from gateway.messages.turn import Talk, Talking
from gateway.messages.waiting_cards import WaitingCards
from gateway.queue.inbox import Bus
from gateway.queue.keeping import Keeper
from gateway.queue.neighbours import Neighbours
from gateway.queue.outbox import Outbox
from gateway.run.connections import Around, connections, lenient_session
from gateway.run.deciding import Deciding, decide_with
from gateway.run.foundation import Foundation, lay
from gateway.run.thinking import Thinking, think
from gateway.services import Services
from gateway.settings.model import Configuration, Settings
from gateway.upkeep.channel_times import ChannelTimes
from gateway.upkeep.lacks import LackRecord
from gateway.upkeep.retention import Retention
from gateway.web.api import routes as api
from gateway.web.console import routes as console_pages
from gateway.web.console.board import ConsoleBoard, furnish
from gateway.web.http import auth, health
from gateway.web.http.server import build
from gateway.web.http.uploads import UploadFolder
from governance.approvals.decide import Approvals
from governance.audit.checkpoints import Checkpoints
from governance.audit.log import AuditLog
from governance.digests.digests import Digests
from governance.record.transaction import Committed, Store
from governance.usage.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Everything that runs, once it is built."""

    settings: Settings
    store: Store
    services: Services
    bus: Bus
    neighbours: Neighbours
    stops: Cancellation
    outbox: Outbox
    digester: Digester
    router: Router
    checkpoints: Checkpoints
    cleaning: Retention
    waiting: QueuePosition
    lacks: LackRecord
    backgrounds: Backgrounds
    approvals: Approvals
    pool: Pool
    channels: Mapping[str, Supervisor]
    times: ChannelTimes
    choice: ModelChoice
    sandbox: Sandbox
    usage: Usage
    keeper: Keeper
    app: web.Application


async def assemble_gateway(configuration: Configuration, stack: AsyncExitStack) -> Gateway:
    """Everything, built and not yet running; `stack` owns what has to be closed."""
    settings, home = configuration.settings, open_home(configuration.settings.home)
    base = await lay(settings, home, stack)
    channels: dict[str, Supervisor] = {}
    deciding = decide_with(settings, base.store, base.keys, channels)
    outbox, neighbours = Outbox(base.sending, channels), Neighbours(base.store, base.owner, channels)
    base.bus.on_ready = neighbours.share(base.bus.lanes, base.sending)
    base.store.on_commit = lambda committed: _hear(committed, base.bus, outbox)
    board = ConsoleBoard(base.store, base.bus, UploadFolder(base.shared / "uploads"))
    thinking = await think(configuration, base, deciding, home=home, tell=board.titled)
    stack.push_async_callback(thinking.close)
    stops = Cancellation(base.store, base.bus, thinking.turns.running, thinking.backgrounds)
    router = _router(configuration, base, deciding, _talk(settings, base, deciding, thinking, channels), channels)
    lacks, not_yet = LackRecord(base.store), NotYet(router.receive, channels, base.store.now)
    stack.push_async_callback(not_yet.close)
    around = Around(
        http=base.http,
        lenient=lenient_session(configuration, base.http, stack),
        board=board,
        now=base.store.now,
        key=base.keys.session,
        receive=not_yet.receive,
        newest=base.bus.newest,
        told=lacks.hear,
        seat=neighbours.seat,
        moves=router.moved.of,
        complete=router.complete,
        waiting=WaitingCards(base.store, deciding.people, lambda name: channels[name].channel.traits).of,
    )
    channels.update(connections(configuration, around))
    digester = _digester(base, deciding, thinking, channels)
    services = router.services = _services(
        configuration, base, deciding, thinking, channels=channels, digester=digester, router=router, stops=stops
    )
    return Gateway(
        settings=settings,
        store=base.store,
        services=services,
        bus=base.bus,
        neighbours=neighbours,
        stops=stops,
        outbox=outbox,
        digester=digester,
        router=router,
        checkpoints=Checkpoints(base.store, home, base.keys),
        cleaning=Retention(base.store, base.shared, settings.cleanup, thinking.layers),
        waiting=QueuePosition(base.store, base.bus.lanes),
        lacks=lacks,
        backgrounds=thinking.backgrounds,
        approvals=deciding.approvals,
        pool=thinking.pool,
        channels=channels,
        times=ChannelTimes(base.store, channels),
        choice=thinking.choice,
        sandbox=thinking.sandbox,
        usage=thinking.usage,
        keeper=base.keeper,
        app=_app(services, board, router.border),
    )


def _app(services: Services, board: ConsoleBoard, border: Border) -> web.Application:
    board.clear = border.cleared
    webhooks = [route for supervisor in services.channels.values() for route in supervisor.routes()]
    app = build(services, (*auth.ROUTES, *api.ROUTES, *console_pages.ROUTES, *health.ROUTES), webhooks)
    furnish(app, board)
    return app


def _router(
    configuration: Configuration, base: Foundation, deciding: Deciding, talk: Talk, channels: Mapping[str, Supervisor]
) -> Router:
    parts = Parts(
        store=base.store,
        bus=base.bus,
        people=deciding.people,
        approvals=deciding.approvals,
        admissions=deciding.admissions,
        talk=talk,
        channels=channels,
    )
    groups = {name: given.groups for name, given in configuration.channels.items() if given.groups is not None}
    return Router(parts, lane_cap=configuration.settings.bus.lane_cap, groups=groups)


def _talk(
    settings: Settings, base: Foundation, deciding: Deciding, thinking: Thinking, channels: Mapping[str, Supervisor]
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
                Border(base.store, deciding.people, thinking.calls.hidden, deciding.approvals.kinds).heard,
            ),
            channels=channels,
            workspaces=base.shared / "workspaces",
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


def _services(
    configuration: Configuration,
    base: Foundation,
    deciding: Deciding,
    thinking: Thinking,
    *,
    channels: Mapping[str, Supervisor],
    digester: Digester,
    router: Router,
    stops: Cancellation,
) -> Services:
    return Services(
        settings=configuration.settings,
        store=base.store,
        digests=digester.digests,
        people=deciding.people,
        accounts=deciding.accounts,
        agent_grants=deciding.agent_grants,
        sessions=deciding.sessions,
        sign_in=deciding.sign_in,
        approvals=deciding.approvals,
        bindings=deciding.bindings,
        tool_grants=deciding.tool_grants,
        host_rules=deciding.host_rules,
        usage=thinking.usage,
        trail=AuditLog(base.store),
        bus=base.bus,
        pool=thinking.pool,
        specs=thinking.specs,
        layers=thinking.layers,
        channels=channels,
        unstarted={name: given for name, given in configuration.channels.items() if given.options is None},
        receive=router.receive,
        prices=thinking.prices,
        explain_model=thinking.choice.explain,
        is_rehearsal=thinking.choice.is_rehearsal,
        compose_digest=digester.compose,
        verifier=base.verifier,
        troubles=lambda: _troubles(base),
        stop=stops.stop,
        stop_pressed=stops.pressed,
    )


def _troubles(base: Foundation) -> Mapping[str, str]:
    database = {"database": base.store.trouble} if base.store.trouble else {}
    return {**database, **base.keeper.troubles}


def _hear(committed: Committed, bus: Bus, outbox: Outbox) -> None:
    if committed.inbox:
        bus.lanes.wake(committed.inbox)
    outbox.hear(committed)
