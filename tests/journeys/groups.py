"""Telegram bots in groups, several side by side in one gateway, and people who may be in all of their chats."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from channels.messages import Account
from governance.people.people import Person, Role
from tests.journeys.life import TITLE, Life, living
from tests.platforms.model import FakeModel, Reply
from tests.platforms.telegram import FakeTelegram
from tests.platforms.telegram.chats import ME, Message

AGENTS = ("assistant", "ops", "writer")
TOKENS = ("123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhII", "123456790:ZZzzYYyyXXxxWWwwVVvvUUuuTTttSSssRR")
AT_ME = f"@{ME['username']}"


@dataclass(kw_only=True)
class Bot:
    """One bot as its platform knows it; `name` is that of its channel."""

    name: str
    telegram: FakeTelegram

    def say(self, number: int, who: str, text: str, *, chat: int = 0, to_me: bool = True, topic: int = 0) -> None:
        """Words of a person, in a private chat without `chat`, in a group after a mention of the bot."""
        content: dict[str, Any] = {"text": text}
        if chat and to_me:
            entity = {"type": "mention", "offset": 0, "length": len(AT_ME)}
            content = {"text": f"{AT_ME} {text}", "entities": [entity]}
        if topic:
            content |= {"message_thread_id": topic, "is_topic_message": True}
        self.telegram.chats.say(chat or number, _user(number, who), **content)

    def press(self, number: int, who: str, message: Message, label: str) -> None:
        buttons = {button["text"]: button["callback_data"] for row in message.keyboard for button in row}
        self.telegram.chats.press(message.chat, message.id, buttons[label], _user(number, who))

    def texts(self, chat: int) -> list[str]:
        return [message.text for message in self.telegram.chats.sent[chat]]

    async def reads(self, chat: int, words: str, *, times: int = 1) -> Message:
        """The newest message of a chat with these words, once there are so many."""

        def found() -> list[Message]:
            return [message for message in self.telegram.chats.sent[chat] if words in message.text]

        try:
            await self.telegram.until(lambda: len(found()) >= times, 10)
        except TimeoutError as error:
            raise AssertionError(f"nobody read {words!r} in {chat} of {self.name} but {self.texts(chat)}") from error
        return found()[-1]


@dataclass(kw_only=True)
class Place(Life):
    """One gateway with its bots. Everybody has the same number on each of them."""

    bots: tuple[Bot, ...]
    people: dict[str, int] = field(default_factory=dict)

    async def person(self, name: str, role: Role = Role.OPERATOR, *, agents: tuple[str, ...] = ()) -> Person:
        """Somebody known on the first bot alone."""
        number = self.number(name)
        return await self.admit(name, role, Account(channel=self.bots[0].name, id=str(number), name=name), agents)

    async def link(self, person: Person, bot: Bot) -> None:
        """The same person, known on another bot too, as once they have said yes."""
        deciding = self.gateway.deciding
        account = Account(channel=bot.name, id=str(self.number(person.name)), name=person.name)
        async with self.gateway.store.transaction() as work:
            await deciding.accounts.link(work, account, person, by=person, is_typed=True)

    def number(self, name: str) -> int:
        number = self.people.setdefault(name, 1000 + len(self.people))
        for bot in self.bots:
            bot.telegram.chats.chats[number] = {"id": number, "type": "private", "first_name": name}
        return number

    def say(self, name: str, text: str, *, bot: Bot | None = None, **where: Any) -> None:
        (bot or self.bots[0]).say(self.number(name), name, text, **where)

    def press(self, name: str, message: Message, label: str, *, bot: Bot | None = None) -> None:
        (bot or self.bots[0]).press(self.number(name), name, message, label)


def _user(number: int, name: str) -> dict[str, Any]:
    return {"id": number, "is_bot": False, "first_name": name, "language_code": "en"}


@asynccontextmanager
async def place(
    dsn: str, home: Path, *names: str, agents: tuple[str, ...] = AGENTS, **changes: Any
) -> AsyncIterator[Place]:
    """A gateway with a bot of each name, with the same settings `of_channels`. Each agent says its own name."""
    folder = home.parent / "agents"
    folder.mkdir()
    model, of_channels = FakeModel(), changes.pop("of_channels", {})
    model.when("Give a title", Reply(text=TITLE))
    for agent in agents:
        (folder / f"{agent}.yaml").write_text(f"instructions: You are called {agent}.\n")
        model.when(f"You are called {agent}.", Reply(text=f"{agent} here."))
    bots = tuple(Bot(name=name, telegram=FakeTelegram(token)) for name, token in zip(names, TOKENS, strict=False))
    async with AsyncExitStack() as stack:
        for at, bot in enumerate(bots, start=1):
            bot.telegram.chats.begin_at(10_000 * at)
            await bot.telegram.start()
            stack.push_async_callback(bot.telegram.stop)
        await stack.enter_async_context(model)
        channels = {
            bot.name: {
                "kind": "telegram",
                "token": bot.telegram.token,
                "api_url": bot.telegram.base,
                "poll_timeout_seconds": 5,
                **of_channels,
            }
            for bot in bots
        }
        wanted = {"folder": folder, **changes.pop("agents_settings", {})}
        gateway = await stack.enter_async_context(living(dsn, home, model, channels, agents=wanted, **changes))
        yield Place(gateway=gateway, model=model, home=home, bots=bots)
