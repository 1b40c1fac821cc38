"""Capabilities at a terminal: asked for in somebody's name from a folder, shown, changed, refused with a sentence."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.capabilities.signing import key_of, new_key, sign
from gateway.run.capabilities import TERMINAL
from gateway.run.cli import main
from governance.people.people import People, Role


@pytest.fixture
def terminal(dsn, tmp_path, capsys, monkeypatch):
    for name, value in {"NEXORA_HOME": str(tmp_path / "home"), "NEXORA_DB_URL": dsn, "LANG": "en_US.UTF-8"}.items():
        monkeypatch.setenv(name, value)

    async def run(*words):
        status = await asyncio.to_thread(main, list(words))
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def skill(folder: Path, line: str) -> Path:
    folder.mkdir(exist_ok=True)
    words = f"---\nname: weekly-figures\ndescription: How the weekly figures are put together.\n---\n{line}\n"
    (folder / "SKILL.md").write_text(words, encoding="utf-8")
    return folder


async def allow_medium(store) -> None:
    """An answer of the admins, by which nobody is asked about what is of medium risk."""
    await store.fetch(
        "insert into nexora_capability_policies (code, kind, action, risk, environment, verdict, changed_at)"
        " values ('AAAAA', '*', '*', 'medium', '*', 'allow', now())"
    )


async def test_a_folder_is_asked_for_in_the_name_of_a_person(terminal, store, tmp_path):
    for name in ("alice", "root"):
        await People(store).create(name, Role.ADMIN, by=None)
    folder = skill(tmp_path / "weekly-figures", "Add up the sheets.")
    asked = await terminal("skill", "add", str(folder), "--as", "alice", "--for", "Mondays")
    again = await terminal("skill", "add", str(folder), "--as", "alice")
    unknown = await terminal("skill", "add", str(folder), "--as", "nobody")
    row = (await store.fetch("select r::text as text from nexora_approval_requests r"))[0]

    assert asked[0] == 0
    assert "The admins are asked about the skill weekly-figures" in asked[1]
    assert again[0] == 1
    assert "That is not possible: this very thing waits already" in again[2]
    assert unknown[0] == 1
    assert "no person named nobody" in unknown[2]
    assert "Mondays" in row["text"]
    assert f",{TERMINAL},alice," in row["text"]


async def test_what_is_there_is_listed_shown_changed_and_taken_away(terminal, store, tmp_path):
    await People(store).create("alice", Role.ADMIN, by=None)
    await allow_medium(store)
    folder = skill(tmp_path / "weekly-figures", "Add up the sheets.")
    told = [await terminal("skill", "add", str(folder), "--as", "alice")]
    skill(folder, "Round to cents.")
    told.append(await terminal("skill", "update", "weekly-figures", "--as", "alice"))
    told += [await terminal("skill", word, "weekly-figures", "--as", "alice") for word in ("restore", "disable")]
    listed = await terminal("skill", "list")
    shown = await terminal("skill", "show", "weekly-figures")
    told += [await terminal("skill", word, "weekly-figures", "--as", "alice") for word in ("enable", "remove")]

    assert [status for status, *_ in told] == [0] * 6, told
    assert [out.partition(":")[0] for _, out, _ in told] == [
        *("Installed", "Updated", "Back at the version before", "Disabled", "Enabled", "Removed")
    ]
    assert listed[1].startswith("weekly-figures\tdisabled\t")
    assert f"Source: {folder}" in shown[1]
    assert "By: alice" in shown[1]
    assert (await terminal("skill", "list"))[1] == ""
    assert "there is none named weekly-figures" in (await terminal("skill", "show", "weekly-figures"))[2]
    assert (await terminal("plugin", "enable", "weekly-figures", "--as", "alice"))[0] == 1


async def test_what_catalogues_have_is_found_by_words_and_one_that_cannot_be_read_is_told(
    terminal, tmp_path, monkeypatch
):
    folder = tmp_path / "listed"
    (folder / "skill").mkdir(parents=True)
    skill(folder / "skill" / "weekly-figures", "Add up the sheets.")
    pem, public = new_key()
    sign(folder, key_of(pem, folder), publisher="us", now=datetime.now(UTC), days=1)
    settings = tmp_path / "nexora.yaml"
    ours = f"catalogues:\n  ours: {{address: {folder}, key: {public}}}\n"
    settings.write_text(ours, encoding="utf-8")
    monkeypatch.setenv("NEXORA_CONFIG", str(settings))
    told = [await terminal("skill", "search", *words) for words in (("figures", "WEEKLY"), ("pies",), ())]
    other = await terminal("mcp", "search", "figures")
    settings.write_text(f"{ours}  gone: {{address: {tmp_path / 'gone'}, key: {public}}}\n", encoding="utf-8")
    broken = await terminal("skill", "search", "figures")

    assert told[0] == (0, "weekly-figures\t\tours\tHow the weekly figures are put together.\n", "")
    assert told[2] == told[0]
    assert "no catalogue" in told[1][1]
    assert other[:2] == told[1][:2] or "mcp" in other[1]
    assert broken[0] == 1
    assert broken[1] == told[0][1]
    assert str(tmp_path / "gone") in broken[2]
