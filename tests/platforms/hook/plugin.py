"""A plugin of one module, as somebody else would write it: a channel by plain webhooks, and a provider of models.

It is packed into a wheel as `nexora_hook`, and never imported from here.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web

from agents.models.providers.provider import Provider
from channels.base import (
    Channel,
    ChannelDown,
    ChannelError,
    ChannelRefused,
    ChannelState,
    Health,
    MessageRefused,
    NotStored,
    RateLimited,
    Receive,
    Surroundings,
    Traits,
)
from channels.messages import Account, Address, Inbound, Outbound, Ref, plain
from channels.options import PlatformOptions, Token
from channels.shared.markdown.reader import read
from channels.shared.markdown.walk import PLAIN

provider = Provider(name="acme", title="Acme", base_url="https://models.acme.example/v1", keys=("ACME_API_KEY",))
WAIT = aiohttp.ClientTimeout(total=20)


class Options(PlatformOptions):
    """One server that is told what we say, and tells us what people say."""

    url: str
    """Where the server is told what we say."""
    token: Token
    """What we show it."""
    signing_secret: Token
    """What it signs with."""


class Hook:
    """Hears at a route of its own, and speaks by requests."""

    traits = Traits(max_text=2000, repeats=True)

    def __init__(self, name: str, options: Options, around: Surroundings) -> None:
        self.name = name
        self._options = options
        self._around = around
        self._bot = ""

    async def listen(self, receive: Receive) -> None:
        """Find out who we are, then wait for the server to call."""
        self._bot = str((await self._asked("GET", "me"))["id"])
        await asyncio.Event().wait()

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """Where the server calls."""

        async def called(request: web.Request) -> web.Response:
            body, key = await request.read(), self._options.signing_secret.get_secret_value().encode()
            signature = hmac.new(key, body, hashlib.sha256).hexdigest()
            if not secrets.compare_digest(signature, request.headers.get("X-Signature", "")):
                return web.Response(status=401)
            event = json.loads(body)
            address = Address(channel=self.name, room=event["room"])
            inbound = Inbound(
                event_id=event["id"],
                at=datetime.fromtimestamp(event["at"], UTC),
                address=address,
                sender=Account(channel=self.name, id=event["user"]),
                parts=plain(event["text"]),
                message=Ref(address=address, id=event["id"]),
            )
            try:
                await receive(inbound)
            except NotStored:
                return web.Response(status=503)
            return web.Response()

        return [web.post(f"/channels/{self.name}/events", called)]

    async def send(self, message: Outbound) -> Ref:
        """Say it in plain words."""
        said = await self._asked("POST", "messages", {"room": message.address.room, "text": _words(message)})
        return Ref(address=message.address, id=str(said["id"]))

    async def probe(self) -> Health:
        """Whether the server takes our token."""
        try:
            await self._asked("GET", "me")
        except ChannelError as error:
            return Health(state=ChannelState.DOWN, reason=str(error), at=self._around.now())
        return Health(state=ChannelState.UP if self._bot else ChannelState.STARTING, at=self._around.now())

    async def _asked(self, method: str, path: str, body: Any = None) -> Any:
        head = {"Authorization": f"Bearer {self._options.token.get_secret_value()}"}
        try:
            async with self._around.http.request(
                method, f"{self._options.url}/{path}", json=body, headers=head, timeout=WAIT, allow_redirects=False
            ) as answer:
                said = await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise ChannelDown(f"the server cannot be reached: {error}") from error
        match answer.status:
            case 200:
                return said
            case 401:
                raise ChannelRefused(str(said["message"]))
            case 429:
                raise RateLimited(float(answer.headers["Retry-After"]), str(said["message"]))
            case status if status >= 500:
                raise ChannelDown(str(said["message"]))
        raise MessageRefused(str(said["message"]))


def _words(message: Outbound) -> str:
    card = message.card
    if card is None:
        return PLAIN.write(read(message.text))
    facts = [f"{fact.label}: {fact.value}" for fact in card.facts]
    return "\n".join(filter(None, (card.title, *facts, card.body, card.note)))


def build(name: str, options: Options, surroundings: Surroundings) -> Channel:
    """One connection, not yet listening."""
    return Hook(name, options, surroundings)
