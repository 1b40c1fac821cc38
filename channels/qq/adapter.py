"""QQ as a channel: what we hear and what we say. The mode decides only how the platform reaches us."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

import structlog
from aiohttp import web

from channels.base import (
    ChannelDown,
    ChannelError,
    ChannelRefused,
    ChannelState,
    CommandsNeed,
    Health,
    Listeners,
    MessageRefused,
    NotStored,
    RateLimited,
    Receive,
    Surroundings,
    Traits,
)
from channels.messages import Account, Address, File, Inbound, Outbound, Ref
from channels.qq import Options
from channels.qq.api import Api
from channels.qq.connection import Connection
from channels.qq.files import MAX_FILE_BYTES, fetch
from channels.qq.normalise import MEMBER, normalise
from channels.qq.passive import Openings
from channels.qq.sending import DONE, FAILED, LONGEST, TYPING_SECONDS, Sender
from channels.qq.webhook import Webhook
from channels.sayings import saying
from channels.shared.socket import Json

_log = structlog.get_logger(__name__)

# A session of the gateway outlives an outage of seconds, not one of minutes: nothing is promised to be told again.
TRAITS = Traits(
    max_text=LONGEST,
    has_buttons=True,
    max_card_body=1500,
    max_file_bytes=MAX_FILE_BYTES,
    # In private four answers are taken to what somebody writes or presses, of which one answers the press itself.
    most_pieces=3,
    tells_presses=True,
    # One listens and speaks: what may be answered is known to whoever heard it.
    hearing=Listeners.SOLE,
    commands_need=CommandsNeed.MENTION,
    home_language="zh-CN",
)
SPINNER_SECONDS = 1.0
"""How long a press may wait for a word of ours before it is answered without one; the platform gives it 3 seconds."""


def connect(name: str, options: Options, surroundings: Surroundings) -> "SocketQQ | WebhookQQ":
    """The channel for the mode in the settings."""
    kind = SocketQQ if options.mode == "socket" else WebhookQQ
    return kind(name, options, surroundings)


class QQ:
    """What both modes share: everything but the way events come in."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        self._name = name
        self._options = options
        self._surroundings = surroundings
        self._api = Api(options, surroundings.http)
        self._openings = Openings(surroundings.now)
        self._sender = Sender(self._api, self._openings, markdown=options.markdown)
        self._spinners: set[asyncio.Task[None]] = set()

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What QQ offers this bot, as far as was found out."""
        return TRAITS if self._sender.has_markdown else replace(TRAITS, has_buttons=False)

    async def send(self, message: Outbound) -> Ref:
        """Send one message as an answer to what may still be answered."""
        return await self._sender.send(message)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that a person sent."""
        return await fetch(self._surroundings.http, file, limit_bytes, self._options.api_url)

    async def direct_room(self, account: Account) -> Address:
        """The private conversation; QQ does not say which one belongs to a member of a group."""
        if account.id.startswith(MEMBER):
            raise MessageRefused("QQ does not let a bot write to a member of a group in private")
        return Address(channel=self._name, room=account.id)

    typing_seconds = float(TYPING_SECONDS)

    async def show_typing(self, address: Address, recipient: Account, answers: Ref | None) -> None:
        """QQ's own sign, in private."""
        del recipient
        await self._sender.show_typing(address.room, answers)

    async def _begin(self) -> None:
        """Check the credentials, and learn what may still be answered from before the start."""
        try:
            await self._api.call("GET", "/users/@me")
        except MessageRefused as error:  # about a connection, it means: later, unless a right is missing for it
            raise (ChannelRefused if error.lack else ChannelDown)(str(error)) from error
        except RateLimited as error:
            raise ChannelDown(str(error)) from error
        for event in await self._surroundings.newest():
            self._note(event)

    async def _hear(self, event: Json, receive: Receive) -> None:
        """Store an event, then answer its button. Raises NotStored."""
        inbound = normalise(self._name, event, self._surroundings.now())
        if inbound is None:
            return
        self._note(inbound)
        if inbound.press is not None:
            press = replace(inbound.press, message=self._sender.card(inbound.press.id))
            inbound = replace(inbound, press=press)
        interaction = inbound.press.receipt.partition(" ")[0] if inbound.press is not None else ""
        try:
            await receive(inbound)
        except NotStored:
            if interaction:
                self._begin_to(self._settle(interaction, FAILED))
            raise
        if interaction:
            self._begin_to(self._stop_spinner(interaction))

    def _begin_to(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="qq spinner")
        self._spinners.add(task)
        task.add_done_callback(self._spinners.discard)

    def _note(self, event: Inbound) -> None:
        room = event.address.room
        if event.press is not None:
            if opening := event.press.receipt.partition(" ")[2]:
                self._openings.note(room, "event_id", opening, event.at)
        elif event.message is not None:
            self._openings.note(room, "msg_id", event.message.id, event.at)

    async def _stop_spinner(self, interaction: str) -> None:
        await asyncio.sleep(SPINNER_SECONDS)
        await self._settle(interaction, DONE)

    async def _settle(self, interaction: str, code: int) -> None:
        try:
            await self._sender.settle(interaction, code)
        except ChannelError as error:
            _log.info("press_not_answered", channel=self._name, reason=str(error))

    async def _drop_spinners(self) -> None:
        for task in self._spinners:
            task.cancel()
        await asyncio.gather(*self._spinners, return_exceptions=True)

    async def _probe_api(self) -> Health:
        try:
            await self._api.call("GET", "/users/@me")
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=self._surroundings.now())
        lack = "" if self._sender.has_markdown or not self._options.markdown else saying("lack.markdown")
        return Health(state=ChannelState.UP, reason=lack, at=self._surroundings.now())


class SocketQQ(QQ):
    """QQ over its gateway: no public address, one connection that we open."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        super().__init__(name, options, surroundings)
        self._connection = Connection(surroundings.http, self._api)

    async def listen(self, receive: Receive) -> None:
        """Hear QQ until cancelled; raises ChannelDown or ChannelRefused."""
        try:
            await self._begin()
            await self._connection.run(lambda event: self._hear(event, receive))
        finally:
            await self._drop_spinners()

    async def probe(self) -> Health:
        """Whether the API takes our token and the gateway answers a heartbeat."""
        health = await self._probe_api()
        if health.state is not ChannelState.UP:
            return health
        try:
            alive = await self._connection.is_alive()
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=self._surroundings.now())
        return (
            health
            if alive
            else replace(health, state=ChannelState.STARTING, reason=saying("not_open", thing="gateway"))
        )


class WebhookQQ(QQ):
    """QQ over signed requests: needs a public address, holds no connection."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        super().__init__(name, options, surroundings)
        self._webhook = Webhook(options.secret.get_secret_value(), surroundings.now)

    @property
    def traits(self) -> Traits:
        """The platform calls one of the gateways behind the address."""
        return replace(super().traits, hearing=Listeners.EVERY)

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """One route for challenges, messages and presses."""

        async def called(request: web.Request) -> web.Response:
            return await self._webhook.answer(request, lambda event: self._hear(event, receive))

        return [web.post(f"/channels/{self._name}/events", called)]

    async def listen(self, receive: Receive) -> None:  # noqa: ARG002  events come in by `routes`
        """Check the credentials, then stand by until cancelled; raises ChannelDown or ChannelRefused."""
        try:
            await self._begin()
            await asyncio.Event().wait()
        finally:
            await self._drop_spinners()

    async def probe(self) -> Health:
        """Whether the API takes our token."""
        return await self._probe_api()
