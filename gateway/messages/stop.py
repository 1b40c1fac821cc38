"""Ends an answer and what runs in the background, here at once and at another gateway through the bus.

Whoever asked may, whoever may use that agent, and an admin: in a group everybody sees the answer, and not all of them
may speak to the agent.
"""

import asyncio
import re
from contextlib import aclosing
from pathlib import Path
from uuid import UUID

import structlog

from agents.tools.background import Backgrounds
from agents.turn.running import Running
from gateway.commands.conversations import StopOutcome
from gateway.queue.inbox import Bus
from gateway.queue.jobs import Job
from governance.people.people import Person, Role
from governance.record.fence import current
from governance.record.transaction import DatabaseAway, Store, load_queries

_log = structlog.get_logger(__name__)

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))
TOPIC = "stop"
PAUSE_SECONDS = 1.0
_BEGINS_ID = re.compile(r"[0-9a-f]{1,32}")


async def was_stopped(store: Store, job: Job) -> bool:
    """Whether somebody said stop while another gateway worked on this, which then died. Raises DatabaseAway."""
    return job.was_interrupted and bool(await store.fetchval(QUERIES["was_told"], _topic_of(job.id)))


def may_end(by: Person, asker: UUID, agent: str) -> bool:
    """Whether this person may end an answer of that agent to that person."""
    return by.id == asker or by.role is Role.ADMIN or agent in by.agents


def stop_id(turn: UUID) -> str:
    """What a press brings back that is to end that turn."""
    return turn.hex[:16]


def _ids_from(begins: str) -> tuple[UUID, UUID] | None:
    """The first and the last id that begins so; None where none can, for a platform hands back what it likes."""
    if not _BEGINS_ID.fullmatch(begins):
        return None
    return UUID(begins.ljust(32, "0")), UUID(begins.ljust(32, "f"))


def _topic_of(job_id: int) -> str:
    return f"{TOPIC}:{job_id}"


class Cancellation:
    """Stops the turns of this gateway, and those of the others."""

    def __init__(self, store: Store, bus: Bus, running: Running, backgrounds: Backgrounds) -> None:
        self._store = store
        self._bus = bus
        self._running = running
        self._backgrounds = backgrounds

    async def stop(self, key: str, by: Person) -> StopOutcome:
        """End the answer that is made in a conversation, and what runs in its background.

        Raises DatabaseAway. Said in a chat it means what was said before it; what follows it in the queue is answered.
        """
        if not await self._may_end(key, by):
            return StopOutcome.NOT_THEIRS
        behind = await self._backgrounds.stop(key)
        return StopOutcome.DONE if await self._end(key) or behind else StopOutcome.NOTHING

    async def pressed(self, key: str, turn: str, by: Person) -> StopOutcome:
        """End the answer whose turn has an id that begins so, in the conversation where its button was pressed.

        Raises DatabaseAway. An answer that was not seen yet stands in no table: it is the one that is made there.
        """
        here = self._running.find(turn)
        if here is not None:
            if not may_end(by, here.person.id, here.agent.name):
                return StopOutcome.NOT_THEIRS
            return StopOutcome.DONE if self._running.stop(here.address.key) else StopOutcome.NOTHING
        ids = _ids_from(turn)
        row = await self._store.fetchrow(QUERIES["turn"], *ids) if ids else None
        if row is None:
            return await self.stop(key, by)
        if not may_end(by, row["user_id"], row["agent"]):
            return StopOutcome.NOT_THEIRS
        is_on = row["state"] == "running" and await self._end(row["conversation"])
        return StopOutcome.DONE if is_on else StopOutcome.NOTHING

    async def _end(self, key: str) -> bool:
        fence = current()
        said = fence.id if fence else None
        if self._running.stop(key, before=said):
            return True
        running = await self._store.fetchval(QUERIES["running"], key, said)
        if running is None:
            return False
        await self._bus.emit(_topic_of(running), [key])  # for whoever runs it again, should its gateway be dead
        await self._bus.emit(TOPIC, [f"{running} {key}"])
        return True

    async def _may_end(self, key: str, by: Person) -> bool:
        here = self._running.of(key)
        if here is not None:
            return may_end(by, here.person.id, here.agent.name)
        row = await self._store.fetchrow(QUERIES["newest_turn"], key)
        return row is None or may_end(by, row["user_id"], row["agent"])

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
                        self._running.stop(key, only=int(event))
            except DatabaseAway as error:
                _log.warning("stops_not_heard", reason=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
