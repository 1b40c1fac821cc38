"""The tool with which an agent proposes a skill, an MCP server, a plugin or an agent. Persons decide, agents never."""

import os
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from agents.tools.schema import tool
from agents.tools.tool import Tool, ToolContext, ToolResult
from channels.messages import Account
from gateway.capabilities.desk import CapabilityOrder, Desk
from gateway.capabilities.sources import Where
from governance.capabilities.changes import WishEnd, Wisher
from governance.people.people import CONSOLE, Person
from governance.values.capability_kinds import CapabilityAction, CapabilityKind
from governance.values.verdicts import Effect

_TOLD = {
    WishEnd.ASKED: "{says} Tell the person that it waits, and go on without it.",
    WishEnd.DONE: "{says} You have it from the next message on.",
    WishEnd.REFUSED: "Not proposed: {says}. Tell the person so; do not propose it again in another form.",
}


class Proposing:
    """A source of that one tool, the same for everybody."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        proposes = tool(
            self._propose,
            name="propose_capability",
            effect=Effect.SEARCHES,  # an address is asked before anybody has agreed, and carries out what it says
            subject="source",
            timeout_seconds=180,
            is_seldom=True,
        )
        self._tools = (proposes,)

    async def tools_for(self, agent: str, person: Person) -> Sequence[Tool]:
        """The tool."""
        del agent, person
        return self._tools

    async def _propose(
        self,
        context: ToolContext,
        kind: Literal["agent", "mcp", "plugin", "skill"],
        source: Annotated[str, Field(description="a path here, an https address, or a name in a catalogue")],
        reason: Annotated[str, Field(description="what the person gains", max_length=500)] = "",
    ) -> ToolResult:
        """Propose to add a skill or the like, also one made here; admins decide about it."""
        outcome = await self._desk.order(
            CapabilityOrder(
                kind=CapabilityKind(kind),
                action=CapabilityAction.INSTALL,
                named=_in_workspace(context, source),
                words=reason,
                where=Where(workspace=context.workspace),
                wisher=Wisher(
                    person=context.person,
                    account=context.account or Account(channel=CONSOLE, id=str(context.person.id)),
                    address=context.address,
                    is_direct=context.is_direct,
                    agent=context.agent,
                    turn_id=context.turn_id,
                ),
            )
        )
        says = str(outcome.says).rstrip(".") if outcome.end is WishEnd.REFUSED else str(outcome.says)
        return ToolResult(text=_TOLD[outcome.end].format(says=says), ok=outcome.is_asked_or_done)


def _in_workspace(context: ToolContext, source: str) -> str:
    """A path that is there is meant as one, also where a catalogue could have an entry of that name."""
    is_there = ":" not in source and os.path.lexists(context.workspace / source)
    return f"./{source.removeprefix('./')}" if is_there else source
