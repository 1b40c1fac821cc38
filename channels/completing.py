"""What may be typed: how a line goes on, for platforms that ask while somebody types, and the menu of commands.

It knows no command itself.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from channels.messages import Account, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """`line` is what the whole line becomes; `label` is what is shown of it, on one line of plain text."""

    line: str
    label: str


Complete = Callable[[Account, str], Awaitable[Sequence[Completion]]]
"""How that account's line may go on, likeliest first, with nothing that it may not see. Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A command without its slash, and what it is for: one line of plain text."""

    name: str
    summary: str


Menu = Mapping[Language, Sequence[MenuEntry]]
"""The commands that everybody may use, in the order in which they are listed; empty where nobody knows any."""


async def nothing_to_add(_account: Account, _line: str) -> Sequence[Completion]:
    """Where nobody knows how a line goes on."""
    return ()
