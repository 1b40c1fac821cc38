"""Discord as a channel: who we are there, what we hear, what we say."""

import asyncio
from dataclasses import replace
from typing import Any

import structlog

from channels.base import (
    ChannelDown,
    ChannelError,
    ChannelRefused,
    ChannelState,
    CommandsNeed,
    Health,
    Listeners,
    LiveMessage,
    MessageRefused,
    NotStored,
    Rate,
    Receive,
    Streaming,
    Surroundings,
    Traits,
)
from channels.discord import Options
from channels.discord.api import Api, Json
from channels.discord.commands import begun_line
from channels.discord.deliveries import Deliveries
from channels.discord.files import MAX_FILE_BYTES, fetch
from channels.discord.forms import asks
from channels.discord.interactions import Interactions
from channels.discord.live_message import Growing
from channels.discord.missed import Missed
from channels.discord.normalise import (
    COMPONENT,
    SLASH,
    UNFINISHED,
    Me,
    RoomPlace,
    is_command,
    normalise_command,
    normalise_edit,
    normalise_message,
    normalise_press,
    presser,
)
from channels.discord.places import DIRECT, GROUP_DIRECT, Places, channel_of
from channels.discord.render import MAX_TEXT
from channels.discord.sending import Sender
from channels.discord.session import GatewaySession
from channels.messages import Account, Address, File, Inbound, Outbound, Ref
from channels.sayings import saying, together

_log = structlog.get_logger(__name__)

TRAITS = Traits(
    max_text=MAX_TEXT,
    counts_utf16=True,
    streaming=Streaming.EDIT,
    stream_interval_seconds=1.2,
    can_edit=True,
    has_buttons=True,
    live_button=True,
    max_file_bytes=MAX_FILE_BYTES,
    max_card_body=1200,
    repeats=True,
    tells_presses=True,
    room_rate=Rate(count=5, seconds=5.0),
    bot_rate=Rate(count=50, seconds=1.0),
    # A press or a slash command is answered by the token that came with it, which only the session that heard it has.
    hearing=Listeners.SOLE,
    commands_need=CommandsNeed.MENTION,
    names_quoted=True,
)
TYPING_SECONDS = 10.0
"""discord.com/developers/docs/resources/channel#trigger-typing-indicator."""
COMPLETING_SECONDS = 2.0
"""Discord waits three seconds for what it offers to whoever types."""
CONTENT_FLAGS = 1 << 18 | 1 << 19
"""The application may ask for the words of messages: as a verified one, or as a small one that somebody allowed."""


class Discord:
    """One bot on the gateway and the REST API."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        self._name = name
        self._options = options
        self._surroundings = surroundings
        self._api = Api(options.token.get_secret_value(), options.api_url, surroundings.http)
        self._me = Me(channel=name, id="")
        self._places = Places(self._api, self._me)
        self._interactions = Interactions(self._api, lambda: self._me, surroundings.now)
        self._sender = Sender(name, self._api, self._interactions)
        self._session: GatewaySession | None = None
        self._missed: Missed | None = None
        self._servers: set[str] = set()
        self._presses_go_elsewhere = False

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What Discord offers this bot, as far as was found out."""
        return replace(TRAITS, has_buttons=False) if self._presses_go_elsewhere else TRAITS

    async def send(self, message: Outbound) -> Ref:
        """Send, edit or show privately."""
        return await self._sender.send(message)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that a person sent."""
        return await fetch(self._api, file, limit_bytes)

    def repeats(self, inbound: Inbound) -> bool:
        """A slash command is in no history, so it is lost with the session in which it was given."""
        return inbound.message is not None and not is_command(inbound.message)

    async def direct_room(self, account: Account) -> Address:
        """The private conversation with that account."""
        return await self._sender.direct_room(account)

    async def open_live(
        self,
        address: Address,
        recipient: Account,  # noqa: ARG002 -- everybody in the room sees it
        answers: Ref | None,
        resumes: Ref | None = None,
    ) -> LiveMessage:
        """A growing answer: one message that is rewritten."""
        return Growing(self._sender, address, answers, resumes)

    @property
    def typing_seconds(self) -> float:
        """How long "is typing" can be seen; a message of the bot ends it at once."""
        return TYPING_SECONDS

    async def show_typing(
        self,
        address: Address,
        recipient: Account,  # noqa: ARG002 -- everybody in the room sees it
        answers: Ref | None,
    ) -> None:
        """Show that the bot is typing; a slash command shows that it is thinking, until it is answered."""
        if answers is None or not is_command(answers):
            await self._api.send_typing(channel_of(address))

    async def probe(self) -> Health:
        """Whether the API takes our token and the gateway answers a heartbeat."""
        now = self._surroundings.now
        try:
            await self._api.request_me()
            alive = self._session is not None and await self._session.is_alive()
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=now())
        if not alive:
            return Health(state=ChannelState.STARTING, reason=saying("not_open", thing="gateway"), at=now())
        return Health(state=ChannelState.UP, reason=self._lacks(), at=now())

    def _lacks(self) -> str:
        denied = self._session is not None and self._session.was_denied_content
        gap = self._missed.gap if self._missed is not None else ""
        lacks = [saying("lack.content")] if denied else []
        lacks += [saying("lack.presses")] if self._presses_go_elsewhere else []
        return together([*lacks, gap] if gap else lacks)

    async def listen(self, receive: Receive) -> None:
        """Hear Discord until cancelled; raises ChannelDown, RateLimited or ChannelRefused."""
        registering: asyncio.Task[None] | None = None
        try:
            wants_content = await self._introduce()
            if self._options.command:
                work = self._interactions.register(self._options.command)
                registering = asyncio.create_task(work, name=f"discord register {self._name}")
            self._missed = Missed(self._api, self._options.missed_hours)
            self._missed.prepare(await self._surroundings.newest(), self._surroundings.now())
            self._session = GatewaySession(self._api, self._options.gateway_url, wants_content=wants_content)
            self._session.was_denied_content = self._options.message_content and not wants_content
            await self._session.run(lambda frame, deliveries: self._heard(frame, deliveries, receive))
        except MessageRefused as error:  # about a connection, it means: later, unless a right is missing for it
            raise (ChannelRefused if error.lack else ChannelDown)(str(error)) from error
        finally:
            if registering is not None:
                registering.cancel()
                await asyncio.gather(registering, return_exceptions=True)
            await self._interactions.drop()

    async def _introduce(self) -> bool:
        """Learn who we are; whether the words of messages may be asked for."""
        myself = await self._api.request_me()
        application: Any = await self._api.application_info()
        self._me = replace(self._me, id=str(myself["id"]), application=str(application["id"]))
        self._places = Places(self._api, self._me)
        self._presses_go_elsewhere = bool(application.get("interactions_endpoint_url"))
        return self._options.message_content and bool(int(application.get("flags") or 0) & CONTENT_FLAGS)

    # Hearing

    def _heard(self, frame: Json, deliveries: Deliveries, receive: Receive) -> None:
        """Begin what an event asks for; must not wait."""
        kind, data, number = frame.get("t"), frame.get("d"), frame.get("s")
        if not isinstance(data, dict):
            data = {}
        try:
            if kind == "MESSAGE_CREATE":
                room = str(data["channel_id"])
                deliveries.begin(room, number, lambda: self._message(data, receive, is_direct="guild_id" not in data))
                return
            if kind == "MESSAGE_UPDATE" and data.get("edited_timestamp"):
                room = str(data["channel_id"])
                deliveries.begin(room, number, lambda: self._edit(data, receive))
                return
            if kind == "INTERACTION_CREATE":
                deliveries.begin(f"interaction {data['id']}", number, lambda: self._interaction(data, receive))
                return
            self._note(str(kind), data, deliveries, receive)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            _log.warning("discord_event_not_understood", type=kind, error=repr(error))
        deliveries.skip(number)

    def _note(self, kind: str, data: Json, deliveries: Deliveries, receive: Receive) -> None:
        if kind == "READY":
            self._servers = {str(guild["id"]) for guild in data.get("guilds") or ()}
            for channel in self._missed.direct if self._missed else ():
                self._ask_for_missed(channel, None, deliveries, receive, is_direct=True)
            return
        self._places.note(kind, data)
        # A server that the bot joins later has a past, too, but that was never meant for it.
        if kind == "GUILD_CREATE" and str(data["id"]) in self._servers:
            self._servers.discard(str(data["id"]))
            for channel in (*(data.get("channels") or ()), *(data.get("threads") or ())):
                if last := channel.get("last_message_id"):
                    self._ask_for_missed(str(channel["id"]), str(last), deliveries, receive, is_direct=False)

    def _ask_for_missed(
        self, channel: str, last: str | None, deliveries: Deliveries, receive: Receive, *, is_direct: bool
    ) -> None:
        missed = self._missed
        since = missed.since(channel, last) if missed is not None else None
        if missed is None or since is None:
            return

        async def catch_up() -> None:
            for message in await missed.fetch(channel, since):
                await self._message(message, receive, is_direct=is_direct)

        deliveries.begin(channel, None, catch_up)

    async def _message(self, message: Json, receive: Receive, *, is_direct: bool) -> None:
        place = await self._places.of(str(message["channel_id"]), is_direct=is_direct)
        await self._store(normalise_message(message, self._me, place), receive)

    async def _edit(self, message: Json, receive: Receive) -> None:
        place = await self._places.of(str(message["channel_id"]), is_direct="guild_id" not in message)
        await self._store(normalise_edit(message, self._me, place), receive)

    async def _interaction(self, interaction: Json, receive: Receive) -> None:
        if interaction["type"] == UNFINISHED:
            await self._complete(interaction)
            return
        if interaction["type"] == COMPONENT and asks(interaction) and await self._interactions.ask_why(interaction):
            return
        place = await self._place_of(interaction)
        if interaction["type"] == SLASH:
            inbound = normalise_command(interaction, self._me, place)
            self._interactions.keep(interaction)
        else:
            inbound = normalise_press(interaction, self._me, place)
        if inbound is not None:
            try:
                await self._store(inbound, receive)
            except NotStored:
                self._interactions.put_off(interaction)
                raise
            self._interactions.take(interaction)

    async def _complete(self, interaction: Json) -> None:
        """Offer how the slash command that is being typed may go on."""
        account, line = presser(interaction, self._me), begun_line(interaction)
        try:
            async with asyncio.timeout(COMPLETING_SECONDS):
                completions = await self._surroundings.complete(account, line)
        except TimeoutError:
            completions = ()
        await self._interactions.offer(interaction, completions)

    async def _place_of(self, interaction: Json) -> RoomPlace:
        described = interaction.get("channel") or {}
        is_direct = "guild_id" not in interaction or described.get("type") in {DIRECT, GROUP_DIRECT}
        return await self._places.of(str(interaction["channel_id"]), is_direct=is_direct, described=described)

    async def _store(self, inbound: Inbound | None, receive: Receive) -> None:
        if inbound is not None:
            await receive(inbound)
