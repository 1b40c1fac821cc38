"""Serves what `gateway.assembly` builds until told to stop, and then stops it in order."""

import asyncio
import signal
import socket
from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from channels.base import NexoraError
from gateway.assembly import STOP_SECONDS, Gateway, assemble_gateway
from gateway.banner import announce
from gateway.settings import Configuration, Settings
from governance import invitations
from governance.audit import Event
from governance.store import DatabaseAway

_log = structlog.get_logger(__name__)

EXPIRY_EVERY_SECONDS = 5
SWEEP_EVERY_SECONDS = 60


class PortTaken(NexoraError):
    """The port is in use."""


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


async def _run(gateway: Gateway) -> None:
    """Everything that goes on until the end; one part that fails ends them all, and the program."""
    if inner := gateway.settings.egress.allow:
        await gateway.store.record(Event(tag="gateway:egress:allowed", resource=", ".join(inner)))
    async with asyncio.TaskGroup() as group:
        group.create_task(gateway.bus.run(gateway.router.handle, gateway.router.bury), name="bus")
        group.create_task(gateway.stops.run(), name="stops")
        group.create_task(gateway.outbox.run(), name="outbox")
        group.create_task(gateway.digester.run(), name="digests")
        group.create_task(gateway.checkpoints.run(), name="checkpoints")
        group.create_task(gateway.cleaning.run(), name="cleaning")
        group.create_task(gateway.waiting.run(), name="waiting")
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
