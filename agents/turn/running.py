"""Which turns run here, whose they are, and how each is stopped."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from agents.turn.record import Turn
from governance.record.fence import current


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One of them, and the number of the event that it answers, where it has one."""

    turn: Turn
    event: int | None
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def is_meant(self, before: int | None, only: int | None) -> bool:
        """Whether a stop that was said after the event `before`, or about the event `only`, means this turn."""
        if self.event is None:
            return True
        return (before is None or self.event < before) and (only is None or self.event == only)


class Running:
    """The turns that run here, one in each conversation."""

    def __init__(self) -> None:
        self._turns: dict[str, _Run] = {}

    @contextmanager
    def begun(self, turn: Turn) -> Iterator[asyncio.Event]:
        """A turn runs from now on; what says that it is to stop."""
        fence, key = current(), turn.address.key
        run = self._turns[key] = _Run(turn=turn, event=fence.id if fence else None)
        try:
            yield run.stop
        finally:
            self._turns.pop(key, None)

    def stop(self, key: str, *, before: int | None = None, only: int | None = None) -> bool:
        """End the answer that is being made here in this conversation; False when there is none.

        With `before` it is left alone if its event was stored after that one, for nobody who said stop can have meant
        what was said later; with `only` if its event is another.
        """
        run = self._turns.get(key)
        if run is None or not run.is_meant(before, only):
            return False
        run.stop.set()
        return True

    def of(self, key: str) -> Turn | None:
        """Whose answer is being made here in this conversation."""
        run = self._turns.get(key)
        return run.turn if run else None

    def find(self, begins: str) -> Turn | None:
        """Whose answer is being made here by the turn whose id begins so."""
        turns = (run.turn for run in self._turns.values())
        return next((each for each in turns if each.id.hex.startswith(begins)), None)
