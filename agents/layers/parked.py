"""Layers that were put by for a decision that never comes: found by age, and by what still waits for them."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from uuid import UUID

from agents.layers.entries import ALIVE, State, entries_in, hold


def forget_parked(place: Path, before: float, waiting: Collection[UUID]) -> int:
    """Remove those of a history that were parked before that time and for no call that waits; how many. Blocks.

    The history is locked by the caller; a layer that is being taken over just now stays.
    """
    count = 0
    for entry in entries_in(place):
        if (
            entry.state is not State.PARKED
            or entry.call in waiting
            or datetime.fromisoformat(entry.at).timestamp() >= before
        ):
            continue
        if held := hold(entry.folder / ALIVE, waits=False):
            entry.forget()
            held.let_go()
            count += 1
    return count
