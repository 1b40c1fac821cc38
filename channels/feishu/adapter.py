"""Feishu as a channel: what we hear and what we say. The mode decides only how the platform reaches us."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import structlog
from aiohttp import web

from channels.base import (
    ChannelDown,
    ChannelError,
    ChannelRefused,
    ChannelState,
    CommandsNeed,
    Health,
    LiveMessage,
    MessageRefused,
    NotStored,
    Rate,
    RateLimited,
    Receive,
    Streaming,
    Surroundings,
    Traits,
)
from channels.feishu.api import Api
from channels.feishu.connection import Connection
from channels.feishu.files import MAX_FILE_BYTES
from channels.feishu.live_message import CardStreams, Growing
from channels.feishu.names import PASSED_ON_SECONDS, QUOTE_SECONDS, Names, Sayings
from channels.feishu.normalise import Me, is_direct, normalise
from channels.feishu.options import DOMAINS, Mode, Options
from channels.feishu.reactions import Reactions
from channels.feishu.render import MAX_TEXT
from channels.feishu.sending import Sender
from channels.feishu.toasts import PUT_OFF, Toasts
from channels.feishu.webhook import Webhook
from channels.messages import Account, Address, File, Inbound, Mention, Outbound, Part, Quote, Ref
from channels.sayings import saying

_log = structlog.get_logger(__name__)

TRAITS = Traits(
    max_text=MAX_TEXT,
    streaming=Streaming.NATIVE,
    # The platform takes ten changes a second of one card; what people read needs fewer, and each costs a call.
    stream_interval_seconds=1.2,
    can_edit=True,
    has_buttons=True,
    max_file_bytes=MAX_FILE_BYTES,
    sends_idempotently=True,
    repeats=True,
    tells_presses=True,
    # 5 a second into one conversation; 1,000 a minute and 50 a second of one call ("频控策略").
    room_rate=Rate(count=5, seconds=1.0),
    bot_rate=Rate(count=45, seconds=3.0),
    commands_need=CommandsNeed.MENTION,
    names_quoted=True,
    home_language="zh-CN",
)
PRESS_SECONDS = 2.5
"""The platform gives a press three; after that it tells the presser that something went wrong."""
TOAST_SECONDS = 1.0


def connect(name: str, options: Options, surroundings: Surroundings) -> "SocketFeishu | WebhookFeishu":
    """The channel for the mode in the settings."""
    kind = SocketFeishu if options.mode is Mode.SOCKET else WebhookFeishu
    return kind(name, options, surroundings)


class Feishu:
    """What both modes share: everything but the way events come in."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        self._name = name
        self._options = options
        self._now = surroundings.now
        self._api = Api(options, surroundings.http)
        self._toasts = Toasts()
        self._names = Names(self._api)
        self._sayings = Sayings(self._api)
        self._sender = Sender(self._api, self._toasts, self._sayings, surroundings.now)
        self._streams = CardStreams()
        self._reactions = Reactions(self._api)
        self._me: Me | None = None
        self._rooms: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What Feishu offers this app, as far as was found out."""
        traits = replace(TRAITS, streaming=Streaming.NONE) if self._streams.lack else TRAITS
        return replace(traits, home_language="") if self._options.domain == DOMAINS["lark"] else traits

    async def send(self, message: Outbound) -> Ref:
        """Send, rewrite or show privately."""
        return await self._sender.send(message)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that a person sent."""
        return await self._sender.files.fetch(file, limit_bytes)

    async def direct_room(self, account: Account) -> Address:
        """The private conversation, which bears the person's own id and need not be opened."""
        if not is_direct(account.id):
            raise MessageRefused(f"{account.id} is no account of Feishu")
        return Address(channel=self._name, room=account.id)

    async def open_live(
        self, address: Address, recipient: Account, answers: Ref | None, resumes: Ref | None = None
    ) -> LiveMessage:
        """A growing answer: a card whose words are typed out."""
        del recipient
        key = uuid.uuid4().hex
        return Growing(self._sender, self._streams, address, key=key, answers=answers, resumes=resumes)

    typing_seconds = 3600.0
    """A reaction stays until it is taken off."""

    async def show_typing(self, address: Address, recipient: Account, answers: Ref | None) -> None:
        """A reaction on the message that is answered."""
        del address, recipient
        await self._reactions.show(answers)

    async def take_back_typing(self, address: Address, answers: Ref | None) -> None:
        """Take the reaction off."""
        del address
        await self._reactions.take_back(answers)

    async def _who_we_are(self) -> Me:
        """Asked once per connection."""
        if self._me is None:
            bot = (await self._api.call("GET", "/open-apis/bot/v3/info")).get("bot") or {}
            if not bot.get("open_id"):
                raise ChannelRefused(saying("no_bot"))
            self._me = Me(
                channel=self._name,
                app_id=self._options.app_id,
                open_id=str(bot["open_id"]),
                guests=self._options.guests,
            )
        return self._me

    async def _listen_beside_names(self, listen: Callable[[], Awaitable[object]]) -> None:
        """Check the credentials, then listen while names are learned."""
        learner = asyncio.create_task(self._names.learn(), name=f"feishu names {self._name}")
        try:
            await self._begin()
            await listen()
        finally:
            learner.cancel()
            await asyncio.gather(learner, return_exceptions=True)

    async def _begin(self) -> None:
        try:
            await self._who_we_are()
        except MessageRefused as error:
            raise ChannelRefused(str(error)) from error
        except RateLimited as error:
            raise ChannelDown(str(error)) from error

    # Hearing

    async def _hear(self, payload: dict[str, Any], receive: Receive) -> dict[str, Any] | None:
        """Store an event; what a press is answered with, also when it could not be stored. Raises NotStored."""
        began = asyncio.get_running_loop().time()
        inbound = normalise(payload, await self._who_we_are())
        if inbound is None:
            return None
        if inbound.press is None:
            lock = self._rooms.setdefault(inbound.address.room, asyncio.Lock())
            async with lock:  # the words of a quote may take a moment, and what was said next must not overtake it
                await receive(await self._completed(inbound))
            return None
        message = inbound.message.id if inbound.message else ""
        with self._toasts.waiting(inbound.press.receipt, message) as waiting:
            try:
                await receive(replace(inbound, sender=self._named(inbound.sender)))
            except NotStored as error:
                _log.warning("feishu_press_not_stored", channel=self._name, reason=str(error))
                return {"toast": PUT_OFF}  # a callback is told once only ("回调概述"), so its answer is the only news
            left = began + PRESS_SECONDS - asyncio.get_running_loop().time()
            return {"toast": await waiting.toast(min(left, TOAST_SECONDS))}

    async def _completed(self, inbound: Inbound) -> Inbound:
        """The event with names, with the words that it answers, and for us if it answers us."""
        for part in inbound.parts:
            if isinstance(part, Mention):
                self._names.note(part.account.id, part.account.name)
        found = [await self._quoted(part, inbound) for part in inbound.parts]
        parts = tuple(part for each in found for part in each)
        if not _passes_on(inbound):  # else it is what was passed on, which has been asked for
            self._sayings.note(inbound.event_id, inbound.text, inbound.files)
        answers_us = any(isinstance(part, Quote) and part.ref and part.ref.id in self._sender.sent for part in parts)
        thread = inbound.address.thread
        is_ours = thread in self._sender.sent or thread in self._sender.threads
        to_me = inbound.to_me or answers_us or is_ours
        sender = replace(inbound.sender, name=await self._names.soon(inbound.sender.id))
        return replace(inbound, parts=parts, sender=sender, to_me=to_me)

    async def _quoted(self, part: Part, inbound: Inbound) -> tuple[Part, ...]:
        """The words and files of what is answered, or all that was passed on, each by who said it."""
        if not isinstance(part, Quote) or part.ref is None:
            return (part,)
        passed_on = part.ref == inbound.message
        saying = await self._sayings.of(part.ref.id, PASSED_ON_SECONDS if passed_on else QUOTE_SECONDS)
        if saying.lack:
            return (replace(part, text=f"[{saying.lack}]"),)
        within = [Quote(text=words, author=self._author(person), ref=part.ref) for person, words in saying.within]
        return (*within, *saying.files) if within else (replace(part, text=saying.text), *saying.files)

    def _author(self, person: str) -> Account | None:
        return self._named(Account(channel=self._name, id=person)) if person else None

    def _named(self, sender: Account) -> Account:
        return replace(sender, name=self._names.of(sender.id))

    async def _probe_api(self) -> Health:
        try:
            await self._api.call("GET", "/open-apis/bot/v3/info")
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=self._now())
        return Health(state=ChannelState.UP, reason=self._streams.lack, at=self._now())


def _passes_on(inbound: Inbound) -> bool:
    return any(isinstance(part, Quote) and part.ref == inbound.message for part in inbound.parts)


class SocketFeishu(Feishu):
    """Feishu over its long connection: no public address, one socket that we open."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        super().__init__(name, options, surroundings)
        self._connection = Connection(options, surroundings.http)

    async def listen(self, receive: Receive) -> None:
        """Hear Feishu until cancelled; raises ChannelDown or ChannelRefused."""
        await self._listen_beside_names(lambda: self._connection.run(lambda payload: self._hear(payload, receive)))

    async def probe(self) -> Health:
        """Whether the API takes our token and the platform answers a ping through the socket."""
        health = await self._probe_api()
        if health.state is not ChannelState.UP:
            return health
        try:
            alive = await self._connection.is_alive()
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=self._now())
        return (
            health
            if alive
            else replace(health, state=ChannelState.STARTING, reason=saying("not_open", thing="connection"))
        )


class WebhookFeishu(Feishu):
    """Feishu over signed requests: needs a public address, holds no connection."""

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        super().__init__(name, options, surroundings)
        key, token = (
            secret.get_secret_value() if secret else "" for secret in (options.encrypt_key, options.verification_token)
        )
        self._webhook = Webhook(key, token, surroundings.now)

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """One route for challenges, messages and presses."""

        async def called(request: web.Request) -> web.Response:
            return await self._webhook.answer(request, lambda payload: self._hear(payload, receive))

        return [web.post(f"/channels/{self._name}/events", called)]

    async def listen(self, receive: Receive) -> None:  # noqa: ARG002  events come in by `routes`
        """Check the credentials, then stand by until cancelled; raises ChannelDown or ChannelRefused."""
        await self._listen_beside_names(asyncio.Event().wait)

    async def probe(self) -> Health:
        """Whether the API takes our token."""
        return await self._probe_api()
