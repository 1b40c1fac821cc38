"""Secrets kept, listed and taken away at a terminal, and another master key in the place of the one before."""

import asyncio
import base64
import io
import random
import secrets
import sys

import asyncpg
import pytest

from gateway.run.admin import CLI
from gateway.run.cli import main
from gateway.settings import sources
from gateway.settings.keys import KeySettings
from governance.guard.hidden import Hidden
from governance.keys.keys import open_keys
from governance.keys.master_key import make_next_master_key, place_of
from governance.secrets.names import Holder
from governance.secrets.store import Secrets
from tests.unit.secrets_corpus import TOKENS, build

VALUE = "correct-horse-9-battery"
GITHUB = Holder("mcp", "github")
SAID = f"key {build(TOKENS['groq'], random.Random(5))}"


@pytest.fixture
def terminal(dsn, tmp_path, capsys, monkeypatch):
    for name, value in {"NEXORA_HOME": str(tmp_path), "NEXORA_DB_URL": dsn, "LANG": "en_US.UTF-8"}.items():
        monkeypatch.setenv(name, value)

    async def run(*words, typed=""):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        status = await asyncio.to_thread(main, list(words))
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return run


@pytest.fixture
async def row(dsn):
    connection = await asyncpg.connect(dsn)
    yield connection.fetchrow
    await connection.close()


async def kept(store, home, given=""):
    keys = await open_keys(store, home, given)
    return Secrets(store, keys.master)


async def test_a_secret_is_kept_allowed_listed_and_removed_and_never_printed(terminal, store, tmp_path):
    told = [
        await terminal("secret", "set", "GITHUB_TOKEN", typed=f"{VALUE}\n"),
        await terminal("secret", "allow", "GITHUB_TOKEN", "mcp", "github"),
        await terminal("secret", "rotate", "GITHUB_TOKEN"),
        await terminal("secret", "list"),
    ]
    values = await (await kept(store, tmp_path)).reveal(GITHUB)
    told += [
        await terminal("secret", "allow", "GITHUB_TOKEN", "mcp", "github", "--end"),
        await terminal("secret", "remove", "GITHUB_TOKEN"),
        await terminal("secret", "list"),
        await terminal("secret", "remove", "GITHUB_TOKEN"),
    ]

    assert [status for status, _ in told] == [0, 0, 0, 0, 0, 0, 0, 1]
    assert dict(values) == {"GITHUB_TOKEN": VALUE}
    assert VALUE not in "".join(said for _, said in told)
    assert "`nexora secret allow GITHUB_TOKEN KIND HOLDER`" in told[0][1]
    assert told[3][1].startswith("GITHUB_TOKEN\t2\t")
    assert told[3][1].endswith("\tmcp github\n")
    assert told[6][1] == ""
    assert "nexora secret list" in told[7][1]
    tags = [line["tag"] for line in await store.fetch("select tag from nexora_audit_events order by at, seq")]
    assert tags == [
        *("cli:secret:set", "cli:secret:allowed", "cli:secret:rotated", "secrets:secret:read"),
        *("cli:secret:disallowed", "cli:secret:removed"),
    ]


async def test_a_value_in_the_place_of_a_name_is_not_repeated(terminal):
    status, said = await terminal("secret", "set", "sk/live/4242424242", typed=VALUE)

    assert status == 1
    assert "is named with letters" in said
    assert "4242" not in said


async def test_another_master_key_opens_everything_that_the_one_before_did(terminal, store, tmp_path):
    before = await open_keys(store, tmp_path)
    await Secrets(store, before.master).set("TOKEN", VALUE, by=None, holders=[GITHUB], origin=CLI)
    shown = await Hidden(store, before.master).hide("chat:1", SAID)
    status, said = await terminal("key", "rotate")
    after = await open_keys(store, tmp_path)

    assert (status, after.session, after.signing.name) == (0, before.session, before.signing.name)
    assert after.master.id in said
    assert before.master.id != after.master.id
    assert dict(await Secrets(store, after.master).reveal(GITHUB)) == {"TOKEN": VALUE}
    again = await Hidden(store, after.master).hide("chat:1", SAID)
    assert "‹secret:" in shown
    assert shown == again
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["master.key", "master.key.old"]


async def test_a_change_that_was_cut_off_after_its_commit_is_completed_by_the_next_start(store, tmp_path):
    before = await open_keys(store, tmp_path)
    new = make_next_master_key(tmp_path)
    assert (await open_keys(store, tmp_path)).master == before.master  # not committed: the older one holds
    names = await store.fetch("select name, nonce, wrapped from nexora_keys")
    for row in names:
        nonce, wrapped = new.wrap(row["name"], before.master.unwrap(row["name"], row["nonce"], row["wrapped"]))
        query = "update nexora_keys set nonce = $2, wrapped = $3, master = $4 where name = $1"
        await store.fetch(query, row["name"], nonce, wrapped, new.id)

    assert (await open_keys(store, tmp_path)).master == new
    assert base64.b64decode(place_of(tmp_path).read_text()) == new.secret


async def test_a_master_key_of_the_settings_is_changed_into_a_file_of_its_own(terminal, store, tmp_path, monkeypatch):
    given = base64.b64encode(secrets.token_bytes(32)).decode()
    monkeypatch.setenv("NEXORA_MASTER_KEY", given)
    await (await kept(store, tmp_path, given)).set("TOKEN", VALUE, by=None, holders=[GITHUB], origin=CLI)
    without = await terminal("key", "rotate")
    status, said = await terminal("key", "rotate", "--to", str(tmp_path / "next.key"))
    following = (tmp_path / "next.key").read_text().strip()

    assert without[0] == 1
    assert "--to next.key" in without[1]
    assert status == 0
    assert "Give it as `keys.master`" in said
    assert dict(await (await kept(store, tmp_path, following)).reveal(GITHUB)) == {"TOKEN": VALUE}
    assert (await terminal("secret", "list"))[0] == 1  # the older key opens nothing any more


async def test_no_master_key_changes_under_a_gateway_that_runs(terminal, store, tmp_path):
    before = await open_keys(store, tmp_path)
    await store.fetch("insert into nexora_gateways (owner, channels, seen_at) values ('one', '{}', now())")
    status, said = await terminal("key", "rotate")

    assert status == 1
    assert "stop it, run this again" in said
    assert (await open_keys(store, tmp_path)).master == before.master


def test_a_program_prints_the_master_key(tmp_path, monkeypatch):
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    assert KeySettings(master={"command": [sys.executable, "-c", f"print('{key}')"]}).given == key
    for command, says in (
        ([sys.executable, "-c", f"print('{key}'); exit(3)"], "ended with 3"),
        (["/no/such/program"], "cannot be run"),
        ("pass show nexora", "as a list of words"),
        ([sys.executable, "-c", "print('short')"], "must be 32 random bytes"),
    ):
        (tmp_path / "nexora.yaml").write_text(f"keys: {{master: {{command: {command!r}}}}}\n")
        monkeypatch.setenv("NEXORA_HOME", str(tmp_path))
        with pytest.raises(sources.SettingsWrong, match=says) as error:
            sources.load({"NEXORA_HOME": str(tmp_path)})
        assert key not in str(error.value)
