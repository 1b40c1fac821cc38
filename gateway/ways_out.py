"""The doors through which commands with a network reach hosts, by the settings, the policy and the files of agents."""

from collections.abc import Sequence

from agents.door import Bounds, Doors
from gateway.foundation import Foundation
from gateway.settings import Settings
from governance.audit import Event
from governance.egress import GuardedResolver
from governance.reaching import ReachOf


def doors_for(settings: Settings, base: Foundation, reach_of: ReachOf) -> Doors:
    """Makes the door of each call; what passed is written into the record."""

    async def record(events: Sequence[Event]) -> None:
        await base.store.record(*events)

    bounds = Bounds(up_bytes=settings.egress.up_megabytes << 20, down_bytes=settings.egress.down_megabytes << 20)
    return Doors(reach_of=reach_of, record=record, resolver=GuardedResolver(), bounds=bounds)
