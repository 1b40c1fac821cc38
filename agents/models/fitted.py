"""A model that is sent no more than it takes: `shortening` says what goes first, and this how much has to go.

How much a model takes is looked up before the first long request, in the server's own list of models, else in the
bundled list; a refusal that names a number knows better, and after one without any, half is tried.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import structlog

from agents.models.context import json_array
from agents.models.pictures import has_pictures
from agents.models.protocol import ContextFull, Delta, Finished, Message, Model
from agents.models.shortening import shortened, size_of

log = structlog.get_logger(__name__)

TRIES = 4
LONG_BYTES = 24_000
"""A shorter request waits for no look-up: it fits nearly every model, and where not the refusal says so."""
_COUNTS_FROM_BYTES = 8_000
"""In a shorter request the frame of the messages weighs too much to teach how many bytes make a token."""
BYTES_PER_TOKEN = 3.0
"""Fewer than English (4.5), Chinese (4) or code (3.5) take, so that what fits by this fits; a model's count of what it
was sent is better, for then it is known of this very conversation."""
_LEAST_PER_TOKEN, MOST_PER_TOKEN = 1.5, 4.5
_CAREFUL = 0.9
_ANSWER_PART, _LONGEST_ANSWER = 4, 16_384
"""What of a window is left for the answer: a quarter, and no more than so many tokens."""

Listed = Callable[[], Awaitable[int | None]]


@dataclass(slots=True, kw_only=True)
class Window:
    """What is known of one model: its window in tokens, the bytes of one token, and what fitted after a refusal."""

    tokens: int | None = None
    bytes_per_token: float = BYTES_PER_TOKEN
    most_per_token: float = MOST_PER_TOKEN
    fitted_bytes: int | None = None
    is_looked_up: bool = False

    @property
    def room_bytes(self) -> int | None:
        """Bytes that a request may take; None when nothing is known."""
        rooms = [] if self.fitted_bytes is None else [self.fitted_bytes]
        if self.tokens is not None:
            answer = min(self.tokens // _ANSWER_PART, _LONGEST_ANSWER)
            rooms.append(int((self.tokens - answer) * self.bytes_per_token))
        return min(rooms, default=None)

    def counted(self, sent_bytes: int, tokens: int) -> None:
        """The model has counted what it was sent."""
        self.bytes_per_token = min(max(sent_bytes / tokens * _CAREFUL, _LEAST_PER_TOKEN), self.most_per_token)

    def refused(self, sent_bytes: int, tokens: int) -> None:
        """A request was longer than these tokens, which are all that it may have."""
        self.tokens = tokens
        self.most_per_token = max(min(self.most_per_token, sent_bytes / tokens * _CAREFUL), _LEAST_PER_TOKEN)
        self.bytes_per_token = min(self.bytes_per_token, self.most_per_token)


class Fitted:
    """One model with what was learnt of its window.

    `listed` looks the window up in tokens. `learnt` holds what is known by label; it is shared by all who ask that
    model.
    """

    def __init__(self, model: Model, *, listed: Listed, learnt: dict[str, Window]) -> None:
        self.model = model
        self._listed = listed
        self._learnt = learnt

    @property
    def label(self) -> str:
        """The label of the model."""
        return self.model.label

    @property
    def window(self) -> Window | None:
        """What is known of its window by now."""
        return self._learnt.get(self.label)

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Delta, None]:
        """Answer these messages, or what of them fits. Raises ContextFull when not even the shortest form does."""
        window = self._learnt.setdefault(self.label, Window())
        beside, whole = len(json_array(tools)), sum(map(size_of, messages))
        if beside + whole > LONG_BYTES:
            await self._look_up(window)
        room = window.room_bytes
        is_numbered = True
        for attempt in range(TRIES):
            fit = messages if room is None else shortened(messages, room - beside)
            size = beside + (whole if fit is messages else sum(map(size_of, fit)))
            try:
                async with aclosing(self.model.stream(fit, tools)) as deltas:
                    async for delta in deltas:
                        if isinstance(delta, Finished):
                            _learn(window, delta, size, fit)
                        yield delta
            except ContextFull as full:
                await self._look_up(window)
                smaller = _smaller(window, full, size, attempt)
                shortest = beside + sum(map(size_of, shortened(messages, smaller - beside)))
                if shortest >= size or attempt + 1 == TRIES:
                    raise
                is_numbered = full.window_tokens is not None
                log.info("model_window_learnt", model=self.label, refused_bytes=size, tried_bytes=smaller)
                room = smaller
            else:
                if not is_numbered:
                    window.fitted_bytes = room
                return

    async def _look_up(self, window: Window) -> None:
        """Once, and whatever comes of it."""
        if not window.is_looked_up:
            window.is_looked_up = True
            window.tokens = window.tokens or await self._listed()


def _learn(window: Window, end: Finished, size: int, sent: Sequence[Message]) -> None:
    if size > _COUNTS_FROM_BYTES and end.usage.input_tokens and not end.usage.estimated and not has_pictures(sent):
        window.counted(size, end.usage.input_tokens)


def _smaller(window: Window, full: ContextFull, size: int, attempt: int) -> int:
    """How many bytes to try next: what the window holds, and ever less when even that was refused."""
    if full.window_tokens:
        window.refused(size, full.window_tokens)
    room = window.room_bytes
    if room is None:
        return size // 2
    return min(room, size * 9 // 10) if attempt == 0 else min(room, size // 2)
