"""The adapter on its fake platform, for the tests of what only Telegram does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest_asyncio

from channels.base import NotStored, Surroundings
from channels.completing import Menu
from channels.messages import Inbound
from channels.moves import Moves
from channels.telegram import Options
from channels.telegram.adapter import Telegram
from tests.platforms.telegram import TOKEN, FakeTelegram


class Bench:
    """The adapter and its platform, listening only when a test says so."""

    def __init__(self, fake: FakeTelegram, http: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.http = http
        self.heard: list[Inbound] = []
        self.moved: list[tuple[str, str]] = []
        self.unstorable: set[str] = set()
        self.channel = self.build()

    def build(
        self, *, public_url: str = "", spinner_seconds: float = 0.0, menu: Menu | None = None, **options: Any
    ) -> Telegram:
        given = {"token": TOKEN, "api_url": self.fake.base, "poll_timeout_seconds": 5, **options}
        surroundings = Surroundings(
            http=self.http,
            now=lambda: datetime.now(UTC),
            public_url=public_url,
            moves=Moves(load=self._moved, note=self._note),
            menu=menu or {},
        )
        return Telegram(
            "tg", Options.model_validate(given), surroundings, spinner_seconds=spinner_seconds, conflict_seconds=0
        )

    async def _moved(self) -> dict[str, str]:
        return {now: first for first, now in self.moved}

    async def _note(self, first: str, now: str) -> None:
        if first in self.unstorable:
            self.unstorable.remove(first)
            raise NotStored
        self.moved.append((first, now))

    async def receive(self, inbound: Inbound) -> None:
        if inbound.text in self.unstorable:
            self.unstorable.remove(inbound.text)
            raise NotStored
        self.heard.append(inbound)

    @asynccontextmanager
    async def listening(self, channel: Telegram | None = None) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task((channel or self.channel).listen(self.receive), name="listen")
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.heard]

    async def until(self, is_so: Callable[[], bool]) -> None:
        await self.fake.until(is_so)


@pytest_asyncio.fixture(loop_scope="session")
async def bench() -> AsyncIterator[Bench]:
    fake = FakeTelegram()
    await fake.start()
    async with aiohttp.ClientSession() as http:
        yield Bench(fake, http)
    await fake.stop()
