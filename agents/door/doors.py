"""Makes a door for each call that has a network, and writes into the record what passed through it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp.abc import AbstractResolver

from agents.door.door import Door
from agents.door.ledger import Bounds, Use
from agents.tools import ToolContext
from governance.audit import Event, Status
from governance.hosts import Destination
from governance.reaching import ReachOf

Record = Callable[[Sequence[Event]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """How doors are made. `resolver` must refuse names that lead to addresses which are not public."""

    reach_of: ReachOf
    record: Record
    resolver: AbstractResolver
    bounds: Bounds = field(default_factory=Bounds)

    @asynccontextmanager
    async def open(self, context: ToolContext) -> AsyncIterator[Door]:
        """A door for one call, to what is listed and what was approved. Its audit lines are written when it closes."""
        reach = await self.reach_of(context.agent)
        approved = [found for host in context.hosts if (found := Destination.of(host))]
        door = Door(reach.with_approved(approved), self.resolver, self.bounds)
        try:
            async with door:
                yield door
        finally:
            await self._surely_record([_event(context, use) for use in door.ledger.uses])

    async def _surely_record(self, events: Sequence[Event]) -> None:
        """Also when the call is cancelled meanwhile."""
        if not events:
            return
        writing = asyncio.ensure_future(self.record(events))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await writing
            raise


def _event(context: ToolContext, use: Use) -> Event:
    detail = {
        "agent": context.agent,
        "because": use.because,
        "connections": use.connections,
        "down": use.down,
        "methods": ",".join(sorted(use.methods)),
        "up": use.up,
    }
    return Event(
        tag="door:host:blocked" if use.because else "door:host:reached",
        actor=str(context.person.id),
        actor_name=context.person.label,
        resource=use.place,
        status=Status.DENIED if use.because else Status.OK,
        address=context.conversation,
        detail=detail,
    )
