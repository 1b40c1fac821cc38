"""The page of skills and servers, in a real browser, also on a phone and in Chinese."""

import pytest
from playwright.async_api import expect

from channels.messages import Account
from gateway.capabilities.desk import CapabilityOrder
from gateway.capabilities.sources import Where
from governance.capabilities.changes import Wisher
from governance.people.people import CONSOLE, Role
from governance.values.capability_kinds import CapabilityAction, CapabilityKind

pytestmark = pytest.mark.browser

WORDS = b"---\nname: weekly-figures\ndescription: How the weekly figures are put together.\n---\nAdd up the sheets.\n"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 900}}


async def installed(house, person) -> None:
    """A skill that is in force, by an answer of the admins that asks nobody."""
    await house.parts.store.fetch(
        "insert into nexora_capability_policies (code, kind, action, risk, environment, verdict, changed_at)"
        " values ('AAAAA', 'skill', '*', 'medium', '*', 'allow', now())"
    )
    wisher = Wisher(person=person, account=Account(channel=CONSOLE, id=str(person.id)))
    where = Where(attached={"SKILL.md": WORDS})
    order = CapabilityOrder(
        kind=CapabilityKind.SKILL, action=CapabilityAction.INSTALL, named="attached:", wisher=wisher, where=where
    )
    assert (await house.parts.desk.order(order)).is_asked_or_done


async def test_a_file_is_asked_for_and_what_is_there_is_taken_away_by_keyboard(house, seats):
    alice = await house.person("alice")
    await house.person("root", Role.ADMIN)
    await installed(house, alice)
    seat = await seats("alice", "/account", **DESK)
    await seat.page.keyboard.press("g")
    await seat.page.keyboard.press("k")
    await expect(seat.page.locator("h1")).to_have_text("Skills and servers")
    other = WORDS.replace(b"weekly-figures", b"monthly-figures").replace(b"sheets", b"weeks")
    file = {"name": "SKILL.md", "mimeType": "text/markdown", "buffer": other}
    await seat.page.get_by_label("or a file").set_input_files(file)
    await seat.page.get_by_role("button", name="Ask for it").click()
    await expect(seat.page.locator(".said")).to_contain_text("Installed: skill monthly-figures")
    seat.page.once("dialog", lambda dialog: dialog.accept())
    await seat.page.get_by_role("button", name="Remove: weekly-figures").focus()
    await seat.page.keyboard.press("Enter")

    await expect(seat.page.locator(".said")).to_contain_text("Removed: skill weekly-figures")
    await expect(seat.page.locator("article")).to_have_count(1)
    seat.trouble.remove("dialog: Remove weekly-figures? Others may use it.")  # it was asked for, once


@pytest.mark.parametrize("settings", [DESK, PHONE], ids=["desktop", "phone"])
async def test_the_page_fits_its_screen_with_every_form(house, seats, settings):
    root = await house.person("root", Role.ADMIN, language="zh")
    await installed(house, root)
    seat = await seats("root", "/capabilities", **settings)
    width = await seat.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    assert width <= 0
    await expect(seat.page.locator("h1")).to_have_text("技能和服务器")
    await expect(seat.page.get_by_role("button", name="申请")).to_have_count(4)
    box = await seat.page.get_by_role("button", name="移除: weekly-figures").bounding_box()
    assert box is not None
    assert box["height"] >= 30
