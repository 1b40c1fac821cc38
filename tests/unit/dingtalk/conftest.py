"""A channel on an organisation, for each test anew."""

from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio

from tests.platforms.dingtalk import FakeDingTalk
from tests.unit.dingtalk.bench import Bench


@pytest_asyncio.fixture(loop_scope="session")
async def bench() -> AsyncIterator[Bench]:
    fake = FakeDingTalk()
    await fake.start()
    async with aiohttp.ClientSession() as http:
        bench = Bench(fake, http)
        yield bench
        await bench.close()
    await fake.stop()
