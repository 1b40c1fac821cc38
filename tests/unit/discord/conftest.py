"""A channel on a fake Discord, for each test anew."""

from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio

from tests.platforms.discord.server import FakeDiscord
from tests.unit.discord.bench import Bench


@pytest_asyncio.fixture(loop_scope="session")
async def bench() -> AsyncIterator[Bench]:
    fake = FakeDiscord()
    await fake.start()
    async with aiohttp.ClientSession() as http:
        yield Bench(fake, http)
    await fake.stop()
