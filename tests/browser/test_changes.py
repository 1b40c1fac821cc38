"""The page of changes, in a real browser: the list, a difference, taking it back, and whose it is, also on a phone."""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from agents.layers import About
from governance.people.people import Role

pytestmark = pytest.mark.browser

WORKSPACE = "0123456789abcdef01234567"
PHONE = {"viewport": {"width": 360, "height": 720}, "has_touch": True}


async def written(house, person, path: str, text: str) -> None:
    """A call of that person's agent writes a file."""
    layers = house.parts.layers
    layers.workspace(WORKSPACE).mkdir(parents=True, exist_ok=True)
    about = About(person=str(person.id), agent="ops", tool="write_file", what=path)
    await layers.replace(layers.workspace(WORKSPACE), path, text.encode(), uuid4(), about)


def read(house, path: str) -> str:
    return house.parts.layers.workspace(WORKSPACE).joinpath(path).read_text()


async def test_a_change_is_shown_with_its_difference_and_taken_back(house, seats):
    alice = await house.person("alice", shown="Alice")
    await written(house, alice, "notes.txt", "one\ntwo\n")
    await written(house, alice, "notes.txt", "one\nthree <b>\n")
    seat = await seats("alice", "/changes")
    await expect(seat.page.locator("tbody tr")).to_have_count(2)
    await expect(seat.page.locator("tbody tr").first).to_contain_text("write_file ops notes.txt")
    await seat.page.get_by_role("link", name="#2").click()
    await expect(seat.page.locator(".difference .added")).to_have_text("+three <b>")
    await expect(seat.page.locator(".difference .removed")).to_have_text("-two")
    await seat.page.get_by_role("button", name="Take back").click()

    await expect(seat.page.locator(".said")).to_contain_text("Taken back. Change 3 would bring it back.")
    await expect(seat.page.locator(".status")).to_have_text("taken back")
    assert read(house, "notes.txt") == "one\ntwo\n"
    line = await house.parts.store.fetchrow(
        "select actor_name, resource from nexora_audit_events where tag = 'web:workspace:undone'"
    )
    assert (line["actor_name"], line["resource"]) == ("alice", "#2")


async def test_a_later_change_is_named_before_it_is_replaced(house, seats):
    alice = await house.person("alice")
    await written(house, alice, "a", "one\n")
    await written(house, alice, "a", "two\n")
    seat = await seats("alice", f"/changes/{WORKSPACE}/1")
    await seat.page.get_by_role("button", name="Take back").click()
    await expect(seat.page.locator(".said.problem")).to_contain_text("was changed later")
    assert read(house, "a") == "two\n"
    await seat.page.get_by_role("button", name="Take back all the same").click()

    await expect(seat.page.locator(".said")).to_contain_text("Taken back")
    assert not house.parts.layers.workspace(WORKSPACE).joinpath("a").exists()


async def test_everybody_sees_their_own_changes_and_admins_all(house, seats):
    alice, bob = await house.person("alice", shown="Alice"), await house.person("bob")
    await house.person("root", Role.ADMIN)
    await written(house, alice, "hers", "x")
    await written(house, bob, "his", "x")
    seat = await seats("bob", "/changes")
    await expect(seat.page.locator("tbody tr")).to_have_count(1)
    await expect(seat.page.locator("tbody")).to_contain_text("his")
    for method in ("get", "post"):
        answer = await getattr(seat.context.request, method)(
            f"{house.url}/changes/{WORKSPACE}/1", headers={"Origin": house.url}
        )
        assert answer.status == 404
    admin = await seats("root", "/changes")

    await expect(admin.page.locator("tbody tr")).to_have_count(2)
    await expect(admin.page.locator("tbody")).to_contain_text("Alice")
    assert read(house, "hers") == "x"


@pytest.mark.parametrize("settings", [{}, PHONE], ids=["desktop", "phone"])
async def test_the_pages_fit_their_screen_and_name_everything(house, seats, settings):
    alice = await house.person("alice", language="zh")
    await written(house, alice, "long/" + "name" * 30, "one\n")
    await written(house, alice, "long/" + "name" * 30, "x" * 400 + "\n")
    seat = await seats("alice", "/changes", **settings)
    for path in ("/changes", f"/changes/{WORKSPACE}/2"):
        await seat.page.goto(house.url + path)
        width = await seat.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

        assert width <= 0, path
        await expect(seat.page.locator("h1")).to_contain_text("更改")
    box = await seat.page.get_by_role("button", name="撤销").bounding_box()
    assert box is not None
    assert box["height"] >= 30
