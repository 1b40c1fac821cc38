"""The lists of commands of one bot, kept and refused as the Bot API does (core.telegram.org/bots/api#setmycommands).

The words of the refusals are those of TDLib (BotCommand.cpp) and of Telegram behind it.
"""

import re

from tests.platforms.telegram.chats import Json, Refused

SCOPES = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})
MOST_COMMANDS, MOST_IN_A_NAME, MOST_IN_A_DESCRIPTION = 100, 32, 256


class Menus:
    """What the platform shows beside the line in which people type, by scope and language."""

    def __init__(self) -> None:
        self.lists: dict[tuple[str, str], list[Json]] = {}

    def set(self, given: Json) -> bool:
        commands = [_checked(command) for command in given.get("commands", [])]
        place = _place(given)
        if len(commands) > MOST_COMMANDS:
            raise Refused(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
        if not all(re.fullmatch("[a-z0-9_]+", command["command"]) for command in commands):
            raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        self.lists[place] = commands
        return True

    def get(self, given: Json) -> list[Json]:
        """That of exactly this scope and language; nothing of a list that would stand in for it."""
        return self.lists.get(_place(given), [])

    def names(self, scope: str, language: str = "") -> list[str]:
        """What somebody with that language is shown there."""
        shown = self.lists.get((scope, language)) or self.lists.get((scope, "")) or []
        return [command["command"] for command in shown]


def _place(given: Json) -> tuple[str, str]:
    scope, language = given.get("scope", {"type": "default"}), given.get("language_code", "")
    if scope.get("type") not in SCOPES:
        raise Refused(400, "Bad Request: can't parse BotCommandScope: Unsupported type specified")
    if not re.fullmatch("([a-z]{2})?", language):
        raise Refused(400, "Bad Request: invalid language code specified")
    return scope["type"], language


def _checked(command: Json) -> Json:
    name, description = command["command"].strip().removeprefix("/"), command["description"].strip()
    if not name:
        raise Refused(400, "Bad Request: command must be non-empty")
    if len(name) > MOST_IN_A_NAME:
        raise Refused(400, f"Bad Request: command length must not exceed {MOST_IN_A_NAME}")
    if not description:
        raise Refused(400, "Bad Request: command description must be non-empty")
    if len(description) > MOST_IN_A_DESCRIPTION:
        raise Refused(400, f"Bad Request: command description length must not exceed {MOST_IN_A_DESCRIPTION}")
    return {"command": name, "description": description}
