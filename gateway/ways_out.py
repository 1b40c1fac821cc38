"""The doors through which commands with a network reach hosts, by the settings, the policy and the files of agents."""

from collections.abc import Sequence

from agents.door import Bounds, Doors
from gateway.foundation import Foundation
from gateway.settings import Settings
from governance.audit import Event
from governance.egress import GuardedResolver
from governance.host_rules import HostRules
from governance.reaching import ReachOf


def doors_for(settings: Settings, base: Foundation, reach_of: ReachOf, rules: HostRules) -> Doors:
    """Makes the door of each call; what passed is written into the record, what was blocked is offered as a rule."""

    async def record(events: Sequence[Event], agent: str, blocked: Sequence[tuple[str, int, str]]) -> None:
        async with base.store.transaction() as work:
            await rules.blocked(work, agent, blocked)
            for event in events:
                work.record(event)

    bounds = Bounds(up_bytes=settings.egress.up_megabytes << 20, down_bytes=settings.egress.down_megabytes << 20)
    return Doors(
        reach_of=reach_of, record=record, resolver=GuardedResolver(), bounds=bounds, secrets=settings.egress.secrets
    )
