"""Ends an answer and what runs in the background, here at once and at another gateway through the bus."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import structlog

from agents.tools.background import Backgrounds
from agents.turn.turn import Turns
from gateway.queue.inbox import Bus
from gateway.queue.jobs import Job
from governance.record.fence import current
from governance.record.transaction import DatabaseAway, Store, load_queries

_log = structlog.get_logger(__name__)

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
TOPIC = "stop"
PAUSE_SECONDS = 1.0


async def was_stopped(store: Store, job: Job) -> bool:
    """Whether somebody said stop while another gateway worked on this, which then died. Raises DatabaseAway."""
    return job.was_interrupted and bool(await store.fetchval(QUERIES["was_told"], _topic_of(job.id)))


def _topic_of(job_id: int) -> str:
    return f"{TOPIC}:{job_id}"


class Cancellation:
    """Stops the turns of this gateway, and those of the others."""

    def __init__(self, store: Store, bus: Bus, turns: Turns, backgrounds: Backgrounds) -> None:
        self._store = store
        self._bus = bus
        self._turns = turns
        self._backgrounds = backgrounds

    async def stop(self, key: str) -> bool:
        """End the answer that is made in a conversation, and what runs in its background; False without either.

        Raises DatabaseAway. Said in a chat it means what was said before it; what follows it in the queue is answered.
        """
        behind = await self._backgrounds.stop(key)
        fence = current()
        said = fence.id if fence else None
        if self._turns.stop(key, before=said):
            return True
        running = await self._store.fetchval(QUERIES["running"], key, said)
        if running is None:
            return behind
        await self._bus.emit(_topic_of(running), [key])  # for whoever runs it again, should its gateway be dead
        await self._bus.emit(TOPIC, [f"{running} {key}"])
        return True

    async def run(self) -> None:
        """Hear what the others were told to stop, until cancelled."""
        after: int | None = None
        while True:
            try:
                after = await self._bus.last(TOPIC) if after is None else after
                async with aclosing(self._bus.subscribe(TOPIC, after)) as told:
                    async for number, what in told:
                        after = number
                        event, _, key = what.partition(" ")
                        self._turns.stop(key, only=int(event))
            except DatabaseAway as error:
                _log.warning("stops_not_heard", reason=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
