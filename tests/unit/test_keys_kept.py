"""The keys outlive a gateway: `nexora check` sees a wrong master key coming, a backup holds what opens them."""

import asyncio
import base64
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.backup.commands import bring_back, make
from gateway.database.pool import connect
from gateway.run.check_database import ask
from gateway.settings.model import Settings
from governance.audit.checkpoints import Checkpoints
from governance.audit.verify import examine
from governance.keys.keys import KeysLocked, open_keys
from governance.keys.master_key import find_master_key, place_of
from governance.people.people import Origin, People, Role
from governance.record.audit import Event
from governance.record.transaction import Store
from governance.sign_in.sessions import Sessions

CLI = Origin(source="cli")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user may enter, with a short path."""
    made = Path(tempfile.mkdtemp(prefix="nx-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


def settings(home: Path, dsn: str, master: str = "") -> Settings:
    keys = {"keys": {"master": master}} if master else {}
    return Settings.model_validate({"home": home, "database": {"url": dsn}, **keys})


@pytest.mark.parametrize("master", ["", base64.b64encode(secrets.token_bytes(32)).decode()], ids=["file", "settings"])
async def test_after_a_restore_the_record_is_whole_and_everybody_signs_in_again(
    dsn: str, empty_dsn: str, folder: Path, master: str
):
    home, new, told = folder / "home", folder / "new", []
    pool = await connect(dsn)
    store = Store(pool)
    keys = await open_keys(store, home, master)
    sessions = Sessions(store, keys.session)
    person, _ = await People(store).create("alice", Role.ADMIN, by=None, origin=CLI)
    async with store.transaction() as work:
        token = await sessions.open(work, person.id, origin=CLI)
    await Checkpoints(store, home, keys).write()
    await make(settings(home, dsn, master), folder / "kept.tar.gz", told.append)
    await pool.close()
    await bring_back(settings(new, empty_dsn, master), folder / "kept.tar.gz", told.append, replace=False)

    assert ("The master key is NOT in it" in " ".join(told)) is bool(master)
    assert place_of(new).exists() is not bool(master)
    pool = await connect(empty_dsn)
    store = Store(pool)
    again = await open_keys(store, new, master)
    assert (again.session, again.signing.name) == (keys.session, keys.signing.name)
    assert (await examine(store, new, master)).is_whole
    assert await Sessions(store, again.session).check(token) is None
    await pool.close()


async def test_a_backup_holds_the_shared_folder_too_and_a_restore_says_where_it_belongs(
    dsn: str, empty_dsn: str, folder: Path
):
    shared, told = folder / "shared", []
    (shared / "workspaces" / ("a" * 24)).mkdir(parents=True)
    (shared / "workspaces" / ("a" * 24) / "notes.txt").write_text("kept")
    (folder / "home" / "workspaces").mkdir(parents=True)
    (folder / "home" / "workspaces" / "of-before").write_text("nobody reads this any more")
    given = {"home": folder / "home", "shared_folder": shared, "database": {"url": dsn}}
    await make(Settings.model_validate(given), folder / "kept.tar.gz", told.append)
    given = {**given, "home": folder / "new", "database": {"url": empty_dsn}}
    await bring_back(Settings.model_validate(given), folder / "kept.tar.gz", told.append, replace=False)

    restored = folder / "new" / "workspaces"
    assert [each.name for each in restored.iterdir()] == ["a" * 24]
    assert (restored / ("a" * 24) / "notes.txt").read_text() == "kept"
    assert f"{restored} was restored; move it to {shared / 'workspaces'}" in " ".join(told)


async def test_check_says_which_master_key_is_missing_and_where_it_belongs(store: Store, dsn: str, tmp_path: Path):
    assert await ask(settings(tmp_path / "a", dsn)) == []
    keys = await open_keys(store, tmp_path / "a")

    (row,) = await ask(settings(tmp_path / "a", dsn))
    assert (row.is_well, row.says) == (True, f"in the database, opened by the master key {keys.master.id}")
    (row,) = await ask(settings(tmp_path / "b", dsn))
    assert not row.is_well
    assert f"need the master key {keys.master.id}, and there is none here" in row.says
    (row,) = await ask(settings(tmp_path / "b", dsn, base64.b64encode(secrets.token_bytes(32)).decode()))
    assert not row.is_well
    assert f"need the master key {keys.master.id}, and the one here is " in row.says
    with pytest.raises(KeysLocked):
        await open_keys(store, tmp_path / "b")
    assert find_master_key(tmp_path / "b") is None


async def test_check_names_a_database_that_does_not_answer(tmp_path: Path):
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()

    (row,) = await ask(settings(tmp_path, f"postgresql://nexora:secret@127.0.0.1:{port}/nexora"))
    assert not row.is_well
    assert row.says.startswith(f"nexora@127.0.0.1:{port}/nexora cannot be reached: ")
    assert "secret" not in row.says


async def test_a_verification_without_the_master_key_says_what_is_missing(store: Store, tmp_path: Path):
    master = base64.b64encode(secrets.token_bytes(32)).decode()
    keys = await open_keys(store, tmp_path, master)
    await store.record(Event(tag="test:line:written"))
    await Checkpoints(store, tmp_path, keys).write()

    assert (await examine(store, tmp_path, master)).is_whole
    examined = await examine(store, tmp_path)
    assert not examined.is_whole
    assert keys.master.id in str(examined.findings[0])
