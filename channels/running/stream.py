"""Shows one answer while it grows, paced by the clock and never by the chunks. Refuses to hold up or harm the turn.

A task of its own shows the newest whole text; whatever came while the platform was busy goes into the next live. The
first update waits a moment, so that a quick answer needs none. Trouble ends the showing, never the answer. What stays
if we die now is told once, so that whoever makes the answer again puts it in the same place.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Protocol

import structlog

from channels.base import (
    BearsStop,
    ChannelError,
    LiveMessage,
    MessageRefused,
    RateLimited,
    ShowsProgress,
    Streaming,
    Traits,
)
from channels.messages import Account, Address, Language, Ref, Stop
from channels.shared.split import measure, tail
from channels.shared.voice import as_other
from channels.steps import ShowsSteps, lines, summary
from channels.work import How, Step

_log = structlog.get_logger(__name__)

FIRST_SHOW_SECONDS = 0.4
TRIES = 3

Sleep = Callable[[float], Awaitable[None]]
Stood = Callable[[Ref], Awaitable[None]]
MayAct = Callable[[], bool]


class Allowance(Protocol):
    """What the platform's rates leave for updates; the final text goes first."""

    def may_show(self) -> bool:
        """Whether one more update may be shown now; counts it if so."""

    def limited(self, limited: RateLimited) -> None:
        """The platform asked to wait."""


class _NoLimit:
    def may_show(self) -> bool:
        return True

    def limited(self, limited: RateLimited) -> None:
        """Nobody else is told."""


NO_LIMIT = _NoLimit()


async def _forget(_: Ref) -> None:
    """Nobody needs to know where the answer can be seen."""


def _always() -> bool:
    return True


def _nobody_waits() -> None:
    """Nobody needs to know that something can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who sees the answer grow: where, whom it is for, and which message it answers.

    `resumes` is the message in which an earlier, interrupted writer showed the same answer. `language` is what
    the lines of its steps are written in. `stop` is the button that ends it, where the platform can show one meanwhile.
    """

    address: Address
    recipient: Account
    answers: Ref | None = None
    resumes: Ref | None = None
    language: Language = "en"
    stop: Stop | None = None


class Writer:
    """One growing answer. `write` is called for every chunk; `close` says which message the final text replaces."""

    def __init__(
        self,
        channel: object,
        traits: Traits,
        audience: Audience,
        *,
        stood: Stood = _forget,
        seen: Callable[[], None] = _nobody_waits,
        allowance: Allowance = NO_LIMIT,
        sleep: Sleep = asyncio.sleep,
        may_act: MayAct = _always,
        veil: Callable[[str], str] = str,
    ) -> None:
        """`channel` is shown on only when it is a `ShowsProgress` and its traits allow it.

        `stood` is told of the message that the first update became, where it is one that stays; `seen` whenever
        something was shown, and when the answer is about to be sent. `may_act` is asked directly before each call of
        the platform: once it says no, another may be writing the same answer. `veil` hides from everybody what must
        not be seen in the words.
        """
        self._channel = channel if isinstance(channel, ShowsProgress) else None
        self._traits = traits
        self._audience = audience
        self._stood = stood
        self._seen = seen
        self._allowance = allowance
        self._sleep = sleep
        self._may_act = may_act
        self._veil = veil
        self._standing = audience.resumes
        self._note = ""
        self._text: list[str] = []
        self._steps: dict[str, Step] = {}
        self._words_since = False
        self._changed = asyncio.Event()
        self._live: LiveMessage | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_over = traits.streaming is Streaming.NONE

    async def write(self, delta: str) -> None:
        """Add words. Never waits for the platform."""
        if self._is_over or self._channel is None or not delta:
            return
        self._text.append(delta)
        self._words_since = True
        self._show_soon(self._channel)

    def note(self, text: str) -> None:
        """Show this below the words, until another note or an empty one takes its place."""
        if self._is_over or self._channel is None or text == self._note:
            return
        self._note = text
        self._show_soon(self._channel)

    def step(self, step: Step) -> None:
        """Show a line for that call below the words, in the place of an earlier one for it."""
        if self._is_over or self._channel is None:
            return
        self._steps[step.id] = step
        self._words_since = False
        self._show_soon(self._channel)

    def _show_soon(self, channel: ShowsProgress) -> None:
        self._changed.set()
        if self._task is None:
            self._task = asyncio.create_task(self._show_growing(channel), name=f"writer {self._audience.address.key}")

    async def close(self) -> Ref | None:
        """Stop showing; the message that the final text must replace, or None when nothing stands there."""
        self._is_over = True
        self._seen()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._live is None or not self._may_act():
            return self._standing
        try:
            return await self._live.close()
        except ChannelError as error:
            _log.info("live_not_closed", lane=self._audience.address.key, reason=str(error))
            return self._standing

    async def _show_growing(self, channel: ShowsProgress) -> None:
        try:
            await self._sleep(FIRST_SHOW_SECONDS)
            failures = 0
            while failures < TRIES:
                await self._changed.wait()
                if not self._may_act():
                    break
                self._changed.clear()
                failures = 0 if await self._show(channel) else failures + 1
                await self._sleep(self._traits.stream_interval_seconds)
            self._is_over = True
        except Exception:  # noqa: BLE001 -- the border of this task
            # Whatever an adapter raises, the turn goes on and the final text is sent.
            self._is_over = True
            _log.exception("writer_failed", lane=self._audience.address.key)

    async def _show(self, channel: ShowsProgress) -> bool:
        """Show the newest text; False when the platform would not. What it missed is shown next time."""
        if not self._allowance.may_show():
            self._changed.set()
            return True
        try:
            if self._live is None:
                audience = self._audience
                self._live = await channel.open_live(
                    audience.address, audience.recipient, audience.answers, audience.resumes
                )
                if audience.stop is not None and isinstance(self._live, BearsStop):
                    self._live.bear(audience.stop)
            if self._may_act():
                await self._show_in(self._live)
        except RateLimited as limited:
            self._changed.set()
            self._allowance.limited(limited)
            await self._sleep(max(0.0, limited.retry_after_seconds - self._traits.stream_interval_seconds))
            return True
        except ChannelError as error:
            _log.info("live_not_shown", lane=self._audience.address.key, reason=str(error))
            self._changed.set()
            if isinstance(error, MessageRefused) and self._audience.resumes is not None:
                # What an earlier writer left cannot be rewritten any more, so the answer needs a message of its own.
                self._audience = replace(self._audience, resumes=None)
                self._live = self._standing = None
            return False
        return True

    async def _show_in(self, live: LiveMessage) -> None:
        """The words and the steps, apart where the platform draws steps itself."""
        if isinstance(live, ShowsSteps):
            text = self._visible("")
            if text or self._steps:
                await self._call(live, live.show_steps(text, tuple(self._steps.values())))
        elif visible := self._visible(self._lines()):
            await self._call(live, live.show(visible))

    async def _call(self, live: LiveMessage, call: Coroutine[Any, Any, None]) -> None:
        """One call, which a close does not tear: a message whose Ref is never learnt could not be replaced."""
        showing = asyncio.ensure_future(call)
        try:
            await asyncio.shield(showing)
        except asyncio.CancelledError:
            await asyncio.wait([showing])
            if not showing.cancelled() and (error := showing.exception()) is not None:
                _log.info("live_not_shown", lane=self._audience.address.key, reason=str(error))
            await self._tell_where(live)
            raise
        await self._tell_where(live)

    async def _tell_where(self, live: LiveMessage) -> None:
        """Tell that something is seen, and of the message that stays when it is another than was told of."""
        self._seen()
        standing = live.standing()
        if standing is not None and standing != self._standing:
            self._standing = standing
            await self._stood(standing)

    def _lines(self) -> str:
        """The lines of the steps; once words follow them, what they fold into."""
        steps, language = tuple(self._steps.values()), self._audience.language
        if not self._words_since or any(step.how is How.RUNNING for step in steps):
            return lines(steps, language)
        return f"✓ {summary(len(steps), sum(step.seconds for step in steps), language)}" if steps else ""

    def _visible(self, steps: str) -> str:
        """The whole text with the steps and the note below it, or its end once it has outgrown one message."""
        whole = "".join(self._text)
        self._text, text = [whole], as_other(whole)
        text = self._veil(text)
        below = "".join(f"\n\n{self._veil(as_other(each))}" for each in (steps, self._note) if each)
        room = self._traits.max_text - measure(below, self._traits)
        if room < self._traits.max_text // 2:
            below, room = "", self._traits.max_text
        if measure(text, self._traits) > room:
            text = f"…{tail(text, room - 1, self._traits)}"
        return (text + below).strip("\n") if below else text
