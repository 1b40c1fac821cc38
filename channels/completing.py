"""How the line that somebody is typing may go on, for platforms that ask it while they type. It knows no command."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from channels.messages import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """`line` is what the whole line becomes; `label` is what is shown of it, on one line of plain text."""

    line: str
    label: str


Complete = Callable[[Account, str], Awaitable[Sequence[Completion]]]
"""How that account's line may go on, likeliest first, with nothing that it may not see. Never raises."""


async def nothing_to_add(_account: Account, _line: str) -> Sequence[Completion]:
    """Where nobody knows how a line goes on."""
    return ()
