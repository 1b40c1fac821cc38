"""All consoles there are."""

from tests.guides.abroad_consoles import DiscordConsole, MattermostConsole, SlackConsole, TelegramConsole
from tests.guides.console import Console
from tests.guides.dingtalk_console import DingTalkConsole
from tests.guides.email_console import EmailConsole
from tests.guides.feishu_console import FeishuConsole
from tests.guides.qq_console import QQConsole
from tests.guides.wecom_consoles import AppConsole, BotConsole

CONSOLES: tuple[type[Console], ...] = (
    AppConsole,
    BotConsole,
    DingTalkConsole,
    DiscordConsole,
    EmailConsole,
    FeishuConsole,
    MattermostConsole,
    QQConsole,
    SlackConsole,
    TelegramConsole,
)
