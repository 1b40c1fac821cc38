"""The commands that everybody may use, for the menus of platforms: what only admins may is not shown to all."""

from channels.completing import Menu, MenuEntry
from gateway.commands.registry import COMMANDS


def menu() -> Menu:
    """Each with its summary, in English and Chinese."""
    everybodys = [command for command in COMMANDS.values() if command.role is None]
    return {
        "en": [MenuEntry(name=each.name, summary=each.summary[0]) for each in everybodys],
        "zh": [MenuEntry(name=each.name, summary=each.summary[1]) for each in everybodys],
    }
