"""What an adapter is told where no gateway stands behind it: nothing was heard, and nobody waits for a press."""

from collections.abc import Sequence

from channels.messages import Account, Card, Inbound


async def nothing_heard() -> Sequence[Inbound]:
    """A channel that never heard anything."""
    return ()


async def nothing_waits(_account: Account) -> Sequence[Card]:
    """Nobody has anything to decide."""
    return ()
