"""Tokens made, listed and revoked at a terminal; what opens is printed once."""

import asyncio

import pytest

from gateway.run.cli import main
from governance.people.people import People, Role
from governance.sign_in.tokens import AccessTokens
from tests.journeys.life import CLI


@pytest.fixture
def terminal(dsn, tmp_path, capsys, monkeypatch):
    for name, value in {"NEXORA_HOME": str(tmp_path), "NEXORA_DB_URL": dsn, "LANG": "en_US.UTF-8"}.items():
        monkeypatch.setenv(name, value)

    async def run(*words):
        status = await asyncio.to_thread(main, list(words))
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


async def test_a_token_is_made_listed_and_revoked(terminal, store):
    person, _ = await People(store).create("alice", Role.OPERATOR, by=None, origin=CLI)

    made, token, told = await terminal("token", "create", "--person", "alice", "--days", "7", "--name", "editor")
    checked = await AccessTokens(store).check(token.strip())
    _, listed, _ = await terminal("token", "list", "--person", "alice")
    code = token.split("_")[1]
    _, revoked, _ = await terminal("token", "revoke", code)
    again, _, wrong = await terminal("token", "revoke", code)
    _, after, _ = await terminal("token", "list")

    assert (made, again) == (0, 1)
    assert checked.person is not None
    assert checked.person.id == person.id
    assert told == "This token lets a program speak as alice for 7 days. It is shown this once:\n"
    assert listed.startswith(f"{code}\talice\t")
    assert listed.endswith("\teditor\n")
    assert token.strip() not in listed
    assert revoked == f"The token {code} opens nothing any more.\n"
    assert "nexora token list" in wrong
    assert after == ""
