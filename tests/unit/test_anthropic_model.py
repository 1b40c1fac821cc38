"""What only Anthropic's protocol has: signed thinking, a required length, the cache, and blocks of its own."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from agents.models.context import answer_message, json_array, message
from agents.models.protocol import End, Finished, ModelUnavailable, TextDelta, ToolCallRequest
from agents.models.thinking import ThinkingRule, adapted
from agents.models.wire.anthropic import Anthropic
from agents.models.wire.anthropic_form import request_of
from tests.platforms.anthropic_wire import event
from tests.platforms.model import FakeModel, Reply

HELLO = [message("system", "You help."), message("user", "hello")]
TOOL = {"type": "function", "function": {"name": "time", "parameters": {"type": "object", "properties": {}}}}
CALLED = [ToolCallRequest(id="a", name="time", arguments="{}"), ToolCallRequest(id="b", name="time", arguments="{}")]
USAGE = {"input_tokens": 60, "cache_read_input_tokens": 40, "cache_creation_input_tokens": 100, "output_tokens": 1}


@pytest.fixture
async def fake() -> AsyncIterator[FakeModel]:
    async with FakeModel() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def build(http: aiohttp.ClientSession, fake: FakeModel, **extra: Any) -> Anthropic:
    return Anthropic(
        http, base_url=fake.url, model="fake-1", provider="anthropic", api_key=fake.key, extra=extra or None
    )


async def answer(model: Anthropic, messages: Any = HELLO, tools: Any = (TOOL,)) -> tuple[str, list[Any], Finished]:
    deltas = [delta async for delta in model.stream(messages, tools)]
    text = "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
    end = deltas[-1]
    assert isinstance(end, Finished)
    return text, [delta for delta in deltas if isinstance(delta, ToolCallRequest)], end


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    begun = event("content_block_start", index=index, content_block=start)
    grown = [event("content_block_delta", index=index, delta=delta) for delta in deltas]
    return begun + b"".join(grown) + event("content_block_stop", index=index)


def ended(reason: str, **delta: Any) -> bytes:
    usage = {"output_tokens": 20}
    return event("message_delta", delta={"stop_reason": reason, **delta}, usage=usage) + event("message_stop")


START = event("message_start", message={"usage": USAGE}) + event("ping")


def thought(index: int, words: str) -> bytes:
    start = {"type": "thinking", "thinking": "", "signature": ""}
    grown = {"type": "thinking_delta", "thinking": words}
    return block(index, start, grown, {"type": "signature_delta", "signature": f"signed {words}"})


async def test_signed_thinking_returns_to_its_place_among_words_and_calls(
    http: aiohttp.ClientSession, fake: FakeModel
) -> None:
    redacted = {"type": "redacted_thinking", "data": "sealed"}
    words = block(2, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Let me see."})
    calls = [
        block(at, {"type": "tool_use", "id": name, "name": "time", "input": {}}) for at, name in ((3, "a"), (5, "b"))
    ]
    raw = (START, thought(0, "hm"), block(1, redacted), words, calls[0], thought(4, "and"), calls[1])
    fake.script(Reply(raw=(*raw, ended("tool_use"))))
    model = build(http, fake)

    text, asked, end = await answer(model)
    results = [message("tool", "noon", tool_call_id=call.id) for call in asked]
    await answer(model, [*HELLO, answer_message(text, asked, end.thinking, end.signed), *results])

    sent = fake.requests[1]["messages"][1]["content"]
    assert text == "Let me see."
    assert [each["type"] for each in sent] == [
        "thinking",
        "redacted_thinking",
        "text",
        "tool_use",
        "thinking",
        "tool_use",
    ]
    assert (sent[0]["signature"], sent[1]["data"], sent[4]["thinking"]) == ("signed hm", "sealed", "and")


def test_signed_thinking_is_sent_to_no_other_provider() -> None:
    signed = {"wire": "anthropic", "blocks": [[0, {"type": "thinking", "thinking": "hm", "signature": "s"}]]}
    history = [*HELLO, answer_message("", CALLED, "", signed)]

    assert b"signed" not in json_array(adapted(history, ThinkingRule.IGNORES))
    assert adapted(HELLO, ThinkingRule.IGNORES) is HELLO


async def test_input_counts_what_came_from_the_cache_and_what_went_into_it(
    http: aiohttp.ClientSession, fake: FakeModel
) -> None:
    words = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "hi"})
    fake.script(Reply(raw=(START, words, ended("end_turn"))))

    usage = (await answer(build(http, fake)))[2].usage

    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.estimated) == (200, 20, 40, False)


def test_what_every_request_begins_with_is_marked_for_the_cache_and_a_loop_as_far_as_it_came() -> None:
    results = [message("tool", "noon", tool_call_id=call.id) for call in CALLED]
    asked, looping = request_of(HELLO, [TOOL]), request_of([*HELLO, answer_message("", CALLED), *results], [TOOL])

    assert asked["system"] == [{"type": "text", "text": "You help.", "cache_control": {"type": "ephemeral"}}]
    assert "cache_control" not in asked["messages"][-1]["content"][-1]
    assert [list(part) for part in looping["messages"][-1]["content"]] == [
        ["type", "tool_use_id", "content"],
        ["type", "tool_use_id", "content", "cache_control"],
    ]


async def test_a_model_that_writes_less_is_asked_for_less(http: aiohttp.ClientSession, fake: FakeModel) -> None:
    sentence = "max_tokens: 16000 > 4096, which is the maximum allowed number of output tokens for fake-1"
    fake.fail(400, sentence)
    model = build(http, fake)

    await answer(model)
    await answer(model)

    assert [request["max_tokens"] for request in fake.requests] == [16_000, 4096, 4096]


async def test_a_field_of_another_protocol_is_left_out_once_it_was_refused(
    http: aiohttp.ClientSession, fake: FakeModel
) -> None:
    fake.fail(400, "reasoning_effort: Extra inputs are not permitted")

    await answer(build(http, fake, reasoning_effort="low", stop=["END"]))

    assert ["reasoning_effort" in request for request in fake.requests] == [True, False]
    assert fake.requests[1]["stop_sequences"] == ["END"]


@pytest.mark.parametrize(
    ("reason", "end"),
    [("pause_turn", End.LENGTH), ("model_context_window_exceeded", End.LENGTH), ("stop_sequence", End.STOP)],
)
async def test_every_reason_to_stop_is_known(
    http: aiohttp.ClientSession, fake: FakeModel, reason: str, end: End
) -> None:
    words = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "hi"})
    fake.script(Reply(raw=(START, words, ended(reason))))

    assert (await answer(build(http, fake)))[2].end is end


async def test_a_refusal_without_words_is_told_in_its_explanation(http: aiohttp.ClientSession, fake: FakeModel) -> None:
    fake.script(Reply(raw=(START, ended("refusal", stop_details={"explanation": "I must not."}))))

    text, _, end = await answer(build(http, fake))

    assert (text, end.end) == ("I must not.", End.REFUSED)


async def test_an_overloaded_error_inside_the_stream_may_pass(http: aiohttp.ClientSession, fake: FakeModel) -> None:
    error = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    fake.script(Reply(raw=(START, error)))

    with pytest.raises(ModelUnavailable, match="Overloaded"):
        await answer(build(http, fake))


async def test_a_server_that_does_not_stream_is_understood(http: aiohttp.ClientSession, fake: FakeModel) -> None:
    call = {"type": "tool_use", "id": "a", "name": "time", "input": {"zone": "UTC"}}
    whole = {"content": [{"type": "text", "text": "hi"}, call], "stop_reason": "tool_use", "usage": USAGE}
    fake.script(Reply(raw=(event("message", **whole).partition(b"data: ")[2],), content_type="application/json"))

    text, calls, end = await answer(build(http, fake))

    assert (text, [each.arguments for each in calls], end.end) == ("hi", ['{"zone": "UTC"}'], End.CALLS)


async def test_words_that_nobody_said_are_not_sent(http: aiohttp.ClientSession, fake: FakeModel) -> None:
    history = [message("assistant", "I begin."), message("user", "  "), message("assistant", ""), message("user", "a")]

    await answer(build(http, fake), history, ())

    assert fake.refusals == []
    assert [each["role"] for each in fake.requests[0]["messages"]] == ["user", "assistant", "user"]
