"""Shows that an answer is being prepared, while nothing of it can be seen. Refuses to hold up or harm the turn.

A quick answer needs no sign, so the first one waits a moment. The sign is given again before the platform forgets it,
until something of the answer can be seen or its turn is over. Whatever goes wrong ends the signs of this answer alone.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol, runtime_checkable

import structlog

from channels.base import ChannelError, RateLimited
from channels.messages import Account, Address, Ref
from channels.running.stream import NO_LIMIT, Allowance, Audience

_log = structlog.get_logger(__name__)

FIRST_SIGN_SECONDS = 0.8
EARLIER = 0.8
"""Of the time that a sign can be seen, how much passes before it is given again."""
TAKING_BACK_SECONDS = 3.0

Sleep = Callable[[float], Awaitable[None]]
MayAct = Callable[[], bool]


@runtime_checkable
class ShowsTyping(Protocol):
    """The platform can show that somebody is writing."""

    @property
    def typing_seconds(self) -> float:
        """How long one sign can be seen."""

    async def show_typing(self, address: Address, recipient: Account, answers: Ref | None) -> None:
        """Give the sign once more, or do nothing where that place has none.

        `recipient` and `answers` are who waits and for the answer to what; an answer that goes on after a decision
        names neither. Raises RateLimited or ChannelError.
        """


@runtime_checkable
class TakesBackTyping(ShowsTyping, Protocol):
    """The sign stays to be seen until it is taken back."""

    async def take_back_typing(self, address: Address, answers: Ref | None) -> None:
        """Take back what was shown there, if anything was; raises RateLimited or ChannelError."""


class TypingSign:
    """The signs of one answer. `over` says that they are not needed any more; it waits for nothing."""

    def __init__(self, channel: object, audience: Audience, allowance: Allowance, may_act: MayAct) -> None:
        """Nothing is shown on a `channel` that is no `ShowsTyping`. `may_act` is asked before each sign."""
        self._channel = channel if isinstance(channel, ShowsTyping) else None
        self._audience = audience
        self._allowance = allowance
        self._may_act = may_act
        self._task: asyncio.Task[None] | None = None
        self._back: asyncio.Task[None] | None = None

    def begin(self, sleep: Sleep) -> None:
        """Give signs from now on, after a moment."""
        if self._channel is not None:
            signs = self._give(self._channel, sleep)
            self._task = asyncio.create_task(signs, name=f"typing {self._audience.address.key}")

    def over(self) -> None:
        """Give no more signs, and take back one that would stay."""
        if self._task is None or self._back is not None:
            return
        self._task.cancel()
        self._back = asyncio.create_task(
            self._take_back(self._channel, self._task), name=f"typed {self._audience.address.key}"
        )

    async def end(self) -> None:
        """As `over`, and waits a little until it is done."""
        self.over()
        if self._back is not None:
            await asyncio.wait([self._back], timeout=TAKING_BACK_SECONDS)
            self._back.cancel()

    async def _give(self, channel: ShowsTyping, sleep: Sleep) -> None:
        await sleep(FIRST_SIGN_SECONDS)
        while self._may_act() and await self._give_once(channel):
            await sleep(channel.typing_seconds * EARLIER)

    async def _give_once(self, channel: ShowsTyping) -> bool:
        """One sign; one that stays is not torn, since it could not be taken back before the platform has answered."""
        audience = self._audience
        giving = asyncio.ensure_future(
            self._tried(channel.show_typing(audience.address, audience.recipient, audience.answers))
        )
        if not isinstance(channel, TakesBackTyping):
            return await giving
        try:
            return await asyncio.shield(giving)
        except asyncio.CancelledError:
            await asyncio.wait([giving])
            raise

    async def _take_back(self, channel: object, signs: asyncio.Task[None]) -> None:
        """Once nothing gives signs any more."""
        await asyncio.wait([signs])
        if isinstance(channel, TakesBackTyping):
            await self._tried(channel.take_back_typing(self._audience.address, self._audience.answers))

    async def _tried(self, call: Awaitable[None]) -> bool:
        """One call of the platform; False when it went wrong, which is nobody's trouble."""
        try:
            await call
        except RateLimited as limited:
            self._allowance.limited(limited)
            return False
        except ChannelError as error:
            _log.info("typing_not_shown", lane=self._audience.address.key, reason=str(error))
            return False
        except Exception:  # noqa: BLE001 -- the border of these tasks
            # Whatever an adapter raises, the answer is made and sent.
            _log.exception("typing_failed", lane=self._audience.address.key)
            return False
        return True


def _always() -> bool:
    return True


@asynccontextmanager
async def typing_sign(
    channel: object,
    audience: Audience,
    *,
    allowance: Allowance = NO_LIMIT,
    may_act: MayAct = _always,
    sleep: Sleep = asyncio.sleep,
) -> AsyncIterator[TypingSign]:
    """Signs as long as this lasts, or until they are `over`."""
    sign = TypingSign(channel, audience, allowance, may_act)
    sign.begin(sleep)
    try:
        yield sign
    finally:
        await sign.end()
