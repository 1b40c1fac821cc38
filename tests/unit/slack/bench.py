"""One Slack channel on one fake workspace, and an inbox that keeps each event once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp

from channels.base import (
    NotStored,
    Surroundings,
)
from channels.messages import (
    Account,
    Address,
    BodyKind,
    Button,
    Card,
    Fact,
    Inbound,
    Outbound,
    Tone,
    plain,
)
from channels.slack import Options, build
from tests.platforms.slack.server import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.platforms.slack.workspace import GROUP, TEAM

ALICE = Account(channel="slack", id=f"{TEAM}:U0ALICE", name="Alice")
DIRECT = Address(channel="slack", room="D0ALICE")
CARD = Card(
    id="7QX47QX47QX47QX4",
    title="Run a command?",
    facts=(Fact(label="Tool", value="shell"),),
    body="rm -rf build",
    body_kind=BodyKind.CODE,
    note="Asked by Bob",
    buttons=(
        Button(choice="a", label="Approve", tone=Tone.PRIMARY),
        Button(choice="d", label="Deny", tone=Tone.DANGER),
    ),
    fallback="/approve 7QX4",
)


class Inbox:
    """Keeps each event once, as the bus does; can fail, and can hold its answer back."""

    def __init__(self) -> None:
        self.kept: dict[str, Inbound] = {}
        self.heard = 0
        self.failures = 0
        self.open = asyncio.Event()
        self.open.set()
        self._more = asyncio.Condition()

    async def receive(self, inbound: Inbound) -> None:
        self.heard += 1
        if self.failures:
            self.failures -= 1
            raise NotStored
        async with self._more:
            self.kept.setdefault(inbound.event_id, inbound)
            self._more.notify_all()
        await self.open.wait()

    async def first(self, count: int = 1) -> list[Inbound]:
        async with asyncio.timeout(5), self._more:
            await self._more.wait_for(lambda: len(self.kept) >= count)
        return list(self.kept.values())


class Bench:
    """One channel on one fake workspace."""

    def __init__(self, slack: FakeSlack, http: aiohttp.ClientSession) -> None:
        self.slack = slack
        self.inbox = Inbox()
        self.http = http
        self.newest: list[Inbound] = []
        self.waiting: list[Card] = []
        self.channel = self.build()
        self.task: asyncio.Task[None] | None = None

    def build(self, **more: Any) -> Any:
        settings = {
            "bot_token": BOT_TOKEN,
            "app_token": APP_TOKEN,
            "api_url": f"{self.slack.base}/api/",
            "ping_seconds": 0.4,
        }
        surroundings = Surroundings(
            http=self.http, now=lambda: datetime.now(UTC), newest=self._newest, waiting=self._waiting
        )
        return build("slack", Options.model_validate(settings | more), surroundings)

    async def _newest(self) -> list[Inbound]:
        return self.newest

    async def _waiting(self, account: Account) -> list[Card]:
        return self.waiting if account.id == ALICE.id else []

    def listen(self) -> asyncio.Task[None]:
        self.task = asyncio.create_task(self.channel.listen(self.inbox.receive))
        return self.task

    async def connected(self) -> None:
        self.listen()
        await self.slack.sockets.wait_connected()

    async def until_called(self, method: str, times: int = 1) -> None:
        async with asyncio.timeout(5), self.slack.changed:
            await self.slack.changed.wait_for(lambda: len(self.slack.called(method)) >= times)

    async def close(self) -> None:
        if self.task:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


DENY = replace(CARD, buttons=(CARD.buttons[0], replace(CARD.buttons[1], takes_reason=True)))
"""The same card, whose second button asks for a reason."""


def say(text: str, address: Address = DIRECT, **more: Any) -> Outbound:
    return Outbound(key="k1", address=address, parts=plain(text), **more)


def in_thread(thread: str) -> Address:
    return Address(channel="slack", room=GROUP, thread=thread)
