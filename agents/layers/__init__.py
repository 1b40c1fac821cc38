"""What calls changed in a workspace: as a layer that is merged or thrown away, and as a history that can be undone."""

from agents.layers.bounds import Bounds, NoRoom
from agents.layers.entries import Entry, State
from agents.layers.history import Refusal, Undone, Which
from agents.layers.layer import Layer, LayerBroken, LayerChanged
from agents.layers.plans import Change, Changes, Kept, changed_beneath
from agents.layers.store import About, Keeping, Layers

__all__ = [
    "About",
    "Bounds",
    "Change",
    "Changes",
    "Entry",
    "Keeping",
    "Kept",
    "Layer",
    "LayerBroken",
    "LayerChanged",
    "Layers",
    "NoRoom",
    "Refusal",
    "State",
    "Undone",
    "Which",
    "changed_beneath",
]
