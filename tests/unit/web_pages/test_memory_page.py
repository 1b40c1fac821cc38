"""Memory in the console and in the API: one's own is seen, changed, forgotten and taken back, another's never."""

import pytest_asyncio

from agents.memory.entries import MemoryReader
from gateway.web.console import routes as console_pages
from tests.unit.test_memories import fact, remembered
from tests.unit.web.stage import open_stage

HTML = {"Accept": "text/html"}


@pytest_asyncio.fixture(loop_scope="session")
async def web(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path, routes=console_pages.ROUTES) as stage:
        yield stage


async def test_ones_own_memory_is_seen_changed_and_forgotten_and_nobody_elses(web):
    alice, bob = await web.visitor("alice"), await web.visitor("bob")
    store = web.parts.store
    (alice_id,) = [row["id"] for row in await store.fetch("select id from nexora_users where name = 'alice'")]
    reader = MemoryReader(person_id=alice_id)
    await remembered(web.parts.memories, store, reader, fact("likes <b>herons</b>"), fact("likes owls"))
    page = (await alice("GET", "/memory", headers=HTML)).text
    strange = (await bob("GET", "/memory", headers=HTML)).text
    untouched = (await bob("POST", "/memory/1/forget", data={}, headers=HTML)).text
    changed = (await alice("POST", "/memory/1/edit", data={"words": "likes storks"}, headers=HTML)).text
    unfit = (await alice("POST", "/memory/1/edit", data={"words": "the password is heron"}, headers=HTML)).text
    chinese = (await alice("GET", "/memory", headers={**HTML, "Accept-Language": "zh"})).text
    unsure = (await alice("POST", "/memory/all/forget", data={}, headers=HTML)).text
    gone = (await alice("POST", "/memory/all/forget", data={"sure": "yes"}, headers=HTML)).text
    back = (await alice("POST", "/memory/all/undo", data={}, headers=HTML)).text
    file = (await alice("GET", "/memory/export", headers=HTML)).text
    off = (await alice("POST", "/memory/all/switch", data={"on": "no"}, headers=HTML)).text

    assert "likes &lt;b&gt;herons" in page
    assert "herons" not in strange
    assert "not there any more" in untouched
    assert "Entry 1 is changed." in changed
    assert "Nothing" not in unfit
    assert "likes storks" in chinese
    assert "Tick that you mean everything" in unsure
    assert "Forgotten: 2." in gone
    assert "Brought back: 2." in back
    assert "**1** likes storks" in file
    assert "Memory is off" in off


async def test_programs_read_change_and_forget_likewise(web):
    alice, bob = await web.visitor("alice"), await web.visitor("bob")
    (alice_id,) = [row["id"] for row in await web.parts.store.fetch("select id from nexora_users where name = 'alice'")]
    await remembered(web.parts.memories, web.parts.store, MemoryReader(person_id=alice_id), fact("likes herons"))

    assert [(each["number"], each["words"]) for each in (await alice("GET", "/api/memory")).json] == [
        (1, "likes herons")
    ]
    assert (await bob("GET", "/api/memory")).json == []
    assert (await bob("DELETE", "/api/memory/1")).status == 404
    assert (await bob("PUT", "/api/memory/1", json={"words": "likes owls"})).status == 404
    assert (await alice("PUT", "/api/memory/1", json={"words": "the password is owl"})).status == 422
    assert (await alice("PUT", "/api/memory/1", json={"words": "likes owls"})).json["words"] == "likes owls"
    assert (await alice("DELETE", "/api/memory/1")).status == 204
    assert (await alice("GET", "/api/memory")).json == []
