"""Puts every kind of channel on its fake platform, in every mode that the platform has."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from channels.running import catalogue
from tests.conftest import EMBEDDED, Servers
from tests.contract.drivers import NeedsDatabase
from tests.contract.stage import NEEDED, Stage, driver_of


def cases() -> list[object]:
    """Every kind in every mode that its platform has."""
    return [
        pytest.param((kind, mode), id=f"{kind}-{mode}")
        for kind in catalogue.kinds()
        if (driver := driver_of(kind)) is not None
        for mode in driver.modes
    ]


@pytest_asyncio.fixture(params=cases(), loop_scope="session")
async def stage(request: pytest.FixtureRequest, postgres_servers: Servers) -> AsyncIterator[Stage]:
    kind, mode = request.param
    driver = driver_of(kind, mode)
    assert driver is not None
    if lacked := NEEDED.get(request.function.__name__, frozenset()) & driver.lacks:
        pytest.skip(f"{kind} has no {', '.join(sorted(lacked))}")
    async with AsyncExitStack() as stack:
        if isinstance(driver, NeedsDatabase):
            database = postgres_servers.database(EMBEDDED, template="template")
            await driver.keep_in(await stack.enter_async_context(database))
        yield await stack.enter_async_context(Stage(kind, mode, driver))
