"""The consoles of Slack, Telegram, Discord and a Mattermost server.

Slack takes a manifest as YAML and asks for the scope that belongs to each event (api.slack.com/reference/manifests, and
the pages of the events); what was installed without a scope is refused with `missing_scope`. Telegram's BotFather gives
a token to whoever names a bot. Discord tells a bot nothing of messages without the Message Content Intent. A Mattermost
server gives a token to each bot account, once bot accounts are enabled.
"""

from typing import ClassVar

from tests.guides.console import UNTOLD, Act, Console, Order, Refuses
from tests.guides.pages import Step
from tests.platforms.discord.driver import DiscordDriver
from tests.platforms.discord.server import TOKEN as DISCORD_TOKEN
from tests.platforms.mattermost.server import TOKEN as MATTERMOST_TOKEN
from tests.platforms.slack.driver import SlackDriver
from tests.platforms.slack.server import APP_TOKEN, BOT_TOKEN
from tests.platforms.telegram.chats import TOKEN as TELEGRAM_TOKEN

NEEDED_FOR = {
    "app_mention": "app_mentions:read",
    "assistant_thread_context_changed": "assistant:write",
    "assistant_thread_started": "assistant:write",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
}
NO_CONTENT = "The Message Content Intent is off"


class SlackConsole(Console):
    """api.slack.com/apps."""

    kind = "slack"
    mode = "socket"
    addresses = ("api_url", "ping_seconds")
    acts = (
        Act(words=("From a manifest",), does="make"),
        Act(words=("App-Level Tokens",), does="copy_app_token"),
        Act(words=("Install to Workspace",), does="install"),
        Act(words=("start Nexora", "启动 Nexora"), does="start"),
    )
    orders: ClassVar[tuple[Order, ...]] = (
        Order(first="copy_app_token", then="start", says=UNTOLD),
        Order(first="install", then="start", says=UNTOLD),
        Order(first="make", then="install", says=UNTOLD),
    )

    def prepare(self) -> None:
        assert isinstance(self.driver, SlackDriver)
        self.fake = self.driver.slack
        self.scopes: frozenset[str] = frozenset()

    async def make(self, step: Step) -> None:
        """From the manifest of the step; an event without its scope is not taken."""
        manifest = step.block("yaml").read()
        self.scopes = frozenset(manifest["oauth_config"]["scopes"]["bot"])
        events = set(manifest["settings"]["event_subscriptions"]["bot_events"])
        assert {NEEDED_FOR[event] for event in events if event in NEEDED_FOR} <= self.scopes
        assert "message.im" in events
        assert manifest["settings"]["socket_mode_enabled"]
        assert manifest["settings"]["interactivity"]["is_enabled"]
        assert "commands" in self.scopes or not manifest["features"].get("slash_commands")

    async def copy_app_token(self, step: Step) -> None:
        assert "connections:write" in step.text
        self.handed["app_token"] = APP_TOKEN

    async def install(self, step: Step) -> None:
        """An app without a scope cannot be installed, so there is no token."""
        del step
        if self.scopes:
            self.fake.denied = {"chat:write", "files:read", "files:write", "users:read"} - self.scopes
            self.handed["bot_token"] = BOT_TOKEN


class TelegramConsole(Console):
    """@BotFather."""

    kind = "telegram"
    mode = "polling"
    addresses = ("api_url", "poll_timeout_seconds")
    acts = (
        Act(words=("@BotFather",), does="greet"),
        Act(words=("`/newbot`",), does="name_bot"),
        Act(words=("token",), does="copy_token"),
        Act(words=("start Nexora", "启动 Nexora"), does="start"),
    )
    orders: ClassVar[tuple[Order, ...]] = (
        Order(first="copy_token", then="start", says=UNTOLD),
        Order(first="name_bot", then="copy_token", says=UNTOLD),
    )

    def prepare(self) -> None:
        self.is_named = False

    async def greet(self, step: Step) -> None:
        """Nothing is refused here."""

    async def name_bot(self, step: Step) -> None:
        del step
        self.is_named = True

    async def copy_token(self, step: Step) -> None:
        del step
        if self.is_named:
            self.handed["token"] = TELEGRAM_TOKEN


class DiscordConsole(Console):
    """discord.com/developers/applications."""

    kind = "discord"
    mode = "gateway"
    addresses = ("api_url",)
    acts = (
        Act(words=("New Application",), does="make"),
        Act(words=("Bot → Reset Token",), does="copy_token"),
        Act(words=("Message Content Intent",), does="allow_content"),
        Act(words=("Installation",), does="install"),
        Act(words=("start Nexora", "启动 Nexora"), does="start"),
    )
    orders: ClassVar[tuple[Order, ...]] = (
        Order(first="copy_token", then="start", says=UNTOLD),
        Order(first="allow_content", says=NO_CONTENT),
    )

    def prepare(self) -> None:
        assert isinstance(self.driver, DiscordDriver)
        self.fake = self.driver.fake
        self.fake.gateway.allows_content = False

    async def make(self, step: Step) -> None:
        """Nothing is refused here."""

    async def copy_token(self, step: Step) -> None:
        del step
        self.handed["token"] = DISCORD_TOKEN

    async def allow_content(self, step: Step) -> None:
        del step
        self.fake.gateway.allows_content = True

    async def install(self, step: Step) -> None:
        assert "applications.commands" in step.text

    async def talk(self) -> None:
        """And the channel's health has nothing to say."""
        await super().talk()
        assert self.stage is not None
        if lack := (await self.stage.channel.probe()).reason:
            raise Refuses(lack)


class MattermostConsole(Console):
    """The system console and the product menu of a server."""

    kind = "mattermost"
    mode = "socket"
    addresses = ("url",)
    acts = (
        Act(words=("Enable Bot Account Creation", "启用机器人账号创建"), does="enable"),
        Act(words=("Add Bot Account", "添加机器人账号"), does="add"),
        Act(words=("access token", "访问 token"), does="copy_token"),
        Act(words=("start Nexora", "启动 Nexora"), does="start"),
    )
    orders: ClassVar[tuple[Order, ...]] = (
        Order(first="copy_token", then="start", says=UNTOLD),
        Order(first="enable", then="add", says=UNTOLD),
    )

    def prepare(self) -> None:
        self.done: list[str] = []

    async def enable(self, step: Step) -> None:
        del step
        self.done.append("enabled")

    async def add(self, step: Step) -> None:
        """There is no such page while bot accounts are not enabled."""
        del step
        if "enabled" in self.done:
            self.done.append("added")

    async def copy_token(self, step: Step) -> None:
        del step
        if "added" in self.done:
            self.handed["token"] = MATTERMOST_TOKEN
