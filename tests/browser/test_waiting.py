"""Whoever decides sees what waits: in the title of the tab, as a notification where they asked for one."""

import pytest
from playwright.async_api import expect

from governance.people.people import Role
from tests.browser.test_pages import asked

pytestmark = pytest.mark.browser

NOTED = """
window.told = [];
class Told { constructor(title, more) { window.told.push([title, more.body]); } }
Told.permission = 'default';
Told.requestPermission = async () => { Told.permission = 'granted'; return 'granted'; };
window.Notification = Told;
"""


async def test_the_title_of_every_tab_counts_what_waits_for_this_person(house, seats):
    await house.person("bob", Role.ADMIN)
    await house.person("alice")
    bob = await seats("bob", "/usage")
    other = await bob.tab()
    await other.goto(house.url + "/")
    alice = await seats("alice")
    await alice.say("please approve a release")

    for page in (bob.page, other):
        await expect(page.locator(".badge")).to_contain_text("1", timeout=8000)
        assert (await page.title()).startswith("(1) ")
    assert not (await alice.page.title()).startswith("(")


async def test_a_browser_notifies_once_it_was_asked_to_and_never_tells_what_is_asked(house, seats):
    await house.person("bob", Role.ADMIN)
    bob = await seats("bob", "/usage")
    await bob.page.add_init_script(NOTED)
    await bob.page.goto(house.url + "/approvals")
    await bob.page.get_by_role("button", name="Notify me in this browser").click()
    await expect(bob.page.locator("#notify")).to_have_text("Stop notifying me in this browser")
    await house.person("alice", shown="Alice")
    alice = await seats("alice")
    await alice.say("please approve a release")
    while not (told := await bob.page.evaluate("window.told")):
        await bob.page.wait_for_timeout(100)

    ((title, body),) = told
    assert title == "A call waits for your decision"
    assert "Alice" in body
    assert "release" not in body
    await bob.page.locator("#notify").click()
    await expect(bob.page.locator("#notify")).to_have_text("Notify me in this browser")


async def test_times_are_in_the_zone_of_the_browser_with_utc_at_hand(house, seats):
    await asked(house, seats)
    bob = await seats("bob", "/approvals", timezone_id="Asia/Shanghai")
    time = bob.page.locator("time[datetime]").first

    shown, utc = await time.text_content(), await time.get_attribute("title")
    assert utc.endswith(" UTC")
    hour, minute, _ = utc.split()[1].split(":")
    local = (int(hour) + 8) % 24
    assert f"{local % 12 or 12}:{minute}" in shown
    assert await bob.page.evaluate("/ UTC/.test(document.body.innerText)") is False
