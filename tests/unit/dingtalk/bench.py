"""One DingTalk channel on one fake organisation, an inbox that keeps each event once, and a clock to turn."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from channels.base import NotStored, Surroundings
from channels.dingtalk import Options, build
from channels.messages import Account, Address, BodyKind, Button, Card, Fact, Inbound, Outbound, Tone, plain
from tests.platforms.dingtalk import FakeDingTalk
from tests.platforms.dingtalk.office import ALICE, ANSWER, BOB, CLIENT_ID, CORP, GROUP, REQUEST, SECRET

KEY = b"k" * 32
DIRECT = Address(channel="dingtalk", room=f"staff:{ALICE}")
IN_GROUP = Address(channel="dingtalk", room=GROUP)
ALICE_ACCOUNT = Account(channel="dingtalk", id=f"{CORP}:{ALICE}", name="Alice")
BOB_ACCOUNT = Account(channel="dingtalk", id=f"{CORP}:{BOB}", name="Bob")
CARD = Card(
    id="7QX47QX47QX47QX4",
    title="Run a command?",
    facts=(Fact(label="Tool", value="shell"), Fact(label="Risk", value="high")),
    body="rm -rf **build** `x`",
    body_kind=BodyKind.CODE,
    note="Asked by Bob",
    buttons=(
        Button(choice="a", label="Approve", tone=Tone.PRIMARY),
        Button(choice="d", label="Deny", tone=Tone.DANGER),
    ),
    fallback="/approve 7QX4 or /deny 7QX4",
)
SEND_TO_PERSON = "/v1.0/robot/oToMessages/batchSend"
CREATE = "/v1.0/card/instances/createAndDeliver"
GROW = "/v1.0/card/streaming"


class Inbox:
    """Keeps each event once, as the bus does; can fail, and can hold its answer back, also for one room alone."""

    def __init__(self) -> None:
        self.kept: dict[str, Inbound] = {}
        self.heard = 0
        self.failures = 0
        self.held_room = ""
        self.release = asyncio.Event()
        self._more = asyncio.Condition()

    async def receive(self, inbound: Inbound) -> None:
        self.heard += 1
        if self.failures:
            self.failures -= 1
            raise NotStored
        async with self._more:
            self.kept.setdefault(inbound.event_id, inbound)
            self._more.notify_all()
        if self.held_room in {inbound.address.room, "all"}:
            await self.release.wait()

    async def first(self, count: int = 1) -> list[Inbound]:
        async with asyncio.timeout(5), self._more:
            await self._more.wait_for(lambda: len(self.kept) >= count)
        return list(self.kept.values())


class Bench:
    """One channel on one fake organisation."""

    def __init__(self, fake: FakeDingTalk, http: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.http = http
        self.inbox = Inbox()
        self.ahead = timedelta()
        self.newest: list[Inbound] = []
        self.channel = self.build()
        self.task: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def _newest(self) -> Sequence[Inbound]:
        return self.newest

    def build(self, **more: Any) -> Any:
        settings = {
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "card_template_id": REQUEST,
            "stream_template_id": ANSWER,
            "api_url": self.fake.base,
            "oapi_url": self.fake.base,
            "ping_seconds": 0.4,
        }
        surroundings = Surroundings(http=self.http, now=self.now, key=KEY, newest=self._newest)
        return build("dingtalk", Options.model_validate(settings | more), surroundings)

    def listen(self) -> asyncio.Task[None]:
        self.task = asyncio.create_task(self.channel.listen(self.inbox.receive))
        return self.task

    async def connected(self) -> None:
        self.listen()
        await self.fake.stream.connected()

    async def heard(self, text: str = "hello", *, group: bool = False) -> Inbound:
        """What arrives when Alice says that."""
        count = len(self.inbox.kept)
        self.fake.say(words(text), staff=ALICE, group=group)
        return (await self.inbox.first(count + 1))[-1]

    async def acknowledged(self) -> None:
        """Wait until what was said last is acknowledged."""
        assert self.fake.delivery is not None
        assert await asyncio.wait_for(asyncio.shield(self.fake.delivery), 5)

    async def close(self) -> None:
        if self.task:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    def texts(self, room: str = ALICE) -> list[str]:
        """What stands in a room."""
        return [sight.text for _, sight in self.fake.seen(room)]


def words(text: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": text}}


def say(text: str, address: Address = DIRECT, key: str = "k1", **more: Any) -> Outbound:
    return Outbound(key=key, address=address, parts=plain(text), **more)


def ask(address: Address = DIRECT, key: str = "k1", card: Card = CARD, **more: Any) -> Outbound:
    return Outbound(key=key, address=address, card=card, **more)
