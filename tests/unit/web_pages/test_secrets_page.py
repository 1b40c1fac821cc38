"""Secrets in the console and by the API: one's own, and for admins the installation's. No value is shown."""

import json

import pytest_asyncio

from gateway.web.console import routes as console_pages
from governance.people.people import Role
from governance.secrets.links import SecretLink
from governance.secrets.names import Holder
from tests.unit.people_stage import WEB
from tests.unit.web.stage import open_stage

HTML = {"Accept": "text/html"}
VALUE = "correct-horse-9-battery"
GITHUB = Holder("mcp", "github")


@pytest_asyncio.fixture(loop_scope="session")
async def web(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path, routes=console_pages.ROUTES) as stage:
        yield stage


async def posted(visitor, path, **form):
    return (await visitor("POST", path, data=form, headers=HTML)).text


async def test_a_person_keeps_a_secret_of_their_own_and_nobody_sees_it(web):
    alice, root = await web.visitor("alice"), await web.visitor("root", Role.ADMIN)
    mine = {"owner": "me", "name": "TOKEN", "value": VALUE}
    pages = [
        await posted(alice, "/secrets", **mine, kind="mcp", holder="github"),
        await posted(alice, "/secrets/me/TOKEN/rotate"),
    ]
    assert dict(await web.parts.secrets.reveal(GITHUB, alice.person.id)) == {"TOKEN": VALUE}
    pages += [
        await posted(alice, "/secrets/me/TOKEN/disallow", kind="mcp", holder="github"),
        (await root("GET", "/secrets", headers=HTML)).text,
        await posted(alice, "/secrets/me/TOKEN/remove"),
    ]

    mailbox = {"owner": "me", "name": "MAILBOX", "value": f"alice@qq.com\n{VALUE}", "kind": "channel", "holder": ""}
    assert "Skill: mail-highlights" in await posted(alice, "/secrets", **mailbox)
    await posted(alice, "/secrets/me/MAILBOX/remove")
    assert "TOKEN is kept" in pages[0]
    assert "MCP server: github" in pages[0]
    assert "sealed under a new key" in pages[1]
    assert "It may not have TOKEN any more." in pages[2]
    assert "TOKEN" not in pages[3]
    assert "TOKEN is gone" in pages[4]
    assert VALUE not in "".join(pages)
    assert not await web.parts.secrets.list(alice.person)


async def test_what_is_of_the_installation_is_for_admins_and_what_is_wrong_is_said(web):
    alice, root = await web.visitor("alice"), await web.visitor("root", Role.ADMIN)
    ours = {"owner": "installation", "name": "TOKEN", "value": VALUE}
    refused = await posted(alice, "/secrets", **ours)
    kept = await posted(root, "/secrets", **ours)
    short = await posted(root, "/secrets", owner="me", name="TOKEN", value="short")
    await web.parts.store.fetch("update nexora_users set language = 'zh' where name = 'root'")
    wrong = await posted(root, "/secrets", owner="me", name="T/N", value=VALUE)
    gone = await posted(alice, "/secrets/installation/TOKEN/remove")

    assert "Secrets of the installation are for admins" in refused
    assert "TOKEN is kept" in kept
    assert "A secret has 8 signs or more" in short
    assert "密钥名称由字母" in wrong
    assert "Secrets of the installation are for admins" in gone
    assert (await root("POST", "/secrets/bob/TOKEN/remove", data={}, headers=HTML)).status == 404
    assert [one.name for one in await web.parts.secrets.list(root.person)] == ["TOKEN"]


async def test_the_api_takes_a_value_and_never_gives_it_back(web):
    alice, bob = await web.visitor("alice"), await web.visitor("bob")
    holders = [{"kind": "mcp", "name": "github"}]
    answers = [
        await alice("PUT", "/api/secrets/me/TOKEN", json={"value": VALUE, "holders": holders}),
        await alice("POST", "/api/secrets/me/TOKEN/holders", json={"kind": "skill", "name": "maps"}),
        await alice("POST", "/api/secrets/me/TOKEN/holders", json={"kind": "mcp", "name": "github", "may": False}),
        await alice("POST", "/api/secrets/me/TOKEN/rotate"),
        await alice("GET", "/api/secrets"),
    ]
    others = await bob("GET", "/api/secrets")

    assert [each.status for each in answers] == [200] * 5
    assert [each.json["holders"] for each in answers[:3]] == [
        ["mcp github"],
        ["mcp github", "skill maps"],
        ["skill maps"],
    ]
    assert answers[4].json[0]["version"] == 2
    assert VALUE not in json.dumps([each.json for each in answers])
    assert others.json == []
    for answer in (
        await bob("DELETE", "/api/secrets/me/TOKEN"),
        await bob("PUT", "/api/secrets/installation/TOKEN", json={"value": VALUE}),
        await alice("PUT", "/api/secrets/me/TOKEN", json={"value": "short"}),
        await alice("PUT", "/api/secrets/me/TOKEN", json={"value": [VALUE]}),
    ):
        assert answer.status in {403, 404, 422}
        assert VALUE not in answer.text
    assert (await alice("DELETE", "/api/secrets/me/TOKEN")).status == 204
    assert (await alice("GET", "/api/secrets")).json == []
    tags = await web.parts.store.fetch("select tag from nexora_audit_events where tag like 'web:secret:%' order by seq")
    assert [row["tag"].rpartition(":")[2] for row in tags] == [
        *("set", "allowed", "allowed", "disallowed", "rotated", "removed")
    ]


async def test_a_link_opens_a_page_without_a_session_and_keeps_one_value_once(web):
    alice, nobody = await web.visitor("alice"), web.anybody
    wanted = SecretLink(person=alice.person, name="MAILBOX", owner=alice.person.id, holder=GITHUB)
    at = f"/keep/{await web.parts.secret_links.make(wanted, origin=WEB)}"
    looked = await nobody("GET", at, headers=HTML)
    short = await nobody("POST", at, data={"value": "short"}, headers=HTML)
    kept = await nobody("POST", at, data={"value": VALUE}, headers=HTML)
    again = await nobody("POST", at, data={"value": VALUE}, headers=HTML)

    assert "MAILBOX" in looked.text
    assert "Three lines: your address" in looked.text
    assert "MCP server: github" in looked.text
    assert (short.status, kept.status, again.status) == (422, 200, 410)
    assert "A secret has 8 signs or more" in short.text
    assert "MAILBOX is kept" in kept.text
    assert VALUE not in kept.text
    assert dict(await web.parts.secrets.reveal(GITHUB, alice.person.id)) == {"MAILBOX": VALUE}
    assert (await nobody("GET", "/keep/no-such-code", headers=HTML)).status == 410
