"""Groups that became supergroups, which gives them another id. Here each goes on under its first.

It is told by a message in the group, and by the refusal of the next call for the old id.
"""

from collections.abc import Sequence
from typing import Any

import structlog

from channels.base import NotStored
from channels.moves import Moves

Json = dict[str, Any]
_log = structlog.get_logger(__name__)


class Rooms:
    """`today` has the id of now by the first one, `first` the other way round."""

    def __init__(self, channel: str, moves: Moves) -> None:
        self._channel = channel
        self._moves = moves
        self.today: dict[str, str] = {}
        self.first: dict[str, str] = {}

    async def load(self) -> None:
        """All that were ever noted; raises ChannelDown."""
        for now, first in (await self._moves.load()).items():
            self.learn(first, now)

    def learn(self, first: str, now: str) -> None:
        """Know it from now on."""
        self.today[first] = now
        self.first[now] = first

    async def heard(self, updates: Sequence[Json]) -> None:
        """Keep what these tell of moves, before anything that was said in the new chat is; raises NotStored."""
        for update in updates:
            if (move := _move_in(update)) is not None and self.first.get(move[1]) != move[0]:
                await self._moves.note(*move)
                self.learn(*move)

    async def refused(self, room: str, now: str) -> None:
        """A call was refused because the group has moved; where that cannot be kept, the next refusal says it again."""
        self.learn(room, now)
        try:
            await self._moves.note(room, now)
        except NotStored as error:
            _log.warning("move_not_stored", channel=self._channel, reason=str(error))


def _move_in(update: Json) -> tuple[str, str] | None:
    """The old and the new id of a group that became a supergroup; it is told in both (core.telegram.org/bots/api)."""
    message = update.get("message")
    if not isinstance(message, dict) or not isinstance(message.get("chat"), dict):
        return None
    chat = str(message["chat"].get("id"))
    if "migrate_to_chat_id" in message:
        return chat, str(message["migrate_to_chat_id"])
    if "migrate_from_chat_id" in message:
        return str(message["migrate_from_chat_id"]), chat
    return None
