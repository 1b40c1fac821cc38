"""Deciding by mail: by the page behind a link, or by the first line of a reply; never by opening, and once."""

import re
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from channels.email.tokens import MailChoice, Signer
from channels.email.webhook import Webhook
from channels.messages import Inbound, Press
from tests.platforms.email.eyes import look_at
from tests.platforms.email.people import mail, vouched
from tests.unit.email.bench import CARD, Bench, bench, line_of


async def link_of(stage: Bench, label: str) -> str:
    card = await stage.card_in_hand()
    return next(link.url for link in look_at(card).links if link.label == label)


def presses(stage: Bench) -> list[Inbound]:
    return [event for event in stage.heard if event.press is not None]


async def test_opening_a_link_decides_nothing_however_often_and_however_it_is_opened() -> None:
    async with bench() as stage, aiohttp.ClientSession() as scanner:
        url = await link_of(stage, "Approve")
        for method in ("GET", "GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            async with scanner.request(method, url, headers={"Purpose": "prefetch"}) as page:
                assert page.status in {200, 404, 405}
        async with scanner.post(url) as page:
            assert page.status == 403
        async with scanner.post(url.partition("?")[0], json={"t": url.partition("=")[2]}) as page:
            assert page.status == 403

        assert presses(stage) == []


async def test_the_page_says_what_would_be_decided_and_can_do_nothing_else() -> None:
    async with bench() as stage, aiohttp.ClientSession() as browser:
        async with browser.get(await link_of(stage, "Approve")) as page:
            text, headers = await page.text(), page.headers

        assert CARD.title in text
        assert stage.driver.alice.id in text
        assert '<button type="submit">Approve</button>' in text
        assert "<script" not in text
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; form-action 'self'; frame-ancestors")
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_the_button_of_the_page_decides_once() -> None:
    async with bench() as stage, aiohttp.ClientSession() as browser:
        url = await link_of(stage, "Deny")
        place, _, token = url.partition("?t=")
        statuses = []
        for _ in range(3):
            async with browser.post(place, data={"t": token}) as page:
                statuses.append(page.status)
        async with browser.get(url) as page:
            statuses.append(page.status)

        assert statuses == [200, 409, 409, 409]
        [event] = presses(stage)
        assert event.sender.id == stage.driver.alice.id
        assert event.press is not None
        assert (event.press.id, event.press.choice) == (CARD.id, "d")


async def test_what_could_not_be_stored_can_be_pressed_again() -> None:
    async with bench() as stage, aiohttp.ClientSession() as browser:
        place, _, token = (await link_of(stage, "Approve")).partition("?t=")
        stage.refuse(1)
        statuses = []
        for _ in range(2):
            async with browser.post(place, data={"t": token}) as page:
                statuses.append(page.status)

        assert statuses == [503, 200]
        assert len(presses(stage)) == 1


async def test_a_link_is_refused_when_it_is_over_or_changed() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    signer = Signer(b"k" * 32, "email")
    webhook = Webhook(signer, lambda: now)
    decided: list[MailChoice] = []

    async def decide(choice: MailChoice) -> None:
        decided.append(choice)

    async def post(request: web.Request) -> web.Response:
        return await webhook.decide(request, decide)

    app = web.Application()
    app.router.add_routes([web.get("/", webhook.show), web.post("/", post)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    late = int((now - timedelta(seconds=1)).timestamp())
    token = signer.link(MailChoice(card="c", choice="a", address="a@x.org", until=late, room="a@x.org", language="zh"))
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as browser:
            async with browser.get("/", params={"t": token}) as page:
                assert page.status == 410
                assert "过期" in await page.text()
            async with browser.post("/", data={"t": token}) as page:
                assert page.status == 410
            async with browser.post("/", data={"t": token[:-3] + "AAA"}) as page:
                assert page.status == 403
    finally:
        await runner.cleanup()

    assert decided == []


@pytest.mark.parametrize(
    ("label", "verb", "choice"),
    [("Approve", "APPROVE", "a"), ("Deny", "DENY", "d"), ("For this conversation", "CHOOSE", "s")],
)
async def test_a_reply_decides_by_its_first_line_and_brings_its_reason(label: str, verb: str, choice: str) -> None:
    async with bench() as stage:
        card = await stage.card_in_hand()
        alice = stage.driver.alice.id
        await stage.driver.post(mail(alice, stage.driver.bot, f"{line_of(card, verb)} because of this", answers=card))
        await stage.until(lambda: bool(presses(stage)))
        [event] = presses(stage)

        assert event.press == Press(id=CARD.id, choice=choice, message=event.press and event.press.message)
        assert event.press.message is not None
        assert f"<{event.press.message.id}>" == card["Message-ID"]
        assert event.sender.id == alice
        assert event.text == "because of this"
        assert event.address == stage.heard[0].address


async def test_the_same_code_sent_twice_is_one_event() -> None:
    async with bench() as stage:
        card = await stage.card_in_hand()
        for _ in range(2):
            text = line_of(card, "APPROVE")
            await stage.driver.post(mail(stage.driver.alice.id, stage.driver.bot, text, answers=card))
        await stage.until(lambda: len(presses(stage)) == 2)

        assert len({event.event_id for event in presses(stage)}) == 1


async def test_a_code_in_anothers_hands_decides_nothing_and_they_are_told() -> None:
    async with bench() as stage:
        card = await stage.card_in_hand()
        bob = stage.driver.bob
        await stage.driver.post(mail(bob.id, stage.driver.bot, line_of(card, "APPROVE"), answers=card))
        [told] = await stage.driver.received(by=bob)

        assert "decides nothing" in look_at(told).text
        assert presses(stage) == []
        assert [event.sender.id for event in stage.heard] == [stage.driver.alice.id]


async def test_a_code_decides_nothing_without_our_own_servers_word_for_its_sender() -> None:
    async with bench() as stage:
        card = await stage.card_in_hand()
        alice, line = stage.driver.alice.id, line_of(card, "APPROVE")
        for results in (vouched(alice, "fail"), "mx.evil.example; dmarc=pass header.from=corp.example"):
            await stage.driver.post(mail(alice, stage.driver.bot, line, answers=card, results=results))
        await stage.driver.say("a word of mine")
        await stage.until(lambda: len(stage.heard) == 2)

        assert [event.text for event in stage.heard] == ["here I am", "a word of mine"]


async def test_a_reply_that_only_quotes_the_card_decides_nothing() -> None:
    async with bench() as stage:
        card = await stage.card_in_hand()
        await stage.driver.post(mail(stage.driver.alice.id, stage.driver.bot, "what is this?", answers=card))
        await stage.hears(2)

        assert presses(stage) == []
        assert stage.heard[-1].text == "what is this?"


async def test_without_a_public_address_buttons_write_a_reply() -> None:
    async with bench() as stage:
        stage.url = ""
        channel = stage.build(stage.driver.options("password"))
        home = await stage.home()
        await channel.send(stage.message(home, card=CARD))
        [card] = await stage.driver.received()
        [link, *_] = look_at(card).links
        line = re.escape(line_of(card, "APPROVE").partition(" ")[2])

        assert re.fullmatch(rf"mailto:{stage.driver.bot}\?subject=APPROVE%20{line}&body=APPROVE%20{line}", link.url)
        assert channel.routes(stage.receive) == []  # type: ignore[attr-defined]  # every channel of this kind has it
