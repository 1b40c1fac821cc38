"""What only Gemini's protocol has: signed calls, a filter that answers for the model, and a place for settings."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from agents.models.context import Prepared, answer_message, message
from agents.models.protocol import ContentFiltered, Finished, ModelCutShort, TextDelta, ToolCallRequest
from agents.models.wire.gemini import Gemini
from agents.models.wire.gemini_form import request_of
from tests.platforms.gemini_wire import SIGNATURE, SKIPPED, chunk
from tests.platforms.model import Call, FakeModel, Reply

HELLO = [message("system", "You help."), message("user", "hello")]
PARAMETERS = {"type": "object", "properties": {"zone": {"type": "string"}}, "additionalProperties": False}
TOOLS = [
    Prepared.of({"type": "function", "function": {"name": "time", "description": "Now.", "parameters": PARAMETERS}}),
    Prepared.of({"type": "function", "function": {"name": "end", "parameters": {"type": "object", "properties": {}}}}),
]


@pytest.fixture
async def fake() -> AsyncIterator[FakeModel]:
    async with FakeModel() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def build(http: aiohttp.ClientSession, fake: FakeModel, **given: Any) -> Gemini:
    base = {"base_url": fake.url, "model": "fake-1", "provider": "gemini", "api_key": fake.key}
    return Gemini(http, **base | given)


async def answer(model: Gemini, messages: Any = HELLO, tools: Any = TOOLS) -> tuple[str, list[Any], Finished]:
    deltas = [delta async for delta in model.stream(messages, tools)]
    text = "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
    end = deltas[-1]
    assert isinstance(end, Finished)
    return text, [delta for delta in deltas if isinstance(delta, ToolCallRequest)], end


async def test_calls_go_back_with_their_ids_and_signatures_and_the_results_with_the_ids(
    http: aiohttp.ClientSession, fake: FakeModel
) -> None:
    fake.thinking = "required"
    arguments = '{"zone": "UTC"}'
    fake.script(Reply(calls=(Call(name="time", arguments=arguments), Call(name="time", arguments=arguments))))
    model = build(http, fake)

    _, calls, end = await answer(model)
    results = [message("tool", "noon", tool_call_id=call.id) for call in calls]
    text, _, _ = await answer(model, [*HELLO, answer_message("", calls, end.thinking, end.signed), *results])

    asked, answered = fake.requests[1]["contents"][1:]
    assert (text, fake.refusals) == ("result: noon\nnoon", [])
    assert [part.get("thoughtSignature") for part in asked["parts"]] == [SIGNATURE, None]
    assert [part["functionResponse"]["id"] for part in answered["parts"]] == [call.id for call in calls]


async def test_a_call_of_another_model_is_sent_with_the_word_for_it_once_a_signature_was_missed(
    http: aiohttp.ClientSession, fake: FakeModel
) -> None:
    fake.thinking = "required"
    history = [
        *HELLO,
        answer_message("", [ToolCallRequest(id="call_1", name="time", arguments="{}")], "hm"),
        message("tool", "noon", tool_call_id="call_1"),
    ]
    model = build(http, fake)

    for _ in range(2):
        await answer(model, history)

    assert len(fake.refusals) == 1
    assert [request["contents"][1]["parts"][0]["thoughtSignature"] for request in fake.requests] == [SKIPPED, SKIPPED]


async def test_a_name_that_a_model_made_up_keeps_no_conversation_from_going_on(
    http: aiohttp.ClientSession, fake: FakeModel
) -> None:
    history = [
        *HELLO,
        answer_message("", [ToolCallRequest(id="call_1", name="7zip.now", arguments="{broken")]),
        message("tool", "There is no such tool.", tool_call_id="call_1"),
        message("user", "go on"),
    ]

    assert (await answer(build(http, fake), history))[0] == "echo: go on"
    assert fake.refusals == []


async def test_thinking_is_counted_as_output_and_not_shown(http: aiohttp.ClientSession, fake: FakeModel) -> None:
    fake.script(Reply(text="Hello!", thinking="the person greets me"))

    text, _, end = await answer(build(http, fake))

    assert (text, end.thinking) == ("Hello!", "the person greets me")
    assert (end.usage.input_tokens, end.usage.output_tokens, end.usage.cached_tokens) == (100, 20, 40)


def test_tools_are_declared_by_their_schema_as_it_is() -> None:
    request = request_of(HELLO, TOOLS)

    assert request["systemInstruction"] == {"parts": [{"text": "You help."}]}
    assert request["tools"] == [
        {
            "functionDeclarations": [
                {"name": "time", "description": "Now.", "parametersJsonSchema": PARAMETERS},
                {"name": "end", "description": ""},
            ]
        }
    ]


async def test_fields_of_the_openai_protocol_find_their_place(http: aiohttp.ClientSession, fake: FakeModel) -> None:
    thinking = {"thinkingConfig": {"thinkingBudget": 0}}
    extra = {"temperature": 0.2, "max_tokens": 99, "generationConfig": thinking, "safetySettings": []}

    await answer(build(http, fake, extra=extra))

    assert fake.requests[0]["generationConfig"] == {**thinking, "temperature": 0.2, "maxOutputTokens": 99}
    assert fake.requests[0]["safetySettings"] == []


async def test_a_field_that_it_does_not_know_is_left_out_once_it_was_refused(
    http: aiohttp.ClientSession, fake: FakeModel
) -> None:
    await answer(build(http, fake, extra={"reasoning_effort": "low"}))

    assert len(fake.refusals) == 1
    assert "reasoning_effort" not in fake.requests[0]


async def test_a_blocked_request_is_told_as_the_filters_doing(http: aiohttp.ClientSession, fake: FakeModel) -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    fake.script(Reply(raw=(b"data: " + json.dumps(blocked).encode() + b"\n\n",)))

    with pytest.raises(ContentFiltered, match="PROHIBITED_CONTENT"):
        await answer(build(http, fake))


async def test_an_array_in_place_of_a_stream_is_understood(http: aiohttp.ClientSession, fake: FakeModel) -> None:
    chunks = [chunk([{"text": "One "}]), chunk([{"text": "two"}], "STOP")]
    array = b"[" + b",\r\n".join(each.removeprefix(b"data: ").strip() for each in chunks) + b"]"
    fake.script(Reply(raw=(array,), content_type="application/json"))

    assert (await answer(build(http, fake)))[0] == "One two"


async def test_a_stream_without_a_reason_to_end_broke_off(http: aiohttp.ClientSession, fake: FakeModel) -> None:
    fake.script(Reply(raw=(chunk([{"text": "One "}]),)))

    with pytest.raises(ModelCutShort, match="broke off"):
        await answer(build(http, fake))


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("https://models.example", "https://models.example/v1beta/models/m:streamGenerateContent?alt=sse"),
        ("https://models.example/v1/", "https://models.example/v1/models/m:streamGenerateContent?alt=sse"),
    ],
)
async def test_the_version_is_added_to_the_address_of_a_machine(
    http: aiohttp.ClientSession, fake: FakeModel, given: str, asked: str
) -> None:
    assert build(http, fake, base_url=given, model="m")._server._url == asked
