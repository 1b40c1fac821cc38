"""A database that is away, read-only or broken ends nothing: what was said is answered when it is back."""

import asyncio
import json
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from governance.people.people import Role
from tests.conftest import open_folder
from tests.journeys.town import Town, town, until
from tests.load.processes import Program
from tests.platforms.database_wire import Wire, wire_to


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        yield built


@pytest_asyncio.fixture(loop_scope="session")
async def admin(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def _end_other_connections(admin: asyncpg.Connection) -> None:
    await admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )


async def _answers_two_more(here: Town) -> None:
    for word in ("first", "second"):
        here.model.say(f"The {word} answer after.")
        here.say("alice", f"the {word} question after")
        await here.hears("alice", f"The {word} answer after.", seconds=40)


async def test_a_server_that_is_read_only_for_a_while_loses_nothing_and_ends_nothing(
    here: Town, admin: asyncpg.Connection
) -> None:
    await admin.execute(
        f"alter database {await admin.fetchval('select current_database()')} set default_transaction_read_only = on"
    )
    await _end_other_connections(admin)
    here.model.say("Said while it was read-only.")
    here.say("alice", "do you hear me?")
    await until(lambda: "25006" in here.gateway.base.troubles().get("database", ""))
    await admin.execute(
        f"alter database {await admin.fetchval('select current_database()')} reset default_transaction_read_only"
    )
    await _end_other_connections(admin)

    await here.hears("alice", "Said while it was read-only.", seconds=40)
    await _answers_two_more(here)


@pytest.mark.parametrize("table", ["nexora_inbox", "nexora_messages", "nexora_outbox", "nexora_stream"])
async def test_a_table_that_is_not_there_for_a_while_ends_nothing(
    here: Town, admin: asyncpg.Connection, table: str
) -> None:
    await admin.execute(f"alter table {table} rename to away_for_a_while")
    here.say("alice", "do you hear me?")
    await asyncio.sleep(3)
    await admin.execute(f"alter table away_for_a_while rename to {table}")

    await _answers_two_more(here)


async def test_admins_read_in_chat_what_is_wrong_inside(here: Town) -> None:
    here.gateway.base.keeper._troubles["digests"] = ("KeyError: 'x'", asyncio.get_running_loop().time())
    here.say("root", "/channels")

    told = await here.hears("root", "digests")
    assert "KeyError" in told.text


@asynccontextmanager
async def _program(dsn: str, home: Path, **more: object) -> AsyncIterator[Program]:
    file = home.with_suffix(".json")
    settings = {"server": {"port": 0}, "models": {"find_local": False}, **more}
    file.write_text(json.dumps(settings), encoding="utf-8")
    extra = {"NEXORA_CONFIG": str(file), "NEXORA_HOME": str(home), "NEXORA_DB_URL": dsn}
    program = await Program.start(["gateway", "up"], home.with_suffix(".log"), extra)
    try:
        yield program
    finally:
        await program.end(signal.SIGKILL)


@pytest_asyncio.fixture(loop_scope="session")
async def wire(dsn: str) -> AsyncIterator[Wire]:
    with open_folder() as folder:
        async with wire_to(dsn, folder) as wire:
            yield wire


async def _said(program: Program, sign: str, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while sign not in program.log.read_text(encoding="utf-8"):  # noqa: ASYNC110  # a file has no event
            await asyncio.sleep(0.05)


async def _up(program: Program) -> None:
    async with asyncio.timeout(40):
        assert program.process.stdout is not None
        while b"Nexora is up" not in (line := await program.process.stdout.readline()):
            assert line, program.last_words()


async def test_a_start_waits_for_a_database_that_is_coming_and_says_so(wire: Wire, tmp_path: Path) -> None:
    async with _program(wire.dsn, tmp_path / "home") as program:
        await _said(program, "database_awaited")
        await wire.mend()

        await _up(program)


async def test_a_start_that_waits_can_be_stopped(wire: Wire, tmp_path: Path) -> None:
    async with _program(wire.dsn, tmp_path / "home") as program:
        await _said(program, "database_awaited")

        assert await program.end(signal.SIGTERM) < 5
        assert program.process.returncode == 0


async def test_a_start_does_not_wait_longer_than_it_may(wire: Wire, tmp_path: Path) -> None:
    async with _program(wire.dsn, tmp_path / "home", database={"wait_seconds": 0}) as program:
        async with asyncio.timeout(30):
            assert await program.process.wait() == 1

        assert re.search(r"nexora: The database .* cannot be reached", program.log.read_text(encoding="utf-8"))


async def test_a_database_that_does_not_exist_ends_the_start_at_once(dsn: str, tmp_path: Path) -> None:
    nowhere = re.sub(r"/test_\d+\?", "/nobody_made_this?", dsn)
    began = time.monotonic()
    async with _program(nowhere, tmp_path / "home") as program:
        async with asyncio.timeout(30):
            assert await program.process.wait() == 1

        assert 'database "nobody_made_this" does not exist' in program.log.read_text(encoding="utf-8")
        assert time.monotonic() - began < 30


@pytest.mark.parametrize("state", ["cut", "frozen"])
async def test_sigterm_ends_it_within_five_seconds_whatever_the_database_does(
    wire: Wire, tmp_path: Path, state: str
) -> None:
    await wire.mend()
    async with _program(wire.dsn, tmp_path / "home") as program:
        await _up(program)
        if state == "cut":
            await wire.cut()
        else:
            wire.freeze()
        await asyncio.sleep(2.5)

        assert await program.end(signal.SIGTERM) < 5
        assert program.process.returncode == 0
