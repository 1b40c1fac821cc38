"""What only this wire can do wrong: servers that stream badly, not at all, or know fewer fields."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from agents.models.context import Prepared, answer_message, json_array, message
from agents.models.pictures import Picture, Pictured
from agents.models.protocol import Delta, ModelCutShort, ModelRefused, ModelUnavailable, TextDelta, ToolCallRequest
from agents.models.wire.openai import OpenAICompatible
from agents.models.wire.server import AnswerLimits
from tests.platforms.model import Call, FakeModel, Reply, data

HELLO = [message("user", "hello")]
PICTURED = Pictured.showing("what is this?", [Picture(media_type="image/png", content=b"...")])
TOOL = {"type": "function", "function": {"name": "time", "parameters": {"type": "object", "properties": {}}}}
END = b"data: [DONE]\n\n"


@pytest.fixture
async def fake() -> AsyncIterator[FakeModel]:
    async with FakeModel() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def model(http: aiohttp.ClientSession, fake: FakeModel) -> OpenAICompatible:
    return build(http, fake)


def build(http: aiohttp.ClientSession, fake: FakeModel, **given: Any) -> OpenAICompatible:
    base = {"base_url": fake.url, "model": "fake-1", "provider": "acme", "api_key": fake.key}
    return OpenAICompatible(http, **base | {"limits": AnswerLimits(idle_seconds=2, max_bytes=100_000)} | given)


async def answer(model: OpenAICompatible, tools: Any = (), messages: Any = HELLO) -> list[Delta]:
    return [delta async for delta in model.stream(messages, tools)]


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


def chunk(text: str, reason: str | None = None) -> bytes:
    """A piece as of a server that has a field for thinking; without that, the first answer is held back to its end."""
    delta = {"content": text, "reasoning_content": None}
    return data({"choices": [{"delta": delta, "finish_reason": reason}]})


async def test_a_missing_end_marker_is_no_fault_once_a_reason_was_given(
    model: OpenAICompatible, fake: FakeModel
) -> None:
    fake.script(Reply(raw=(chunk("hi"), chunk("", "stop"))))

    assert text_of(await answer(model)) == "hi"


async def test_an_end_marker_without_a_reason_is_an_end(model: OpenAICompatible, fake: FakeModel) -> None:
    fake.script(Reply(raw=(chunk("hi"), END)))

    assert (await answer(model))[-1].reason == "stop"


async def test_a_clean_end_without_either_is_cut_short(model: OpenAICompatible, fake: FakeModel) -> None:
    fake.script(Reply(raw=(chunk("hi"),)))

    with pytest.raises(ModelCutShort, match="broke off"):
        await answer(model)


async def test_a_server_that_keeps_the_line_open_after_the_end_is_not_waited_for(
    model: OpenAICompatible, fake: FakeModel
) -> None:
    fake.script(Reply(raw=(chunk("hi"), chunk("", "stop"), END), hangs=True))

    async with asyncio.timeout(1.5):
        assert text_of(await answer(model)) == "hi"


async def test_a_connection_serves_one_turn_after_another(model: OpenAICompatible, http: aiohttp.ClientSession) -> None:
    for _ in range(5):
        await answer(model)

    assert len(http.connector._conns) == 1  # type: ignore[union-attr]
    assert [len(waiting) for waiting in http.connector._conns.values()] == [1]  # type: ignore[union-attr]


async def test_a_few_unreadable_lines_are_skipped_and_many_are_not(model: OpenAICompatible, fake: FakeModel) -> None:
    fake.script(Reply(raw=(b"data: ping\n\n", chunk("hi"), chunk("", "stop"), END)))
    fake.script(Reply(raw=(b"data: <html>\n\n",) * 5 + (chunk("", "stop"), END)))

    assert text_of(await answer(model)) == "hi"
    with pytest.raises(ModelCutShort, match="no answer of a chat model"):
        await answer(model)


async def test_an_unreadable_line_inside_a_tool_call_is_never_skipped(model: OpenAICompatible, fake: FakeModel) -> None:
    call = {"index": 0, "id": "a", "function": {"name": "shell", "arguments": '{"command":'}}
    start = data({"choices": [{"delta": {"tool_calls": [call]}}]})
    fake.script(Reply(raw=(start, b"data: {broken\n\n", chunk("", "tool_calls"), END)))

    with pytest.raises(ModelCutShort, match="tool call"):
        await answer(model)


async def test_an_error_inside_the_stream_is_an_error(model: OpenAICompatible, fake: FakeModel) -> None:
    fault = data({"error": {"message": "engine died", "code": 503}})
    refused = data({"error": {"message": "moderated", "code": 403}})
    fake.script(Reply(raw=(fault,)), Reply(raw=(refused,)))

    with pytest.raises(ModelUnavailable, match="engine died"):
        await answer(model)
    with pytest.raises(ModelRefused, match="moderated"):
        await answer(model)


async def test_a_server_that_does_not_stream_is_understood(model: OpenAICompatible, fake: FakeModel) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "time", "arguments": "{}"}}
    whole = {"choices": [{"message": {"content": "hi", "tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    fake.script(Reply(raw=(data(whole)[6:],), content_type="application/json"))

    deltas = await answer(model)

    assert text_of(deltas) == "hi"
    assert [delta.name for delta in deltas if isinstance(delta, ToolCallRequest)] == ["time"]


async def test_an_endless_answer_ends(model: OpenAICompatible, fake: FakeModel) -> None:
    fake.script(Reply(raw=(b"data: " + b"x" * 60_000,) * 3))

    with pytest.raises(ModelCutShort, match="larger than"):
        await answer(model)


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("stream_options", "Unknown parameter: 'stream_options'"),
        ("temperature", "Unsupported value: 'temperature' does not support 0.2 with this model."),
        ("tools", "registry.ollama.ai/library/tiny does not support tools"),
    ],
)
async def test_a_field_the_server_does_not_know_is_left_out_from_then_on(
    http: aiohttp.ClientSession, fake: FakeModel, field: str, sentence: str
) -> None:
    fake.refused_fields[field] = sentence
    model = build(http, fake, extra={"temperature": 0.2})

    await answer(model, [TOOL])
    await answer(model, [TOOL])

    assert fake.refusals == [sentence], "asked once only"
    assert [field in request for request in fake.requests] == [False, False]


async def test_no_credit_is_a_refusal_though_the_status_says_try_again(
    model: OpenAICompatible, fake: FakeModel
) -> None:
    fake.fail(429, "You exceeded your current quota, please check your plan and billing details.")

    with pytest.raises(ModelRefused, match="billing"):
        await answer(model)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"base_url": "models.example"}, "models.example/chat/completions is no web address"),
        ({"base_url": "ftp://models.example"}, "is no web address"),
        ({"api_key": "sk-a\nX-Admin: yes"}, "the key holds a line break"),
    ],
)
async def test_a_wrong_setting_is_refused_with_its_name(
    http: aiohttp.ClientSession, fake: FakeModel, given: dict, sentence: str
) -> None:
    with pytest.raises(ModelRefused, match=sentence):
        await answer(build(http, fake, **given))


async def test_a_key_pasted_with_blanks_around_it_works(http: aiohttp.ClientSession, fake: FakeModel) -> None:
    assert text_of(await answer(build(http, fake, api_key=f" {fake.key}\n"))) == "echo: hello"


async def test_a_redirect_is_not_followed_with_our_key(model: OpenAICompatible, fake: FakeModel) -> None:
    fake.script(Reply(status=307, headers={"Location": "https://elsewhere.example/v1"}))

    with pytest.raises(ModelRefused, match="elsewhere"):
        await answer(model)
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"Retry-After": "2"}, 2.0),
        ({"retry-after-ms": "1500", "Retry-After": "2"}, 1.5),
        ({"Date": "Fri, 02 Jan 2026 10:00:00 GMT", "Retry-After": "Fri, 02 Jan 2026 10:00:09 GMT"}, 9.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
async def test_the_wait_is_read_in_every_form(
    model: OpenAICompatible, fake: FakeModel, header: dict, seconds: float | None
) -> None:
    fake.script(Reply(status=503, message="busy", headers=header))

    with pytest.raises(ModelUnavailable) as caught:
        await answer(model)

    assert caught.value.retry_after_seconds == seconds


async def test_the_request_carries_tools_only_when_there_are_some(model: OpenAICompatible, fake: FakeModel) -> None:
    await answer(model)
    await answer(model, [TOOL])

    assert "tools" not in fake.requests[0]
    assert fake.requests[1]["tools"] == [TOOL]
    assert fake.requests[1]["stream_options"] == {"include_usage": True}


def test_a_prepared_message_is_text_until_somebody_looks_inside() -> None:
    prepared = Prepared('{"role":"user","content":"早上好"}')

    assert json_array([prepared, {"role": "user"}]) == '[{"role":"user","content":"早上好"},{"role":"user"}]'.encode()
    assert prepared._parsed is None
    assert prepared["content"] == "早上好"
    assert Prepared.of(prepared) is prepared
    assert dict(prepared) == {"role": "user", "content": "早上好"}


def test_a_message_with_half_a_surrogate_can_still_be_sent() -> None:
    assert message("user", "broken \ud83d").json.decode() == '{"role":"user","content":"broken ?"}'


async def test_what_arrives_together_is_shown_together(model: OpenAICompatible, fake: FakeModel) -> None:
    fake.script(Reply(raw=(b"".join(chunk(f"{n} ") for n in range(50)) + chunk("", "stop") + END,)))

    deltas = await answer(model)

    assert text_of(deltas) == "".join(f"{n} " for n in range(50))
    assert len(deltas) < 5


async def test_thinking_is_not_shown_and_goes_back_with_the_call(model: OpenAICompatible, fake: FakeModel) -> None:
    fake.thinking = "required"
    fake.script(Reply(thinking="the person greets me", calls=(Call(name="time", arguments="{}"),)))
    deltas = await answer(model, [TOOL])
    calls = [delta for delta in deltas if isinstance(delta, ToolCallRequest)]
    history = [
        *HELLO,
        answer_message("", calls, deltas[-1].thinking),
        message("tool", "noon", tool_call_id=calls[0].id),
    ]

    said = [delta async for delta in model.stream(history, [TOOL])]

    assert text_of(deltas) == ""
    assert text_of(said) == "result: noon"
    assert fake.refusals == []


CALLED = [ToolCallRequest(id="a", name="time", arguments="{}")]


@pytest.mark.parametrize(
    ("rule", "thinking", "sent"),
    [
        ("required", "", "(not recorded)"),
        ("refused", "the person greets me", None),
        ("", "the person greets me", "the person greets me"),
    ],
)
async def test_a_conversation_begun_by_another_model_goes_on(
    model: OpenAICompatible, fake: FakeModel, rule: str, thinking: str, sent: str | None
) -> None:
    fake.thinking = rule
    history = [*HELLO, answer_message("", CALLED, thinking), message("tool", "noon", tool_call_id="a")]

    for _ in range(2):
        said = [delta async for delta in model.stream(history, [TOOL])]
        assert text_of(said) == "result: noon"

    assert [request["messages"][1].get("reasoning_content") for request in fake.requests] == [sent, sent]
    assert len(fake.refusals) == (1 if rule else 0), "learnt from the first refusal"


async def test_thinking_written_into_the_answer_is_hidden(model: OpenAICompatible, fake: FakeModel) -> None:
    fake.say("<think>the person greets me</think>\n\nHello!", chunks=25)
    fake.say("<thinly veiled>", chunks=9)
    fake.say("<th", chunks=3)
    fake.say("a <think>b</think>", chunks=9)

    assert [text_of(await answer(model)) for _ in range(4)] == [
        "Hello!",
        "<thinly veiled>",
        "<th",
        "a <think>b</think>",
    ]


async def test_a_model_that_can_see_is_shown_the_picture(model: OpenAICompatible, fake: FakeModel) -> None:
    await answer(model, messages=[PICTURED])

    assert [part["type"] for part in fake.requests[0]["messages"][0]["content"]] == ["text", "image_url"]


async def test_a_model_that_cannot_see_answers_the_words_and_is_shown_no_picture_again(
    model: OpenAICompatible, fake: FakeModel
) -> None:
    fake.is_blind = True
    await answer(model, messages=[PICTURED])
    deltas = await answer(model, messages=[PICTURED])

    assert fake.refusals == ["This model does not support image input"]
    assert "what is this?" in text_of(deltas)
    assert "cannot see" in fake.requests[-1]["messages"][0]["content"]
