"""Somebody unknown writes a mail, an admin admits them with one step by mail, and their first mail is answered."""

from contextlib import AsyncExitStack
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import pytest

from channels.messages import Account
from governance.people.people import Role
from tests.contract.drivers import Person
from tests.journeys.life import TITLE, living, served
from tests.journeys.test_by_mail import MailTown, mail_town
from tests.journeys.town import TOKEN, Town
from tests.platforms.email import EmailDriver
from tests.platforms.email.eyes import look_at
from tests.platforms.email.people import mail
from tests.platforms.mail.servers import somebody
from tests.platforms.model import FakeModel, Reply
from tests.platforms.telegram import FakeTelegram
from tests.unit.email.bench import line_of

LABEL = "Admit with assistant"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def stranger() -> Person:
    return Person(id=somebody("carol"), name="Carol")


async def knocks(here: MailTown, carol: Person) -> tuple[EmailMessage, EmailMessage]:
    """Carol writes with a file; her mail, and the card that Bob gets."""
    first = mail(carol.id, here.post.bot, "What is in the file?", subject="A question")
    first.add_attachment(b"six times seven", maintype="text", subtype="csv", filename="sum.csv")
    await here.post.post(first)
    await here.reads(carol, "asked")
    return first, await here.reads(here.post.bob, LABEL)


async def is_answered(here: MailTown, carol: Person, first: EmailMessage) -> None:
    answer = await here.reads(carol, "It is a sum.")

    assert answer["In-Reply-To"] == first["Message-ID"]
    assert answer["Subject"] == "Re: A question"
    told = str(here.model.requests[-1]["messages"])
    assert "A question" in told
    assert "What is in the file?" in told
    assert "sum.csv" in told
    known = await here.gateway.deciding.accounts.get(Account(channel="email", id=carol.id))
    assert known is not None
    assert known.state == "linked"


async def test_a_reply_of_one_line_admits_and_the_first_mail_is_answered(dsn: str, home: Path) -> None:
    async with mail_town(dsn, home) as here:
        carol = stranger()
        first, card = await knocks(here, carol)
        here.model.say("It is a sum.")
        await here.post.post(mail(here.post.bob.id, here.post.bot, line_of(card, "CHOOSE"), answers=card))

        await is_answered(here, carol, first)


async def test_a_press_on_the_page_behind_the_link_admits_once(dsn: str, home: Path) -> None:
    async with mail_town(dsn, home) as here, served(here.gateway) as base:
        carol = stranger()
        first, card = await knocks(here, carol)
        here.model.say("It is a sum.")
        [link] = [each.url for each in look_at(card).links if each.label == LABEL]
        page = f"{base}/channels/email/decide"
        token = link.partition("?t=")[2]
        async with aiohttp.ClientSession() as browser:
            async with browser.get(page, params={"t": token}) as shown:
                assert LABEL in await shown.text()
            statuses = []
            for _ in range(2):
                async with browser.post(page, data={"t": token}) as decided:
                    statuses.append(decided.status)

        await is_answered(here, carol, first)
        assert statuses == [200, 409]


async def test_an_admin_elsewhere_admits_whoever_writes_a_mail(dsn: str, home: Path) -> None:
    telegram, model, post = FakeTelegram(TOKEN), FakeModel(), EmailDriver()
    model.when("Give a title", Reply(text=TITLE))
    async with AsyncExitStack() as stack:
        await telegram.start()
        stack.push_async_callback(telegram.stop)
        await post.start()
        stack.push_async_callback(post.stop)
        await stack.enter_async_context(model)
        channels = {
            "email": post.options("password"),
            "telegram": {"token": TOKEN, "api_url": telegram.base, "poll_timeout_seconds": 5},
        }
        gateway = await stack.enter_async_context(living(dsn, home, model, channels))
        chats = Town(gateway=gateway, telegram=telegram, model=model, home=home)
        mails = MailTown(gateway=gateway, model=model, home=home, post=post)
        await chats.person("root", Role.ADMIN)
        carol = stranger()
        first = mail(carol.id, post.bot, "When does the train leave?", subject="Train")
        await post.post(first)
        card = await chats.hears("root", "asks to come in")
        model.say("At half past four.")
        chats.press("root", card, LABEL)
        answer = await mails.reads(carol, "At half past four.")

        assert carol.id in card.text
        assert answer["In-Reply-To"] == first["Message-ID"]


async def test_a_stranger_cannot_admit_themselves_by_the_line_of_the_card(dsn: str, home: Path) -> None:
    async with mail_town(dsn, home) as here:
        carol = stranger()
        _, card = await knocks(here, carol)
        await here.post.post(mail(carol.id, here.post.bot, line_of(card, "CHOOSE"), answers=card))
        await here.reads(carol, "That code decides nothing")

        assert await here.store.fetchval("select count(*) from nexora_approval_requests where status = 'pending'") == 1
