"""A conversation that has outgrown a model's window is answered all the same, and nothing is sent half."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp
import pytest

from agents.context import answer_message, message
from agents.fitted import Fitted, trimmed
from agents.models import ContextFull, Message, TextDelta, ToolCallRequest
from agents.openai_compatible import OpenAICompatible
from agents.pictures import Picture, Pictured
from tests.platforms.model import FakeModel, Reply
from tests.platforms.model_rules import complaint_about

SYSTEM = message("system", "You help.")


def turn(number: int, size: int = 1_000) -> list[Message]:
    call = ToolCallRequest(id=f"call_{number}", name="read", arguments="{}")
    return [
        message("user", f"question {number}"),
        answer_message("", [call]),
        message("tool", "r" * size, tool_call_id=call.id),
        message("assistant", f"answer {number}"),
    ]


def steps(count: int, size: int) -> list[Message]:
    """A turn that is still going on, after so many calls."""
    going = [message("user", "read it all")]
    for number in range(count):
        going += turn(number, size)[1:3]
    return going


def size(messages: Sequence[Message]) -> int:
    return sum(len(each.json) for each in messages)  # type: ignore[attr-defined]  # all are prepared here


def complaint(messages: Sequence[Message]) -> str:
    return complaint_about({"model": "m", "messages": [dict(each) for each in messages]})


@pytest.mark.parametrize("budget", [100, 1_500, 2_600, 5_000, 20_000])
def test_whole_turns_go_the_oldest_first_and_the_last_one_stays(budget: int) -> None:
    whole = [SYSTEM, *turn(1), *turn(2), *turn(3), message("user", "and now?")]

    fit = trimmed(whole, budget)

    assert complaint(fit) == ""
    assert fit[0] is SYSTEM
    assert fit[-1] is whole[-1]
    assert fit[1:] == whole[len(whole) - len(fit) + 1 :]
    assert size(fit) <= max(budget, size([whole[0], whole[-1]]))


@pytest.mark.parametrize("budget", [600, 1_500, 3_000, 8_000])
def test_a_turn_that_is_too_long_by_itself_keeps_what_was_asked_and_its_latest_results(budget: int) -> None:
    whole = [SYSTEM, *turn(9), *steps(12, 2_000)]

    fit = trimmed(whole, budget)

    assert complaint(fit) == ""
    assert size(fit) <= budget
    assert fit[1]["content"] == "read it all"
    assert fit[-1]["tool_call_id"] == "call_11"
    assert fit[-1]["content"].startswith("r" * 100)


def test_what_fits_is_left_as_it_is_and_a_picture_counts_as_what_it_costs() -> None:
    picture = Pictured.showing("look", [Picture(media_type="image/png", content=bytes(3_000_000))])
    whole = [SYSTEM, *turn(1), picture]

    assert trimmed(whole, 100_000) == whole


@pytest.fixture
async def fake() -> AsyncIterator[FakeModel]:
    async with FakeModel() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def said(model: Fitted, messages: Sequence[Message]) -> str:
    deltas = [delta async for delta in model.stream(messages, ())]
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


def fitted(http: aiohttp.ClientSession, fake: FakeModel, learnt: dict[str, int], listed: int | None = None) -> Fitted:
    async def window() -> int | None:
        return listed

    model = OpenAICompatible(http, base_url=fake.url, model="fake-1", provider="acme", api_key=fake.key)
    return Fitted(model, listed=window, learnt=learnt)


LONG = [SYSTEM, *(each for number in range(20) for each in turn(number, 2_000)), message("user", "and now?")]


@pytest.mark.parametrize("kind", ["openai", "llama.cpp", "anthropic", "gemini", "numberless"])
async def test_what_each_server_refuses_is_shortened_and_answered_and_remembered(http, fake, kind: str) -> None:
    fake.window_tokens, fake.full = 4_096, kind
    learnt: dict[str, int] = {}
    model = fitted(http, fake, learnt)

    first = await said(model, LONG)
    refused = len(fake.overflows)
    second = await said(model, LONG)

    assert first == second == "echo: and now?"
    assert refused == (1 if kind != "numberless" else 2)
    assert len(fake.overflows) == refused
    assert len(fake.requests[0]["messages"]) > 5
    assert list(learnt) == ["acme/fake-1"]


async def test_a_window_that_the_refusal_does_not_name_is_looked_up(http, fake: FakeModel) -> None:
    fake.window_tokens, fake.full = 4_096, "numberless"

    assert await said(fitted(http, fake, {}, listed=4_096), LONG) == "echo: and now?"
    assert len(fake.overflows) == 1


async def test_what_a_person_said_is_never_cut_and_they_are_told(http, fake: FakeModel) -> None:
    fake.window_tokens = 1_000
    learnt: dict[str, int] = {}

    with pytest.raises(ContextFull):
        await said(fitted(http, fake, learnt), [SYSTEM, *turn(1), message("user", "x" * 50_000)])
    assert learnt == {}
    assert await said(fitted(http, fake, learnt), [SYSTEM, message("user", "short")]) == "echo: short"


async def test_a_short_conversation_is_sent_as_it_is(http, fake: FakeModel) -> None:
    fake.script(Reply(text="hello"))
    messages: list[Any] = [SYSTEM, message("user", "hi")]

    assert await said(fitted(http, fake, {}), messages) == "hello"
    assert fake.requests[0]["messages"] == [dict(each) for each in messages]
