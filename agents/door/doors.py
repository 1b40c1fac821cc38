"""Makes a door for each call that has a network, and writes into the record what passed through it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp.abc import AbstractResolver
from pydantic import SecretStr

from agents.door.dialling import UNLISTED
from agents.door.door import Door
from agents.door.inner import inner_for
from agents.door.ledger import Bounds, Use
from agents.tools import ToolContext
from governance.audit import Event, Status
from governance.hosts import Destination
from governance.reaching import ReachOf

Record = Callable[[Sequence[Event], str, Sequence[tuple[str, int, str]]], Awaitable[None]]
"""Writes the lines, and of which agent which hosts (host, port, method) were blocked because nobody has listed them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """How doors are made. `resolver` must refuse names that lead to addresses which are not public.

    `secrets` by name are added to requests; `trust` judges the servers where a door looks into TLS, the system's
    authorities by default.
    """

    reach_of: ReachOf
    record: Record
    resolver: AbstractResolver
    bounds: Bounds = field(default_factory=Bounds)
    secrets: Mapping[str, SecretStr] = field(default_factory=dict, repr=False)
    trust: ssl.SSLContext | None = None

    @asynccontextmanager
    async def open(self, context: ToolContext) -> AsyncIterator[Door]:
        """A door for one call, to what is listed and what was approved. Its audit lines are written when it closes."""
        reach = await self.reach_of(context.agent)
        approved = [found for host in context.hosts if (found := Destination.of(host))]
        reach = reach.with_approved(approved)
        inner = await asyncio.to_thread(inner_for, reach, self.secrets, self.trust)
        door = Door(reach, self.resolver, self.bounds, inner)
        try:
            async with door:
                yield door
        finally:
            await self._surely_record(context, door.ledger.uses)

    async def _surely_record(self, context: ToolContext, uses: Sequence[Use]) -> None:
        """Also when the call is cancelled meanwhile."""
        if not uses:
            return
        events = [_event(context, use) for use in uses]
        unlisted = [use for use in uses if use.because == UNLISTED and use.port]
        blocked = [(use.host, use.port, method) for use in unlisted for method in sorted(use.methods)]
        writing = asyncio.ensure_future(self.record(events, context.agent, blocked))
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
