"""What an agent does while it answers, in a real browser: a line for each call, which opens to what came of it."""

import re

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
async def test_a_call_is_a_line_that_counts_ends_and_opens_also_after_reload(house, seats, width):
    await house.person("alice")
    alice = await seats("alice")
    page = alice.page
    await page.set_viewport_size({"width": width, "height": 900})

    await alice.say("work for me")
    running = page.locator(".growing .step")
    await expect(running).to_contain_text("wc -l notes.txt")
    await expect(running.locator("time.elapsed")).to_have_text(re.compile(r"\d+ s"))
    house.gate.set()
    answer = page.locator(".message.theirs", has_text="It has 42 lines.").last
    folded = answer.locator("details.steps")
    await expect(folded.locator("summary").first).to_contain_text("2 steps")
    await expect(page.locator(".growing")).to_have_count(0)

    for _ in range(2):
        await folded.locator("> summary").press("Enter")
        done, refused = folded.locator("details.step"), folded.locator("p.step.refused")
        await expect(refused).to_contain_text("mkfs")
        await done.locator("summary").press("Enter")
        await expect(done.locator(".opened pre").first).to_have_text("wc -l notes.txt")
        await expect(done.locator(".opened pre").last).to_have_text("42 notes.txt\nexit 0 <b>&")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await page.reload()
    assert alice.trouble == []


async def test_nobody_opens_a_call_of_another_conversation(house, seats):
    await house.person("alice")
    await house.person("bob")
    house.gate.set()
    alice, bob = await seats("alice"), await seats("bob")
    for seat in (alice, bob):
        await seat.say("work for me")
        await expect(seat.page.locator("details.steps")).to_have_count(1)
    path = await alice.page.locator("details.step").get_attribute("hx-get")
    call = path.rpartition("/")[2]
    own = await bob.page.locator("details.step").get_attribute("hx-get")

    for strange in (path, own.rpartition("/")[0] + f"/{call}", own.rpartition("/")[0] + "/x"):
        answer = await bob.page.request.get(f"{house.url}{strange}")
        assert answer.status == 404
    assert (await bob.page.request.get(f"{house.url}{own}")).status == 200
