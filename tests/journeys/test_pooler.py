"""A pooler before the database: one that keeps sessions is fine, one that does not is refused by name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.database.pooler import PoolerBetween, require_sessions
from gateway.run.admin import address_of
from gateway.settings.model import Settings
from tests.conftest import open_folder, unavailable
from tests.journeys.town import town
from tests.platforms import pgbouncer


@asynccontextmanager
async def through(dsn: str, mode: str) -> AsyncIterator[str]:
    program = pgbouncer.found() or unavailable("no pgbouncer on this machine")
    with open_folder() as folder:
        async with pgbouncer.pgbouncer(program, dsn, folder, mode) as address:
            yield address


async def test_a_server_without_a_pooler_keeps_sessions(dsn: str) -> None:
    await require_sessions(dsn)


async def test_a_start_through_a_pool_of_transactions_is_refused_and_says_what_to_do(dsn: str, tmp_path: Path) -> None:
    async with through(dsn, "transaction") as address:
        with pytest.raises(PoolerBetween, match="pool_mode=session"):
            async with town(address, tmp_path / "home"):
                pass


async def test_a_command_through_a_pool_of_transactions_is_refused_too(dsn: str, tmp_path: Path) -> None:
    async with through(dsn, "transaction") as address:
        with pytest.raises(PoolerBetween, match="transaction mode"):
            async with address_of(Settings.model_validate({"home": tmp_path, "database": {"url": address}})):
                pass


async def test_through_a_pool_of_sessions_people_are_answered(dsn: str, tmp_path: Path) -> None:
    async with through(dsn, "session") as address, town(address, tmp_path / "home") as here:
        await here.person("alice")
        for number in range(3):
            here.model.say(f"Answer {number}.")
            here.say("alice", f"question {number}")
            await here.hears("alice", f"Answer {number}.")
