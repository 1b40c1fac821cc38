"""The fake of Discord is one that discord.py itself can live in, and so not only what we make of Discord.

Only where the API and the gateway are is set, by the two class attributes that the SDK reads when it builds an address.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable
from typing import Any, TypeVar

import pytest
import pytest_asyncio
import yarl

from tests.platforms.discord.server import TOKEN, FakeDiscord
from tests.platforms.discord.town import ALICE, BOT, GROUP, PRIVATE, Message

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of a module of Python that its voice needs
    import discord
    from discord import app_commands
    from discord.ext import commands
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

T = TypeVar("T")


class Reason(discord.ui.Modal, title="Deny"):
    """The form of the SDK's own making: a label around a field."""

    why: discord.ui.Label[Any] = discord.ui.Label(
        text="Reason", component=discord.ui.TextInput(style=discord.TextStyle.paragraph, required=False)
    )

    def __init__(self, heard: "asyncio.Queue[str]") -> None:
        super().__init__()
        self.heard = heard

    async def on_submit(self, interaction: "discord.Interaction[Any]") -> None:
        assert isinstance(self.why.component, discord.ui.TextInput)
        await interaction.response.send_message(f"because: {self.why.component.value}", ephemeral=True)
        self.heard.put_nowait(self.why.component.value)


class Deciding(discord.ui.View):
    """Two buttons: one answers, one opens the form."""

    def __init__(self, heard: "asyncio.Queue[str]") -> None:
        super().__init__(timeout=None)
        self.heard = heard

    @discord.ui.button(label="Approve", custom_id="approve")
    async def approve(self, interaction: "discord.Interaction[Any]", _: "discord.ui.Button[Any]") -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="Approved", view=None)
        self.heard.put_nowait(f"approved by {interaction.user.id}")

    @discord.ui.button(label="Deny", custom_id="deny")
    async def deny(self, interaction: "discord.Interaction[Any]", _: "discord.ui.Button[Any]") -> None:
        await interaction.response.send_modal(Reason(self.heard))


class Bot(commands.Bot):
    """A bot as its manual writes it."""

    def __init__(self) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)
        super().__init__("!", intents=intents, chunk_guilds_at_startup=False, help_command=None)
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.said: asyncio.Queue[discord.Message] = asyncio.Queue()
        self.edited: asyncio.Queue[discord.Message] = asyncio.Queue()

        @self.tree.command(name="nexora", description="Say something")
        async def nexora(interaction: "discord.Interaction[Any]", words: str) -> None:
            await interaction.response.defer(thinking=True)
            await interaction.edit_original_response(content=f"you said {words}")
            self.heard.put_nowait(words)

        @nexora.autocomplete("words")
        async def complete(_: "discord.Interaction[Any]", begun: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{begun}…", value=f"{begun}!")]

    async def on_message(self, message: discord.Message) -> None:
        if not message.author.bot:
            self.said.put_nowait(message)

    async def on_message_edit(self, _: discord.Message, after: discord.Message) -> None:
        self.edited.put_nowait(after)


@pytest_asyncio.fixture(loop_scope="session")
async def fake(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeDiscord]:
    built = FakeDiscord()
    await built.start()
    monkeypatch.setattr(Route, "BASE", f"{built.base}/api/v10")
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(built.gateway_url))
    yield built
    await built.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def bot(fake: FakeDiscord) -> AsyncIterator[Bot]:
    """Logged in and told of its server."""
    built = Bot()
    running = asyncio.create_task(built.start(TOKEN), name="discord.py")
    ready = asyncio.create_task(within(built.wait_until_ready()), name="ready")
    try:
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        assert not running.done(), running.exception()
        yield built
    finally:
        await built.close()
        ready.cancel()
        await asyncio.gather(running, ready, return_exceptions=True)


async def within(waiting: Awaitable[T]) -> T:
    async with asyncio.timeout(10):
        return await waiting


async def asked(fake: FakeDiscord, bot: Bot, channel: str = GROUP) -> Message:
    """The message with the two buttons, as the platform has it."""
    place = await bot.fetch_channel(int(channel))
    assert isinstance(place, discord.abc.Messageable)
    sent = await place.send("Run it?", view=Deciding(bot.heard))
    return fake.town.find(channel, str(sent.id))


def button(message: Message, label: str) -> dict[str, Any]:
    return next(each for row in message.components for each in row["components"] if each["label"] == label)


async def test_it_logs_in_and_stays(fake: FakeDiscord, bot: Bot) -> None:
    before = fake.gateway.beats
    await fake.until(lambda: fake.gateway.beats >= before + 3)

    assert bot.user is not None
    assert str(bot.user.id) == BOT
    assert [guild.name for guild in bot.guilds] == ["home"]


@pytest.mark.parametrize("channel", [GROUP, PRIVATE[ALICE]])
async def test_it_hears_a_message_and_answers_it(fake: FakeDiscord, bot: Bot, channel: str) -> None:
    said = Message(id=fake.town.snowflake(), channel=channel, author=ALICE, content=f"<@{BOT}> hello")
    await fake.say(said)
    heard = await within(bot.said.get())
    async with heard.channel.typing():
        answer = await heard.reply("hello yourself", mention_author=False)
    await answer.edit(content="hello again")

    found = fake.town.find(channel, str(answer.id))
    assert (found.content, found.answers) == ("hello again", said.id)
    assert bot.user in heard.mentions
    assert channel in fake.typed


async def test_its_buttons_are_pressed(fake: FakeDiscord, bot: Bot) -> None:
    message = await asked(fake, bot)
    interaction = await fake.press(message, button(message, "Approve"), ALICE)

    assert await within(bot.heard.get()) == f"approved by {ALICE}"
    assert interaction.taken == 6
    assert (message.content, message.components) == ("Approved", [])


async def test_its_form_opens_and_comes_back(fake: FakeDiscord, bot: Bot) -> None:
    message = await asked(fake, bot, PRIVATE[ALICE])
    interaction = await fake.press(message, button(message, "Deny"), ALICE)
    await fake.until(lambda: interaction.form is not None)
    await fake.submit(interaction, "not on a Friday")

    assert await within(bot.heard.get()) == "not on a Friday"
    assert fake.town.messages[-1].content == "because: not on a Friday"
    assert fake.town.messages[-1].only_for == ALICE


async def test_its_commands_are_made_known_given_and_completed(fake: FakeDiscord, bot: Bot) -> None:
    [known] = await bot.tree.sync()
    typing = await fake.typing(GROUP, ALICE, "he")
    await fake.until(lambda: typing.choices is not None)
    given = await fake.command(GROUP, ALICE, "hello")

    assert await within(bot.heard.get()) == "hello"
    assert (known.name, [each["name"] for each in fake.commands]) == ("nexora", ["nexora"])
    assert typing.choices == [{"name": "he…", "value": "he!"}]
    assert given.original is not None
    assert given.original.content == "you said hello"


async def test_it_comes_back_after_a_break_and_hears_what_was_said_meanwhile(fake: FakeDiscord, bot: Bot) -> None:
    assert fake.gateway.connection is not None
    fake.gateway.connection.transport.abort()
    await fake.say(Message(id=fake.town.snowflake(), channel=GROUP, author=ALICE, content="meanwhile"))

    assert (await within(bot.said.get())).content == "meanwhile"
    assert (fake.gateway.resumed, fake.gateway.identified) == (1, 1)


async def test_it_sends_files_and_reads_those_of_others(fake: FakeDiscord, bot: Bot, tmp_path: Any) -> None:
    path = tmp_path / "report.txt"
    path.write_bytes(b"all is well")
    place = await bot.fetch_channel(int(GROUP))
    assert isinstance(place, discord.abc.Messageable)
    await place.send("see", file=discord.File(path))
    attachment = fake.attach("notes.txt", b"the bytes", "text/plain")
    await fake.say(
        Message(id=fake.town.snowflake(), channel=GROUP, author=ALICE, content="read", attachments=[attachment])
    )
    heard = await within(bot.said.get())

    assert [each["filename"] for each in fake.town.messages[0].attachments] == ["report.txt"]
    assert await heard.attachments[0].read() == b"the bytes"
