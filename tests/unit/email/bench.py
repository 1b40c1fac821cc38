"""The e-mail channel on its servers, with settings and clocks of a test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

from channels.base import Channel
from channels.email.adapter import Email
from channels.messages import Button, Card, Tone
from tests.contract.stage import Stage
from tests.platforms.email import EmailDriver

CARD = Card(
    id="abcdefgh23456789",
    title="Run a command?",
    body="rm -r /tmp/build",
    buttons=(
        Button(choice="a", label="Approve", tone=Tone.PRIMARY),
        Button(choice="d", label="Deny", tone=Tone.DANGER),
        Button(choice="s", label="For this conversation"),
    ),
)


class Bench(Stage):
    """A stage whose driver is known to be the e-mail one."""

    driver: EmailDriver

    @property
    def email(self) -> Email:
        assert isinstance(self.channel, Email)
        return self.channel

    async def card_in_hand(self) -> EmailMessage:
        """Alice writes, and gets a card."""
        home = await self.home()
        await self.send(home, card=CARD)
        return (await self.driver.received())[-1]

    def again(self, **more: Any) -> Channel:
        """The same channel after a restart."""
        return self.build({**self.driver.options(self.mode), **more})


@asynccontextmanager
async def bench(mode: str = "password", **more: Any) -> AsyncIterator[Bench]:
    driver = EmailDriver()
    driver.more = more
    async with Bench("email", mode, driver) as stage:
        yield stage


def line_of(card: EmailMessage, verb: str) -> str:
    """The line of a card that decides so."""
    body = card.get_body(("plain",))
    assert body
    return next(line for line in body.get_content().splitlines() if line.startswith(f"{verb} "))
