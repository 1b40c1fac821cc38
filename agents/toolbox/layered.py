"""Gives what a tool changes a layer, and throws that away when the call does not come to its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from agents.layers import About, Changes, Layer, Layers
from agents.tools.tool import ToolContext
from governance.values.reasons import Why

NOTHING_KEPT = "nothing of what it did was taken over"


def about(context: ToolContext, what: str, tool: str) -> About:
    """What an entry of the history says of a call."""
    return About(
        person=str(context.person.id),
        agent=context.agent,
        tool=tool,
        what=what,
        under=context.under,
        conversation=context.conversation,
        turn=str(context.turn_id or ""),
    )


@asynccontextmanager
async def on_layer(
    layers: Layers, context: ToolContext, what: str, tool: str = "shell", *, copies: bool = True
) -> AsyncIterator[Layer]:
    """The layer of a call, which the body must merge or park; it is discarded when the body fails or is cancelled.

    `copies`: where there are no layers, the workspace is copied before, so that what the call does can be undone.
    """
    layer = await layers.open(context.workspace, context.call or uuid4(), about(context, what, tool), copies=copies)
    try:
        yield layer
    except BaseException:
        await layer.discard()
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a layer: what is to be told of its merge, or the changes that were put by."""

    notes: tuple[Why | str, ...] = ()
    trial: Changes | None = None


async def settle(layer: Layer, context: ToolContext, *, over: str = "") -> Settled:
    """Merge the layer of a call that has ended, or put it by where the call was only tried.

    `over` says that it wrote too much, as a sentence; then it is thrown away, where it is apart from the workspace.
    """
    if over:
        if not layer.is_apart:
            return Settled(notes=(over, *(await layer.merge()).notes))
        await layer.discard()
        return Settled(notes=(over, NOTHING_KEPT))
    if not context.tries:
        return Settled(notes=(await layer.merge()).notes)
    changes = await layer.changes()
    await layer.park()
    return Settled(trial=changes)
