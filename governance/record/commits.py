"""Who hears of commits. It is made before the store and before the queues, so that none of them waits for another."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a commit left to do: the lanes of the outbox and of the inbox that have something new.

    `told` are words about what has changed, which every other gateway hears as well.
    """

    outbox: frozenset[str] = frozenset()
    inbox: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()


Hear = Callable[[Committed], None]


class Commits:
    """Tells of each commit whoever asked to hear of them."""

    def __init__(self) -> None:
        self._hearers: list[Hear] = []

    def heard_by(self, *hearers: Hear) -> None:
        """Tell these too, of every commit from now on."""
        self._hearers += hearers

    def tell(self, committed: Committed) -> None:
        """Something was committed that leaves this to do."""
        for hear in self._hearers:
            hear(committed)
