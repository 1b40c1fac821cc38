"""The commands that everybody may use, for the menus of platforms: what only admins may is not shown to all."""

from channels.completing import Menu, MenuEntry
from channels.locales import languages
from gateway.commands.registry import COMMANDS


def menu() -> Menu:
    """Each with its summary, in every language."""
    everybodys = [command for command in COMMANDS.values() if command.role is None]
    return {
        language: [MenuEntry(name=each.name, summary=each.summary(language)) for each in everybodys]
        for language in languages()
    }
