"""The folder that gateways share is the same one for all that live, by a mark in it; another one is refused."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from channels.base import NexoraError
from gateway.queue.owners import name_of_this_process
from gateway.run.check_database import ask
from gateway.settings.model import Settings
from gateway.upkeep.shared_folder import FOLDERS, MARK, FolderElsewhere, claim
from governance.record.transaction import Store

LEASE = timedelta(seconds=8)


def marks(folder: Path) -> set[str]:
    return {(folder / name / MARK).read_text() for name in FOLDERS}


async def arrives(store: Store, folder: Path, owner: str = "") -> str:
    """A gateway starts with this folder, and lives; its name."""
    owner = owner or name_of_this_process()
    await claim(store, folder, owner, LEASE)
    return owner


async def leaves(store: Store, owner: str) -> None:
    await store.fetch("delete from nexora_gateways where owner = $1", owner)


TAG = "gateway:folder:changed"


async def changes(store: Store) -> list[str]:
    rows = await store.fetch("select detail::json ->> 'before' as it from nexora_audit_events where tag = $1", TAG)
    return [row["it"] for row in rows]


async def test_the_first_gateway_marks_its_folder_and_finds_it_again(store: Store, tmp_path: Path):
    owner = await arrives(store, tmp_path)
    (mark,) = marks(tmp_path)
    await leaves(store, owner)
    await arrives(store, tmp_path)

    assert marks(tmp_path) == {mark}
    assert await changes(store) == []


async def test_a_second_one_with_the_same_folder_is_welcome(store: Store, tmp_path: Path):
    (tmp_path / "mounted").symlink_to(tmp_path / "shared")
    await arrives(store, tmp_path / "shared")
    await arrives(store, tmp_path / "mounted")

    assert await store.fetchval("select count(*) from nexora_gateways") == 2


async def empty(store: Store, here: Path, there: Path) -> None:
    """Nobody has ever used `there`."""
    await arrives(store, here)


async def marked_before(store: Store, here: Path, there: Path) -> None:
    """It was the shared folder once."""
    await leaves(store, await arrives(store, there))
    await arrives(store, here)


async def one_of_three(store: Store, here: Path, there: Path) -> None:
    """Only the workspaces are shared."""
    await arrives(store, here)
    await asyncio.to_thread(there.mkdir)
    (there / "workspaces").symlink_to(here / "workspaces")


@pytest.mark.parametrize("prepare", [empty, marked_before, one_of_three])
async def test_a_second_one_with_another_folder_is_refused_with_what_to_set(store: Store, tmp_path: Path, prepare):
    here, there = tmp_path / "here", tmp_path / "there"
    await prepare(store, here, there)

    with pytest.raises(FolderElsewhere, match="name it as shared_folder in the settings of each") as told:
        await arrives(store, there)
    assert f":{here}, and {there} is another folder" in str(told.value)
    assert await store.fetchval("select count(*) from nexora_gateways") == 1


async def test_two_that_start_at_once_with_folders_of_their_own_do_not_both_live(store: Store, tmp_path: Path):
    ended = await asyncio.gather(*(arrives(store, tmp_path / name) for name in "ab"), return_exceptions=True)

    assert sorted(type(each).__name__ for each in ended) == ["FolderElsewhere", "str"]


async def test_a_gateway_that_is_alone_takes_another_folder_and_the_record_says_so(store: Store, tmp_path: Path):
    owner = await arrives(store, tmp_path / "a")
    await leaves(store, owner)
    owner = await arrives(store, tmp_path / "b")
    (before,) = await changes(store)
    assert before.endswith(f":{tmp_path / 'a'}")

    with pytest.raises(FolderElsewhere):
        await arrives(store, tmp_path / "a")
    assert marks(tmp_path / "a") != marks(tmp_path / "b")


async def test_files_that_were_moved_with_their_mark_are_the_same_folder(store: Store, tmp_path: Path):
    await arrives(store, tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "moved")
    await arrives(store, tmp_path / "moved")

    assert await changes(store) == []


@pytest.mark.parametrize("gone", ["killed on this machine", "silent for longer than its lease"])
async def test_who_lives_no_more_keeps_nobody_from_starting(store: Store, tmp_path: Path, gone: str):
    owner = name_of_this_process()
    if gone == "killed on this machine":
        process = await asyncio.create_subprocess_exec("true")
        await process.wait()
        host, _, started, place, token = owner.rsplit(":", 4)
        owner = f"{host}:{process.pid}:{started}:{place}:{token}"
    await arrives(store, tmp_path / "a", owner)
    if gone != "killed on this machine":
        await store.fetch("update nexora_gateways set seen_at = now() - interval '9 seconds'")

    await arrives(store, tmp_path / "b")
    assert len(await changes(store)) == 1


async def test_the_first_one_that_knows_of_marks_starts_beside_older_ones(store: Store, tmp_path: Path):
    await store.fetch("insert into nexora_gateways values ('older:1:1:x:y', '{}', now())")

    await arrives(store, tmp_path)
    assert len(marks(tmp_path)) == 1


async def test_a_folder_that_cannot_be_written_is_said(store: Store, tmp_path: Path):
    (tmp_path / "uploads").write_text("in the way")

    with pytest.raises(NexoraError, match=r"The shared folder .* cannot be written"):
        await arrives(store, tmp_path)
    assert await store.fetchval("select count(*) from nexora_shared_folder") == 0


async def test_check_sees_it_coming(store: Store, dsn: str, tmp_path: Path):
    def settings(folder: Path) -> Settings:
        given = {"home": tmp_path, "shared_folder": folder, "database": {"url": dsn}}
        return Settings.model_validate(given)

    assert await ask(settings(tmp_path / "a")) == []
    await arrives(store, tmp_path / "a")

    (row,) = await ask(settings(tmp_path / "a"))
    assert (row.what, row.is_well, row.says) == ("shared folder", True, str(tmp_path / "a"))
    (row,) = await ask(settings(tmp_path / "b"))
    assert not row.is_well
    assert "Give all gateways one folder" in row.says
    assert not (tmp_path / "b").exists()
