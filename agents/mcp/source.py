"""Brings the tools of servers to the agents that may use them."""

from collections.abc import Awaitable, Callable, Sequence

from agents.mcp.servers import Servers
from agents.tools.tool import Tool
from governance.people.people import Person

MayUse = Callable[[str, str, Person], Awaitable[bool]]
"""Whether this server may be used by this agent when this person speaks with it. Must answer from memory."""


async def anybody(server: str, agent: str, person: Person) -> bool:
    """Whoever may use the agent."""
    del server, agent, person
    return True


class ServerTools:
    """A source of tools (`agents.tools.sources`): those of every server that may be used."""

    def __init__(self, servers: Servers, may_use: MayUse = anybody) -> None:
        self._servers = servers
        self._may_use = may_use

    async def tools_for(self, agent: str, person: Person) -> Sequence[Tool]:
        """The tools, as they were approved; no server is started for it."""
        return [
            tool
            for name in self._servers.names
            if await self._may_use(name, agent, person)
            for tool in self._servers.tools(name)
        ]
