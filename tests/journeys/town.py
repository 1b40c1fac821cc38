"""A town on Telegram: people with private chats, a gateway and a model."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from channels.base import ChannelState
from channels.messages import Account
from gateway.run.assembly import Gateway
from governance.people.people import Person, Role
from tests.journeys.life import TITLE, Life, living, until
from tests.platforms.model import FakeModel, Reply
from tests.platforms.telegram import FakeTelegram
from tests.platforms.telegram.chats import Message

__all__ = ["TITLE", "TOKEN", "Town", "running", "town", "until"]

TOKEN = "123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhII"


@dataclass(kw_only=True)
class Town(Life):
    """One gateway and the Telegram that it talks to."""

    telegram: FakeTelegram
    people: dict[str, int] = field(default_factory=dict)

    async def person(
        self, name: str, role: Role = Role.OPERATOR, *, agents: tuple[str, ...] = ("assistant",)
    ) -> Person:
        """Somebody whose Telegram account is linked."""
        number = self.open_chat(name)
        return await self.admit(name, role, Account(channel="telegram", id=str(number), name=name), agents)

    def open_chat(self, name: str) -> int:
        number = self.people.setdefault(name, 1000 + len(self.people))
        self.telegram.chats.chats[number] = {"id": number, "type": "private", "first_name": name}
        return number

    def user(self, name: str) -> dict[str, Any]:
        return {"id": self.people[name], "is_bot": False, "first_name": name, "language_code": "en"}

    def say(self, name: str, text: str) -> int:
        return self.telegram.chats.say(self.people[name], self.user(name), text=text)

    def edit(self, name: str, message_id: int, text: str) -> None:
        self.telegram.chats.edit(self.people[name], message_id, text)

    def send_file(self, name: str, file_name: str, content: bytes, text: str = "", *, size: int | None = None) -> int:
        """Somebody sends a file, as a document; `size` is what the platform says of it, the truth by default."""
        self.telegram.chats.files["file-1"] = (file_name, content)
        told = len(content) if size is None else size
        document = {"file_id": "file-1", "file_unique_id": "u", "file_name": file_name, "file_size": told}
        return self.telegram.chats.say(self.people[name], self.user(name), document=document, caption=text)

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
    dsn: str,
    home: Path,
    telegram: FakeTelegram,
    model: FakeModel,
    *,
    settled: ChannelState = ChannelState.UP,
    beside: Mapping[str, Mapping[str, Any]] | None = None,
    **changes: Any,
) -> AsyncIterator[Gateway]:
    """One life of the gateway, with channels beside that of the town."""
    options = {"token": TOKEN, "api_url": telegram.base, "poll_timeout_seconds": 5}
    async with living(dsn, home, model, {"telegram": options, **(beside or {})}, settled=settled, **changes) as gateway:
        yield gateway
