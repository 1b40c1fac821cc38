"""One Chromium for all browser tests, and for each test a console of its own with people in front of it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.browser.house import House, open_house

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Seat:
    """A person's browser: what went wrong in it, and what it asked of anybody."""

    house: House
    context: BrowserContext
    page: Page
    trouble: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.trouble.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self.requested.append(request.url))

    def _heard(self, message: Any) -> None:
        if message.type in {"error", "warning"} or re.search("Content.Security.Policy", message.text):
            self.trouble.append(f"{message.type}: {message.text}")

    async def say(self, text: str) -> None:
        await self.page.fill("#text", text)
        await self.page.press("#text", "Enter")

    async def tab(self) -> Page:
        page = await self.context.new_page()
        self.watch(page)
        return page


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def house(pool: Any, dsn: str, tmp_path: Any) -> AsyncIterator[House]:
    async with open_house(pool, dsn, tmp_path) as built:
        yield built


@pytest_asyncio.fixture(loop_scope="session")
async def seats(browser: Browser, house: House) -> AsyncIterator[Any]:
    """`seats(name, …)` opens a browser in which that person is signed in; any trouble in it fails the test."""
    open_seats: list[Seat] = []

    async def seat(name: str, path: str = "/", **settings: Any) -> Seat:
        context = await browser.new_context(**{"viewport": {"width": 1100, "height": 760}, **settings})
        context.set_default_timeout(8000)
        if name:
            cookie = {"name": "nexora", "value": await house.token(name), "url": house.url, "httpOnly": True}
            await context.add_cookies([cookie])
        made = Seat(house, context, await context.new_page())
        made.watch(made.page)
        open_seats.append(made)
        await made.page.goto(house.url + path)
        return made

    yield seat
    for made in open_seats:
        await made.context.close()
    assert [trouble for made in open_seats for trouble in made.trouble] == []
