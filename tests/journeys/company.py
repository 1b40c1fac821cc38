"""A company on Feishu: people with private conversations, a gateway and a model."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from channels.messages import Account
from governance.people.people import Person, Role
from tests.journeys.life import TITLE, Life, living
from tests.platforms.feishu import eyes
from tests.platforms.feishu.eyes import Sight
from tests.platforms.feishu.server import SECRET, FakeFeishu
from tests.platforms.feishu.town import APP, NAMES, Message
from tests.platforms.model import FakeModel, Reply

IDS = {name.lower(): open_id for open_id, name in NAMES.items()}


@dataclass(kw_only=True)
class Company(Life):
    """One gateway and the company on Feishu that it talks to; whoever is in it has a name of `IDS`."""

    feishu: FakeFeishu

    async def person(
        self, name: str, role: Role = Role.OPERATOR, *, agents: tuple[str, ...] = ("assistant",)
    ) -> Person:
        """Somebody whose Feishu account is linked."""
        return await self.admit(name, role, Account(channel="feishu", id=IDS[name], name=NAMES[IDS[name]]), agents)

    def direct(self, name: str) -> str:
        return self.feishu.town.direct(IDS[name])

    def says(self, name: str, text: str) -> Message:
        """Somebody writes to the bot in private."""
        message = self.feishu.town.say(IDS[name], self.direct(name), "text", {"text": text})
        self.feishu.tell(self.feishu.town.heard(message, []), "messages")
        return message

    def press(self, name: str, card: Message, label: str) -> None:
        event = self.feishu.town.pressed(card, label, IDS[name])
        self.feishu.tell(event, "presses", again=False, presser=IDS[name])

    def sight(self, message: Message) -> Sight:
        """A message as a person sees it now."""
        return eyes.look(self.feishu.town.shown(message))

    async def reads(self, name: str, words: str) -> Message:
        """The bot's message in which somebody reads these words in private, once it is there."""

        def found() -> Message | None:
            said = reversed(self.feishu.town.said_by_bot(self.direct(name)))
            return next((message for message in said if words in self.sight(message).text), None)

        await self.feishu.until(found)
        message = found()
        assert message is not None
        return message


@asynccontextmanager
async def company(dsn: str, home: Path, **changes: Any) -> AsyncIterator[Company]:
    """A gateway on Feishu that runs until the block ends."""
    feishu, model = FakeFeishu(), FakeModel()
    model.when("Give a title", Reply(text=TITLE))
    options = {"app_id": APP, "app_secret": SECRET}
    async with AsyncExitStack() as stack:
        await feishu.start()
        stack.push_async_callback(feishu.stop)
        await stack.enter_async_context(model)
        channels = {"feishu": {**options, "domain": feishu.base}}
        async with living(dsn, home, model, channels, **changes) as gateway:
            yield Company(gateway=gateway, feishu=feishu, model=model, home=home)
