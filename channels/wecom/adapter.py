"""WeCom as a channel: what we hear and what we say, over one long connection that we open."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from channels.base import (
    ChannelError,
    ChannelRefused,
    ChannelState,
    CommandsNeed,
    Health,
    Listeners,
    LiveMessage,
    Rate,
    Receive,
    Streaming,
    Surroundings,
    Traits,
)
from channels.messages import Account, Address, File, Outbound, Ref
from channels.sayings import saying
from channels.shared.socket import Json
from channels.wecom import Options
from channels.wecom.connection import Connection
from channels.wecom.files import fetch, named
from channels.wecom.normalise import entered, normalise
from channels.wecom.sending import STREAM, Growing, Sender
from channels.wecom.uploads import MAX_FILE_BYTES

TRAITS = Traits(
    max_text=4000,
    streaming=Streaming.NATIVE,
    # 30 messages a minute in one conversation, replies and pushes together, of which a stream's frames are some.
    stream_interval_seconds=3.0,
    has_buttons=True,
    max_file_bytes=MAX_FILE_BYTES,
    max_card_body=2000,
    room_rate=Rate(count=30, seconds=60.0),
    # The platform closes a bot's older connection when another one enters, and takes messages over it alone.
    hearing=Listeners.SOLE,
    commands_need=CommandsNeed.MENTION,
    home_language="zh-CN",
)
GAP_TOLD = timedelta(minutes=10)


class WeCom:
    """A `Channel` that also fetches files, shows progress and finds rooms."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        self._name = name
        self._options = options
        self._surroundings = surroundings
        self._connection = Connection(surroundings.http, options, surroundings.now)
        self._refusal = ""
        self._sender = Sender(self._connection, lambda: asyncio.get_running_loop().time())

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What WeCom offers."""
        return TRAITS

    async def listen(self, receive: Receive) -> None:
        """Hear WeCom until cancelled; raises ChannelDown or ChannelRefused."""
        try:
            await self._connection.run(lambda frame: self._hear(frame, receive))
        except ChannelRefused as error:
            self._refusal = str(error)
            raise

    async def _hear(self, frame: Json, receive: Receive) -> None:
        if req_id := entered(frame):
            await self._sender.welcome(req_id)
            return
        inbound = normalise(self._name, frame, self._surroundings.now())
        if inbound is None:
            return
        parts = [await self._named(part) if isinstance(part, File) else part for part in inbound.parts]
        inbound = replace(inbound, parts=tuple(parts))
        req_id = str(frame["headers"]["req_id"])
        if inbound.press is not None and inbound.press.message is not None:
            self._sender.note_press(inbound.press.message.id, req_id)
        elif inbound.message is not None:
            self._sender.note_message(inbound.message.id, req_id)
        await receive(inbound)

    async def _named(self, file: File) -> File:
        return await named(self._surroundings.http, file, self._options.socket_url)

    async def send(self, message: Outbound) -> Ref:
        """Send one message; a card's Ref names its buttons, other messages have no name on this platform."""
        return await self._sender.send(message)

    async def open_live(
        self, address: Address, recipient: Account, answers: Ref | None, resumes: Ref | None = None
    ) -> LiveMessage:
        """A stream in answer to that message, or the one that was begun before."""
        del recipient
        if resumes is not None and resumes.id.startswith(STREAM):
            _, req_id, stream_id = resumes.id.split(":", 2)
            return Growing(self._sender, address, req_id, stream_id)
        return Growing(self._sender, address, self._sender.answerable(answers.id) if answers else "")

    async def direct_room(self, account: Account) -> Address:
        """The private conversation; it exists once the person has written to the bot."""
        return Address(channel=self._name, room=account.id)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that a person sent in the last five minutes."""
        return await fetch(self._surroundings.http, file, limit_bytes, self._options.socket_url)

    async def try_credentials(self) -> None:
        """Whether WeCom lets us in with them; raises ChannelError."""
        await self._connection.try_credentials()

    async def probe(self) -> Health:
        """Whether the platform answers a ping on the connection on which we hear."""
        now = self._surroundings.now()
        if self._refusal:
            return Health(state=ChannelState.DOWN, reason=self._refusal, at=now)
        try:
            if not await self._connection.is_alive():
                return Health(state=ChannelState.STARTING, reason=saying("not_open", thing="connection"), at=now)
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=now)
        since = self._connection.since
        gap = ""
        if since is not None and now - since < GAP_TOLD:
            gap = saying("gap_wecom", since=since)
        return Health(state=ChannelState.UP, reason=gap, at=now)
