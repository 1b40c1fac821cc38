"""A conversation that has outgrown a model's window is answered all the same, and nothing is sent half."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from agents.models.context import answer_message, message
from agents.models.fitted import Fitted, Window
from agents.models.protocol import ContextFull, Finished, Message, TextDelta, ToolCallRequest
from agents.models.wire.openai import OpenAICompatible
from tests.platforms.model import FakeModel, Reply

SYSTEM = message("system", "You help.")


def turn(number: int, size: int = 1_000) -> list[Message]:
    call = ToolCallRequest(id=f"call_{number}", name="read", arguments="{}")
    return [
        message("user", f"question {number}"),
        answer_message("", [call]),
        message("tool", "r" * size, tool_call_id=call.id),
        message("assistant", f"answer {number}"),
    ]


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


def fitted(
    http: aiohttp.ClientSession, fake: FakeModel, learnt: dict[str, Window], listed: int | None = None
) -> Fitted:
    async def window() -> int | None:
        return listed

    return Fitted(client(http, fake), listed=window, learnt=learnt)


def client(http: aiohttp.ClientSession, fake: FakeModel) -> OpenAICompatible:
    return OpenAICompatible(http, base_url=fake.url, model="fake-1", provider="acme", api_key=fake.key)


LONG = [SYSTEM, *(each for number in range(20) for each in turn(number, 2_000)), message("user", "and now?")]


@pytest.mark.parametrize("kind", ["openai", "llama.cpp", "anthropic", "gemini", "numberless"])
async def test_what_each_server_refuses_is_shortened_and_answered_and_remembered(http, fake, kind: str) -> None:
    fake.window_tokens, fake.full = 4_096, kind
    learnt: dict[str, Window] = {}
    model = fitted(http, fake, learnt)

    first = await said(model, LONG)
    refused = len(fake.overflows)
    second = await said(model, LONG)

    assert first == second == "echo: and now?"
    assert refused == (1 if kind != "numberless" else 2)
    assert len(fake.overflows) == refused
    assert len(fake.requests[0]["messages"]) > 5
    assert fake.refusals == []
    assert list(learnt) == ["acme/fake-1"]


async def test_a_window_is_looked_up_before_the_first_long_request_and_only_then(http, fake: FakeModel) -> None:
    fake.window_tokens, fake.full = 4_096, "numberless"
    asked = 0

    async def listed() -> int | None:
        nonlocal asked
        asked += 1
        return 4_096

    model = Fitted(client(http, fake), listed=listed, learnt={})
    await said(model, [SYSTEM, message("user", "hi")])
    assert asked == 0

    assert [await said(model, LONG) for _ in range(2)] == ["echo: and now?"] * 2
    assert fake.overflows == []
    assert asked == 1


@pytest.mark.parametrize(("words", "bytes_per_token"), [("lorem ", 4.4), ("数据", 2.2)])
async def test_the_model_itself_teaches_how_many_bytes_make_a_token(
    words: str, bytes_per_token: float, http, fake: FakeModel
) -> None:
    """A tokenizer that takes more tokens for Chinese than was assumed would have every long request refused."""
    fake.window_tokens = 20_000
    learnt = {"acme/fake-1": Window(tokens=20_000, is_looked_up=True)}
    counted = Counted(client(http, fake), bytes_per_token)
    long = [SYSTEM, message("user", words * 1_500), message("assistant", "So."), message("user", "and now?")]

    await said(Fitted(counted, listed=nothing, learnt=learnt), long)

    assert learnt["acme/fake-1"].bytes_per_token == pytest.approx(0.9 * bytes_per_token, rel=0.05)
    assert learnt["acme/fake-1"].room_bytes == int(15_000 * learnt["acme/fake-1"].bytes_per_token)


class Counted:
    """The model, which counts so many bytes as a token."""

    def __init__(self, model: OpenAICompatible, bytes_per_token: float) -> None:
        self._model = model
        self._bytes_per_token = bytes_per_token

    @property
    def label(self) -> str:
        return self._model.label

    async def stream(self, messages, tools):
        size = sum(len(each.json) for each in messages)
        async for delta in self._model.stream(messages, tools):
            if isinstance(delta, Finished):
                usage = replace(delta.usage, input_tokens=int(size / self._bytes_per_token))
                yield replace(delta, usage=usage)
            else:
                yield delta


async def nothing() -> int | None:
    return None


async def test_a_count_that_a_refusal_has_shown_to_be_too_low_is_not_believed_again() -> None:
    window = Window(tokens=4_000)

    window.refused(10_000, 4_000)
    window.counted(9_000, 100)

    assert window.bytes_per_token == pytest.approx(2.25)
    assert window.room_bytes == int(3_000 * 2.25)


async def test_what_a_person_said_is_never_cut_and_they_are_told(http, fake: FakeModel) -> None:
    fake.window_tokens = 1_000
    learnt: dict[str, Window] = {}

    with pytest.raises(ContextFull):
        await said(fitted(http, fake, learnt), [SYSTEM, *turn(1), message("user", "x" * 50_000)])
    assert await said(fitted(http, fake, learnt), [SYSTEM, message("user", "short")]) == "echo: short"


async def test_a_short_conversation_is_sent_as_it_is(http, fake: FakeModel) -> None:
    fake.script(Reply(text="hello"))
    messages: list[Any] = [SYSTEM, message("user", "hi")]

    assert await said(fitted(http, fake, {}), messages) == "hello"
    assert fake.requests[0]["messages"] == [dict(each) for each in messages]
