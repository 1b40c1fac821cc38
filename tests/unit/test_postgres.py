"""The embedded PostgreSQL as its supervisor sees it: starts, deaths, and everything that can be wrong with a folder."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from gateway.database.embedded import binaries as postgres_binaries
from gateway.database.embedded import folders as postgres_home
from gateway.database.embedded.binaries import PostgresMissing, find_binaries, find_runner, within_reach
from gateway.database.embedded.folders import HomeInUse, HomeUnwritable, socket_folder
from gateway.database.embedded.server import EmbeddedPostgres, WrongMajor, running_dsn
from gateway.database.pool import connect

ROOT = Path(__file__).parent.parent.parent
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user may enter, with a short path."""
    made = Path(tempfile.mkdtemp(prefix="nx-"))
    made.chmod(0o711)
    yield made
    made.chmod(0o711)
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A home whose cluster is made once; tests start it on copies of nothing but itself, one after another."""
    made = Path(tempfile.mkdtemp(prefix="nx-"))
    made.chmod(0o711)
    yield made / "home"
    shutil.rmtree(made)


async def value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def sockets_of(server: EmbeddedPostgres) -> Path:
    return Path(server.dsn.partition("host=")[2].partition("&")[0])


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def program_of(pid: int) -> Path:
    return Path(f"/proc/{pid}/exe").resolve()


async def test_what_was_written_is_there_after_a_restart_and_nothing_listens_on_tcp(cluster):
    async with EmbeddedPostgres(cluster) as server:
        await value(server.dsn, "create table kept as select 42 as answer")
        settings = [
            await value(server.dsn, f"show {name}") for name in ("listen_addresses", "fsync", "server_encoding")
        ]
        assert settings == ["", "on", "UTF8"]
    assert server.pid is None

    async with EmbeddedPostgres(cluster) as server:
        assert await value(server.dsn, "select answer from kept") == 42


async def test_the_server_knows_none_of_our_secrets(cluster, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "hidden")
    async with EmbeddedPostgres(cluster) as server:
        assert b"hidden" not in environment_of(server.pid)


async def test_a_second_gateway_is_told_which_process_holds_the_folder(cluster):
    async with EmbeddedPostgres(cluster):
        with pytest.raises(HomeInUse, match=rf"process {os.getpid()}\) runs on the data folder {cluster}"):
            await EmbeddedPostgres(cluster).start()


async def test_a_command_beside_a_running_gateway_finds_its_server(cluster):
    assert running_dsn(cluster) is None
    async with EmbeddedPostgres(cluster) as server:
        assert running_dsn(cluster) == server.dsn
    assert running_dsn(cluster) is None


async def test_a_server_that_is_killed_comes_back_with_all_that_was_committed(cluster):
    async with EmbeddedPostgres(cluster) as server, AsyncExitStack() as stack:
        pool = await connect(server.dsn)
        stack.push_async_callback(pool.close)
        await pool.execute("create table before_death as select 1")
        first = server.pid
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(20):
            while server.restarts == 0:  # noqa: ASYNC110  # the death of a process outside raises no event here
                await asyncio.sleep(0.02)

        assert await pool.fetchval("select count(*) from before_death") == 1
        assert server.pid != first


async def test_the_server_ends_when_its_gateway_is_killed(cluster):
    script = (
        "import asyncio, sys, pathlib\n"
        "from gateway.database.embedded.server import EmbeddedPostgres\n"
        "async def main():\n"
        "    async with EmbeddedPostgres(pathlib.Path(sys.argv[1])) as server:\n"
        "        print(server.pid, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    gateway = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(cluster), stdout=subprocess.PIPE, cwd=ROOT
    )
    server = int(await gateway.stdout.readline())
    gateway.kill()
    await gateway.wait()

    async with EmbeddedPostgres(cluster) as successor:
        assert successor.pid != server
        assert await value(successor.dsn, "select 1") == 1  # it could not have started beside the other one


async def test_data_of_another_major_version_is_left_alone(cluster):
    async with EmbeddedPostgres(cluster):
        version = (cluster / "postgres").resolve() / "data" / "PG_VERSION"
    made_by = version.read_text()
    version.write_text("12\n")
    try:
        with pytest.raises(WrongMajor, match=r"made by PostgreSQL 12, but .* is PostgreSQL \d+\. Nothing was changed"):
            await EmbeddedPostgres(cluster).start()
    finally:
        version.write_text(made_by)
    assert running_dsn(cluster) is None


async def test_a_half_made_cluster_is_made_anew(folder):
    place = folder / "postgres"
    place.mkdir(mode=0o711)
    (place / "making-before").mkdir()
    (place / "making-before" / "PG_VERSION").write_text("18\n")

    async with EmbeddedPostgres(folder, durable=False) as server:
        assert await value(server.dsn, "select 1") == 1
    assert not list(place.glob("making-*"))


async def test_a_path_too_long_for_a_socket_gets_a_short_private_folder(folder):
    home = folder / ("long" * 30)
    async with EmbeddedPostgres(home, durable=False) as server:
        assert await value(server.dsn, "select 1") == 1
        short = sockets_of(server)
        assert short.stat().st_mode & 0o777 == 0o700
        assert not short.is_relative_to(home)
    shutil.rmtree(short)


def test_somebody_elses_folder_is_not_taken_for_the_sockets(folder, monkeypatch):
    place = folder / ("long" * 30)
    place.mkdir()
    monkeypatch.setattr(postgres_home.tempfile, "gettempdir", lambda: str(folder))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    made = socket_folder(place, find_runner())
    made.chmod(0o777)

    with pytest.raises(postgres_home.PostgresError, match="is not a private folder"):
        socket_folder(place, find_runner())


async def test_a_folder_that_cannot_be_written_is_named(folder):
    (folder / "file").write_text("")

    with pytest.raises(HomeUnwritable, match=r"file/home cannot be written .* set NEXORA_HOME to another folder"):
        await EmbeddedPostgres(folder / "file" / "home").start()


async def test_a_server_that_cannot_start_says_why(folder):
    async with EmbeddedPostgres(folder, durable=False):
        pass
    options = (folder / "postgres").resolve() / "data" / "postgresql.conf"
    options.write_text("nonsense = 1\n")

    with pytest.raises(postgres_home.PostgresError, match='unrecognized configuration parameter "nonsense"'):
        await EmbeddedPostgres(folder, durable=False).start()


@pytest.mark.skipif(not IS_ROOT, reason="only root hands the server to another user")
async def test_root_runs_the_server_as_an_ordinary_user_inside_the_data_folder_and_opens_no_folder(folder, monkeypatch):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(postgres_binaries, "STATE_OF_ROOT", folder / "state")
    place = closed / "home" / "postgres"

    async with EmbeddedPostgres(closed / "home", durable=False) as server:
        await value(server.dsn, "create table kept as select 42 as answer")
        assert owner_of(server.pid) != 0
        os.kill(server.pid, signal.SIGKILL)
        async with asyncio.timeout(20):
            while server.restarts == 0:  # noqa: ASYNC110  # the death of a process outside raises no event here
                await asyncio.sleep(0.02)
    async with EmbeddedPostgres(closed / "home", durable=False) as server:
        assert await value(server.dsn, "select answer from kept") == 42
        assert running_dsn(closed / "home") == server.dsn

    assert closed.stat().st_mode & 0o777 == 0o700
    assert (place / "data" / "PG_VERSION").is_file()
    assert not place.is_symlink()
    assert not [made for made in (folder / "state").glob("*") if not made.name.startswith("server-")]


@pytest.mark.skipif(not IS_ROOT, reason="only root hands the server to another user")
async def test_a_cluster_that_stood_elsewhere_for_root_is_brought_home(folder):
    closed, elsewhere = folder / "closed", folder / "state"
    closed.mkdir(mode=0o700)
    async with EmbeddedPostgres(closed / "home", durable=False) as server:
        await value(server.dsn, "create table kept as select 42 as answer")
    place = closed / "home" / "postgres"
    place.rename(elsewhere)
    place.symlink_to(elsewhere)

    async with EmbeddedPostgres(closed / "home", durable=False) as server:
        assert await value(server.dsn, "select answer from kept") == 42
    assert not place.is_symlink()
    assert not elsewhere.exists()


async def test_a_link_that_leads_nowhere_is_said(folder):
    (folder / "postgres").symlink_to(folder / "gone")

    with pytest.raises(postgres_home.PostgresError, match=r"which is gone\. Remove the link"):
        await EmbeddedPostgres(folder, durable=False).start()


async def test_chinese_has_words_and_trigrams(cluster):
    async with EmbeddedPostgres(cluster) as server:
        await value(server.dsn, "create extension if not exists pg_trgm")

        assert len(await value(server.dsn, "select show_trgm('中文检索')")) == 5
        assert await value(server.dsn, "select to_tsvector('simple', '你好，世界')::text") == "'世界':2 '你好':1"


@pytest.mark.skipif(not IS_ROOT, reason="only root hands the server to another user")
async def test_binaries_that_the_servers_user_cannot_reach_are_copied(folder):
    found = find_binaries()
    package = found.folder.parent.parent
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    for source in (package, package.with_name(package.name + ".libs")):
        shutil.copytree(source, hidden / source.name, symlinks=True)
    unreachable = type(found)(folder=hidden / package.name / "pginstall" / "bin", major=found.major)

    async with EmbeddedPostgres(folder / "home", binaries=unreachable, durable=False) as server:
        runs = program_of(server.pid)
        assert await value(server.dsn, "select 1") == 1

    assert runs.is_relative_to(folder / "home" / "postgres")
    assert within_reach(unreachable, find_runner(), folder / "home" / "postgres").folder == runs.parent


def test_a_named_folder_without_a_server_is_refused(folder):
    with pytest.raises(PostgresMissing, match="NEXORA_PG_BIN is"):
        find_binaries({"NEXORA_PG_BIN": str(folder)})


def test_a_named_folder_wins(folder):
    found = find_binaries({"NEXORA_PG_BIN": str(find_binaries({}).folder)})

    assert found == find_binaries({})
    assert found.major >= 15
