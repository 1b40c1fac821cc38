"""Puts every kind of channel on its fake platform, in every mode that the platform has."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.conftest import EMBEDDED, Servers
from tests.contract.asked import parametrize, place_of
from tests.contract.drivers import NeedsDatabase
from tests.contract.stage import Supervised


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "stage" in metafunc.fixturenames:
        parametrize(metafunc)


@pytest_asyncio.fixture(loop_scope="session")
async def stage(request: pytest.FixtureRequest, postgres_servers: Servers) -> AsyncIterator[Supervised]:
    place = place_of(request)
    driver = place.driver()
    async with AsyncExitStack() as stack:
        if isinstance(driver, NeedsDatabase):
            database = postgres_servers.database(EMBEDDED, template="template")
            await driver.keep_in(await stack.enter_async_context(database))
        yield await stack.enter_async_context(Supervised(place.kind, place.mode, driver))
