"""Puts every kind of channel on its fake platform, in every mode that the platform has."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from channels import catalogue
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
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    kind, mode = request.param
    driver = driver_of(kind)
    assert driver is not None
    if lacked := NEEDED.get(request.function.__name__, frozenset()) & driver.lacks:
        pytest.skip(f"{kind} has no {', '.join(sorted(lacked))}")
    async with Stage(kind, mode, driver) as built:
        yield built
