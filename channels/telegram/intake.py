"""Updates on their way in: understood, and stored in order, one conversation beside the other.

What makes no sense is skipped, or it would come back for ever; what cannot be stored is not acknowledged.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from channels.base import NotStored, Receive
from channels.messages import Inbound
from channels.telegram.normalise import Json, Me, normalise
from channels.telegram.pastes import Pastes
from channels.telegram.presses import Presses
from channels.telegram.rooms import Rooms
from channels.telegram.sender import Sender

_log = structlog.get_logger(__name__)

_NONSENSE = (AttributeError, KeyError, OSError, OverflowError, TypeError, ValueError)


class Intake:
    """Takes the updates of one bot."""

    def __init__(self, channel: str, rooms: Rooms, sender: Sender, presses: Presses) -> None:
        self._channel = channel
        self._rooms = rooms
        self._sender = sender
        self._presses = presses
        self._pastes = Pastes()
        self._called_in: deque[str] = deque(maxlen=100)  # albums of which a piece calls us; the first has the words

    async def take(self, updates: Sequence[Json], me: Me, receive: Receive) -> int | None:
        """Store what was heard, one conversation after another in order; the first update that was not stored."""
        lanes: dict[str, list[tuple[Json, Inbound | None]]] = {}
        try:
            await self._rooms.heard(updates)
        except NotStored as error:
            _log.warning("update_not_stored", channel=self._channel, reason=str(error))
            return int(updates[0]["update_id"])
        for update in updates:
            inbound = self._understand(update, me)
            lanes.setdefault(inbound.address.key if inbound else "", []).append((update, inbound))
        if len(lanes) == 1:
            return await self._in_order(next(iter(lanes.values())), receive)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._in_order(lane, receive)) for lane in lanes.values()]
        return min((unstored for task in tasks if (unstored := task.result()) is not None), default=None)

    async def take_one(self, update: Json, me: Me, receive: Receive) -> None:
        """Store one update. Raises NotStored."""
        await self._rooms.heard([update])
        await self._store(update, self._understand(update, me), receive)

    async def _in_order(self, lane: Sequence[tuple[Json, Inbound | None]], receive: Receive) -> int | None:
        for update, inbound in _folded(lane):
            try:
                await self._store(update, inbound, receive)
            except NotStored as error:
                _log.warning("update_not_stored", channel=self._channel, reason=str(error))
                return int(update["update_id"])
        return None

    async def _store(self, update: Json, inbound: Inbound | None, receive: Receive) -> None:
        if inbound is not None:
            if inbound.is_direct and inbound.press is None and inbound.message is not None:
                self._sender.heard(inbound.message, is_newest=inbound.corrects is None)
            await self._receive(update, inbound, receive)
        if "callback_query" in update:
            self._presses.stored(update["callback_query"]["id"])

    async def _receive(self, update: Json, inbound: Inbound, receive: Receive) -> None:
        try:
            await receive(inbound)
        except NotStored:
            if "callback_query" in update:
                self._presses.put_off(update["callback_query"]["id"])
            raise

    def _understand(self, update: Json, me: Me) -> Inbound | None:
        try:
            inbound = normalise(update, me)
        except _NONSENSE as error:
            _log.warning(
                "update_not_understood", channel=self._channel, update=update.get("update_id"), error=repr(error)
            )
            return None
        inbound = self._pastes.gathered(inbound)
        if inbound is None or not inbound.album:
            return inbound
        if inbound.to_me:
            self._called_in.append(inbound.album)
        return replace(inbound, to_me=inbound.album in self._called_in)


def _folded(lane: Sequence[tuple[Json, Inbound | None]]) -> list[tuple[Json, Inbound | None]]:
    """What was edited before we heard of it is heard as it is now: both come at once when nobody listened for a while.

    The edit stays: the message may have been stored before and only come again.
    """
    edits = {each.corrects.event_id: each for _, each in lane if each is not None and each.corrects is not None}
    return [(update, _as_it_is_now(inbound, edits)) for update, inbound in lane] if edits else list(lane)


def _as_it_is_now(inbound: Inbound | None, edits: Mapping[str, Inbound]) -> Inbound | None:
    edit = edits.get(inbound.event_id) if inbound is not None else None
    if inbound is None or edit is None:
        return inbound
    return replace(inbound, parts=edit.parts, at=edit.at, to_me=inbound.to_me or edit.to_me)
