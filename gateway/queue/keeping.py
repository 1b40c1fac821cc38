"""Keeps the parts of a gateway at work: whatever ends one is logged, told, and the part is begun again.

No part ends another, and none ends the program. It knows neither what a part does nor which errors there are.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from governance.record.passing import reason_of
from governance.record.transaction import DatabaseAway

_log = structlog.get_logger(__name__)

Run = Callable[[], Awaitable[None]]
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
PROVEN_SECONDS = 60.0
"""A part that worked for so long has got over its trouble."""


class Keeper:
    """Begins parts again. `troubles` says which failed lately, in the words of what ended them."""

    def __init__(self, *, first_pause: float = FIRST_PAUSE, proven_seconds: float = PROVEN_SECONDS) -> None:
        self._first_pause = first_pause
        self._proven_seconds = proven_seconds
        self._troubles: dict[str, tuple[str, float]] = {}

    @property
    def troubles(self) -> Mapping[str, str]:
        """What ended each part that has not proven itself since, by the part's name."""
        now = asyncio.get_running_loop().time()
        return {name: reason for name, (reason, at) in self._troubles.items() if now - at < self._proven_seconds}

    async def keep(self, name: str, run: Run) -> None:
        """Run a part until cancelled. One that returns is begun again too: parts have no end of their own."""
        loop, pause = asyncio.get_running_loop(), self._first_pause
        while True:
            begun = loop.time()
            try:
                await run()
                self._ended(name, RuntimeError("it ended without saying why"))
            except Exception as error:  # noqa: BLE001  # the border of this part: whatever it is, the others go on
                self._ended(name, error)
            if loop.time() - begun >= self._proven_seconds:
                pause = self._first_pause
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _ended(self, name: str, error: Exception) -> None:
        reason = error.reason if isinstance(error, DatabaseAway) else f"{type(error).__name__}: {reason_of(error)}"
        self._troubles[name] = reason, asyncio.get_running_loop().time()
        if isinstance(error, DatabaseAway):
            _log.warning("part_ended", part=name, reason=reason)
        else:
            _log.error("part_ended", part=name, reason=reason, exc_info=error)
