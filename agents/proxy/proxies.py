"""Makes a proxy for each call that has a network, and writes into the record what passed through it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from aiohttp.abc import AbstractResolver
from pydantic import SecretStr

from agents.proxy.dialling import OFFERED
from agents.proxy.inner import inner_for
from agents.proxy.ledger import TrafficBounds, Use
from agents.proxy.proxy import Proxy
from agents.tools.tool import ToolContext
from governance.approvals.hosts.host_rules import Pass
from governance.egress.hosts import Destination, NetworkReach
from governance.guard.reaching import ReachOf
from governance.record.audit import Event, Status

Record = Callable[[ToolContext, Sequence[Event], Sequence[tuple[str, int, str]]], Awaitable[str]]
"""Writes the lines of a call, and which hosts (host, port, method) were blocked because nobody has listed them.

Returns what the model is to know of it, empty for nothing.
"""


class Passes(Protocol):
    """What a conversation may reach once."""

    async def take(self, agent: str, conversation: str) -> Sequence[Pass]:
        """Take them for one call; no other call may get them."""

    async def give_back(self, conversation: str, passes: Sequence[Pass]) -> None:
        """Give back those by which it reached nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandProxies:
    """How proxies are made. `resolver` must refuse names that lead to addresses which are not public.

    `secrets` by name are added to requests; `trust` judges the servers where a proxy looks into TLS, the system's
    authorities by default.
    """

    reach_of: ReachOf
    record: Record
    resolver: AbstractResolver
    passes: Passes | None = None
    bounds: TrafficBounds = field(default_factory=TrafficBounds)
    secrets: Mapping[str, SecretStr] = field(default_factory=dict, repr=False)
    trust: ssl.SSLContext | None = None

    @asynccontextmanager
    async def open(self, context: ToolContext) -> AsyncIterator[Proxy]:
        """A proxy for one call, to what is listed and what was approved. Its audit lines are written when it closes."""
        taken = await self.passes.take(context.agent, context.conversation) if self.passes else ()
        reach = await self._reach(context, taken)
        inner = await asyncio.to_thread(inner_for, reach, self.secrets, self.trust)
        proxy = Proxy(reach, self.resolver, self.bounds, inner)
        try:
            async with proxy:
                yield proxy
        finally:
            await _surely(self._end(context, proxy, taken))

    async def _reach(self, context: ToolContext, taken: Sequence[Pass]) -> NetworkReach:
        """What is listed, what was approved for this call, and what its conversation may reach once."""
        reach = await self.reach_of(context.agent, "")
        reach = replace(reach, rules=(*reach.rules, *(one.rule for one in taken)))
        return reach.with_approved([found for host in context.hosts if (found := Destination.of(host))])

    async def _end(self, context: ToolContext, proxy: Proxy, taken: Sequence[Pass]) -> None:
        uses = proxy.ledger.uses
        unused = [one for one in taken if not any(_opened(one, use) for use in uses)]
        if self.passes and unused:
            await self.passes.give_back(context.conversation, unused)
        proxy.note = await self._record(context, uses) if uses else ""

    async def _record(self, context: ToolContext, uses: Sequence[Use]) -> str:
        events = [_event(context, use) for use in uses]
        unlisted = [use for use in uses if use.because in OFFERED and use.port]
        blocked = [(use.host, use.port, method) for use in unlisted for method in sorted(use.methods)]
        return await self.record(context, events, blocked)


async def _surely(work: Coroutine[Any, Any, None]) -> None:
    """Also when the call is cancelled meanwhile."""
    doing = asyncio.ensure_future(work)
    try:
        await asyncio.shield(doing)
    except asyncio.CancelledError:
        await doing
        raise


def _opened(one: Pass, use: Use) -> bool:
    """Whether it was this pass that let something through."""
    return not use.because and any(one.rule.holds(use.host, use.port, method) for method in use.methods)


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
        actor_name=context.person.name,
        resource=use.place,
        status=Status.DENIED if use.because else Status.OK,
        address=context.conversation,
        detail=detail,
    )
