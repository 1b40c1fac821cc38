"""Rooms whose platform gave them another id: they go on under their first, in conversations, bindings and settings.

What is kept is small (a group moves once in its life), so each gateway holds all of it.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from channels.base import ChannelDown, NotStored
from channels.moves import Moves
from governance.record.transaction import DatabaseAway, Store, load_queries

QUERIES = load_queries(Path(__file__).with_suffix(".sql"))


class MovedRooms:
    """All of them, by channel."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], str] = {}

    def of(self, channel: str) -> Moves:
        """Those of one channel, as its adapter sees them."""
        return Moves(load=partial(self._load, channel), note=partial(self._note, channel))

    def now(self, channel: str, room: str) -> str:
        """The id that the platform gives this room today, as far as this gateway has heard."""
        return self._known.get((channel, room), room)

    async def _load(self, channel: str) -> Mapping[str, str]:
        try:
            rows = await self._store.fetch(QUERIES["load"])
        except DatabaseAway as error:
            raise ChannelDown(f"the rooms that moved are not known: {error.reason}") from error
        self._known |= {(row["channel"], row["room"]): row["moved_to"] for row in rows}
        return {row["moved_to"]: row["room"] for row in rows if row["channel"] == channel}

    async def _note(self, channel: str, room: str, moved_to: str) -> None:
        try:
            await self._store.fetch(QUERIES["note"], channel, room, moved_to, self._store.now())
        except DatabaseAway as error:
            raise NotStored(str(error)) from error
        self._known[channel, room] = moved_to
