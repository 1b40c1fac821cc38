"""One Discord channel on one fake Discord, and an inbox that can be slow or full."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from channels.base import ChannelState, Health, NotStored, Surroundings
from channels.completing import Complete, nothing_to_add
from channels.discord import Options
from channels.discord.adapter import Discord
from channels.messages import Account, Address, Button, Card, Fact, Inbound, Outbound, Ref, Tone, plain
from tests.platforms.discord.server import TOKEN, FakeDiscord
from tests.platforms.discord.town import ALICE, BOB, GROUP, PRIVATE, Message

DIRECT = Address(channel="discord", room=PRIVATE[ALICE])
ROOM = Address(channel="discord", room=GROUP)
ALICE_HERE = Account(channel="discord", id=ALICE, name="Alice")
BOB_HERE = Account(channel="discord", id=BOB, name="Bob")
CARD = Card(
    id="7QX47QX47QX47QX4",
    title="Run a command?",
    facts=(Fact(label="Tool", value="shell"),),
    buttons=(Button(choice="a", label="Approve", tone=Tone.PRIMARY), Button(choice="d", label="Deny")),
    fallback="/approve 7QX4",
)


class Bench:
    """The channel listens only when a test says so."""

    def __init__(self, fake: FakeDiscord, http: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.http = http
        self.heard: list[Inbound] = []
        self.refused: list[str] = []
        self._stored: set[tuple[str, str]] = set()
        self.unstorable: set[str] = set()
        self.slow: dict[str, asyncio.Event] = {}
        self.entered: list[str] = []
        self.ahead = timedelta()
        self.known: Sequence[Inbound] | None = None
        self.complete: Complete = nothing_to_add
        self.channel = self.build()

    def build(self, name: str = "discord", **options: Any) -> Discord:
        given = {"token": TOKEN, "api_url": f"{self.fake.base}/api/v10", "command": "", **options}
        surroundings = Surroundings(http=self.http, now=self._now, newest=self.newest, complete=self.complete)
        return Discord(name, Options.model_validate(given), surroundings)

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def newest(self) -> list[Inbound]:
        if self.known is not None:
            return list(self.known)
        latest = {event.address.key: event for event in self.heard if event.press is None}
        return sorted(latest.values(), key=lambda event: event.at, reverse=True)

    async def receive(self, inbound: Inbound) -> None:
        word = inbound.text or (inbound.press.choice if inbound.press else "")
        self.entered.append(word)
        self.fake.gateway.changed.set()
        if word in self.slow:
            await self.slow[word].wait()
        if word in self.unstorable:
            self.unstorable.remove(word)
            self.refused.append(word)
            raise NotStored
        key = (inbound.address.channel, inbound.event_id)
        if key not in self._stored:
            self._stored.add(key)
            self.heard.append(inbound)
        self.fake.gateway.changed.set()

    @asynccontextmanager
    async def listening(self, channel: Discord | None = None) -> AsyncIterator[asyncio.Task[None]]:
        """Listening, once the gateway has let it in."""
        before = self.fake.gateway.identified
        task = asyncio.create_task((channel or self.channel).listen(self.receive), name="listen")
        task.add_done_callback(lambda _: self.fake.gateway.changed.set())
        try:
            await self.fake.until(lambda: self.fake.gateway.identified > before or task.done())
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, is_so: Callable[[], bool]) -> None:
        await self.fake.until(is_so)

    async def hears(self, count: int = 1) -> list[str]:
        await self.until(lambda: len(self.heard) >= count)
        return [event.text for event in self.heard]

    async def settled(self, channel: Discord | None = None) -> Health:
        async with asyncio.timeout(5):
            while (health := await (channel or self.channel).probe()).state is ChannelState.STARTING:  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # health is asked for, not announced
        return health

    async def say(self, text: str, channel: str = PRIVATE[ALICE], by: str = ALICE, **given: Any) -> Message:
        message = Message(id=self.fake.town.snowflake(), channel=channel, author=by, content=text, **given)
        return await self.fake.say(message)

    def while_away(self, text: str, channel: str = PRIVATE[ALICE], by: str = ALICE, **given: Any) -> Message:
        at = given.pop("at", None)
        return self.fake.town.add(
            Message(id=self.fake.town.snowflake(at), channel=channel, author=by, content=text, **given)
        )

    async def send(self, address: Address = DIRECT, text: str = "", **given: Any) -> Ref:
        given.setdefault("parts", plain(text) if text else ())
        key = given.pop("key", f"key-{len(self.fake.requests)}-{len(self.fake.town.messages)}")
        return await self.channel.send(Outbound(key=key, address=address, **given))

    def called(self, method: str, part: str) -> list[tuple[str, dict[str, Any]]]:
        """The calls of that method whose path holds that part, with what was sent."""
        return [(path, body) for used, path, body in self.fake.requests if used == method and part in path]
