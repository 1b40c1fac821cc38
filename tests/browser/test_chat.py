"""Talking to an agent in a real browser."""

import pytest
from playwright.async_api import expect

from channels.messages import Address
from governance.people.people import Role
from tests.browser.house import LONG, PASSWORD

pytestmark = pytest.mark.browser


async def test_somebody_signs_in_and_is_answered(house, seats):
    await house.person("alice", shown="Alice")
    seat = await seats("")
    await seat.page.fill("#name", "alice")
    await seat.page.fill("#password", PASSWORD)
    await seat.page.press("#password", "Enter")
    await seat.page.wait_for_selector("#text")
    await seat.say("good morning")

    await expect(seat.page.locator(".message.theirs .words")).to_have_text("Hello Alice, you said: good morning")
    await expect(seat.page.locator(".message.mine")).to_have_count(1)
    assert "/chat/" in seat.page.url


async def test_an_answer_grows_survives_a_reload_and_is_seen_in_a_second_tab(house, seats):
    await house.person("alice")
    seat = await seats("alice")
    await seat.say("a long one, wait in the middle")
    await expect(seat.page.locator(".growing .settled p").first).to_contain_text("Paragraph 1 of a long answer.")
    second = await seat.tab()
    await second.goto(seat.page.url)
    await expect(second.locator(".growing .words")).to_contain_text("Paragraph 1 of a long answer.")
    await seat.page.reload()
    await expect(seat.page.locator(".growing .words")).to_contain_text("Paragraph 1 of a long answer.")
    await expect(seat.page.locator("#stop")).to_be_visible()
    house.gate.set()

    for page in (seat.page, second):
        await expect(page.locator(".message.theirs:not(.growing) .words p")).to_have_count(12)
        await expect(page.locator(".growing")).to_have_count(0)
        await expect(page.locator("#stop")).to_be_hidden()
        assert await page.locator(".message.theirs strong").count() == LONG.count("**long**")


async def test_a_lost_connection_is_told_and_nothing_is_missed(house, seats):
    await house.person("alice")
    seat = await seats("alice")
    await seat.say("first")
    await expect(seat.page.locator(".message.theirs")).to_have_count(1)
    other = await seat.tab()
    await other.goto(seat.page.url)
    await seat.page.route("**/events?*", lambda route: route.abort())
    await house.cut_streams()
    await expect(seat.page.locator("#state")).to_contain_text("connection is lost")
    await other.fill("#text", "while you were away")
    await other.press("#text", "Enter")
    await expect(other.locator(".message.theirs")).to_have_count(2)
    await seat.page.unroute("**/events?*")
    await seat.page.evaluate("window.dispatchEvent(new Event('online'))")

    await expect(seat.page.locator(".message.theirs")).to_have_count(2)
    await expect(seat.page.locator("#state")).to_have_text("")
    seat.trouble[:] = [each for each in seat.trouble if "ERR_FAILED" not in each and "ERR_INCOMPLETE" not in each]


async def test_escape_stops_an_answer(house, seats):
    await house.person("alice")
    seat = await seats("alice")
    await seat.say("a long one, wait in the middle")
    await expect(seat.page.locator(".growing")).to_have_count(1)
    await seat.page.press("#text", "Escape")

    await expect(seat.page.locator(".message.theirs .words").last).to_contain_text("(stopped)")
    await expect(seat.page.locator("#stop")).to_be_hidden()


async def test_a_card_is_pressed_in_the_browser_and_every_copy_shows_the_outcome(house, seats):
    await house.person("alice", shown="Alice")
    await house.person("bob", Role.ADMIN, shown="Bob")
    alice, bob = await seats("alice"), await seats("bob")
    await alice.say("please approve a release")
    await expect(alice.page.locator(".card")).to_have_count(1)
    await bob.page.click("text=Notices")
    card = bob.page.locator(".card")
    await expect(card).to_contain_text("rm -r build/ && make release")
    await card.get_by_role("button", name="Deny").click()

    await expect(bob.page.locator(".card.outcome")).to_contain_text("Denied")
    await expect(bob.page.locator(".card button")).to_have_count(0)
    await expect(alice.page.locator(".card.outcome")).to_contain_text("Denied")


async def test_files_travel_both_ways_and_open_nothing(house, seats, tmp_path):
    await house.person("alice")
    seat = await seats("alice")
    notes = tmp_path / "<b>notes.txt"
    notes.write_text("what was said")
    await seat.page.set_input_files("#file", notes)
    await expect(seat.page.locator("#attached li")).to_contain_text("<b>notes.txt")
    await seat.page.click("#send")
    await expect(seat.page.locator(".message.theirs .words")).to_contain_text("<b>notes.txt (13 B)")
    await seat.say("file")
    await expect(seat.page.locator(".message.theirs .files a")).to_have_count(2)
    async with seat.page.expect_download() as downloading:
        await seat.page.click("text=report.html")
    download = await downloading.value

    assert download.suggested_filename == "report.html"
    assert await seat.page.title() != "taken"
    await expect(seat.page.locator(".files img")).to_have_js_property("naturalWidth", 1)


async def test_everything_can_be_done_with_the_keyboard(house, seats):
    await house.person("alice")
    seat = await seats("alice")
    page = seat.page
    await page.goto(house.url + "/approvals")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("g")
    await page.keyboard.press("c")
    await expect(page.locator("#text")).to_be_focused()
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("/")
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.type("line one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("line two")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.mine .words")).to_have_text("line one\nline two")
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("?")
    await expect(page.locator("#help")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.locator("#help")).to_be_hidden()
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("g")
    await page.keyboard.press("a")

    await page.wait_for_url("**/approvals")


async def test_an_open_page_takes_its_title_and_the_list_of_chats_too(house, seats):
    await house.person("alice")
    seat = await seats("alice")
    await seat.say("good morning")
    await expect(seat.page.locator(".message.theirs")).to_have_count(1)
    room = seat.page.url.rpartition("/")[2]
    await house.parts.store.fetch("update nexora_conversations set title = 'A <b>title</b>' where room = $1", room)
    await house.board.titled(Address(channel="console", room=room), "A <b>title</b>")

    await expect(seat.page).to_have_title("A <b>title</b> · Nexora")
    await expect(seat.page.locator("h1")).to_have_text("A <b>title</b>")
    await expect(seat.page.locator(".conversations a", has_text="A <b>title</b>")).to_be_visible()
