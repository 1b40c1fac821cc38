"""Files that a model changes: with secrets that it never reads, and where a person has to agree to the change."""

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from governance.people.people import Role
from tests.journeys.test_hidden import REFERENCE, asked, everything_stored, workspace
from tests.journeys.town import Town, town
from tests.unit.secrets_corpus import TOKENS, build

KEY = build(TOKENS["github"], random.Random(12))


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        yield built


async def reference_in(here: Town, name: str) -> str:
    """What the model reads in the place of the secret of a file."""
    here.model.call("read_file", path=name)
    found = REFERENCE.search(await asked(here, then="Read."))
    assert found is not None
    return found[0]


async def test_references_come_back_in_every_edit_and_no_answer_shows_the_value(here: Town) -> None:
    env = workspace(here) / "app.env"
    env.write_bytes(f"NAME=old\r\nTOKEN={KEY}\r\nEND=1\r\n".encode())
    reference = await reference_in(here, "app.env")
    here.model.call(
        "edit_file",
        path="app.env",
        edits=[
            {"old": f"1\tNAME=old\n2\tTOKEN={reference}\n", "new": f"NAME=new\nTOKEN={reference}\n"},
            {"old": "END=1", "new": f"END=2\nCOPY={reference}"},
        ],
    )
    edited = await asked(here, then="Edited.")
    here.model.call("edit_file", path="app.env", old=f"TOKEN={reference}x\nEND=3", new="END=3")
    failed = await asked(here, then="Failed.")
    here.model.call("write_file", path="app.env", content=f"LAST={reference}\n", append=True)
    added = await asked(here, then="Added.")

    assert env.read_bytes() == (f"NAME=new\r\nTOKEN={KEY}\r\nEND=2\r\nCOPY={KEY}\r\nLAST={KEY}\r\n".encode())
    assert f"2\tTOKEN={reference}\n3\tEND=2\n4\tCOPY={reference}" in edited
    assert "old is not in app.env" in failed
    assert f"LAST={reference}" in added
    assert KEY not in json.dumps(here.model.requests)
    assert KEY not in await everything_stored(here)


async def test_no_edit_writes_a_mask_over_a_secret(here: Town) -> None:
    env = workspace(here) / "app.env"
    env.write_bytes(f"NAME=ä\r\nTOKEN={KEY}\r\n".encode("utf-16"))
    before = env.read_bytes()
    edits = [{"old": "NAME=ä", "new": "NAME=b"}, {"old": f"TOKEN={KEY[:8]}", "new": "TOKEN=***"}]
    here.model.call("edit_file", path="app.env", edits=edits)
    edited = await asked(here, then="One.")
    here.model.call("write_file", path="app.env", content="export TOKEN=***\n")
    written = await asked(here, then="Two.")

    assert "holds a secret that you cannot read" in edited
    assert "holds a secret that you cannot read" in written
    assert env.read_bytes() == before


async def test_whoever_decides_sees_every_replacement_and_what_was_approved_is_made(here: Town) -> None:
    hook = workspace(here) / ".git/hooks/pre-commit"
    hook.parent.mkdir(parents=True)
    hook.write_text("#!/bin/sh\nmake lint\nmake test\n")
    edits = [{"old": "make lint", "new": "make format\nmake lint"}, {"old": "make test", "new": "make all"}]
    here.model.call("edit_file", path=".git/hooks/pre-commit", edits=edits)
    told = await asked(here, then="Asked.")
    card = await here.hears("root", "wants to run edit_file")
    shown = card.text
    here.model.say("It is done.")
    here.press("root", card, "Approve")
    await here.hears("alice", "It is done.", seconds=20)

    assert told.startswith("This call is pending")
    assert "edits 1:\n- make lint\n+ make format\n+ make lint\nedits 2:\n- make test\n+ make all" in shown
    assert hook.read_text() == "#!/bin/sh\nmake format\nmake lint\nmake all\n"
