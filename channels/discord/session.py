"""One session with the gateway over as many connections as it takes, until it cannot be resumed any more.

A break is mended here by resuming, which loses nothing. A session that is gone ends in ChannelDown: the supervisor
builds everything anew, and what was missed is asked for.
Facts: discord.com/developers/docs/topics/opcodes-and-status-codes.
"""

import asyncio
from collections.abc import Callable

import aiohttp

from channels.base import ChannelDown, ChannelRefused, RateLimited
from channels.discord.api import Api, Json
from channels.discord.connection import Connection
from channels.discord.deliveries import Deliveries
from channels.discord.sdk import ConnectionClosed, ReconnectWebSocket
from channels.sayings import saying
from channels.shared.socket import first_of, renew

GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 0, 1 << 9, 1 << 12, 1 << 15
READY_SECONDS = 20.0
FEW_SESSIONS = 5
"""So many of the day's sessions are left alone: a bot that uses up all of them has its token taken back."""
UNAUTHORIZED, DISALLOWED_INTENTS = 4004, 4014
LOST_SESSION = frozenset({4003, 4007, 4009})
REFUSED = {
    4010: "wrong_shard",
    4011: "too_many_servers",
    4012: "old_gateway",
    4013: "wrong_intents",
    DISALLOWED_INTENTS: "intents_denied",
}

Heard = Callable[[Json, Deliveries], None]


class GatewaySession:
    """`heard` is called with every event in order and begins what is to be done for it; it must not wait."""

    def __init__(self, api: Api, gateway_url: str, *, wants_content: bool) -> None:
        self._api = api
        self._gateway_url = gateway_url
        self._id = ""
        self._stored: int | None = None
        self._resume_url = ""
        self._connection: Connection | None = None
        self.wants_content = wants_content
        self.was_denied_content = False

    async def run(self, heard: Heard) -> None:
        """Hear until cancelled. Raises ChannelRefused, RateLimited or ChannelDown once the session is gone."""

        async def live() -> str:
            asked = self.wants_content
            reason = await self._live(heard)
            if not self._id and asked is self.wants_content:
                raise ChannelDown(reason)
            return reason

        await renew("discord", live)

    async def is_alive(self) -> bool:
        """Whether the gateway answers us now; False before it has let us in. Raises ChannelDown if it is deaf."""
        return self._connection is not None and await self._connection.is_alive()

    async def _live(self, heard: Heard) -> str:
        """One connection; why it ended."""
        intents = GUILDS | GUILD_MESSAGES | DIRECT_MESSAGES | (MESSAGE_CONTENT if self.wants_content else 0)
        try:
            connection = await Connection.greeted(self._api, self._resume_url or await self._gateway(), intents)
        except (ChannelDown, ConnectionClosed, ReconnectWebSocket) as error:
            self._resume_url = ""  # the machine that we were told to come back to may be the one that is gone
            return str(error) if isinstance(error, ChannelDown) else _closed(None)
        deliveries = Deliveries(
            self._stored if self._id else None, lambda number: setattr(connection, "sequence", number)
        )
        connection.heard = lambda frame: heard(frame, deliveries)
        is_over = False
        try:
            self._connection = connection
            return await self._hear(connection, deliveries)
        except asyncio.CancelledError:
            is_over = True
            raise
        finally:
            self._connection = None
            await (deliveries.cancel() if is_over else deliveries.end())
            self._stored = deliveries.stored
            if deliveries.has_lost:
                self._id = ""
            await connection.end(1000 if is_over else 4000)

    async def _hear(self, connection: Connection, deliveries: Deliveries) -> str:
        try:
            return await first_of("discord", store=deliveries.until_broken(), read=self._read(connection, deliveries))
        finally:
            if connection.session_id is not None:
                self._id, self._resume_url = connection.session_id, str(connection.gateway)

    async def _read(self, connection: Connection, deliveries: Deliveries) -> str:
        """Read until the connection ends; why it did."""
        try:
            if self._id:
                connection.session_id, connection.sequence = self._id, self._stored
                await connection.resume()
            else:
                await connection.identify()
            async with asyncio.timeout(READY_SECONDS):
                while not connection.is_ready:
                    await connection.poll_event()
            while True:
                await connection.poll_event()
                await deliveries.have_room()
        except TimeoutError:
            raise ChannelDown(saying("not_let_in", platform="Discord", thing="gateway")) from None
        except (aiohttp.ClientError, OSError) as error:
            return saying("gone", platform="Discord", thing="gateway", why=type(error).__name__)
        except ReconnectWebSocket as again:
            code = connection.socket.close_code
            if not again.resume or code in LOST_SESSION:
                self._forget(connection)
                return saying("session_unknown", platform="Discord")
            return _closed(code)
        except ConnectionClosed as closed:
            self._forget(connection)
            return await self._refused(closed.code)

    def _forget(self, connection: Connection) -> None:
        self._id, self._resume_url, self._stored = "", "", None
        connection.session_id = None

    async def _refused(self, code: int) -> str:
        """What a close means that no resuming mends; raises ChannelRefused unless another try may be different."""
        if code == UNAUTHORIZED:
            await self._api.request_me()  # says it in Discord's words
            raise ChannelRefused(saying("refuses_token", platform="Discord", words=code))
        if code == DISALLOWED_INTENTS and self.wants_content:
            self.wants_content, self.was_denied_content = False, True
            return saying("no_intent")
        if code in REFUSED:
            raise ChannelRefused(
                saying("refuses_because", platform="Discord", why=saying(f"because.{REFUSED[code]}"), code=code)
            )
        return _closed(code)

    async def _gateway(self) -> str:
        """Where to begin a session; raises RateLimited when the day's sessions are nearly used up."""
        _, url, limit = await self._api.get_bot_gateway()
        if limit["remaining"] <= FEW_SESSIONS:
            raise RateLimited(limit["reset_after"] / 1000, "the bot has begun too many sessions today")
        return self._gateway_url or url


def _closed(code: int | None) -> str:
    if not code:
        return saying("closed_silently", platform="Discord", thing="gateway")
    return saying("closed", platform="Discord", thing="gateway", code=code)
