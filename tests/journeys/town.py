"""The whole product, built as `nexora up` builds it, between a fake Telegram and a fake model, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from channels import catalogue
from channels.base import State
from channels.messages import Account
from gateway.app import _run
from gateway.assembly import Gateway, assemble_gateway
from gateway.settings import ChannelSettings, Configuration, Settings
from governance.people import Origin, Person, Role
from tests.platforms.model import FakeModel, Reply
from tests.platforms.telegram import FakeTelegram
from tests.platforms.telegram.chats import Message

TITLE = "A title for this"
TOKEN = "123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhII"
CLI = Origin(source="cli")


@dataclass
class Town:
    """One gateway and the outside that it talks to."""

    gateway: Gateway
    telegram: FakeTelegram
    model: FakeModel
    home: Path
    people: dict[str, int] = field(default_factory=dict)

    @property
    def store(self) -> Any:
        return self.gateway.store

    async def person(
        self, name: str, role: Role = Role.OPERATOR, *, agents: tuple[str, ...] = ("assistant",)
    ) -> Person:
        """Somebody whose Telegram account is linked."""
        number = 1000 + len(self.people)
        self.people[name] = number
        services = self.gateway.services
        person, _ = await services.people.create(name, role, by=None, origin=CLI)
        account = Account(channel="telegram", id=str(number), name=name)
        code = await services.accounts.code_for_person(person)
        await services.accounts.link_from_chat(account, code)
        for agent in agents:
            await services.agent_grants.grant(person.id, agent, by=None, origin=CLI)
        found = await services.people.get(person.id)
        assert found is not None
        self.open_chat(name)
        return found

    def open_chat(self, name: str) -> int:
        number = self.people.setdefault(name, 1000 + len(self.people))
        self.telegram.chats.chats[number] = {"id": number, "type": "private", "first_name": name}
        return number

    def user(self, name: str) -> dict[str, Any]:
        return {"id": self.people[name], "is_bot": False, "first_name": name, "language_code": "en"}

    def say(self, name: str, text: str) -> int:
        return self.telegram.chats.say(self.people[name], self.user(name), text=text)

    def press(self, name: str, message: Message, label: str, *, chat: str = "") -> str:
        buttons = {button["text"]: button["callback_data"] for row in message.keyboard for button in row}
        return self.telegram.chats.press(self.people[chat or name], message.id, buttons[label], self.user(name))

    def seen(self, name: str) -> list[Message]:
        return self.telegram.chats.sent[self.people[name]]

    async def hears(self, name: str, words: str, *, seconds: float = 10) -> Message:
        """The message in which somebody reads these words, once it is there."""

        def found() -> Message | None:
            return next((message for message in reversed(self.seen(name)) if words in message.text), None)

        try:
            await self.telegram.until(lambda: found() is not None, seconds)
        except TimeoutError as error:
            texts = [message.text for message in self.seen(name)]
            raise AssertionError(f"{name} never read {words!r} but {texts}") from error
        message = found()
        assert message is not None
        return message

    async def until_stored(self, query: str, seconds: float = 10) -> None:
        """Wait until a query answers something true."""
        async with asyncio.timeout(seconds):
            while not await self.store.fetchval(query):  # noqa: ASYNC110  # rows have no event
                await asyncio.sleep(0.02)

    async def tags(self) -> list[str]:
        return [row["tag"] for row in await self.store.fetch("select tag from nexora_audit_events order by at, seq")]


@asynccontextmanager
async def town(dsn: str, home: Path, **changes: Any) -> AsyncIterator[Town]:
    """A gateway that runs until the block ends."""
    telegram, model = FakeTelegram(TOKEN), FakeModel()
    model.when("Give a title", Reply(text=TITLE))
    async with AsyncExitStack() as stack:
        await telegram.start()
        stack.push_async_callback(telegram.stop)
        await stack.enter_async_context(model)
        async with running(dsn, home, telegram, model, **changes) as gateway:
            yield Town(gateway=gateway, telegram=telegram, model=model, home=home)


@asynccontextmanager
async def running(
    dsn: str, home: Path, telegram: FakeTelegram, model: FakeModel, **changes: Any
) -> AsyncIterator[Gateway]:
    """One life of the gateway."""
    settings = Settings.model_validate(
        {
            "home": home,
            "database": {"url": dsn},
            "server": {"port": 0},
            "models": {
                "use": ["fake/fake-1"],
                "attempts": 2,
                "providers": {"fake": {"wire": "openai", "base_url": model.url, "api_key": model.key}},
                **changes.pop("models", {}),
            },
            **changes,
        }
    )
    options = catalogue.load("telegram").Options(token=TOKEN, api_url=telegram.base, poll_timeout_seconds=5)
    channels = {"telegram": ChannelSettings(kind="telegram", options=options)}
    async with AsyncExitStack() as stack:
        gateway = await assemble_gateway(Configuration(settings=settings, channels=channels), stack)
        task = asyncio.create_task(_run(gateway), name="gateway")
        try:
            await until(lambda: gateway.channels["telegram"].health.state is State.UP)
            yield gateway
        finally:
            task.cancel()
            await asyncio.wait((task,))


async def until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.01)
