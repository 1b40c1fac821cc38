"""Secrets that a model works with and never reads: references come back as values, and leave only with a person."""

import json
import random
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from agents.workspaces import workspace_name
from governance.people.people import Role
from tests.journeys.life import ended_life
from tests.journeys.town import TOKEN, Town, running, town
from tests.unit.secrets_corpus import TOKENS, build

_RNG = random.Random(11)
KEY, OTHER = (build(TOKENS["github"], _RNG) for _ in range(2))
REFERENCE = re.compile(r"‹secret:[0-9a-f]{4,}›")


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        yield built


def workspace(here: Town) -> Path:
    folder = here.home / "workspaces" / workspace_name(f"telegram:{here.people['alice']}:")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def asked(here: Town, *, then: str = "Done.") -> str:
    """The last result after alice has asked for something that the model does by its script."""
    here.model.say(then)
    here.say("alice", "go on")
    await here.hears("alice", then)
    return (await here.results())[-1]


async def everything_stored(here: Town) -> str:
    """All text of the database, but for the wrapped values."""
    tables = ("nexora_messages", "nexora_calls", "nexora_audit_events", "nexora_outbox", "nexora_approval_requests")
    rows = [await here.store.fetch(f"select t::text as text from {table} t") for table in tables]
    return "\n".join(row["text"] for each in rows for row in each)


async def test_a_model_reads_a_reference_and_an_edit_keeps_the_value(here: Town) -> None:
    env = workspace(here) / "app.env"
    env.write_text(f"NAME=old\nTOKEN={KEY}\nPASSWORD=p9sDk2qW7z\n")
    here.model.call("read_file", path="app.env")
    read = await asked(here, then="Read.")
    reference = REFERENCE.search(read)
    assert reference is not None
    here.model.call(
        "edit_file", path="app.env", old=f"NAME=old\nTOKEN={reference[0]}", new=f"NAME=new\nTOKEN={reference[0]}"
    )
    edited = await asked(here, then="Edited.")
    here.model.call("write_file", path="copy.env", content=f"KEY={reference[0]}\n")
    await asked(here, then="Copied.")
    here.model.call("shell", command=f"printf %s {reference[0]} | wc -c")
    counted = await asked(here, then="Counted.")

    assert read.endswith(f"\n1\tNAME=old\n2\tTOKEN={reference[0]}\n3\tPASSWORD=p9sDk2qW7z")
    assert edited.startswith("Replaced 1 place")
    assert env.read_text() == f"NAME=new\nTOKEN={KEY}\nPASSWORD=p9sDk2qW7z\n"
    assert (env.parent / "copy.env").read_text() == f"KEY={KEY}\n"
    assert counted.split()[0] == str(len(KEY))
    assert KEY not in json.dumps(here.model.requests)
    assert KEY not in await everything_stored(here)
    assert KEY.encode() not in await here.store.fetchval("select wrapped from nexora_hidden")


async def test_a_value_has_one_reference_that_outlives_a_restart(dsn: str, tmp_path: Path) -> None:
    async with town(dsn, tmp_path / "home") as first:
        await first.person("alice")
        (workspace(first) / "a.txt").write_text(f"{KEY} and {OTHER} and {KEY}")
        first.model.call("read_file", path="a.txt")
        references = REFERENCE.findall(await asked(first, then="Read."))
        async with AsyncExitStack() as stack:
            await ended_life()
            gateway = await stack.enter_async_context(running(dsn, first.home, first.telegram, first.model))
            second = Town(
                gateway=gateway, telegram=first.telegram, model=first.model, home=first.home, people=first.people
            )
            second.model.call("write_file", path="b.txt", content=f"{references[1]}")
            await asked(second, then="Written.")
            second.model.call("read_file", path="a.txt")
            again = REFERENCE.findall(await asked(second, then="Again."))

            assert (workspace(second) / "b.txt").read_text() == OTHER
            assert again == references
            assert references[0] == references[2] != references[1]


async def test_what_a_person_pastes_is_hidden_from_the_model_and_can_be_written(here: Town) -> None:
    here.model.say("Thank you.")
    here.say("alice", f"my key is {KEY}, keep it")
    await here.hears("alice", "Thank you.")
    said = here.model.requests[-1]["messages"][-1]["content"]
    reference = REFERENCE.search(said)
    assert reference is not None
    here.model.call("write_file", path="key.txt", content=reference[0])
    await asked(here, then="Kept.")

    assert said == f"my key is {reference[0]}, keep it"
    assert (workspace(here) / "key.txt").read_text() == KEY
    assert KEY not in await everything_stored(here)


@pytest.mark.parametrize("mask", ["***", "‹secret›", "<redacted>"])
async def test_a_mask_is_never_written_over_a_secret(here: Town, mask: str) -> None:
    env = workspace(here) / "app.env"
    env.write_text(f"NAME=a\nTOKEN={KEY}\n")
    here.model.call("write_file", path="app.env", content=f"NAME=b\nTOKEN={mask}\n")
    whole = await asked(here, then="One.")
    here.model.call("edit_file", path="app.env", old="NAME=a", new=f"NAME=a\nNOTE={mask}")
    await asked(here, then="Two.")

    assert "holds a secret that you cannot read" in whole
    assert env.read_text() == f"NAME=a\nNOTE={mask}\nTOKEN={KEY}\n"


async def test_a_reference_of_nothing_or_of_another_conversation_is_refused_with_a_line(here: Town) -> None:
    here.model.call("write_file", path="a.txt", content="‹secret:beef›")
    told = await asked(here)
    query = "select detail from nexora_audit_events where tag = 'guard:call:refused'"
    line = json.loads(await here.store.fetchval(query))

    assert "stands for no secret of this conversation" in told
    assert line["rule"] == "secret.unknown"
    assert not (workspace(here) / "a.txt").exists()


async def test_a_secret_leaves_only_when_a_person_agrees_and_the_card_shows_the_reference(here: Town) -> None:
    (workspace(here) / "a.txt").write_text(KEY)
    here.model.call("read_file", path="a.txt")
    reference = REFERENCE.findall(await asked(here, then="Read."))[0]
    here.model.call("fetch_url", url=f"https://example.com/?key={reference}")
    told = await asked(here, then="Asked.")
    card = await here.hears("root", "wants to run fetch_url")

    assert told.startswith("This call is pending")
    assert f"https://example.com/?key={reference}" in card.text
    assert "could send them elsewhere" in card.text
    assert "high" in card.text
    assert KEY not in "".join(message.text for message in here.seen("root"))
    assert KEY not in await everything_stored(here)


async def test_an_approved_command_runs_with_the_value_and_shows_none(here: Town) -> None:
    (workspace(here) / "a.txt").write_text(KEY)
    here.model.call("read_file", path="a.txt")
    reference = REFERENCE.findall(await asked(here, then="Read."))[0]
    here.model.call("shell", command=f"mkdir -p .git/hooks && printf %s {reference} > .git/hooks/pre-commit")
    here.model.say("Asked.")
    here.say("alice", "plant it")
    card = await here.hears("root", "wants to run shell")
    shown = card.text
    here.model.say("It ran.")
    here.press("root", card, "Approve")
    await here.hears("alice", "It ran.", seconds=20)

    assert reference in shown
    assert "it is given the secret" in shown
    assert (workspace(here) / ".git/hooks/pre-commit").read_text() == KEY
    assert KEY not in await everything_stored(here)


async def test_a_value_that_a_shell_would_interpret_cannot_stand_in_a_command(here: Town) -> None:
    lines = "\n".join("".join(_RNG.choices("ABCDEFabcdef0123456789", k=64)) for _ in range(3))
    key = f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"
    (workspace(here) / "id.pem").write_text(f"{key}last\n")
    here.model.call("read_file", path="id.pem")
    read = await asked(here, then="Read.")
    reference = REFERENCE.search(read)
    assert reference is not None
    row, last = read.removeprefix(f"{read.splitlines()[0]}\n1\t").split("\n")
    here.model.call("shell", command=f"echo {reference[0]}")
    told = await asked(here, then="No.")
    here.model.call("write_file", path="again.pem", content=f"{row}\nlast\n")
    await asked(here, then="Yes.")

    assert last == "6\tlast"
    assert "holds signs that a shell interprets" in told
    assert (workspace(here) / "again.pem").read_bytes() == (workspace(here) / "id.pem").read_bytes()


async def test_the_gateways_own_secrets_are_hidden_wherever_they_come_up(here: Town) -> None:
    (workspace(here) / "note.txt").write_text(f"the bot is {TOKEN} and the model {here.model.key}.")
    here.model.call("read_file", path="note.txt")
    read = await asked(here, then="Read.")

    assert TOKEN not in read
    assert here.model.key not in read


async def test_no_model_gets_one_of_the_gateways_own_secrets_written_anywhere(here: Town) -> None:
    note = f"the bot is {TOKEN} and the model {here.model.key}."
    (workspace(here) / "note.txt").write_text(note)
    here.model.call("read_file", path="note.txt")
    read = await asked(here, then="Read.")
    references = re.findall("‹[^›]+›", read)
    here.model.call("write_file", path="copy.txt", content=" ".join(references))
    written = await asked(here, then="Written.")
    here.model.call("shell", command=f"echo {references[0]}")
    ran = await asked(here, then="Run.")

    assert len(references) == 2
    assert references[0] == "‹secret telegram.token›"
    assert "belongs to the settings of the gateway" in written
    assert "belongs to the settings of the gateway" in ran
    assert not (workspace(here) / "copy.txt").exists()
    assert await here.store.fetchval("select count(*) from nexora_hidden") == 0


async def test_a_secret_that_came_into_the_settings_later_is_not_put_back_by_its_old_reference(
    dsn: str, tmp_path: Path
) -> None:
    value = build(TOKENS["github"], _RNG)
    async with town(dsn, tmp_path / "home") as before, AsyncExitStack() as stack:
        await before.person("alice")
        (workspace(before) / "a.txt").write_text(value)
        before.model.call("read_file", path="a.txt")
        reference = REFERENCE.findall(await asked(before, then="Read."))[0]
        await ended_life()
        kept = {"telegram": before.telegram, "model": before.model}
        secret = {"secrets": {"api": value}}
        gateway = await stack.enter_async_context(running(dsn, before.home, **kept, egress=secret))
        after = Town(gateway=gateway, home=before.home, people=before.people, **kept)
        after.model.call("write_file", path="copy.txt", content=reference)
        told = await asked(after, then="Written.")

        assert "can be neither used nor written" in told
        assert not (workspace(after) / "copy.txt").exists()


async def test_a_secret_of_the_gateway_that_somebody_says_is_hidden_though_nothing_tells_it_by_its_form(
    dsn: str, tmp_path: Path
) -> None:
    value = "plainly spoken words"
    async with town(dsn, tmp_path / "home", egress={"secrets": {"api": value}}) as here:
        await here.person("alice")
        here.model.say("Thank you.")
        here.say("alice", f"it is: {value}!")
        await here.hears("alice", "Thank you.")

        assert here.model.requests[-1]["messages"][-1]["content"] == "it is: ‹secret api›!"
        assert value not in await everything_stored(here)


async def test_a_key_that_somebody_says_is_stored_nowhere_as_it_is(here: Town) -> None:
    here.model.say("Thank you.")
    here.say("alice", f"my key is {KEY}")
    await here.hears("alice", "Thank you.")
    await here.hears("alice", "give the next one under Secrets in the console")
    rows = await here.store.fetch("select body from nexora_inbox")

    assert rows
    assert KEY not in "".join(row["body"] for row in rows)


async def test_the_console_shows_no_key_and_no_live_code_either(here: Town) -> None:
    alice = await here.gateway.deciding.people.by_name("alice")
    assert alice is not None
    code = await here.gateway.deciding.accounts.code_for_person(alice)
    here.model.say("Thank you.")
    async with here.browser(alice) as browser:
        answer = await browser("POST", "/console/chat", json={"text": f"my key is {KEY} and my code {code}"})
        rows = await here.store.fetch("select body from nexora_console_messages")

    assert "Thank you." in answer.text
    said = "".join(row["body"] for row in rows)
    assert REFERENCE.search(said)
    assert KEY not in said
    assert code not in said
    assert "[···]" in said


async def test_a_secret_of_the_door_is_read_by_its_name_and_never_put_back(dsn: str, tmp_path: Path) -> None:
    value = "tok-4711-canary-value"
    async with town(dsn, tmp_path / "home", egress={"secrets": {"api": value}}) as here:
        await here.person("alice")
        (workspace(here) / "echoed.json").write_text(f'{{"authorization": "Bearer {value}"}}')
        here.model.call("read_file", path="echoed.json")
        read = await asked(here, then="Read.")
        here.model.call("write_file", path="copy.txt", content="‹secret api›")
        written = await asked(here, then="Written.")
        stored = await everything_stored(here)

        assert "‹secret api›" in read
        assert value not in read
        assert "can be neither used nor written" in written
        assert not (workspace(here) / "copy.txt").exists()
        assert value not in stored
        assert await here.store.fetchval("select count(*) from nexora_hidden") == 0
