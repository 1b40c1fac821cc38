"""What calls changed in a workspace: as a layer that is merged or thrown away, and as a history that can be undone."""

from agents.layers.bounds import LayerBounds, NoRoom
from agents.layers.entries import Entry, EntryState
from agents.layers.history import Undone, UndoRefusal, Which
from agents.layers.layer import Layer, LayerBroken, LayerChanged
from agents.layers.plans import Changes, EntryChange, MergeResult, changed_beneath
from agents.layers.store import About, Keeping, Layers

__all__ = [
    "About",
    "Changes",
    "Entry",
    "EntryChange",
    "EntryState",
    "Keeping",
    "Layer",
    "LayerBounds",
    "LayerBroken",
    "LayerChanged",
    "Layers",
    "MergeResult",
    "NoRoom",
    "UndoRefusal",
    "Undone",
    "Which",
    "changed_beneath",
]
