"""A first conversation while no model is connected, in a real browser."""

import pytest
import pytest_asyncio
from playwright.async_api import expect

from governance.people.people import Role
from tests.browser.conftest import Seat
from tests.browser.house import open_house

pytestmark = pytest.mark.browser


SAID = {"en": ("list the files", "no model is connected"), "zh": ("列出文件", "尚未接入模型")}


@pytest_asyncio.fixture(loop_scope="session")
async def rehearsing(pool, dsn, tmp_path):
    async with open_house(pool, dsn, tmp_path, is_rehearsal=True) as house:
        yield house


@pytest.mark.parametrize("language", sorted(SAID))
async def test_the_rehearsal_says_what_it_is_and_one_press_says_a_phrase(rehearsing, browser, language):
    house, (phrase, words) = rehearsing, SAID[language]
    await house.person("bob", Role.ADMIN, language=language)
    context = await browser.new_context(viewport={"width": 390, "height": 700})
    cookie = {"name": "nexora", "value": await house.token("bob"), "url": house.url, "httpOnly": True}
    await context.add_cookies([cookie])
    seat = Seat(house, context, await context.new_page())
    seat.watch(seat.page)
    await seat.page.goto(house.url)

    await expect(seat.page.locator(".rehearsing")).to_contain_text(words)
    assert await seat.page.evaluate("document.documentElement.scrollWidth") <= 390
    await seat.page.get_by_role("button", name=phrase).click()
    await expect(seat.page.locator("#log")).to_contain_text(f"you said: {phrase}")
    await expect(seat.page.locator(".starters")).to_have_count(0)
    assert seat.trouble == []
    await context.close()


async def test_a_connected_model_is_offered_no_phrases(house, seats):
    await house.person("bob", Role.ADMIN)
    bob = await seats("bob")

    await expect(bob.page.locator(".blank")).to_be_visible()
    await expect(bob.page.locator(".rehearsing, .starters")).to_have_count(0)
