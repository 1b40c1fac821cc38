"""DingTalk as a channel: who speaks to us there, what we say, and what the app lacks, found out as it runs."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

import structlog

from channels.base import (
    ChannelDown,
    ChannelError,
    ChannelState,
    CommandsNeed,
    Health,
    LiveMessage,
    Rate,
    RateLimited,
    Receive,
    Streaming,
    Surroundings,
    Traits,
)
from channels.dingtalk import Options
from channels.dingtalk.api import Api, Json
from channels.dingtalk.connection import Connection
from channels.dingtalk.files import MAX_FILE_BYTES, Files
from channels.dingtalk.live_message import Growing
from channels.dingtalk.normalise import is_stranger, normalise, press_of, staff_of_room
from channels.dingtalk.render import MAX_TEXT
from channels.dingtalk.sending import Sender
from channels.dingtalk.strangers import Strangers
from channels.dingtalk.webhooks import Webhooks
from channels.messages import Account, Address, File, Outbound, Ref
from channels.sayings import saying, together

TRAITS = Traits(
    max_text=MAX_TEXT,
    counts_utf16=True,
    streaming=Streaming.NATIVE,
    # A card takes an update in 800 ms; organisations without a contract have few calls in a second and in a month.
    stream_interval_seconds=1.5,
    can_edit=True,
    has_buttons=True,
    max_file_bytes=MAX_FILE_BYTES,
    room_rate=Rate(count=20, seconds=60.0),
    bot_rate=Rate(count=20, seconds=1.0),
    commands_need=CommandsNeed.MENTION,
    home_language="zh-CN",
)
GAP_IS_SAID_FOR = timedelta(hours=1)
SHORTEST_GAP = timedelta(seconds=5)

_log = structlog.get_logger(__name__)


class DingTalk:
    """One robot of one app, over one stream."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        self._name = name
        self._options = options
        self._surroundings = surroundings
        self._now = surroundings.now
        self._api = Api(options, surroundings.http)
        self._files = Files(options, surroundings.http, self._api)
        self._webhooks = Webhooks(options.api_url, surroundings.http, self._now)
        self._sender = Sender(options, self._api, self._files, self._webhooks, key=surroundings.key, now=self._now)
        self._strangers = Strangers(self._webhooks, self._now)
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._connection: Connection | None = None
        self._gap: tuple[datetime, datetime] | None = None

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What DingTalk offers this app, as far as was found out."""
        found = TRAITS
        if not self._sender.requests.is_usable:
            found = replace(found, has_buttons=False, can_edit=False)
        if not self._sender.streams.is_usable:
            found = replace(found, streaming=Streaming.NONE)
        return found

    def room_rate(self, room: str) -> Rate | None:
        """The limit is one of groups; a private conversation has none of its own."""
        return None if staff_of_room(room) else TRAITS.room_rate

    async def listen(self, receive: Receive) -> None:
        """Hear DingTalk until cancelled; raises ChannelDown or ChannelRefused."""

        async def message(_: str, data: Json) -> None:
            await self._hear_message(data, receive)

        async def press(frame: str, data: Json) -> None:
            await self._hear_press(frame, data, receive)

        newest = await self._surroundings.newest()
        try:
            await self._api.token.value()
        except RateLimited as limited:  # about a connection, it means: later
            raise ChannelDown(str(limited)) from limited
        if newest and self._now() - newest[0].at > SHORTEST_GAP:
            self._gap = (newest[0].at, self._now())
        self._connection = Connection(self._options, self._surroundings.http, self._api, message=message, press=press)
        try:
            await self._connection.start()
        finally:
            await self._strangers.close()

    async def _hear_message(self, data: Json, receive: Receive) -> None:
        """Store a message, each room in its order and none waiting for another. Raises NotStored."""
        if is_stranger(data):
            self._strangers.met(data)
            return
        inbound = normalise(self._name, data)
        if inbound is None:
            return
        self._strangers.knows_somebody = True
        room = inbound.address.room
        self._webhooks.note(room, data)
        async with self._lanes.setdefault(room, asyncio.Lock()):
            await receive(inbound)

    async def _hear_press(self, frame: str, data: Json, receive: Receive) -> None:
        """Store a press. Raises NotStored."""
        inbound = press_of(self._name, frame, data, self._surroundings.key, self._now())
        if inbound is None or inbound.message is None:
            _log.warning("dingtalk_press_refused", channel=self._name)
            return
        room, track = inbound.address.room, inbound.message.id
        answered = self._sender.press_begins(track)
        try:
            async with self._lanes.setdefault(room, asyncio.Lock()):
                await receive(inbound)
        finally:
            # The acknowledgement is written next, without a pause between: `_edit` runs in another task and after it.
            asyncio.get_running_loop().call_soon(self._sender.press_ends, track, answered)

    async def send(self, message: Outbound) -> Ref:
        """Send, or rewrite a card; the Ref's id is empty for what was said by a reply address."""
        return await self._sender.send(message)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that DingTalk announced."""
        return await self._files.fetch(file, limit_bytes)

    async def direct_room(self, account: Account) -> Address:
        """The robot's private conversation with that account."""
        return await self._sender.direct_room(account)

    async def open_live(
        self,
        address: Address,
        recipient: Account,  # noqa: ARG002  everybody in the room sees the card
        answers: Ref | None,  # noqa: ARG002  DingTalk's cards answer nothing
        resumes: Ref | None = None,
    ) -> LiveMessage:
        """A growing answer in an AI card."""
        return Growing(self._sender, address, self._options.stream_key, resumes)

    async def probe(self) -> Health:
        """Whether DingTalk takes our credentials and the stream answers a ping; with what is lacking."""
        try:
            await self._api.token.value()
            alive = self._connection is not None and await self._connection.is_alive()
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=self._now())
        if not alive:
            return Health(state=ChannelState.STARTING, reason=saying("not_open", thing="stream"), at=self._now())
        return Health(state=ChannelState.UP, reason=together(self._lacks()), at=self._now())

    def _lacks(self) -> list[str]:
        """Sentences for the admin."""
        requests, streams = self._sender.requests, self._sender.streams
        lacks: list[str] = [] if requests.id else [saying("lack.template")]
        if requests.id and not requests.is_usable:
            lacks.append(saying("lack.cards", words=requests.refusal))
        if streams.id and not streams.is_usable:
            lacks.append(saying("lack.stream", words=streams.refusal))
        if self._gap is not None and self._now() - self._gap[1] < GAP_IS_SAID_FOR:
            lacks.append(saying("gap_dingtalk", since=self._gap[0], until=self._gap[1]))
        lacks += self._strangers.lacks()
        return lacks
