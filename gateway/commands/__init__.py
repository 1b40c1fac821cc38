"""What people type after a slash: find the command, ask whether this person may use it, and answer in Markdown."""

from channels.text.grammar import parse
from gateway.commands.command import Command, CommandCall
from gateway.commands.completing import Completing
from gateway.commands.registry import COMMANDS, Commands
from gateway.commands.requests import confirm_typed

__all__ = ["COMMANDS", "Command", "CommandCall", "Commands", "Completing", "confirm_typed", "parse"]
