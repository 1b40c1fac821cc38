"""Which of a server's channels are threads, and of which channel; learnt from what the gateway tells anyway.

At Discord a thread is a channel with an id of its own. Here it is the thread of the channel that it hangs on, so that
what is set for a room holds in its threads, while each thread is a conversation of its own.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from channels.discord.api import Api, Declined, Json
from channels.discord.normalise import Me, RoomPlace
from channels.messages import Address

THREADS = frozenset({10, 11, 12})
DIRECT, GROUP_DIRECT = 1, 3
MOST = 100_000


class Places:
    """What is known of the channels of all servers; at most `MOST` of them."""

    def __init__(self, api: Api, me: Me) -> None:
        self._api = api
        self._me = me
        self._parents: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def note(self, kind: str, data: Json) -> None:
        """Learn from an event of the gateway, whatever its kind."""
        match kind:
            case "GUILD_CREATE":
                self._learn(data.get("channels") or ())
                self._learn(data.get("threads") or ())
                self._note_roles(data.get("roles") or ())
            case "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE":
                self._learn([data])
            case "THREAD_LIST_SYNC":
                self._learn(data.get("threads") or ())
            case "CHANNEL_DELETE" | "THREAD_DELETE":
                self._parents.pop(str(data.get("id")), None)
                self._names.pop(str(data.get("id")), None)
            case "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE":
                self._note_roles([data.get("role") or {}])

    def _note_roles(self, roles: Iterable[Mapping[str, Any]]) -> None:
        """Discord gives every bot a role of its own name, and people mention it by mistake for the bot."""
        self._me.roles.update(
            str(role["id"]) for role in roles if (role.get("tags") or {}).get("bot_id") == self._me.id
        )

    def _learn(self, channels: Iterable[Mapping[str, Any]]) -> None:
        for channel in channels:
            is_thread = channel.get("type") in THREADS
            self._parents[str(channel["id"])] = str(channel.get("parent_id") or "") if is_thread else ""
            if not is_thread:
                self._names[str(channel["id"])] = f"#{channel['name']}" if channel.get("name") else ""
        for known in (self._parents, self._names):
            while len(known) > MOST:
                del known[next(iter(known))]

    async def of(self, channel: str, *, is_direct: bool, described: Mapping[str, Any] | None = None) -> RoomPlace:
        """The place of a channel; asks Discord for a server's channel that nobody has told of.

        `described` is the channel as an interaction shows it. Raises RateLimited or ChannelDown.
        """
        if is_direct:
            return RoomPlace(address=Address(channel=self._me.channel, room=channel), is_direct=True)
        if channel not in self._parents:
            self._learn([described if described and "type" in described else await self._asked(channel)])
        parent = self._parents.get(channel, "")
        room, thread = (parent, channel) if parent else (channel, "")
        address = Address(channel=self._me.channel, room=room, thread=thread)
        return RoomPlace(address=address, is_direct=False, name=self._names.get(room, ""))

    async def _asked(self, channel: str) -> Json:
        try:
            found: Any = await self._api.get_channel(channel)
        except Declined:
            return {"id": channel}  # we may read there but not look it up: a room of its own
        return dict(found)


def channel_of(address: Address) -> str:
    """The id under which Discord knows the place."""
    return address.thread or address.room
