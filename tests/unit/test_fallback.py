"""One model after another, without a person ever reading the same sentence twice."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from agents.models.context import message
from agents.models.fallback import REST_SECONDS, Fallback
from agents.models.protocol import (
    ContextFull,
    Delta,
    End,
    Finished,
    ModelCutShort,
    ModelError,
    ModelRefused,
    ModelUnavailable,
    TextDelta,
    TokenUsage,
)

HELLO = [message("user", "hello")]


class Scripted:
    """A model that does what its script says for each request, then answers with its own label."""

    def __init__(self, label: str, *script: ModelError | tuple[str, ModelError]) -> None:
        self.label = label
        self.script = list(script)
        self.asked = 0
        self.is_closed = False

    async def stream(self, messages, tools) -> AsyncGenerator[Delta, None]:
        self.asked += 1
        step = self.script.pop(0) if self.script else None
        try:
            if isinstance(step, ModelError):
                raise step
            if step:
                yield TextDelta(text=step[0])
                raise step[1]
            yield TextDelta(text=self.label)
            provider, _, name = self.label.partition("/")
            yield Finished(
                end=End.STOP,
                reason="stop",
                usage=TokenUsage(provider=provider, model=name, input_tokens=1, output_tokens=1),
            )
        finally:
            self.is_closed = True


class Time:
    """Monotonic seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def together(time: Time, *models: Scripted, **given) -> Fallback:
    return Fallback(models, sleep=time.sleep, now=time, jitter=lambda: 0.0, **given)


async def said(model: Fallback) -> str:
    return "".join([delta.text async for delta in model.stream(HELLO, []) if isinstance(delta, TextDelta)])


async def test_an_overloaded_model_is_asked_again_after_growing_pauses(time: Time) -> None:
    first = Scripted("a/1", ModelUnavailable(), ModelUnavailable())

    assert await said(together(time, first)) == "a/1"
    assert time.pauses == [0.5, 1.0]


async def test_the_providers_own_wait_is_obeyed(time: Time) -> None:
    first = Scripted("a/1", ModelUnavailable(retry_after_seconds=7))

    assert await said(together(time, first)) == "a/1"
    assert time.pauses == [7]


async def test_a_wait_too_long_is_not_waited_for(time: Time) -> None:
    first, second = Scripted("a/1", ModelUnavailable(retry_after_seconds=3600)), Scripted("b/2")

    assert await said(together(time, first, second)) == "b/2"
    assert time.pauses == []


async def test_the_next_model_answers_when_one_stays_unavailable(time: Time) -> None:
    first, second = Scripted("a/1", *[ModelUnavailable("down")] * 3), Scripted("b/2")

    assert await said(together(time, first, second)) == "b/2"
    assert first.asked == 3


async def test_a_refusal_is_not_tried_twice(time: Time) -> None:
    first, second = Scripted("a/1", ModelRefused("bad key")), Scripted("b/2")

    assert await said(together(time, first, second)) == "b/2"
    assert (first.asked, time.pauses) == (1, [])


async def test_once_something_was_shown_nothing_starts_over(time: Time) -> None:
    first, second = Scripted("a/1", ("half an ans", ModelCutShort("gone"))), Scripted("b/2")

    with pytest.raises(ModelCutShort, match="gone"):
        await said(together(time, first, second))
    assert (first.asked, second.asked) == (1, 0)


async def test_an_answer_cut_before_anything_was_shown_starts_over_unseen(time: Time) -> None:
    first = Scripted("a/1", ModelCutShort())

    assert await said(together(time, first)) == "a/1"


async def test_a_dead_model_rests_and_is_then_tried_again(time: Time) -> None:
    first, second = Scripted("a/1", *[ModelUnavailable()] * 3), Scripted("b/2")
    model = together(time, first, second)
    await said(model)

    assert model.label == "b/2"
    assert await said(model) == "b/2"
    assert first.asked == 3
    time.now += REST_SECONDS + 1
    assert model.label == "a/1"
    assert await said(model) == "a/1"


async def test_with_nobody_else_left_even_a_resting_model_is_asked(time: Time) -> None:
    first = Scripted("a/1", *[ModelUnavailable("down")] * 3)
    model = together(time, first)

    with pytest.raises(ModelUnavailable, match="down"):
        await said(model)
    assert await said(model) == "a/1"


async def test_when_all_fail_every_sentence_is_told(time: Time) -> None:
    first = Scripted("a/1", ModelRefused("bad key"))
    second = Scripted("b/2", ModelUnavailable("busy", retry_after_seconds=90))

    with pytest.raises(ModelUnavailable, match="bad key; busy") as caught:
        await said(together(time, first, second))
    assert caught.value.retry_after_seconds == 90


async def test_when_all_refuse_it_is_a_refusal(time: Time) -> None:
    with pytest.raises(ModelRefused, match="no; never"):
        await said(together(time, Scripted("a/1", ModelRefused("no")), Scripted("b/2", ModelRefused("never"))))


async def test_leaving_closes_the_model_that_answers(time: Time) -> None:
    first = Scripted("a/1")

    async with aclosing(together(time, first).stream(HELLO, [])) as deltas:
        await anext(deltas)

    assert first.is_closed


async def test_too_long_for_one_and_away_for_the_other_is_too_long() -> None:
    models = [
        Scripted("a/1", ContextFull("a/1: too long", window_tokens=4096)),
        Scripted("b/2", ModelRefused("b/2: no credit")),
    ]

    with pytest.raises(ContextFull, match=r"too long; b/2: no credit") as caught:
        await said(Fallback(models, attempts=1))

    assert caught.value.window_tokens == 4096
