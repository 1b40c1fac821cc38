"""iMessage as a channel: the server rings or is asked, what was said is read from it, and answers go out over REST."""

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import structlog
from aiohttp import web

from channels.base import (
    ChannelDown,
    ChannelError,
    ChannelState,
    Deferred,
    FileTooLarge,
    Health,
    MessageRefused,
    NotStored,
    RateLimited,
    Receive,
    Surroundings,
    Traits,
)
from channels.imessage import Options
from channels.imessage.api import Api
from channels.imessage.news import News
from channels.imessage.normalise import Me
from channels.imessage.sending import Sender
from channels.messages import Account, Address, File, Outbound, Ref
from channels.sayings import saying

_log = structlog.get_logger(__name__)

TRAITS = Traits(max_text=4000, max_file_bytes=100 * 2**20, repeats=True)
"""No `names_quoted`: `threadOriginatorGuid` is the first of a row of answers, whichever of them is answered."""
EVENTS = ["new-message", "updated-message"]
STORE_PAUSES = (0.25, 0.5, 1.0, 2.0, 4.0)


class IMessage:
    """A `Channel` with a route at which the server rings, that also fetches files, finds rooms and shows typing."""

    typing_seconds = 30.0

    def __init__(self, name: str, options: Options, surroundings: Surroundings) -> None:
        self._name = name
        self._options = options
        self._surroundings = surroundings
        self._api = Api(options, surroundings.http)
        self._sender = Sender(self._api)
        self._news = News(self._api, surroundings.now, self._sender.note)
        self._secret = hmac.new(surroundings.key, b"bell", hashlib.sha256).hexdigest()[:40]
        self._reached = options.callback_url or surroundings.public_url
        self._rung = asyncio.Event()
        self._is_listening = False

    @property
    def name(self) -> str:
        """The name in the settings."""
        return self._name

    @property
    def traits(self) -> Traits:
        """What iMessage offers to an account that is not a business."""
        return TRAITS

    async def listen(self, receive: Receive) -> None:
        """Read what is said until cancelled; raises ChannelDown or ChannelRefused."""
        try:
            me = self._me(await self._introduced())
            await self._hang_the_bell()
            await self._news.begin(self._surroundings.newest)
            self._is_listening = True
            while True:
                self._rung.clear()
                await self._read(me, receive)
                await self._rest()
        except (Deferred, MessageRefused, RateLimited) as error:  # about a connection, each means: later
            raise ChannelDown(str(error)) from error
        finally:
            self._is_listening = False

    async def _introduced(self) -> dict[str, Any]:
        """What the server says of itself."""
        told = await self._api.call("GET", "/server/info")
        info: dict[str, Any] = told if isinstance(told, dict) else {}
        self._sender.has_private_api = bool(info.get("private_api") and info.get("helper_connected"))
        return info

    def _me(self, info: dict[str, Any]) -> Me:
        mine = {str(info.get(key) or "") for key in ("detected_imessage", "detected_icloud")} - {""}
        options = self._options
        return Me(channel=self._name, addresses=frozenset(mine), name=options.name, hears_sms=options.hears_sms)

    async def _hang_the_bell(self) -> None:
        """Have the server tell us that there is news, unless it does or cannot reach us."""
        if not self._reached:
            return
        url = f"{self._reached}/channels/{self._name}/events?secret={self._secret}"
        try:
            there = await self._api.call("GET", "/webhook")
            if not any(each.get("url") == url for each in there or () if isinstance(each, dict)):
                await self._api.call("POST", "/webhook", {"url": url, "events": EVENTS})
        except MessageRefused as error:  # an older server; it is asked all the same
            _log.info("imessage_server_cannot_ring", reason=str(error))

    async def _read(self, me: Me, receive: Receive) -> None:
        """Store what has come; what cannot be stored is tried again, and nothing after it goes first."""
        pauses = iter(STORE_PAUSES)
        while True:
            try:
                await self._news.read(me, receive)
            except NotStored as error:
                _log.warning("imessage_message_not_stored", reason=str(error))
                await asyncio.sleep(next(pauses, STORE_PAUSES[-1]))
            else:
                return

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._options.poll_seconds):
                await self._rung.wait()
        except TimeoutError:
            return

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:  # noqa: ARG002 -- what rings is read by `listen`
        """Where the server rings. It signs nothing: the address itself is the secret, and the body is not believed."""

        async def rung(request: web.Request) -> web.Response:
            if not hmac.compare_digest(request.query.get("secret", "").encode(), self._secret.encode()):
                _log.warning("imessage_ring_refused", remote=request.remote)
                return web.Response(status=401)
            self._rung.set()
            return web.Response()

        return [web.post(f"/channels/{self._name}/events", rung)]

    async def send(self, message: Outbound) -> Ref:
        """Send one message."""
        return await self._sender.send(message)

    async def show_typing(self, address: Address, recipient: Account, answers: Ref | None) -> None:
        """Show that an answer is being written, where the server has its private API."""
        del recipient, answers
        await self._sender.show_typing(address.room)

    async def take_back_typing(self, address: Address, answers: Ref | None) -> None:
        """Show it no longer."""
        del answers
        await self._sender.take_back_typing(address.room)

    async def direct_room(self, account: Account) -> Address:
        """The private conversation with that account, which they have begun."""
        return await self._sender.direct_room(self._name, account)

    async def fetch(self, file: File, limit_bytes: int) -> bytes:
        """The bytes of a file that a person sent."""
        if file.size > limit_bytes:
            raise FileTooLarge(f"{file.name} has {file.size} bytes; the limit is {limit_bytes}")
        return await self._api.download(file.locator, file.name, limit_bytes)

    async def probe(self) -> Health:
        """Whether the server takes our password, and what it cannot do."""
        now = self._surroundings.now()
        try:
            info = await self._introduced()
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=now)
        if not self._is_listening:
            return Health(state=ChannelState.STARTING, at=now)
        lacks = saying("lack.private_api", version=info.get("server_version") or "")
        return Health(state=ChannelState.UP, reason="" if self._sender.has_private_api else lacks, at=now)
