"""An access token as several platforms give them out: for a while, against a secret. Nothing of it gets into a text."""

import asyncio
from collections.abc import Awaitable, Callable


class RenewedToken:
    """A token that is asked for when it is needed, renewed in time, and asked for once however many wait for it.

    `ask` answers the token and the seconds for which it is good; whatever it raises is raised to who waits.
    `early_seconds`: how long before its end it is renewed, or after half its life where that comes later.
    """

    def __init__(self, ask: Callable[[], Awaitable[tuple[str, float]]], *, early_seconds: float) -> None:
        self._ask = ask
        self._early_seconds = early_seconds
        self._value = ""
        self._good_until = 0.0
        self._asking = asyncio.Lock()

    async def value(self) -> str:
        """The token. Raises what `ask` raises."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if not self._value or now >= self._good_until:
                self._value, seconds = await self._ask()
                self._good_until = now + max(seconds - self._early_seconds, seconds / 2)
            return self._value

    def forget(self, value: str) -> None:
        """The platform does not take that one any more; the next call asks for another, if nobody has done so yet."""
        if value == self._value:
            self._value = ""
