"""While nothing can be stored, whoever speaks or presses is told so, and heard once it can be again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from channels.base import Channel, Traits
from channels.messages import Button, Card
from channels.running.supervisor import Pace, Supervisor
from gateway.messages.not_yet import NotYet
from tests.contract.drivers import NeedsDatabase, Power, driver_of, places
from tests.contract.stage import Stage

CARD = Card(id="abcdefgh23456789", title="Run?", buttons=(Button(choice="a", label="Approve"),))
PLACES = {str(place): place for place in places() if not isinstance(place.driver(), NeedsDatabase)}
ALL = [pytest.param((place.kind, place.mode), id=name) for name, place in PLACES.items()]
PRESSED = [
    param
    for param in ALL
    if not str(param.id).startswith("email") and Power.BUTTONS not in PLACES[str(param.id)].driver().lacks
]
"""An e-mail's link has a page of its own: tests/unit/email/test_email_deciding.py."""
ONCE = {"discord-gateway", "feishu-socket", "feishu-webhook", "mattermost-socket", "slack-http"}
"""Where a press comes once, or later; elsewhere it comes again until it is stored, and all the same is told once."""


class Away(Stage):
    """The stage of an adapter that is connected as the gateway connects it: supervised, with somebody who tells."""

    def connect(self, app: web.Application) -> Coroutine[Any, Any, None]:
        channels: dict[str, Supervisor] = {}
        self.not_yet = NotYet(self.receive, channels, lambda: datetime.now(UTC), sleep=lambda s: asyncio.sleep(s / 20))
        self.supervisor = channels[self.kind] = Supervisor(
            self.kind,
            now=lambda: datetime.now(UTC),
            pace=Pace(first_pause=0.05, longest_pause=0.2, starting=0.02),
        )
        app.router.add_routes(self.supervisor.routes())
        return self.supervisor.run(lambda: self.build(self.driver.options(self.mode)), self.not_yet.receive)

    async def hang_up(self) -> None:
        await self.not_yet.close()
        await super().hang_up()

    @property
    def traits(self) -> Traits:
        return self.supervisor.channel.traits

    async def until_up(self) -> None:
        async with asyncio.timeout(10):
            while not self.supervisor.is_up:  # noqa: ASYNC110 -- asked, not told
                await asyncio.sleep(0.01)
        self.channel: Channel = self.supervisor.channel

    async def told(self, words: str) -> int:
        """How often Alice reads these words, once she does."""
        async with asyncio.timeout(5):
            while not (times := await self.times(words)):  # noqa: ASYNC110 -- asked, not told
                await asyncio.sleep(0.01)
        return times

    async def times(self, words: str) -> int:
        return sum(words in told for told in await self.driver.told(self.driver.alice))


@pytest_asyncio.fixture(loop_scope="session")
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Away]:
    kind, mode = request.param
    driver = driver_of(kind, mode)
    assert driver is not None
    async with Away(kind, mode, driver) as stage:
        await stage.until_up()
        yield stage


@pytest.mark.parametrize("stage", ALL, indirect=True)
async def test_who_speaks_is_told_once_and_answered_once_it_can_be_stored(stage: Away) -> None:
    await stage.home()
    words = "not lost" if stage.traits.repeats else "send it again"
    stage.refuse(10**6)
    await stage.driver.say("keep me")
    await stage.told(words)
    stage.refuse(0)
    await stage.until(lambda: "keep me" in [event.text for event in stage.heard])
    await stage.driver.say("and after")
    await stage.until(lambda: "and after" in [event.text for event in stage.heard])

    assert await stage.times(words) == 1


@pytest.mark.parametrize("stage", PRESSED, indirect=True)
async def test_who_presses_is_told_not_yet_and_the_next_press_counts(stage: Away) -> None:
    home = await stage.home()
    ref = (await stage.send(home, card=CARD))[-1]
    stage.refuse(10**6)
    await stage.driver.press(ref.id, "Approve")
    if stage.kind == "qq":
        await _settled(stage)
    else:
        await stage.told("Not yet")
    if f"{stage.kind}-{stage.mode}" not in ONCE:
        await stage.until(lambda: len(stage.refused) > 2)
    stage.refuse(0)
    await stage.driver.press(ref.id, "Approve")
    await stage.until(lambda: any(event.press for event in stage.heard))
    await stage.driver.say("and after")
    await stage.until(lambda: "and after" in [event.text for event in stage.heard])

    if stage.kind != "qq":
        assert await stage.times("Not yet") == 1
    assert all(event.press and event.press.id == CARD.id for event in stage.refused)


async def _settled(stage: Away) -> None:
    """QQ has no words for a press, only a sign: 1 means that it failed."""
    fake: Any = stage.driver
    async with asyncio.timeout(5):
        while 1 not in fake.fake.settled.values():  # noqa: ASYNC110 -- asked, not told
            await asyncio.sleep(0.01)
    assert Counter(fake.fake.settled.values()) == {1: 1}


COMMANDED = [param for param in ALL if str(param.id).startswith(("discord", "slack"))]


@pytest.mark.parametrize("stage", COMMANDED, indirect=True)
async def test_who_gives_a_command_that_is_in_no_history_is_not_told_that_it_is_kept(stage: Away) -> None:
    home = await stage.home()
    fake: Any = stage.driver
    stage.refuse(10**6)
    if stage.kind == "discord":
        await fake.fake.command(home.room, stage.driver.alice.id, "what is up")
    else:
        fake.slack.slash("what is up", room=home.room)
    await stage.told("send it again")
    stage.refuse(0)
    await stage.driver.say("and after")
    await stage.until(lambda: "and after" in [event.text for event in stage.heard])

    assert await stage.times("not lost") == 0
