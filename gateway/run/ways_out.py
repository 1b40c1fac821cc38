"""The proxies through which commands reach hosts, by the settings, the policy and the files of agents."""

from collections.abc import Sequence

from agents.proxy import CommandProxies, TrafficBounds
from agents.tools.tool import ToolContext
from gateway.run.deciding import Deciding
from gateway.run.foundation import Foundation
from gateway.settings.model import Settings
from governance.approvals.hosts.host_questions import Caller
from governance.egress.egress import GuardedResolver
from governance.guard.reaching import ReachOf
from governance.record.audit import Event


def proxies_for(settings: Settings, base: Foundation, reach_of: ReachOf, deciding: Deciding) -> CommandProxies:
    """Makes the proxy of each call; what passed is written into the record, what was blocked is put before admins."""

    async def record(context: ToolContext, events: Sequence[Event], places: Sequence[tuple[str, int, str]]) -> str:
        async with base.store.transaction() as work:
            for event in events:
                work.record(event)
            blocked = await deciding.host_rules.blocked(work, context.agent, places)
            if context.address is None:
                return ""
            caller = Caller(
                person=context.person,
                account=context.account,
                agent=context.agent,
                address=context.address,
                is_direct=context.is_direct,
                turn_id=context.turn_id,
            )
            return await deciding.host_questions.ask(work, deciding.approvals, caller, blocked)

    bounds = TrafficBounds(up_bytes=settings.egress.up_megabytes << 20, down_bytes=settings.egress.down_megabytes << 20)
    return CommandProxies(
        reach_of=reach_of,
        record=record,
        resolver=GuardedResolver(),
        passes=deciding.host_rules,
        bounds=bounds,
        secrets=settings.egress.secrets,
    )
