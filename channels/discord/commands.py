"""The slash command as Discord shows it, in its languages, and what is offered while somebody types into it.

Facts: discord.com/developers/docs/interactions/application-commands (localization, autocomplete).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from channels.completing import Completion

Json = Mapping[str, Any]

CHAT_INPUT, STRING = 1, 3
OFFERED = 8
CHINESE = "zh-CN"
MOST_CHOICES, MOST_LETTERS = 25, 100
_DESCRIBED = (
    *("autocomplete", "description", "description_localizations", "name", "name_localizations", "required", "type"),
)
WORDS = {
    "type": STRING,
    "name": "words",
    "name_localizations": {CHINESE: "内容"},
    "description": "What you say, or a command such as /help",
    "description_localizations": {CHINESE: "要说的话，或 /help 之类的命令"},
    "required": False,
    "autocomplete": True,
}


def described(name: str) -> dict[str, Any]:
    """The command as it is made known."""
    return {
        "name": name,
        "type": CHAT_INPUT,
        "description": "Say something to the agent",
        "description_localizations": {CHINESE: "对智能体说话"},
        "options": [WORDS],
    }


def is_same(known: Json, wanted: Json) -> bool:
    """Whether Discord knows the command so; it adds fields of its own, and leaves out what is false or empty."""
    return _told(known) == _told(wanted)


def _told(command: Json) -> list[list[object]]:
    return [[each.get(key) or None for key in _DESCRIBED] for each in (command, *(command.get("options") or ()))]


def begun_line(interaction: Json) -> str:
    """What was typed so far."""
    options = interaction["data"].get("options") or ()
    return next((str(option.get("value") or "") for option in options if option.get("focused")), "")


def choices(completions: Sequence[Completion]) -> dict[str, Any]:
    """The answer to an unfinished line; what is longer than Discord takes is left out, for it could not be sent."""
    fitting = [each for each in completions if 1 <= len(each.line) <= MOST_LETTERS][:MOST_CHOICES]
    shown = [{"name": (each.label or each.line)[:MOST_LETTERS], "value": each.line} for each in fitting]
    return {"type": OFFERED, "data": {"choices": shown}}
