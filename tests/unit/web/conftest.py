"""The server that each test of this folder speaks to."""

import pytest

from tests.unit.web.stage import open_stage


@pytest.fixture
async def web(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path) as stage:
        yield stage
