"""One connection of a Telegram bot: hears updates, and acknowledges none before it is stored.

The SDK makes the calls. Its own polling is not used: it confirms updates before anybody has kept them.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import structlog
from aiohttp import ClientError, ClientTimeout, web
from telegram import Bot
from telegram.error import BadRequest, Conflict, TelegramError

from channels.base import (
    ChannelDown,
    ChannelRefused,
    ChannelState,
    FileTooLarge,
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
from channels.messages import Account, Address, File, Outbound, Ref
from channels.sayings import saying
from channels.shared import downloads
from channels.shared.certificates import why
from channels.telegram import Options
from channels.telegram.conflicts import Conflicts
from channels.telegram.intake import Intake
from channels.telegram.live_messages import LiveMessages
from channels.telegram.menu import publish
from channels.telegram.normalise import ALLOWED_UPDATES, Json, Me
from channels.telegram.presses import Presses
from channels.telegram.rooms import Rooms
from channels.telegram.sender import Sender
from channels.telegram.transport import UPLOAD_SECONDS, Transport, Unknown, translated

_log = structlog.get_logger(__name__)

MAX_DOWNLOAD_BYTES = 20 * 2**20
SPINNER_SECONDS = 1.0
DEAF_SECONDS = 30.0
STALE_SECONDS = 300.0
CONFLICT_SECONDS = 1.0

TRAITS = Traits(
    max_text=4096,
    counts_utf16=True,
    streaming=Streaming.EDIT,
    stream_interval_seconds=1.0,
    can_edit=True,
    has_buttons=True,
    live_button=True,
    max_file_bytes=50 * 2**20,
    max_card_body=2500,
    repeats=True,
    tells_presses=True,
    room_rate=Rate(count=5, seconds=5.0),
    bot_rate=Rate(count=30, seconds=1.0),
    hearing=Listeners.ONE,
    names_quoted=True,
)
UNPACED = replace(TRAITS, room_rate=None, bot_rate=None)
"""Of a Bot API server that keeps no rates."""
GROUP_RATE = Rate(count=20, seconds=60.0)
"""core.telegram.org/bots/faq, "My bot is hitting limits"; edits count as messages."""


class Telegram:
    """A `Channel` that also fetches files, shows progress, finds rooms and, in webhook mode, has a route."""

    def __init__(
        self,
        name: str,
        options: Options,
        surroundings: Surroundings,
        *,
        spinner_seconds: float = SPINNER_SECONDS,
        conflict_seconds: float = CONFLICT_SECONDS,
    ) -> None:
        token = options.token.get_secret_value()
        self._name = name
        self._options = options
        self._surroundings = surroundings
        self._updates_url = f"{options.api_url}/bot{token}/getUpdates"
        self._polling = Transport(surroundings.http, _patience(options.poll_timeout_seconds))
        self._bot = Bot(
            token,
            base_url=f"{options.api_url}/bot",
            base_file_url=f"{options.api_url}/file/bot",
            request=Transport(surroundings.http),
            get_updates_request=self._polling,
        )
        self._conflicts = Conflicts(name, self._bot, conflict_seconds)
        self._rooms = Rooms(name, surroundings.moves)
        self._sender = Sender(name, self._bot, self._rooms)
        self._lives = LiveMessages(name, self._sender)
        self._presses = Presses(name, self._sender, spinner_seconds)
        self._intake = Intake(name, self._rooms, self._sender, self._presses)
        traits = TRAITS if options.keeps_rates else UNPACED
        self._traits = replace(traits, hearing=Listeners.EVERY) if options.mode == "webhook" else traits
        self._secret = _secret(options)
        self._path = f"/channels/{name}/webhook"
        self._me: Me | None = None
        self._heard_at: float | None = None

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What Telegram offers. Private chats are shown drafts instead of edits; `open_live` picks."""
        return self._traits

    def room_rate(self, room: str) -> Rate | None:
        """Less in a group (ids of persons are positive), nothing to keep on a server that takes more."""
        if not self._options.keeps_rates:
            return None
        return GROUP_RATE if room.startswith("-") else TRAITS.room_rate

    async def listen(self, receive: Receive) -> None:
        """Hear updates until cancelled."""
        menu: asyncio.Task[None] | None = None
        try:
            with translated():
                user = await self._bot.get_me()
                await self._rooms.load()
                self._me = Me(channel=self._name, id=user.id, username=user.username or "", moved=self._rooms.first)
                menu = asyncio.create_task(
                    publish(self._name, self._bot, self._surroundings.menu), name="telegram menu"
                )
                if self._options.mode == "webhook":
                    await self._invite()
                else:
                    await self._poll(self._me, receive)
        except MessageRefused as error:
            # Nothing was sent, so what the platform does not take are our settings.
            raise ChannelRefused(str(error)) from error
        finally:
            self._me = None
            if menu is not None:
                menu.cancel()
                await asyncio.gather(menu, return_exceptions=True)
            await self._presses.drop()

    async def _invite(self) -> None:
        """Tell the platform where to call us. One call at a time, because only then they come in order."""
        if not self._surroundings.public_url:
            raise ChannelRefused(saying("no_public_url"))
        await self._bot.set_webhook(
            self._surroundings.public_url + self._path,
            secret_token=self._secret,
            allowed_updates=ALLOWED_UPDATES,
            max_connections=1,
        )
        self._heard_at = asyncio.get_running_loop().time()
        await asyncio.Event().wait()

    async def _poll(self, me: Me, receive: Receive) -> None:
        offset, pause = 0, 0.25
        while True:
            updates = await self._ask(offset)
            self._heard_at = asyncio.get_running_loop().time()
            if not updates:
                continue
            unstored = await self._intake.take(updates, me, receive)
            offset = updates[-1]["update_id"] + 1 if unstored is None else unstored
            if unstored is None:
                pause = 0.25
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 2, 8.0)

    async def _ask(self, offset: int) -> list[Json]:
        """The next updates, which confirms all before `offset`. As JSON: the SDK's objects cost 60 µs each.

        The first question does not wait for news, so that soon after the start we know that we hear.
        """
        query = {
            "offset": offset,
            "timeout": 0 if self._heard_at is None else self._options.poll_timeout_seconds,
            "allowed_updates": json.dumps(ALLOWED_UPDATES),
        }
        try:
            updates: Any = await self._polling.post(f"{self._updates_url}?{urlencode(query)}")
        except Conflict as conflict:
            await self._conflicts.settle(conflict)
            return []
        if not _are_updates(updates):
            raise ChannelDown(saying("no_updates", platform="Telegram"))
        self._conflicts.none()
        return list(updates)

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """Where the platform calls us in webhook mode."""

        async def called(request: web.Request) -> web.Response:
            return await self._called(request, receive)

        return [web.post(self._path, called)] if self._options.mode == "webhook" else []

    async def _called(self, request: web.Request, receive: Receive) -> web.Response:
        shown = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), self._secret.encode()):
            return web.Response(status=403)
        if self._me is None:
            return web.Response(status=503)
        try:
            update = await request.json()
        except ValueError:
            return web.Response(status=400)
        if not isinstance(update, dict):
            return web.Response(status=400)
        try:
            await self._intake.take_one(update, self._me, receive)
        except NotStored:
            return web.Response(status=503)
        return web.Response()

    async def send(self, message: Outbound) -> Ref:
        """Send or edit one message."""
        try:
            with translated():
                return await self._send(message)
        except ValueError as error:
            raise MessageRefused(f"not a chat of Telegram: {message.address.key}") from error

    async def _send(self, message: Outbound) -> Ref:
        try:
            return await self._sender.send(message)
        except Unknown:
            await self._check_token()
            raise

    async def _check_token(self) -> None:
        """Whether it is the token, and not this call alone, of which Telegram knows nothing; raises ChannelRefused."""
        try:
            await self._bot.get_me()
        except Unknown as error:
            raise ChannelRefused(error.message) from error

    async def open_live(
        self, address: Address, recipient: Account, answers: Ref | None, resumes: Ref | None = None
    ) -> LiveMessage:
        """A draft in a private chat, else a message that is edited."""
        del recipient
        return self._lives.open(address, answers, resumes, self._surroundings.now())

    @property
    def typing_seconds(self) -> float:
        """How long one sign can be seen (core.telegram.org/bots/api#sendchataction)."""
        return 5.0

    async def show_typing(self, address: Address, recipient: Account, answers: Ref | None) -> None:
        """Say that an answer is being prepared."""
        del recipient, answers
        with translated():
            await self._sender.show_typing(address)

    async def direct_room(self, account: Account) -> Address:
        """The private chat, whose id is the person's. Whether it was ever opened shows only when something is sent."""
        return Address(channel=self._name, room=account.id)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The file's bytes; the platform hands out at most 20 MB."""
        return b"".join([piece async for piece in self.pieces(file, limit_bytes)])

    async def pieces(self, file: File, limit_bytes: int) -> AsyncGenerator[bytes]:
        """The same, as they come."""
        limit = min(limit_bytes, MAX_DOWNLOAD_BYTES)
        if file.size > limit:
            raise FileTooLarge(f"{file.name} has {file.size} bytes; the limit is {limit}", limit_bytes=limit)
        with translated():
            try:
                found = await self._bot.get_file(file.locator)
            except BadRequest as error:
                if "too big" in error.message:
                    raise FileTooLarge(f"{file.name}: {error.message}", limit_bytes=limit) from error
                raise
        async with aclosing(self._download(found.file_path or "", file.name, limit)) as pieces:
            async for piece in pieces:
                yield piece

    async def _download(self, url: str, name: str, limit: int) -> AsyncGenerator[bytes]:
        timeout = ClientTimeout(total=UPLOAD_SECONDS)
        try:
            async with self._surroundings.http.get(url, timeout=timeout, allow_redirects=False) as response:
                if not response.ok:
                    raise downloads.refusal_of(response, "Telegram", name)
                async with aclosing(downloads.pieces(response, name, limit)) as found:
                    async for piece in found:
                        yield piece
        except (ClientError, OSError) as error:
            # Not chained: the cause's text may hold the address, and the address holds the token.
            raise ChannelDown(saying("not_handed", platform="Telegram", name=name, why=why(error))) from None

    async def probe(self) -> Health:
        """Whether the platform knows us and whether we would hear it; STARTING before we have listened to it."""
        try:
            await self._bot.get_me()
            reason = await self._trouble()
        except TelegramError as error:
            reason = error.message
        state = (
            ChannelState.DOWN if reason else ChannelState.UP if self._heard_at is not None else ChannelState.STARTING
        )
        return Health(state=state, reason=reason or self._conflicts.trouble, at=self._surroundings.now())

    async def _trouble(self) -> str:
        if self._heard_at is None:
            return ""
        return (
            await self._webhook_trouble() if self._options.mode == "webhook" else self._polling_trouble(self._heard_at)
        )

    def _polling_trouble(self, heard_at: float) -> str:
        silent = asyncio.get_running_loop().time() - heard_at
        deaf = silent > self._options.poll_timeout_seconds + DEAF_SECONDS
        return saying("not_answered", platform="Telegram", span=timedelta(seconds=silent)) if deaf else ""

    async def _webhook_trouble(self) -> str:
        info = await self._bot.get_webhook_info()
        if info.url != self._surroundings.public_url + self._path:
            return saying("webhook_elsewhere" if info.url else "webhook_none", platform="Telegram")
        if not info.pending_update_count or info.last_error_date is None:
            return ""
        age = (self._surroundings.now() - info.last_error_date).total_seconds()
        return info.last_error_message or "" if age < STALE_SECONDS else ""


def _patience(poll_seconds: int) -> float:
    """How long a question for news may stay without an answer before the connection counts as deaf."""
    return poll_seconds + min(10.0, 2.0 + poll_seconds)


def _are_updates(answer: object) -> bool:
    """Numbered, as all of them must be to be confirmed; whether each makes sense is looked at one by one."""
    return isinstance(answer, list) and all(
        isinstance(update, dict) and isinstance(update.get("update_id"), int) for update in answer
    )


def _secret(options: Options) -> str:
    """Ours and the platform's; the same on every replica and after every restart."""
    if options.webhook_secret is not None:
        return options.webhook_secret.get_secret_value()
    token = options.token.get_secret_value().encode()
    return hmac.new(token, b"nexora telegram webhook", hashlib.sha256).hexdigest()
