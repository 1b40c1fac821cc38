"""The page of hosts, in a real browser, also on a phone and in Chinese."""

import pytest
from playwright.async_api import expect

from governance.people.people import Role

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 720}, "has_touch": True}


async def blocked(house, *hosts: str) -> None:
    async with house.parts.store.transaction() as work:
        await house.parts.host_rules.blocked(work, "builder", [(host, 443, "GET") for host in hosts])


async def test_a_host_is_allowed_and_removed_with_two_presses(house, seats):
    await house.person("root", Role.ADMIN)
    await blocked(house, "api.example.org")
    seat = await seats("root", "/hosts")
    await seat.page.get_by_role("button", name="Allow: GET api.example.org:443").click()
    await expect(seat.page.locator(".said")).to_contain_text("builder reaches GET api.example.org:443")
    await seat.page.get_by_role("button", name="Remove: GET api.example.org:443").click()

    await expect(seat.page.locator(".said")).to_contain_text("may no longer reach")
    await expect(seat.page.locator("article")).to_have_count(0)


@pytest.mark.parametrize("settings", [{}, PHONE], ids=["desktop", "phone"])
async def test_the_page_fits_its_screen(house, seats, settings):
    await house.person("root", Role.ADMIN, language="zh")
    await blocked(house, "a-rather-long-name-of-a-host." * 4 + "example.org", "b.example.org")
    seat = await seats("root", "/hosts", **settings)
    width = await seat.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    assert width <= 0
    await expect(seat.page.locator("h1")).to_contain_text("主机")
    box = await seat.page.get_by_role("button", name="允许").first.bounding_box()
    assert box is not None
    assert box["height"] >= 30
