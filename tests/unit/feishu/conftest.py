"""A channel on the fake company, for each test anew."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.contract.stage import Stage
from tests.platforms.feishu import driver


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    async with Stage("feishu", "socket", driver()) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def webhook() -> AsyncIterator[Stage]:
    async with Stage("feishu", "webhook", driver()) as stage:
        yield stage
