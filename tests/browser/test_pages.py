"""The pages besides the chat, in a real browser."""

import re

import pytest
from playwright.async_api import expect

from channels.locales import languages
from governance.people.people import Role
from governance.record.audit import Event

pytestmark = pytest.mark.browser

PAGES = (
    *("/", "/approvals", "/changes", "/agents", "/capabilities", "/usage", "/audit"),
    *("/people", "/hosts", "/secrets", "/channels", "/account"),
)


async def asked(house, seats):
    """A request of Alice's that waits for Bob."""
    await house.person("alice", shown="Alice")
    await house.person("bob", Role.ADMIN, shown="Bob")
    alice = await seats("alice")
    await alice.say("please approve a release")
    await expect(alice.page.locator(".card")).to_have_count(1)
    return alice


async def test_an_admin_denies_with_a_reason_and_the_list_moves_on(house, seats):
    alice = await asked(house, seats)
    bob = await seats("bob", "/approvals")
    await expect(bob.page.locator(".badge")).to_contain_text("1")
    await bob.page.fill("[name=reason]", "not before the freeze ends")
    await bob.page.get_by_role("button", name="Deny").click()

    await expect(bob.page.locator(".request")).to_have_count(0)
    await expect(bob.page.locator(".status.denied")).to_have_count(1)
    await expect(bob.page.locator("table")).to_contain_text("not before the freeze ends")
    await expect(alice.page.locator(".card.outcome")).to_contain_text("Denied")


async def test_a_new_request_appears_by_itself_and_nobody_decides_their_own(house, seats):
    await house.person("alice", shown="Alice")
    await house.person("bob", Role.ADMIN, shown="Bob")
    bob = await seats("bob", "/approvals")
    await expect(bob.page.locator(".request")).to_have_count(0)
    alice = await seats("alice")
    await alice.say("please approve a release")

    await expect(bob.page.locator(".request")).to_have_count(1, timeout=8000)
    await expect(bob.page.locator(".request pre")).to_have_text("rm -r build/ && make release")
    await alice.page.goto(house.url + "/approvals")
    await expect(alice.page.locator(".request .note")).to_contain_text("somebody else decides")
    await alice.page.get_by_role("button", name="Withdraw").click()
    await expect(alice.page.locator(".status.cancelled")).to_have_count(1)
    await expect(bob.page.locator(".request")).to_have_count(0, timeout=8000)


async def test_an_admin_adds_somebody_who_chooses_a_password_and_is_in(house, seats):
    await house.person("bob", Role.ADMIN)
    bob = await seats("bob", "/people")
    await bob.page.fill("#new-name", "carol")
    await bob.page.get_by_role("button", name="Create and show the link").click()
    link = await bob.page.input_value("[data-once]")
    carol = await seats("")
    await carol.page.goto(house.url + "/welcome/" + link.rpartition("/")[2])
    await carol.page.fill("#password", "seven herons in a marsh")
    await carol.page.get_by_role("button", name="Save and sign in").click()

    await expect(carol.page.locator(".blank")).to_contain_text("You have no agents yet")
    await expect(carol.page.locator("nav")).not_to_contain_text("People")
    await bob.page.goto(house.url + "/agents")
    await bob.page.fill("#who", "car")
    await expect(bob.page.locator("#who-names option")).to_have_count(1)
    await bob.page.fill("#who", "carol")
    await bob.page.select_option("#which", "ops")
    await bob.page.get_by_role("button", name="Grant", exact=True).click()
    await carol.page.reload()
    await expect(carol.page.locator("#agent option")).to_have_text(["ops"])


async def test_the_last_admin_cannot_leave_and_is_told_so(house, seats):
    await house.person("bob", Role.ADMIN)
    bob = await seats("bob", "/people")
    await bob.page.get_by_role("button", name="Make operator").click()

    await expect(bob.page.locator(".said.problem")).to_contain_text("last active admin")


async def test_an_operator_finds_no_admin_page(house, seats):
    await house.person("alice")
    alice = await seats("alice")
    for path in ("/people", "/channels"):
        answer = await alice.page.goto(house.url + path)
        assert answer.status == 403
    alice.trouble[:] = [each for each in alice.trouble if "403" not in each]


async def test_the_language_follows_the_browser_then_the_person(house, seats):
    await house.person("alice")
    stranger = await seats("", "/sign-in", locale="zh-CN")
    await expect(stranger.page.locator("button.primary")).to_have_text("登录")
    assert await stranger.page.get_attribute("html", "lang") == "zh-CN"
    alice = await seats("alice")
    await alice.page.locator(".language button[value=zh]").click()
    await expect(alice.page.locator("#send")).to_have_text("发送")
    await alice.page.reload()
    await expect(alice.page.locator("#send")).to_have_text("发送")
    await alice.page.locator(".language button[value=en]").click()

    await expect(alice.page.locator("#send")).to_have_text("Send")


async def test_the_console_in_chinese_holds_no_word_of_english(house, seats):
    await house.person("root", Role.ADMIN, language="zh", shown="Root")
    root = await seats("root")
    english = {}
    for path in PAGES:
        await root.page.goto(house.url + path, wait_until="domcontentloaded", timeout=30_000)
        words = NAMES.sub(" ", "\n".join(await root.page.evaluate(WORDS)))
        if left := sorted(set(re.findall("[A-Za-z]{2,}", words))):
            english[path] = left

    assert english == {}


WORDS = """() => (document.querySelectorAll('.language').forEach(each => each.remove()),
  [document.title, document.body.innerText,
  ...[...document.body.querySelectorAll('*')].filter(each => each.checkVisibility())
    .flatMap(each => [each.title, each.placeholder, each.getAttribute('aria-label')]).filter(Boolean)])"""
"""What a page shows, but for the names of languages, each of which stands in its own."""
NAMES = re.compile(
    r"\S*/\S*|\b\w+(?:[.:_]\w+)+|\bapprovals:|\b[0-9a-f]+(?:-[0-9a-f]+)+"
    r"|\b(?:Deutsch|English|MCP|Nexora|Root|root|UTC|assistant|console|ops|researcher)\b"
)
"""Paths, settings, tags, ids and names (people, agents, kinds, languages, zones, a protocol), the same in all."""


@pytest.mark.parametrize("language", languages())
async def test_every_page_fits_a_phone_and_names_every_control(house, seats, language):
    await house.person("alice", language=language, shown="Alice")
    await house.person("bob", Role.ADMIN, language=language, shown="A long name that somebody chose for themselves")
    alice = await seats("alice")
    await alice.say("please approve a release, " + "verylongword" * 30)
    await expect(alice.page.locator(".card")).to_have_count(1)
    bob = await seats("bob", viewport={"width": 360, "height": 720}, has_touch=True)
    for path in (*PAGES, alice.page.url.removeprefix(house.url)):
        seat = alice if path.startswith("/chat/") else bob
        await seat.page.set_viewport_size({"width": 360, "height": 720})
        await seat.page.goto(house.url + path)
        assert await seat.page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert await seat.page.evaluate(UNNAMED) == [], path
        assert await seat.page.evaluate("document.querySelectorAll('main h1').length") == 1, path


UNNAMED = """() => [...document.querySelectorAll('input:not([type=hidden]),select,textarea,button,a,img,[role=img]')]
  .filter(e => !(e.getAttribute('aria-label') || e.title || e.alt || e.textContent.trim()
    || (e.labels && [...e.labels].some(l => l.textContent.trim()))))
  .map(e => e.outerHTML)"""


async def test_an_admin_reads_how_often_the_guard_asks_and_nobody_else_does(house, seats):
    await house.person("alice")
    await house.person("bob", Role.ADMIN)
    for number, answer in enumerate(("allowed", "allowed", "allowed", "deferred")):
        detail = {"agent": "ops", "call": str(number)}
        await house.parts.store.record(Event(tag=f"guard:call:{answer}", detail=detail))
    bob, alice = await seats("bob", "/approvals"), await seats("alice", "/approvals")

    await expect(bob.page.locator("main > section .note")).to_contain_text(
        ["Last 7 days: 25.0 asks per 100 calls (3 free, 1 asked, 0 refused)", "Last 30 days: 25.0 asks per 100 calls"]
    )
    await expect(alice.page.locator("main > section .note")).to_have_count(0)


async def test_an_admin_denies_all_of_a_conversation_at_once(house, seats):
    alice = await asked(house, seats)
    for count in (2, 3):
        await alice.say("please approve another release")
        await expect(alice.page.locator(".card")).to_have_count(count)
    bob = await seats("bob", "/approvals", viewport={"width": 360, "height": 720}, has_touch=True)
    await expect(bob.page.locator(".together")).to_contain_text("3 wait in one conversation: Alice (alice) through ops")
    assert await bob.page.evaluate("document.documentElement.scrollWidth") <= 360
    await bob.page.get_by_role("button", name="Deny all of this conversation").click()

    await expect(bob.page.locator(".said")).to_contain_text("Denied all that waited in that conversation: 3.")
    await expect(bob.page.locator(".request")).to_have_count(0)
    await expect(alice.page.locator(".card.outcome")).to_have_count(3)


async def test_on_a_phone_each_row_of_a_table_is_a_card_that_fits_and_says_what_its_cells_are(house, seats):
    await house.person("bob", Role.ADMIN)
    bob = await seats("bob", "/people", viewport={"width": 390, "height": 800})
    for path in ("/people", "/channels", "/audit", "/agents"):
        await bob.page.goto(house.url + path)
        row = bob.page.locator(".wide tbody tr").first
        await expect(row).to_be_visible()

        over = await bob.page.evaluate(
            "[...document.querySelectorAll('.wide, .wide td')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
        )
        assert over == 0, path
        box = await row.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390, path
    await bob.page.goto(house.url + "/people")
    head = await bob.page.locator(".wide td").nth(1).evaluate("each => getComputedStyle(each, '::before').content")
    assert head == '"Role"'
    await expect(bob.page.get_by_role("row")).to_have_count(2)


async def test_on_a_phone_the_tab_of_the_page_is_in_view(house, seats):
    await house.person("bob", Role.ADMIN)
    bob = await seats("bob", "/channels", viewport={"width": 390, "height": 800})

    await expect(bob.page.locator("nav [aria-current]")).to_be_in_viewport(ratio=1)


async def test_a_page_that_is_not_there_looks_like_the_others_and_leads_on(house, seats):
    await house.person("bob", language="zh")
    bob = await seats("bob")
    for path in ("/nothing", "/chat/nothing"):
        answer = await bob.context.request.get(house.url + path, headers={"Accept": "text/html"})
        text = await answer.text()

        assert answer.status == 404
        assert 'lang="zh-CN"' in text
        assert "console.css" in text
        assert "<h1>这里什么也没有。</h1>" in text
        assert '<a class="button primary" href="/">返回会话</a>' in text
