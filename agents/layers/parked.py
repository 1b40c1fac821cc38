"""Layers that were put by for a decision that never comes: found by age, and by what still waits for them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from agents.layers.entries import ALIVE, EntryState, entries_in, hold, locked


def forget_parked(places: Iterable[Path], before: float, waiting: Collection[UUID]) -> int:
    """Remove those of all histories that were parked before that time and for no call that waits; how many. Blocks.

    A layer that is being taken over just now stays.
    """
    count = 0
    for place in places:
        with locked(place):
            count += _forgotten(place, before, waiting)
    return count


def _forgotten(place: Path, before: float, waiting: Collection[UUID]) -> int:
    count = 0
    for entry in entries_in(place):
        if (
            entry.state is not EntryState.PARKED
            or entry.call in waiting
            or datetime.fromisoformat(entry.at).timestamp() >= before
        ):
            continue
        if held := hold(entry.folder / ALIVE, waits=False):
            entry.forget()
            held.let_go()
            count += 1
    return count
