"""A backup holds everything, is tried before it is believed, and comes back whole or not at all."""

import asyncio
import gzip
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from channels.messages import Address, Outbound, plain
from gateway.backup import archive
from gateway.backup import commands as backup
from gateway.backup.archive import ArchiveBroken
from gateway.backup.commands import NotRestored, bring_back, make, make_anew
from gateway.database.embedded.fresh import ClusterThere, data_of
from gateway.database.embedded.server import LETTERS_KEPT, EmbeddedPostgres
from gateway.database.pool import connect, migrate
from gateway.run.check import examine
from gateway.settings.model import Settings
from governance.record.transaction import Notice, Store

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user may enter, with a short path."""
    made = Path(tempfile.mkdtemp(prefix="nx-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


async def nexora(home: Path, *words: str, **variables: str) -> tuple[int, str, str]:
    """A command as an administrator runs it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("NEXORA_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", *words),
        env={**environ, "NEXORA_HOME": str(home), **variables},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def silent(_: str) -> None:
    """Nobody reads along."""


def fill_home(home: Path) -> None:
    workspace = home / "workspaces" / ("a" * 24)
    (workspace / "sub").mkdir(parents=True)
    (workspace / "notes.txt").write_text("三行\n", encoding="utf-8")
    (workspace / "run.sh").write_text("#!/bin/sh\n")
    (workspace / "run.sh").chmod(0o755)
    (workspace / "sub" / "up").symlink_to("../notes.txt")
    (workspace / "out").symlink_to("../../keys")
    (workspace / "root").symlink_to("/etc/passwd")
    os.mkfifo(workspace / "pipe")


def settings(home: Path, dsn: str = "") -> Settings:
    return Settings.model_validate({"home": home, **({"database": {"url": dsn}} if dsn else {})})


async def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_an_embedded_gateway_comes_back_from_its_backup_on_an_empty_machine(folder: Path) -> None:
    home, new, file = folder / "home", folder / "new", folder / "kept.tar.gz"
    assert (await nexora(home, "user", "create", "alice", "--role", "admin"))[0] == 0
    fill_home(home)
    status, told, trouble = await nexora(home, "backup", "--to", str(file))
    assert (status, trouble) == (0, "")
    assert re.search(r"Written: .*kept\.tar\.gz \(\d+\.\d MB, the database and \d+ files\)", told)
    assert "pipe (neither file nor folder)" in told
    assert "root (a link that leads out)" in told
    assert "out (a link that leads out)" in told
    assert file.stat().st_mode & 0o777 == 0o600

    status, told, trouble = await nexora(new, "restore", str(file))
    workspace = new / "workspaces" / ("a" * 24)
    assert (status, trouble) == (0, "")
    assert "Restored: the backup of 20" in told
    assert (workspace / "sub" / "up").read_text(encoding="utf-8") == "三行\n"
    assert (workspace / "run.sh").stat().st_mode & 0o777 == 0o755
    assert sorted(each.name for each in workspace.iterdir()) == ["notes.txt", "run.sh", "sub"]
    assert (await nexora(new, "user", "create", "Alice"))[2] == "nexora: There is already a person named Alice.\n"
    assert (await nexora(new, "audit", "verify"))[0] == 0


async def test_a_backup_is_not_written_over_another_file(folder: Path) -> None:
    file = folder / "kept.tar.gz"
    file.write_text("mine")
    status, _, told = await nexora(folder / "home", "backup", "--to", str(file))

    assert status == 1
    assert "is there already, and nothing was written" in told
    assert file.read_text() == "mine"


async def test_what_is_there_is_replaced_only_when_asked_and_is_kept(folder: Path) -> None:
    home, file = folder / "home", folder / "kept.tar.gz"
    await nexora(home, "user", "create", "alice")
    fill_home(home)
    await make(settings(home), file, silent)
    await nexora(home, "user", "create", "bob")
    (home / "workspaces" / ("a" * 24) / "notes.txt").write_text("changed since")
    with pytest.raises(NotRestored, match="Add --replace"):
        await bring_back(settings(home), file, silent, replace=False)
    said: list[str] = []
    await bring_back(settings(home), file, said.append, replace=True)

    async with EmbeddedPostgres(home) as server:
        assert await rows(server.dsn, "select name from nexora_users") == [("alice",)]
    assert (home / "workspaces" / ("a" * 24) / "notes.txt").read_text(encoding="utf-8") == "三行\n"
    (aside,) = (home / "backups").glob("before-restore-*")
    assert (aside / "workspaces" / ("a" * 24) / "notes.txt").read_text() == "changed since"
    (old,) = data_of(home).parent.glob("data-before-*")
    assert [str(old) in line or str(aside) in line for line in said[-2:]] == [True, True]


async def test_a_restore_that_fails_leaves_everything_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, file = folder / "home", folder / "kept.tar.gz"
    await nexora(home, "user", "create", "alice")
    fill_home(home)
    await make(settings(home), file, silent)
    await nexora(home, "user", "create", "bob")

    async def breaks(*_: object) -> None:
        raise NotRestored("the last step failed")

    monkeypatch.setattr(backup, "_settle", breaks)
    with pytest.raises(NotRestored, match="the last step failed"):
        await bring_back(settings(home), file, silent, replace=True)

    async with EmbeddedPostgres(home) as server:
        assert await rows(server.dsn, "select name from nexora_users order by name") == [("alice",), ("bob",)]
    assert (home / "workspaces" / ("a" * 24) / "notes.txt").is_file()
    assert not list(data_of(home).parent.glob("data-before-*"))


async def test_a_gateway_that_runs_is_not_replaced(folder: Path) -> None:
    home, file = folder / "home", folder / "kept.tar.gz"
    await nexora(home, "user", "create", "alice")
    await make(settings(home), file, silent)
    async with EmbeddedPostgres(home):
        status, _, told = await nexora(home, "restore", str(file), "--replace")
        online = await nexora(home, "backup", "--to", str(folder / "online.tar.gz"))

    assert status == 1
    assert "Another gateway" in told
    assert online[0] == 0


@pytest.mark.server
async def test_what_waited_then_is_not_done_again_and_the_record_says_where_it_comes_from(
    dsn: str, empty_dsn: str, folder: Path
) -> None:
    home, file = folder / "home", folder / "kept.tar.gz"
    home.mkdir()
    pool = await connect(dsn)
    store = Store(pool)
    async with store.transaction() as work:
        work.publish(Notice(event_id="waits", lane="a", body="{}"))
        work.send(Outbound(key="on its way", address=Address(channel="x", room="y"), parts=plain("hi")))
        await work.execute("insert into nexora_users (id, name, role, language, status, created_at) "
                           "values (gen_random_uuid(), 'ann', 'admin', 'en', 'active', now())")  # fmt: skip
        await work.execute(
            "insert into nexora_sessions (id, user_id, created_at, last_seen_at, expires_at) "
            "select gen_random_uuid(), id, now(), now(), now() + interval '1 day' from nexora_users"
        )
    await pool.close()
    await make(settings(home, dsn), file, silent)
    said: list[str] = []
    await bring_back(settings(folder / "new", empty_dsn), file, said.append, replace=False)

    assert await rows(empty_dsn, "select state, error from nexora_inbox") == [("dead", "restored from a backup")]
    assert await rows(empty_dsn, "select state, error from nexora_outbox") == [("ready", "interrupted")]
    assert await rows(empty_dsn, "select count(*) from nexora_sessions where revoked_at is null") == [(0,)]
    assert await rows(empty_dsn, "select tag from nexora_audit_events") == [("gateway:backup:restored",)]
    assert any(line.startswith("1 events that waited") for line in said)
    with pytest.raises(NotRestored, match="is not empty"):
        await bring_back(settings(folder / "newer", empty_dsn), file, silent, replace=True)


async def test_a_file_that_was_damaged_or_is_something_else_is_refused_before_anything_is_touched(folder: Path) -> None:
    home, file = folder / "home", folder / "kept.tar.gz"
    await nexora(home, "user", "create", "alice")
    await make(settings(home), file, silent)
    whole = gzip.decompress(file.read_bytes())
    cases = {
        "cut": file.read_bytes()[: file.stat().st_size // 2],
        "flipped": gzip.compress(whole.replace(b"PGDMP", b"PGDMQ", 1)),
        "empty": b"",
        "text": b"no backup at all",
        "other tar": _tar({"readme": b"hello"}),
        "climbing": _tar({"home/../../evil": b"x"}),
        "more": _tar_of(whole, {"home/added": b"x"}),
    }
    for name, body in cases.items():
        (folder / "bad").write_bytes(body)
        with pytest.raises(ArchiveBroken):
            await bring_back(settings(folder / "new"), folder / "bad", silent, replace=True)
        assert not (folder / "new").exists(), name


def _tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return out.getvalue()


def _tar_of(whole: bytes, more: dict[str, bytes]) -> bytes:
    files = {}
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        for member in tar:
            source = tar.extractfile(member) if member.isreg() else None
            if source is not None:
                files[member.name] = source.read()
    return _tar({**files, **more})


def test_a_file_that_shrinks_while_it_is_read_is_told_of(tmp_path: Path) -> None:
    reader = archive._Reader(io.BytesIO(b"short"), 8)

    assert reader.read() == b"short\0\0\0"
    assert reader.is_short


async def test_an_older_cluster_is_named_and_made_anew_with_all_it_holds(folder: Path) -> None:
    home = folder / "home"
    await nexora(home, "user", "create", "alice")
    (data_of(home) / LETTERS_KEPT).unlink()
    status, told, _ = await nexora(home, "check")
    assert status == 1
    assert "`nexora database rebuild`" in told

    status, told, trouble = await nexora(home, "database", "rebuild")
    assert (status, trouble) == (0, "")
    assert "The old one is kept in" in told
    assert list((home / "backups").glob("nexora-*.tar.gz"))
    assert (await nexora(home, "check"))[0] == 0
    async with EmbeddedPostgres(home) as server:
        assert await rows(server.dsn, "select name from nexora_users") == [("alice",)]
        assert await rows(server.dsn, "select datctype from pg_database where datname = 'postgres'") == [("C.UTF-8",)]
    assert (await nexora(home, "audit", "verify"))[0] == 0


async def test_a_rebuild_that_would_lose_a_row_keeps_the_old_database(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = folder / "home"
    await nexora(home, "user", "create", "alice")

    async def fill_less(_: Path, dsn: str, __: Path) -> None:
        await migrate(dsn)

    monkeypatch.setattr(backup, "fill", fill_less)
    with pytest.raises(NotRestored, match="the old one stays"):
        await make_anew(settings(home), silent)

    async with EmbeddedPostgres(home) as server:
        assert await rows(server.dsn, "select name from nexora_users") == [("alice",)]


async def test_there_is_nothing_to_rebuild_on_a_server_or_before_the_first_start(folder: Path, dsn: str) -> None:
    with pytest.raises(Exception, match="names a server of yours"):
        await make_anew(settings(folder / "home", dsn), silent)
    with pytest.raises(Exception, match="no embedded database"):
        await make_anew(settings(folder / "home"), silent)


def test_check_says_nothing_of_letters_before_the_first_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXORA_HOME", str(folder / "home"))
    monkeypatch.delenv("NEXORA_DB_URL", raising=False)

    assert not any("rebuild" in row.says for row in examine())


async def test_a_database_that_is_there_is_put_aside_only_when_asked(folder: Path) -> None:
    home, file = folder / "home", folder / "kept.tar.gz"
    await nexora(home, "user", "create", "alice")
    await make(settings(home), file, silent)
    async with EmbeddedPostgres(folder / "new", durable=False):
        pass

    with pytest.raises(ClusterThere, match="Add --replace"):
        await bring_back(settings(folder / "new"), file, silent, replace=False)
