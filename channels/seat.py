"""Who listens where only one gateway may, among those that share a database."""

from typing import Protocol


class Seat(Protocol):
    """The place of the one gateway that listens on a channel, among those that share a database."""

    async def take(self) -> bool:
        """Ask for it now, and go on asking; whether it is ours."""

    async def until_taken(self) -> None:
        """Return once it is ours."""

    async def until_lost(self) -> None:
        """Return once it is not ours any more."""

    def leave(self) -> None:
        """Let another have it; where nobody wants it, `take` gives it back at once."""
