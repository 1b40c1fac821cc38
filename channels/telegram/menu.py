"""The menu of commands that Telegram shows beside the line in which people type.

It is set for private chats and for groups, in every language there is, and only where it differs; what BotFather was
told stands for all others. Facts: core.telegram.org/bots/api#setmycommands, #botcommand and
#determining-list-of-commands; a language is named by its two letters, and users whose language has no list see the one
without a language, which is the English one.
"""

import re
from collections.abc import Sequence

import structlog
from telegram import Bot, BotCommand, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats

from channels.base import ChannelError
from channels.completing import Menu, MenuEntry
from channels.locales import DEFAULT
from channels.telegram.transport import translated

_log = structlog.get_logger(__name__)

MOST_COMMANDS, MOST_LETTERS = 100, 256
_NAME = re.compile(r"[a-z0-9_]{1,32}")
_NONSENSE = (AttributeError, KeyError, TypeError, ValueError)
"""What the SDK raises at an answer that is none of the Bot API."""
_SCOPES = (BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats())


async def publish(channel: str, bot: Bot, menu: Menu) -> None:
    """Have Telegram show this menu; a refusal is logged, for all commands can be typed without it."""
    try:
        with translated():
            for language, entries in menu.items():
                await _set(bot, _shown(entries), None if language == DEFAULT else language)
    except (ChannelError, *_NONSENSE) as error:
        _log.warning("command_menu_not_set", channel=channel, reason=str(error) or repr(error))


async def _set(bot: Bot, wanted: Sequence[BotCommand], code: str | None) -> None:
    for scope in _SCOPES:
        if tuple(await bot.get_my_commands(scope, code)) != tuple(wanted):
            await bot.set_my_commands(wanted, scope, code)


def _shown(entries: Sequence[MenuEntry]) -> list[BotCommand]:
    """What Telegram takes of them: a name that it does not take would have the whole list refused."""
    return [
        BotCommand(entry.name, _cut(entry.summary))
        for entry in entries
        if _NAME.fullmatch(entry.name) and entry.summary.strip()
    ][:MOST_COMMANDS]


def _cut(summary: str) -> str:
    text = summary.strip()
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1].rstrip()}…"
