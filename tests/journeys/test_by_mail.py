"""Asking and deciding by mail: a person and an admin with mailboxes on real servers, and the whole gateway between."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from channels.messages import Account
from governance.people.people import Role
from tests.contract.drivers import Person
from tests.journeys.life import TITLE, Life, living, served, until
from tests.platforms.email import EmailDriver
from tests.platforms.email.eyes import look_at
from tests.platforms.email.people import mail
from tests.platforms.model import FakeModel, Reply
from tests.unit.email.bench import line_of

PUBLIC = "https://nexora.example"


@dataclass(kw_only=True)
class MailTown(Life):
    """Alice asks, Bob is an admin, and everything they say to one another goes by mail."""

    post: EmailDriver

    async def reads(self, who: Person, words: str) -> EmailMessage:
        """The newest mail to somebody in which these words stand, once it is there."""

        def found() -> EmailMessage | None:
            mails = reversed(self.post.servers.mails(who.id))
            return next((each for each in mails if words in look_at(each).text), None)

        await until(lambda: found() is not None)
        message = found()
        assert message is not None
        return message


@asynccontextmanager
async def mail_town(dsn: str, home: Path, **options: Any) -> AsyncIterator[MailTown]:
    post, model = EmailDriver(), FakeModel()
    model.when("Give a title", Reply(text=TITLE))
    async with AsyncExitStack() as stack:
        await post.start()
        stack.push_async_callback(post.stop)
        await stack.enter_async_context(model)
        channels = {"email": {**post.options("password"), **options}}
        server = {"port": 0, "public_url": PUBLIC}
        gateway = await stack.enter_async_context(living(dsn, home, model, channels, server=server))
        await stack.enter_async_context(served(gateway))
        here = MailTown(gateway=gateway, model=model, home=home, post=post)
        for who, role, agents in ((post.alice, Role.OPERATOR, ("assistant",)), (post.bob, Role.ADMIN, ())):
            await here.admit(who.name.lower(), role, Account(channel="email", id=who.id, name=who.name), agents)
        yield here


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


async def asked(here: MailTown) -> EmailMessage:
    """Alice asks for something risky; the card that Bob gets."""
    here.model.call("shell", command="python3 -c 'print(6*7)' /etc/passwd")
    here.model.say("I have asked for approval.")
    await here.post.say("compute six times seven")
    await here.reads(here.post.alice, "I have asked for approval.")
    return await here.reads(here.post.bob, "wants to run shell")


async def test_a_reply_denies_and_its_reason_reaches_the_model_and_the_person(dsn: str, home: Path) -> None:
    async with mail_town(dsn, home) as here:
        card = await asked(here)
        here.model.say("It was denied: not on a Friday.")
        line = f"{line_of(card, 'DENY')} not on a Friday"
        await here.post.post(mail(here.post.bob.id, here.post.bot, line, answers=card))
        await here.reads(here.post.alice, "It was denied: not on a Friday.")

        assert "not on a Friday" in here.model.requests[-1]["messages"][-1]["content"]
        assert await here.store.fetchval("select reason from nexora_decisions") == "not on a Friday"


async def test_a_reply_approves_and_the_call_runs_once(dsn: str, home: Path) -> None:
    async with mail_town(dsn, home) as here:
        card = await asked(here)
        here.model.say("It printed 42.")
        for _ in range(2):
            await here.post.post(mail(here.post.bob.id, here.post.bot, line_of(card, "APPROVE"), answers=card))
        await here.reads(here.post.alice, "It printed 42.")
        await here.reads(here.post.bob, "Approved")

        assert "42" in (await here.results())[-1]
        assert await here.store.fetchval("select count(*) from nexora_calls where state = 'done'") == 1


@pytest.mark.parametrize("links_decide", [True, False])
async def test_buttons_lead_to_a_page_or_where_that_is_switched_off_write_a_reply(
    dsn: str, home: Path, *, links_decide: bool
) -> None:
    async with mail_town(dsn, home, links_decide=links_decide) as here:
        links = [link.url for link in look_at(await asked(here)).links]

        pages = [url for url in links if url.startswith(f"{PUBLIC}/channels/email/decide?t=")]
        replies = [url for url in links if url.startswith(f"mailto:{here.post.bot}")]
        assert bool(pages) is links_decide
        assert len(pages or replies) >= 2
        assert bool(replies) is not links_decide
