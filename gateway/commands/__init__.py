"""What people type after a slash: find the command, ask whether this person may use it, and answer in Markdown."""

from gateway.commands.accounts import link
from gateway.commands.command import Command, CommandCall
from gateway.commands.completing import complete
from gateway.commands.registry import COMMANDS, parse, run
from gateway.commands.requests import confirm_typed

__all__ = ["COMMANDS", "Command", "CommandCall", "complete", "confirm_typed", "link", "parse", "run"]
