"""A newcomer's first hour in the console of the whole product: one admin, who asks, confirms and reads the result."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from gateway.run.assembly import Gateway
from governance.people import invitations
from tests.journeys.life import TITLE, living, served
from tests.platforms.model import FakeModel, Reply

PASSWORD = "seven herons in a marsh"
DESKTOP = {"viewport": {"width": 1100, "height": 760}}
PHONE = {"viewport": {"width": 360, "height": 720}, "has_touch": True}


@dataclass
class Newcomer:
    """Somebody who has opened the first link, and the gateway that printed it."""

    gateway: Gateway
    model: FakeModel
    page: Page
    url: str

    async def ask(self) -> None:
        self.model.call("write_file", path="AGENTS.md", content="hello")
        self.model.say("I have asked for approval.")
        self.model.say("It is written.")
        await self.say("write hello to AGENTS.md")
        await expect(self.page.locator(".card")).to_have_count(1)

    async def say(self, text: str) -> None:
        await self.page.fill("#text", text)
        await self.page.press("#text", "Enter")


@asynccontextmanager
async def newcomer(browser: Browser, dsn: str, folder: Path, **device: Any) -> AsyncIterator[Newcomer]:
    """The first admin of a fresh installation, made by the link as it is printed at the first start."""
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(FakeModel())
        model.when("Give a title", Reply(text=TITLE))
        gateway = await stack.enter_async_context(living(dsn, folder / "home", model, {}))
        url = await stack.enter_async_context(served(gateway))
        async with gateway.store.transaction() as work:
            code = await invitations.create(work, "first_admin", None, now=gateway.store.now())
        context = await browser.new_context(**device)
        stack.push_async_callback(context.close)
        page = await context.new_page()
        await page.goto(f"{url}/welcome/{code}")
        await page.fill("#name", "root")
        await page.fill("#password", PASSWORD)
        await page.get_by_role("button").last.click()
        await expect(page.locator("#text")).to_be_visible()
        await page.goto(url)  # which waits until the page listens
        yield Newcomer(gateway, model, page, url)


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_first_admin_presses_types_the_code_in_the_chat_and_the_result_arrives(
    browser: Browser, dsn: str, tmp_path: Path, device: dict[str, Any]
) -> None:
    async with newcomer(browser, dsn, tmp_path, **device) as here:
        await here.ask()
        await expect(here.page.locator(".card .note")).to_contain_text("You are the only admin")
        await here.page.get_by_role("button", name="Approve, with a code").click()
        told = here.page.get_by_text("Your code:")
        await expect(told).to_have_count(1)
        found = re.search(r"\d{3}-\d{3}", await told.inner_text())
        assert found is not None
        await here.say(found.group())

        await expect(here.page.get_by_text("It is written.")).to_have_count(1)
        await expect(here.page.locator(".card.outcome")).to_contain_text(
            "root, in the console (confirmed by the requester)"
        )
        assert found.group() not in str(here.model.requests)
        assert await here.page.evaluate("document.documentElement.scrollWidth") <= device["viewport"]["width"]
        await here.page.screenshot(path=tmp_path / "chat.png")


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_first_admin_confirms_with_the_password_on_the_page_of_approvals(
    browser: Browser, dsn: str, tmp_path: Path, device: dict[str, Any]
) -> None:
    async with newcomer(browser, dsn, tmp_path, **device) as here:
        await here.ask()
        chat = here.page.url
        await here.page.goto(f"{here.url}/approvals")
        await here.page.screenshot(path=tmp_path / "approvals.png")
        assert await here.page.evaluate("document.documentElement.scrollWidth") <= device["viewport"]["width"]
        approve = here.page.get_by_role("button", name="Approve", exact=True)
        await approve.click()
        await expect(here.page.locator(".said")).to_contain_text("it takes your password")
        await here.page.get_by_label("Your password").fill("eight herons in a marsh")
        await approve.click()
        await expect(here.page.locator(".said")).to_contain_text("wrong")
        await expect(here.page.locator(".request")).to_have_count(1)
        await here.page.get_by_label("Your password").fill(PASSWORD)
        await approve.click()

        await expect(here.page.locator(".request")).to_have_count(0)
        await expect(here.page.locator("table").last).to_contain_text(
            "root, in the console (confirmed by the requester)"
        )
        await here.page.goto(chat)
        await expect(here.page.get_by_text("It is written.")).to_have_count(1)
