"""Addresses, the pool, and the schema's way to the present, on every server there is."""

import asyncio
import re
from urllib.parse import urlsplit

import asyncpg
import pytest

from gateway.database import pool as database
from gateway.database.pool import (
    DatabaseNewer,
    DatabaseUnreachable,
    DatabaseUrlWrong,
    MigrationFailed,
    connect,
    dsn_from,
    migrate,
    shown,
)
from migrations import runner

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("url", "dsn"),
    [
        ("postgresql://a:b@h:5433/n", "postgresql://a:b@h:5433/n"),
        ("postgres://a@h/n", "postgresql://a@h/n"),
        ("postgresql+psycopg2://a:p%40ss@h/n", "postgresql://a:p%40ss@h/n"),
        ("postgresql+asyncpg://a:b@h/n?sslmode=require", "postgresql://a:b@h/n?sslmode=require"),
        ("postgresql://a@h/n?connect_timeout=3&channel_binding=require", "postgresql://a@h/n"),
        (
            "postgresql://a@/n?host=/var/run/postgresql&port=5432",
            "postgresql://a@/n?host=/var/run/postgresql&port=5432",
        ),
        ("postgresql:///n?host=/run", "postgresql:///n?host=/run"),
        ("  postgresql://h/n\n", "postgresql://h/n"),
    ],
)
def test_every_way_to_write_an_address_is_understood(url, dsn):
    assert dsn_from(url) == dsn


@pytest.mark.parametrize("url", ["mysql://a:hidden@h/n", "hidden", "postgresql+x//hidden", "http://[hidden"])
def test_what_is_no_address_is_refused_without_repeating_it(url):
    with pytest.raises(DatabaseUrlWrong) as refused:
        dsn_from(url)
    assert "hidden" not in str(refused.value).replace("'hidden'", "")


def test_an_address_is_shown_without_its_password():
    assert shown("postgresql://a:secret@h:5/n") == "a@h:5/n"
    assert "secret" not in shown("postgresql://a:secret@/n?host=/run")


async def test_an_empty_database_is_brought_up_to_date_once(empty_dsn):
    assert await migrate(empty_dsn) == database.revisions()
    assert await migrate(empty_dsn) == []

    pool = await connect(empty_dsn)
    assert await pool.fetchval("select count(*) from nexora_users") == 0
    await pool.close()


async def test_replicas_that_start_together_migrate_once(empty_dsn):
    applied = await asyncio.gather(*(migrate(empty_dsn) for _ in range(3)))

    assert sorted(map(len, applied)) == [0, 0, len(database.revisions())]


async def test_a_database_of_a_newer_version_is_left_alone(dsn):
    connection = await asyncpg.connect(dsn)
    await connection.execute("update alembic_version set version_num = '9999'")
    await connection.close()

    with pytest.raises(DatabaseNewer, match="at revision 9999, which this Nexora does not know"):
        await migrate(dsn)


async def test_a_migration_can_be_undone_and_done_again(dsn):
    await runner.downgrade(dsn, "base")
    connection = await asyncpg.connect(dsn)
    left = await connection.fetch("select tablename from pg_tables where tablename like 'nexora\\_%'")
    await connection.close()
    assert left == []

    assert await migrate(dsn) == database.revisions()


async def test_a_migration_that_fails_changes_nothing(empty_dsn):
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute("create table nexora_token_usage (in_the_way integer)")  # one of the last that is made
    with pytest.raises(MigrationFailed, match='relation "nexora_token_usage" already exists'):
        await migrate(empty_dsn)

    tables = [row[0] for row in await connection.fetch("select tablename from pg_tables where schemaname = 'public'")]
    await connection.close()
    assert tables == ["nexora_token_usage"]


async def test_a_server_that_is_not_there_is_told_without_the_password():
    with pytest.raises(DatabaseUnreachable, match=r"a@127\.0\.0\.1:1/n cannot be reached") as away:
        await connect("postgresql://a:secret@127.0.0.1:1/n")
    assert "secret" not in str(away.value)


async def test_a_database_that_is_not_there_is_told(dsn):
    with pytest.raises(DatabaseUnreachable, match='database "nowhere" does not exist'):
        await connect(re.sub(r"/test_\d+", "/nowhere", dsn))


async def test_an_unfinished_transaction_does_not_leak_to_the_next_user_of_a_connection(dsn):
    pool = await connect(dsn, most=1)
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # asyncpg reports what it undoes
    try:
        connection = await pool.acquire()
        await connection.execute("begin; create table leaked ()")
        await pool.release(connection)
        async with pool.acquire() as again:
            assert not again.is_in_transaction()
            assert await again.fetchval("select to_regclass('leaked')") is None
    finally:
        asyncio.get_running_loop().set_exception_handler(None)
        await pool.close()


def test_the_files_of_the_migrations_say_their_own_order():
    revisions = database.revisions()
    before = None
    for number in revisions:
        (path,) = database.VERSIONS.glob(f"{number}_*.py")
        text = path.read_text(encoding="utf-8")
        assert f'revision = "{number}"' in text
        assert re.search(r"^down_revision = (.*)$", text, re.MULTILINE)[1].strip("'\"") == str(before)
        before = number


async def test_a_password_with_signs_that_an_address_must_encode_reaches_a_real_server(empty_dsn):
    admin = await asyncpg.connect(empty_dsn)
    await admin.execute("create role ann login superuser password 'p%40@/#ss'")
    url = urlsplit(empty_dsn)
    written = f"postgresql+psycopg2://ann:p%2540%40%2F%23ss@{url.netloc.rpartition('@')[2]}{url.path}?{url.query}"
    try:
        applied = await migrate(dsn_from(written))
        pool = await connect(dsn_from(written), most=2)
        who = await pool.fetchval("select current_user")
        await pool.close()
    finally:
        await admin.execute("reassign owned by ann to current_user; drop owned by ann; drop role ann")
        await admin.close()

    assert (applied, who) == (database.revisions(), "ann")
