"""A second account of somebody: asked on the other side, linked once they say yes there, and told everywhere."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from channels.messages import Account
from governance.people.people import Role
from tests.journeys.town import Town, town

HTML = {"Accept": "text/html"}


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with town(dsn, tmp_path / "home") as built:
        await built.person("alice")
        await built.person("root", Role.ADMIN)
        yield built


async def test_a_link_is_told_everywhere_and_undone_from_where_it_was_not_made(here: Town) -> None:
    accounts = here.gateway.deciding.accounts
    alice = await here.gateway.deciding.people.by_name("alice")
    assert alice is not None
    async with here.store.transaction() as work:
        await work.execute("update nexora_users set password_hash = 'set' where id = $1", alice.id)
    phone = here.open_chat("phone")
    here.say("phone", f"/link {await accounts.code_for_person(alice)}")
    await here.hears("phone", "Almost done. I have asked alice whether this is them: telegram, console")
    card = await here.hears("alice", f"Is phone ({phone}) · telegram you?")
    here.say("phone", "what may I do?")
    await here.hears("phone", "I don't know you yet")
    here.press("alice", card, "Yes, that is me")
    await here.hears("phone", "This account belongs to alice now")
    told = await here.hears("alice", f"The account {phone} on telegram was linked to you")
    console = await here.store.fetch("select key from nexora_outbox where key like 'linked:%:console:%'")

    assert f"/unlink telegram {phone}" in told.text
    assert len(console) == 1
    here.say("alice", "/unlink telegram 4711")
    await here.hears("alice", "No account")
    here.say("alice", f"/unlink telegram {phone}")
    await here.hears("alice", "is no longer linked to you")
    await here.hears("phone", "This account was parted from alice")
    known = await accounts.get(Account(channel="telegram", id=str(phone), name=""))
    assert known is not None
    assert known.person_id is None


async def test_what_the_console_asks_for_is_answered_in_the_chat_that_was_there_before(here: Town) -> None:
    accounts = here.gateway.deciding.accounts
    alice = await here.gateway.deciding.people.by_name("alice")
    assert alice is not None
    here.open_chat("phone")
    here.say("phone", "/link")
    asked = await here.hears("phone", "Your code is")
    code = re.search(r"[0-9A-Z]{8}", asked.text)
    assert code is not None
    async with here.browser(alice) as browser:
        page = await browser("POST", "/account/link", headers=HTML, data={"code": code[0]})
        assert "I have asked you on telegram whether phone on telegram is you" in page.text
        waits = (await browser("GET", "/approvals", headers=HTML)).text
        assert "answer it in a chat of yours" in waits
        assert "Yes, that is me" not in waits
    assert await accounts.get(Account(channel="telegram", id=str(here.people["phone"]))) is None
    card = await here.hears("alice", "telegram you?")
    here.press("alice", card, "Yes, that is me")

    await here.hears("phone", "This account belongs to alice now")
    here.say("phone", "/unlink")
    await here.hears("phone", "This account is no longer linked to you")


async def test_nobody_parts_the_account_of_somebody_else(here: Town) -> None:
    here.say("alice", f"/unlink telegram {here.people['root']}")
    await here.hears("alice", "is linked to you")
    known = await here.gateway.deciding.accounts.get(Account(channel="telegram", id=str(here.people["root"]), name=""))

    assert known is not None
    assert known.person == "root"


async def test_what_is_typed_in_chat_is_answered_in_the_console(here: Town) -> None:
    alice = await here.gateway.deciding.people.by_name("alice")
    assert alice is not None
    async with here.store.transaction() as work:
        await work.execute("update nexora_users set password_hash = 'set' where id = $1", alice.id)
    here.open_chat("phone")
    here.say("phone", f"/link {await here.gateway.deciding.accounts.code_for_person(alice)}")
    await here.hears("alice", "telegram you?")
    async with here.browser(alice) as browser:
        waits = (await browser("GET", "/approvals", headers=HTML)).text
        card = re.search(r"/approvals/(\w+)/decide", waits)
        assert card is not None
        assert "Yes, that is me" in waits
        await browser("POST", f"/approvals/{card[1]}/decide", headers=HTML, data={"choice": "d"})

    await here.hears("phone", "The answer was no")
    await here.hears("alice", "You said no, nothing was linked")
    here.say("phone", "/whoami")
    await here.hears("phone", "I don't know you yet")
