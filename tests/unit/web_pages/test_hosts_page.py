"""Hosts in the console: what was blocked, allowed and denied, with the decisions that /hosts knows."""

import pytest_asyncio

from gateway.web.console import routes as console_pages
from governance.people.people import Role
from tests.unit.web.stage import open_stage

HTML = {"Accept": "text/html"}


@pytest_asyncio.fixture(loop_scope="session")
async def web(pool, dsn, tmp_path):
    async with open_stage(pool, dsn, tmp_path, routes=console_pages.ROUTES) as stage:
        yield stage


async def blocked(web, *hosts: str) -> list[str]:
    """Hosts that commands were not let through to; their codes."""
    store = web.parts.store
    async with store.transaction() as work:
        await web.parts.host_rules.blocked(work, "builder", [(host, 443, "CONNECT") for host in hosts])
    return [row["code"] for row in await store.fetch("select code from nexora_host_rules order by host")]


async def test_what_was_blocked_is_allowed_and_taken_away_again(web):
    root = await web.visitor("root", Role.ADMIN)
    (code,) = await blocked(web, "api.example.org")
    before = (await root("GET", "/hosts", headers=HTML)).text
    allowed = (await root("POST", f"/hosts/{code}/allow", data={}, headers=HTML)).text
    rules = await web.parts.host_rules.of("builder")
    again = (await root("POST", f"/hosts/{code}/allow", data={}, headers=HTML)).text
    removed = (await root("POST", f"/hosts/{code}/revoke", data={}, headers=HTML)).text

    assert "api.example.org:443" in before
    assert f"/hosts/{code}/deny" in before
    assert "builder reaches api.example.org:443 without a question from now on." in allowed
    assert [str(rule) for rule in rules] == ["api.example.org:443"]
    assert "Somebody else has changed that meanwhile." in again
    assert "builder may no longer reach api.example.org:443" in removed
    assert await web.parts.host_rules.of("builder") == ()


async def test_what_was_denied_says_by_whom_and_can_be_taken_back_in_both_languages(web):
    root, other = await web.visitor("root", Role.ADMIN), await web.visitor("carol", Role.ADMIN)
    await web.parts.store.fetch("update nexora_users set language = 'zh' where name = 'root'")
    code, _ = await blocked(web, "api.example.org", "other.example.org")
    denied = (await root("POST", f"/hosts/{code}/deny", data={}, headers=HTML)).text
    await blocked(web, "api.example.org")
    page = (await other("GET", "/hosts", headers=HTML)).text
    back = (await root("POST", f"/hosts/{code}/revoke", data={}, headers=HTML)).text

    assert "已拒绝，不再询问" in denied
    assert "Denied, nobody is asked" in page
    assert "By: root" in page
    assert "可以重新询问" in back
    events = await web.parts.store.fetch(
        "select tag from nexora_audit_events where tag like '%:host_rule:%' order by seq"
    )
    assert [row["tag"] for row in events] == ["web:host_rule:denied", "web:host_rule:reopened"]


async def test_hosts_are_for_admins(web):
    alice = await web.visitor("alice")
    (code,) = await blocked(web, "api.example.org")

    assert (await alice("GET", "/hosts", headers=HTML)).status == 403
    assert (await alice("POST", f"/hosts/{code}/allow", data={}, headers=HTML)).status == 403
    assert await web.parts.host_rules.of("builder") == ()


async def test_a_flood_of_names_does_not_bring_back_what_was_denied(web):
    root = await web.visitor("root", Role.ADMIN)
    (code,) = await blocked(web, "api.example.org")
    await root("POST", f"/hosts/{code}/deny", data={}, headers=HTML)
    await blocked(web, *(f"h{number}.example.org" for number in range(130)))
    async with web.parts.store.transaction() as work:
        again = await web.parts.host_rules.blocked(work, "builder", [("api.example.org", 443, "CONNECT")])

    assert [offer.place for offer in again.denied] == ["api.example.org:443"]
    assert again.fresh == ()
    assert await web.parts.store.fetchval("select count(*) from nexora_host_rules") == 101
