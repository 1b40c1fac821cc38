"""A town on Slack: people in one workspace, a channel that they share with the bot, a gateway and a model."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from channels.messages import Account
from governance.people.people import Person, Role
from tests.journeys.life import TITLE, Life, living, served
from tests.platforms.model import FakeModel, Reply
from tests.platforms.slack import FakeSlack
from tests.platforms.slack.eyes import Sight, look
from tests.platforms.slack.server import APP_TOKEN, BOT_TOKEN, SECRET
from tests.platforms.slack.workspace import BOT, GROUP, TEAM, Message, User


@dataclass(kw_only=True)
class SlackTown(Life):
    """One gateway and the workspace that it talks to."""

    slack: FakeSlack

    async def person(
        self, name: str, role: Role = Role.OPERATOR, *, agents: tuple[str, ...] = ("assistant",)
    ) -> Person:
        """Somebody whose Slack account is linked."""
        user = self.join(name)
        return await self.admit(name, role, Account(channel="slack", id=f"{TEAM}:{user}", name=name), agents)

    def join(self, name: str) -> str:
        """Somebody in the workspace and in the shared channel; their user id."""
        user = _user(name)
        self.slack.workspace.users[user] = User(user, name)
        self.slack.workspace.rooms[GROUP].add(user)
        return user

    def asks(self, name: str, text: str, *, thread: str = "") -> str:
        """Somebody mentions the bot in the shared channel; the ts."""
        return self.slack.say(f"<@{BOT}> {text}", user=_user(name), room=GROUP, thread=thread)

    def direct(self, name: str) -> str:
        return self.slack.workspace.direct(_user(name))

    def says_directly(self, name: str, text: str) -> str:
        """Somebody writes to the bot in private; the ts."""
        return self.slack.say(text, user=_user(name), room=self.direct(name))

    def press(self, name: str, card: Message, label: str) -> None:
        self.slack.press(card.ts, label, user=_user(name))

    async def hears(self, words: str, *, room: str = GROUP, thread: str = "", seconds: float = 10) -> Message:
        """The bot's message in which these words stand now, once it is there."""

        def found() -> Message | None:
            seen = (message for message, sight in reversed(self.slack.seen(room)) if words in sight.text)
            return next((message for message in seen if not thread or message.thread_ts == thread), None)

        await self._until(lambda: found() is not None, words, seconds)
        message = found()
        assert message is not None
        return message

    async def whispers(self, name: str, words: str, *, seconds: float = 10) -> None:
        """Somebody alone reads these words."""
        await self._until(lambda: any(words in told for told in self.slack.whispered(_user(name))), words, seconds)

    async def _until(self, is_so: Any, words: str, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), self.slack.changed:
                await self.slack.changed.wait_for(is_so)
        except TimeoutError as error:
            texts = [look(each.text, each.blocks).text for each in self.slack.workspace.messages]
            raise AssertionError(f"nobody read {words!r} but {texts}") from error

    def sight(self, message: Message) -> Sight:
        """A message as a person sees it now."""
        return look(message.text, message.blocks)


def _user(name: str) -> str:
    return f"U0{name.upper()}"


@asynccontextmanager
async def slack_town(dsn: str, home: Path, mode: str = "socket", **changes: Any) -> AsyncIterator[SlackTown]:
    """A gateway on Slack that runs until the block ends."""
    slack, model = FakeSlack(), FakeModel()
    model.when("Give a title", Reply(text=TITLE))
    slack.over_http = mode == "http"
    async with AsyncExitStack() as stack:
        await slack.start()
        stack.push_async_callback(slack.stop)
        await stack.enter_async_context(model)
        async with slack_life(dsn, home, slack, model, **changes) as here:
            yield here


@asynccontextmanager
async def slack_life(
    dsn: str, home: Path, slack: FakeSlack, model: FakeModel, **changes: Any
) -> AsyncIterator[SlackTown]:
    """One life of the gateway, in the mode in which this workspace delivers its events."""
    right = {"signing_secret": SECRET} if slack.over_http else {"app_token": APP_TOKEN}
    options = {"mode": "http" if slack.over_http else "socket", "bot_token": BOT_TOKEN, "api_url": f"{slack.base}/api/"}
    async with (
        living(dsn, home, model, {"slack": {**options, **right}}, **changes) as gateway,
        served(gateway) as base,
    ):
        slack.requests.url = f"{base}/channels/slack/events"
        yield SlackTown(gateway=gateway, slack=slack, model=model, home=home)
