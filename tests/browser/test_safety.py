"""Nothing that anybody says does anything in a browser, and nothing is asked of another machine."""

import pytest
from playwright.async_api import expect

from channels.messages import Account
from governance.people.people import Role
from tests.browser.hostile import SINK, STRINGS

pytestmark = pytest.mark.browser


def test_there_are_forty_of_them():
    assert len(set(STRINGS)) == 40


async def test_hostile_words_are_only_words_everywhere(house, seats):
    hostile = "\n\n".join(STRINGS)
    house.texts["show me"] = hostile
    await house.person("alice", shown=STRINGS[2])
    await house.person("bob", Role.ADMIN, shown=STRINGS[4])
    async with house.parts.store.transaction() as work:
        account = Account(channel="chat", id=STRINGS[38], name=STRINGS[0])
        await house.parts.accounts.refuse(work, account, await house.parts.people.by_name("bob"))
    alice = await seats("alice")
    await alice.say("show me")
    await expect(alice.page.locator(".message.theirs .words")).to_contain_text("<script>alert(1)</script>")
    await alice.say(hostile)
    await expect(alice.page.locator(".message.mine .words").last).to_contain_text("<svg onload=alert(1)>")
    await expect(alice.page.locator(".message.theirs:not(.growing)")).to_have_count(2)
    await alice.say("please approve " + STRINGS[2])
    await expect(alice.page.locator(".card")).to_have_count(1)
    await alice.page.reload()
    bob = await seats("bob", "/approvals")
    for path in ("/people", "/agents", "/account", "/channels", "/"):
        await bob.page.goto(house.url + path)

    for seat in (alice, bob):
        outside = [url for url in seat.requested if not url.startswith(house.url)]
        assert outside == []
    active = "script,style,iframe,object,embed,form,base,meta,video,svg,math,input"
    assert await alice.page.locator("#log").locator(active).count() == 0
    links = await alice.page.eval_on_selector_all("#log a", "all => all.map(a => [a.href, a.rel])")
    assert all(href.startswith(("http://", "https://")) for href, _ in links)
    assert any(href == f"{SINK}?q=secret" for href, _ in links)
    assert all("noopener" in rel and "noreferrer" in rel for _, rel in links)


async def test_a_first_visit_transfers_less_than_200_kb(house, seats):
    await house.person("alice")
    seat = await seats("alice", "/approvals")
    session = await seat.context.new_cdp_session(seat.page)
    await session.send("Network.enable")
    await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    await seat.page.goto(house.url + "/")
    await seat.page.wait_for_load_state("load")
    await expect(seat.page.locator("#text")).to_be_visible()

    assert len(sizes) >= 5
    assert sum(sizes) < 200_000


async def test_a_stream_ends_when_its_session_is_revoked(house, seats, monkeypatch):
    monkeypatch.setattr("gateway.web.http.sse.HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr("gateway.web.http.sse.GLANCE_SECONDS", 0.1)
    person = await house.person("alice")
    seat = await seats("alice")
    await seat.say("hello")
    await expect(seat.page.locator(".message.theirs:not(.growing)")).to_have_count(1)
    async with house.parts.store.transaction() as work:
        await house.parts.sessions.end_all(work, person.id)

    await expect(seat.page.locator("#state")).to_contain_text("You are signed out")
    seat.trouble[:] = [each for each in seat.trouble if "401" not in each]
