"""Serves what `gateway.run.assembly` builds until told to stop, and then stops it in order."""

import asyncio
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from typing import Any

import structlog
from aiohttp import web

from channels.base import NexoraError
from gateway.database.pool import DatabaseNotReady
from gateway.queue.keeping import Run
from gateway.run.assembly import Gateway, assemble_gateway
from gateway.run.banner import announce
from gateway.run.foundation import STOP_SECONDS
from gateway.settings.model import Configuration, Settings
from governance.people import invitations
from governance.record.audit import Event
from governance.record.transaction import DatabaseAway

_log = structlog.get_logger(__name__)

AGAIN_SECONDS = 1.0
END_SECONDS = 1.0
LAST_CHECKPOINT_SECONDS = 1.0
EXPIRY_EVERY_SECONDS = 5
SWEEP_EVERY_SECONDS = 60


def _nothing() -> None:
    """Nobody wants to hear of the stop."""


class PortTaken(NexoraError):
    """The port is in use."""


async def serve(configuration: Configuration, *, on_stop: Callable[[], None] = _nothing) -> None:
    """Build everything, serve until SIGINT or SIGTERM, and stop in order. Raises NexoraError when it cannot start.

    `on_stop` is called when the signal comes, before anything is stopped.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _told_to_stop, stopping, on_stop)
    async with AsyncExitStack() as stack:
        listener = _listener(configuration.settings)
        stack.callback(listener.close)
        waiting = asyncio.create_task(stopping.wait(), name="wait for a signal")
        stack.callback(waiting.cancel)
        starting = asyncio.create_task(_started(configuration, stack), name="start")
        await asyncio.wait((starting, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            await _end(starting)
            return
        gateway, code = starting.result()
        gateway.choice.load_early()
        running = asyncio.create_task(_run(gateway), name="gateway")
        stack.push_async_callback(_end, running)
        await _open_port(gateway, listener, stack)
        await announce(gateway, gateway.configuration, listener.getsockname()[1], code)
        await waiting
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_CHECKPOINT_SECONDS):
                await gateway.checkpoints.finish()


def _told_to_stop(stopping: asyncio.Event, on_stop: Callable[[], None]) -> None:
    if not stopping.is_set():
        stopping.set()
        on_stop()


async def _started(configuration: Configuration, stack: AsyncExitStack) -> tuple[Gateway, str]:
    """Everything built, and the one-time link for the first admin. A database that is coming is waited for.

    Only what the settings got wrong ends a start at once.
    """
    loop = asyncio.get_running_loop()
    patience = configuration.settings.database.wait_seconds
    deadline = loop.time() + patience
    while True:
        async with AsyncExitStack() as attempt:
            try:
                gateway = await assemble_gateway(configuration, attempt)
                code = await _first_link(gateway)
            except (DatabaseAway, DatabaseNotReady) as error:
                if loop.time() >= deadline:
                    raise
                reason = error.reason if isinstance(error, DatabaseAway) else str(error)
                _log.warning("database_awaited", reason=reason, at_most_seconds=round(deadline - loop.time()))
            else:
                stack.push_async_exit(attempt.pop_all())
                return gateway, code
        await asyncio.sleep(AGAIN_SECONDS)


async def _run(gateway: Gateway) -> None:
    """Everything that goes on until the end. A part that fails is begun again and costs no other part anything.

    At the end the other gateways are told that what was ours is theirs.
    """
    keep = gateway.base.keeper.keep
    try:
        async with asyncio.TaskGroup() as group:
            for name, run in _parts(gateway).items():
                group.create_task(keep(name, run), name=name)
            group.create_task(_tell_what_is_allowed(gateway), name="tell what is allowed")
    finally:
        await gateway.neighbours.leave()


def _parts(gateway: Gateway) -> Mapping[str, Run]:
    """What goes on, by the name under which it is told of."""
    return {
        "inbox": lambda: gateway.bus.work(gateway.router.handle, gateway.router.dead_letter, gateway.neighbours.bounds),
        "notifications": lambda: gateway.bus.listen(gateway.hear_others),
        "beat": gateway.neighbours.beat,
        "ring": gateway.neighbours.tell,
        "cancellation": gateway.cancellation.run,
        "outbox": lambda: gateway.outbox.run(gateway.neighbours.ring),
        "digests": gateway.digester.run,
        "learning": gateway.thinking.learner.run,
        "schedules": gateway.deciding.firing.run,
        "checkpoints": gateway.checkpoints.run,
        "retention": gateway.retention.run,
        "usage": gateway.thinking.usage.run,
        "queue position": gateway.queue_position.run,
        "lacks": gateway.lacks.run,
        "channel times": gateway.times.run,
        "background": gateway.thinking.backgrounds.run,
        "capabilities": gateway.granting.run,
        "expiry": lambda: _expire(gateway),
        **{f"channel {name}": run for name, run in gateway.connections.items()},
    }


async def _tell_what_is_allowed(gateway: Gateway) -> None:
    """The record says at each start which inner servers agents may reach; it waits for the database if need be."""
    inner = gateway.settings.egress.allow
    while inner:
        try:
            await gateway.store.record(Event(tag="gateway:egress:allowed", resource=", ".join(inner)))
        except DatabaseAway:
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return


async def _expire(gateway: Gateway) -> None:
    """Close what nobody decided, and let go of idle agents."""
    ticks = 0
    while True:
        await asyncio.sleep(EXPIRY_EVERY_SECONDS)
        ticks += 1
        try:
            await gateway.deciding.approvals.expire()
            await gateway.deciding.questions.tidy()
            await gateway.router.tell_of_strangers()
        except DatabaseAway as error:
            _log.warning("expiry_postponed", reason=str(error))
        if ticks % (SWEEP_EVERY_SECONDS // EXPIRY_EVERY_SECONDS) == 0:
            gateway.thinking.pool.sweep()


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
    if await gateway.deciding.people.has_admin():
        return ""
    async with gateway.store.transaction() as work:
        work.record(Event(tag="gateway:link:created"))
        return await invitations.create(work, "first_admin", None, now=gateway.store.now())


async def _end(running: asyncio.Task[Any]) -> None:
    """Cancel it until it has ended: a cancellation can be lost where a library takes it for something else."""
    while not running.done():
        running.cancel()
        await asyncio.wait((running,), timeout=END_SECONDS)
