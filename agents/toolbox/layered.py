"""Gives what a tool changes a layer, and throws that away when the call does not come to its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from agents.layers import About, Layer, Layers
from agents.tools import ToolContext


def about(context: ToolContext, what: str, tool: str) -> About:
    """What an entry of the history says of a call."""
    return About(person=str(context.person.id), agent=context.agent, tool=tool, what=what, under=context.under)


@asynccontextmanager
async def on_layer(layers: Layers, context: ToolContext, what: str, tool: str = "shell") -> AsyncIterator[Layer]:
    """The layer of a call, which the body must merge or park; it is discarded when the body fails or is cancelled."""
    layer = await layers.open(context.workspace, context.call or uuid4(), about(context, what, tool))
    try:
        yield layer
    except BaseException:
        await layer.discard()
        raise
