"""What agents are given beyond their own tools, put together once and kept until something about it changes.

Every turn asks for it, so a turn looks at few things: the agent's file, what is in force, which servers and plugins
there are, and, where there are rules, who speaks.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from uuid import UUID

from agents.specs import AgentSpec
from agents.tools.sources import ToolSource, tools_of
from agents.tools.tool import Tool
from gateway.capabilities.in_force import InForce
from governance.people.people import Person

MOST_KEPT = 512
"""So many agents, each for so many persons where rules differ, are kept."""


class AddedTools:
    """A source that asks the `sources` behind it anew only after a change. `loaded` tells which code is there."""

    def __init__(
        self,
        in_force: InForce,
        load: Callable[[str], AgentSpec],
        loaded: Callable[[], object],
        sources: Sequence[ToolSource],
    ) -> None:
        self._in_force = in_force
        self._load = load
        self._loaded = loaded
        self._sources = tuple(sources)
        self._kept: OrderedDict[tuple[str, UUID | None], tuple[tuple[object, ...], Sequence[Tool]]] = OrderedDict()

    async def tools_for(self, agent: str, person: Person) -> Sequence[Tool]:
        """The tools of all of them, the same objects until something changes."""
        standing = await self._in_force.now()
        key = (agent, person.id if standing.rules.rules else None)
        of = (standing, self._load(agent), self._loaded())
        kept = self._kept.get(key)
        if kept is not None and _is_same(kept[0], of):
            return kept[1]
        failed: list[None] = []
        tools = await tools_of(self._sources, agent, person, lambda: failed.append(None))
        if not failed:  # what could not be asked is asked again at the next turn
            self._kept[key] = (of, tools)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return tools


def _is_same(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    return before[0] is now[0] and before[1] is now[1] and before[2] == now[2]
