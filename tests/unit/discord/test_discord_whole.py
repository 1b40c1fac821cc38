"""From a mention in a server to an approval and its outcome, through the whole product."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from channels.messages import Account
from governance.people.people import Role
from tests.journeys.life import TITLE, Life, living
from tests.platforms.discord import eyes
from tests.platforms.discord.server import TOKEN, FakeDiscord
from tests.platforms.discord.town import ALICE, BOB, BOT, GROUP, PRIVATE, Message
from tests.platforms.model import FakeModel, Reply


@dataclass(kw_only=True)
class Server(Life):
    """One gateway, a model, and the Discord that it talks to."""

    fake: FakeDiscord

    async def say(self, text: str, channel: str = GROUP, by: str = ALICE) -> Message:
        message = Message(id=self.fake.town.snowflake(), channel=channel, author=by, content=text)
        return await self.fake.say(message)

    async def hears(self, channel: str, words: str) -> Message:
        def found() -> list[Message]:
            said = [m for m in self.fake.town.messages if m.channel == channel and m.author == BOT]
            return [message for message in said if words in eyes.text_of(message.content)]

        await self.fake.until(found, 10)
        return found()[-1]


@pytest_asyncio.fixture(loop_scope="session")
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Server]:
    fake, model = FakeDiscord(), FakeModel()
    model.when("Give a title", Reply(text=TITLE))
    async with AsyncExitStack() as stack:
        await fake.start()
        stack.push_async_callback(fake.stop)
        await stack.enter_async_context(model)
        options = {"token": TOKEN, "api_url": f"{fake.base}/api/v10"}
        gateway = await stack.enter_async_context(living(dsn, tmp_path / "home", model, {"discord": options}))
        server = Server(gateway=gateway, model=model, home=tmp_path / "home", fake=fake)
        for name, role, number in (("alice", Role.OPERATOR, ALICE), ("bob", Role.ADMIN, BOB)):
            account = Account(channel="discord", id=number, name=name)
            await server.admit(name, role, account, ("assistant",))
        yield server


async def test_an_answer_grows_in_one_message_below_the_question(here: Server) -> None:
    here.model.say("one two three four five six", chunks=6, seconds=0.9)
    asked = await here.say(f"<@{BOT}> count")
    answer = await here.hears(GROUP, "one two three four five six")
    [said] = [message for message in here.fake.town.messages if (message.author, message.channel) == (BOT, GROUP)]

    assert answer.answers == asked.id
    assert said is answer
    assert 2 <= here.fake.calls["messages"] <= 4


async def test_a_card_is_decided_by_whom_discord_names_and_rewritten(here: Server) -> None:
    here.model.call("shell", command="python3 -c 'print(6*7)' /etc/passwd")
    here.model.say("asked")
    here.model.say("It printed 42.")
    await here.say(f"<@{BOT}> compute")
    card = await here.hears(PRIVATE[BOB], "wants to run shell")
    buttons = {button["label"]: button for row in card.components for button in row["components"]}
    await here.fake.press(card, buttons["Approve"], ALICE)
    await here.fake.until(lambda: any(message.only_for == ALICE for message in here.fake.town.messages), 10)
    assert card.components
    await here.fake.press(card, buttons["Approve"], BOB)
    await here.hears(GROUP, "It printed 42.")
    await here.fake.until(lambda: not card.components, 10)

    assert "Approved" in eyes.text_of(card.content)
    assert "By: bob" in eyes.text_of(card.content)


async def test_a_command_in_a_thread_is_answered_there(here: Server) -> None:
    thread = here.fake.town.thread()
    await here.fake.gateway.push("THREAD_CREATE", thread.shown)
    here.model.say("here I am")
    interaction = await here.fake.command(thread.id, ALICE, "where are you?")
    await here.fake.until(lambda: interaction.original is not None, 10)
    answer = await here.hears(thread.id, "here I am")

    assert answer is interaction.original
