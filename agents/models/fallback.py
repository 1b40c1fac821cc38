"""Several models as one: the first that can answer does. It never starts over once a person has seen something."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import structlog

from agents.models.protocol import (
    ContextFull,
    Delta,
    Mends,
    Message,
    Model,
    ModelCutShort,
    ModelError,
    ModelRefused,
    ModelUnavailable,
)

log = structlog.get_logger(__name__)

REST_SECONDS = 30.0
"""How long a model that could not be reached is passed over while another one can be asked."""
MAX_PAUSE_SECONDS = 20.0
"""A longer Retry-After is not waited for: the next model is asked, or the person told."""


class Fallback:
    """Tries each model in order: again after a pause when it is overloaded, the next one when it stays so or refuses.

    `attempts` is how often one model is asked for one answer. `now` is monotonic seconds; `jitter` gives 0 to 1.
    `resting_until` may be shared, by label, so that what one agent learnt of a dead model spares the others.
    """

    def __init__(
        self,
        models: Sequence[Model],
        *,
        attempts: int = 3,
        first_pause_seconds: float = 0.5,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        resting_until: dict[str, float] | None = None,
    ) -> None:
        if not models:
            raise ValueError("a fallback needs a model")
        self.models = tuple(models)
        self._attempts = attempts
        self._first_pause = first_pause_seconds
        self._sleep = sleep
        self._now = now
        self._jitter = jitter
        self._resting_until = {} if resting_until is None else resting_until

    @property
    def label(self) -> str:
        """The label of the model that is asked first now."""
        return self._in_order()[0].label

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Delta, None]:
        """Answer these messages by the first model that can; raises the error of the last when none can."""
        failures: list[ModelError] = []
        for model in self._in_order():
            for attempt in range(self._attempts):
                is_shown = False
                try:
                    async with aclosing(model.stream(messages, tools)) as deltas:
                        async for delta in deltas:
                            is_shown = True
                            yield delta
                except ModelError as error:
                    if is_shown:
                        raise error if isinstance(error, ModelCutShort) else ModelCutShort(str(error)) from error
                    log.warning("model_failed", model=model.label, attempt=attempt + 1, reason=str(error))
                    failure = error
                else:
                    self._resting_until.pop(model.label, None)
                    return
                pause = self._pause(failure, attempt)
                if pause is None:
                    break
                await self._sleep(pause)
            failures.append(failure)
            if isinstance(failure, ModelUnavailable):
                self._resting_until[model.label] = self._now() + REST_SECONDS
        raise _together(failures)

    def _in_order(self) -> list[Model]:
        """As configured, but those that are resting last: with nobody else left, even they are asked."""
        now = self._now()
        return sorted(self.models, key=lambda model: self._resting_until.get(model.label, now) > now)

    def _pause(self, error: ModelError, attempt: int) -> float | None:
        """Seconds before asking the same model again, or None to leave it."""
        if isinstance(error, ModelRefused) or attempt + 1 >= self._attempts:
            return None
        pause = self._first_pause * float(2**attempt) * (1 + self._jitter())
        asked_for = error.retry_after_seconds if isinstance(error, ModelUnavailable) else None
        if asked_for is None:
            return min(pause, MAX_PAUSE_SECONDS)
        return max(asked_for, pause) if asked_for <= MAX_PAUSE_SECONDS else None


def _together(failures: list[ModelError]) -> ModelError:
    """One error for all: its own when there is one, else all sentences under the class that leaves the most to do.

    Too long for one of them comes first: a shorter request is answered by that one, whatever ails the others.
    """
    if len(failures) == 1:
        return failures[0]
    sentences = "; ".join(str(failure) for failure in failures)
    if full := [failure for failure in failures if isinstance(failure, ContextFull)]:
        windows = [failure.window_tokens for failure in full if failure.window_tokens]
        return ContextFull(sentences, window_tokens=max(windows, default=None))
    if all(isinstance(failure, ModelRefused) for failure in failures):
        kinds = {failure.mends for failure in failures if isinstance(failure, ModelRefused)}
        return ModelRefused(sentences, mends=kinds.pop() if len(kinds) == 1 else Mends.SETTINGS)
    waits = [wait for failure in failures if (wait := getattr(failure, "retry_after_seconds", None)) is not None]
    return ModelUnavailable(sentences, retry_after_seconds=min(waits, default=None))
