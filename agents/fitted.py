"""A model that is sent no more than it takes: what was said longest ago goes first, never a call without its result.

How much a model takes is learnt from its refusal: the number in it, else the server's own list of models, else the
bundled list, else half of what was refused. It refuses to shorten what a person said last: that is for them to do.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import structlog

from agents.context import Prepared, json_array, message
from agents.models import ContextFull, Delta, Message, Model
from agents.pictures import MOST, Pictured

log = structlog.get_logger(__name__)

TRIES = 4
BYTES_PER_TOKEN = 3
"""Fewer than English (4.5), Chinese (4) or code (3.5) take, so that what fits by this fits."""
_FOR_THE_QUESTION = 0.75
"""The part of a window that the request may take; the rest is for the answer."""
_PICTURE_BYTES = 1_600 * BYTES_PER_TOKEN
_SHORT_RESULT = 300
_LEFT_OUT = "… (left out, since it no longer fits)"
_ENVELOPE_BYTES = 150
"""What a result takes beside its text, with the sentence above."""

Listed = Callable[[], Awaitable[int | None]]


class Fitted:
    """One model with what was learnt of its window.

    `listed` looks the window up in tokens, when a refusal names none. `learnt` holds the bytes that a request may take,
    by label; it is shared by all who ask that model.
    """

    def __init__(self, model: Model, *, listed: Listed, learnt: dict[str, int]) -> None:
        self.model = model
        self._listed = listed
        self._learnt = learnt

    @property
    def label(self) -> str:
        """The label of the model."""
        return self.model.label

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Delta, None]:
        """Answer these messages, or as many of the newest as fit. Raises ContextFull when not even the last does."""
        budget = self._learnt.get(self.label)
        for attempt in range(TRIES):
            fit = messages if budget is None else trimmed(messages, budget - len(json_array(tools)))
            try:
                async with aclosing(self.model.stream(fit, tools)) as deltas:
                    async for delta in deltas:
                        yield delta
            except ContextFull as full:
                beside = len(json_array(tools))
                size = beside + sum(map(_size, fit))
                smaller = await self._smaller(full, size, attempt)
                shortest = beside + sum(map(_size, trimmed(messages, smaller - beside)))
                if shortest >= size or attempt + 1 == TRIES:
                    raise
                log.info("model_window_learnt", model=self.label, refused_bytes=size, tried_bytes=smaller)
                budget = smaller
            else:
                if attempt and budget is not None:
                    self._learnt[self.label] = budget
                return

    async def _smaller(self, full: ContextFull, size: int, attempt: int) -> int:
        """How many bytes to try next: what the window holds, and ever less when even that was refused."""
        window = full.window_tokens or (await self._listed() if attempt == 0 else None)
        if window is None:
            return size // 2
        budget = int(window * BYTES_PER_TOKEN * _FOR_THE_QUESTION)
        return min(budget, size * 9 // 10) if attempt == 0 else min(budget, size // 2)


def trimmed(messages: Sequence[Message], budget_bytes: int) -> list[Message]:
    """What fits: without the oldest turns, then with shorter results of this turn, then without its oldest steps.

    The instructions, what the person said last and the latest calls with their results always stay.
    """
    head = [each for each in messages if _role(each) in ("system", "developer")]
    turns = _split([each for each in messages if _role(each) not in ("system", "developer")], "user")
    room = budget_bytes - sum(map(_size, head))
    while len(turns) > 1 and sum(_size(each) for turn in turns for each in turn) > room:
        del turns[0]
    if len(turns) == 1:
        turns = [_shortened(turns[0], room)]
    return [*head, *(each for turn in turns for each in turn)]


def _shortened(turn: Sequence[Message], room: int) -> list[Message]:
    """One turn in that many bytes, as far as that is possible."""
    said, *steps = _split(turn, "assistant") if _role(turn[0]) == "user" else [[], *_split(turn, "assistant")]

    def excess() -> int:
        return sum(map(_size, said)) + sum(_size(each) for step in steps for each in step) - room

    for at in range(len(steps) - 1):
        if excess() > 0:
            steps[at] = [_cut(each, _SHORT_RESULT) for each in steps[at]]
    while len(steps) > 1 and excess() > 0:
        del steps[0]
    if steps and (over := excess()) > 0:
        results = [each for each in steps[0] if _role(each) == "tool"]
        most = max(_SHORT_RESULT, (sum(map(_size, results)) - over) // max(1, len(results)))
        steps[0] = [_cut(each, most) for each in steps[0]]
    return [*said, *(each for step in steps for each in step)]


def _split(messages: Sequence[Message], role: str) -> list[list[Message]]:
    """The messages in groups, each beginning with one of that role, but for the first group perhaps."""
    groups: list[list[Message]] = []
    for each in messages:
        if not groups or _role(each) == role:
            groups.append([])
        groups[-1].append(each)
    return groups


def _cut(given: Message, most_bytes: int) -> Message:
    """A result with that many bytes of its text, or fewer; anything else as it is."""
    text = given.get("content") if _role(given) == "tool" else None
    if not isinstance(text, str) or _size(given) <= most_bytes:
        return given
    plain = text.encode("utf-8", "replace")
    room = (most_bytes - _ENVELOPE_BYTES) * len(plain) // _size(given)  # as JSON it takes more, by its line breaks
    kept = plain[: max(0, room)].decode("utf-8", "ignore")
    return message("tool", kept + _LEFT_OUT, tool_call_id=given["tool_call_id"])


def _role(given: Message) -> str:
    return given.role if isinstance(given, Prepared) else str(given.get("role"))


def _size(given: Message) -> int:
    """Bytes of a message; a picture counts as what models take for one."""
    if isinstance(given, Pictured):
        return len(given.plain.json) + MOST * _PICTURE_BYTES
    return len(given.json) if isinstance(given, Prepared) else len(json_array([given]))
