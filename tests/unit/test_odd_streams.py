"""Streams as servers and proxies really send them: early ends, late counts, wrong labels, errors under status 200."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from agents.models.protocol import ContextFull, End, Finished, ModelCutShort, ModelUnavailable
from agents.models.wire.openai import OpenAICompatible
from agents.models.wire.server import AnswerLimits
from tests.platforms.model import FakeModel, Reply, data
from tests.unit.test_openai_compatible import END, answer, chunk, text_of

USAGE = data({"choices": [], "usage": {"prompt_tokens": 900, "completion_tokens": 40}})
COUNTED = (900, 40, False)


@pytest.fixture
async def fake() -> AsyncIterator[FakeModel]:
    async with FakeModel() as server:
        yield server


@pytest.fixture
async def model(fake: FakeModel) -> AsyncIterator[OpenAICompatible]:
    async with aiohttp.ClientSession() as http:
        limits = AnswerLimits(idle_seconds=2, max_bytes=100_000)
        yield OpenAICompatible(
            http, base_url=fake.url, model="fake-1", provider="acme", api_key=fake.key, limits=limits
        )


def count_of(end: Any) -> tuple[int, int, bool]:
    assert isinstance(end, Finished)
    return end.usage.input_tokens, end.usage.output_tokens, end.usage.estimated


def delta(reason: str | None = None, **fields: Any) -> bytes:
    return data({"choices": [{"delta": fields, "finish_reason": reason}]})


async def test_a_reason_to_end_on_every_chunk_ends_nothing(model: OpenAICompatible, fake: FakeModel) -> None:
    fake.script(Reply(raw=(chunk("One, ", "stop"), chunk("two, ", "stop"), chunk("three.", "stop"), END), seconds=0.7))

    assert text_of(await answer(model)) == "One, two, three."


async def test_a_stream_with_a_reason_on_every_chunk_can_still_break_off(
    model: OpenAICompatible, fake: FakeModel
) -> None:
    fake.script(Reply(raw=(chunk("One, ", "stop"), chunk("two, ", "stop")), hangs=True))

    with pytest.raises(ModelCutShort, match="in time"):
        await answer(model)


@pytest.mark.parametrize("seconds", [0.0, 1.0], ids=["at once", "a second later"])
async def test_the_count_of_tokens_after_the_end_is_waited_for(
    model: OpenAICompatible, fake: FakeModel, seconds: float
) -> None:
    fake.script(Reply(raw=(delta(role="assistant"), chunk("hi", "stop"), USAGE, END), seconds=seconds))

    assert count_of((await answer(model))[-1]) == COUNTED


async def test_a_line_that_stays_open_after_the_end_and_the_count_is_not_waited_for(
    model: OpenAICompatible, fake: FakeModel
) -> None:
    last = data({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9}})
    fake.script(Reply(raw=(chunk("hi"), last), hangs=True))

    async with asyncio.timeout(1.5):
        assert text_of(await answer(model)) == "hi"


async def test_a_count_of_nothing_hides_no_count(model: OpenAICompatible, fake: FakeModel) -> None:
    nothing = data({"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0}})
    fake.script(Reply(raw=(chunk("hi"), chunk("", "stop"), USAGE, nothing, END)))

    assert count_of((await answer(model))[-1]) == COUNTED


async def test_half_a_count_is_completed_and_marked(model: OpenAICompatible, fake: FakeModel) -> None:
    half = data({"choices": [], "usage": {"prompt_tokens": 900}})
    fake.script(Reply(raw=(chunk("x" * 80), chunk("", "stop"), half, END)))

    assert count_of((await answer(model))[-1]) == (900, 20, True)


@pytest.mark.parametrize("label", ["application/json", "text/plain", "text/html", "application/octet-stream"])
async def test_an_event_stream_is_one_whatever_its_label(model: OpenAICompatible, fake: FakeModel, label: str) -> None:
    fake.script(Reply(raw=(b"\xef\xbb\xbf\n: hello\n\n", chunk("hi"), chunk("", "stop"), END), content_type=label))

    assert text_of(await answer(model)) == "hi"


WHOLE = {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}


@pytest.mark.parametrize("label", ["application/json", "text/plain", "text/event-stream"])
@pytest.mark.parametrize("body", [WHOLE, [WHOLE]], ids=["object", "array"])
async def test_one_object_is_one_whatever_its_label(
    model: OpenAICompatible, fake: FakeModel, label: str, body: object
) -> None:
    fake.script(Reply(raw=(b"\n ", json.dumps(body, indent=1).encode()), content_type=label))

    assert text_of(await answer(model)) == "hi"


async def test_a_web_page_in_place_of_an_answer_is_none(model: OpenAICompatible, fake: FakeModel) -> None:
    fake.script(Reply(raw=(b"<!doctype html><title>Sign in</title>",), content_type="text/html"))

    with pytest.raises(ModelCutShort, match="no answer of a chat model"):
        await answer(model)


async def test_keep_alives_are_no_part_of_the_answer(model: OpenAICompatible, fake: FakeModel) -> None:
    alive = (b": OPENROUTER PROCESSING\n\n", b":\n\n", b"event: ping\ndata: {}\n\n", b"\n")
    fake.script(Reply(raw=(*alive, chunk("hi"), *alive, chunk("", "stop"), *alive, END)))

    assert text_of(await answer(model)) == "hi"


async def test_a_refusal_is_shown_in_all_its_pieces_and_is_no_success(model: OpenAICompatible, fake: FakeModel) -> None:
    pieces = [delta(content=None, refusal=piece) for piece in ("I cannot ", "help ", "with that.")]
    fake.script(Reply(raw=(*pieces, delta("stop"), END)))

    deltas = await answer(model)

    assert text_of(deltas) == "I cannot help with that."
    assert isinstance(deltas[-1], Finished)
    assert deltas[-1].end is End.REFUSED


@pytest.mark.parametrize(("reason", "end"), [("length", End.LENGTH), ("content_filter", End.FILTERED)])
async def test_an_answer_that_was_cut_says_by_what(
    model: OpenAICompatible, fake: FakeModel, reason: str, end: End
) -> None:
    fake.script(Reply(raw=(chunk("once upon"), chunk("", reason), END)))

    last = (await answer(model))[-1]

    assert isinstance(last, Finished)
    assert last.end is end


async def test_thinking_among_the_parts_of_the_content_is_kept_and_not_shown(
    model: OpenAICompatible, fake: FakeModel
) -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    parts = [thinking, {"type": "reasoning", "text": "!"}, {"type": "text", "text": "Hi."}]
    fake.script(Reply(raw=(delta(content=parts), delta("stop"), END)))

    deltas = await answer(model)

    assert text_of(deltas) == "Hi."
    assert isinstance(deltas[-1], Finished)
    assert deltas[-1].thinking == "hm!"


OVERLOADED = {"message": "upstream overloaded", "code": 503}
FAILED = [
    data({"error": OVERLOADED}),
    b"event: error\n" + data({"error": OVERLOADED}),
    b"event: error\n" + data({"object": "error", **OVERLOADED}),
    data({"choices": [{"delta": {"content": ""}, "finish_reason": "error", "error": OVERLOADED}]}),
    json.dumps([{"error": OVERLOADED}]).encode(),
    json.dumps({"error": OVERLOADED}).encode(),
    data({"choices": None, "base_resp": {"status_code": 1000, "status_msg": "upstream overloaded"}}),
]


@pytest.mark.parametrize("raw", FAILED)
async def test_an_error_under_a_status_of_200_is_one_in_whatever_place(
    model: OpenAICompatible, fake: FakeModel, raw: bytes
) -> None:
    fake.script(Reply(raw=(raw,)))

    with pytest.raises(ModelUnavailable, match="upstream overloaded"):
        await answer(model)


async def test_an_error_after_the_first_words_cuts_the_answer_short(model: OpenAICompatible, fake: FakeModel) -> None:
    fake.script(Reply(raw=(chunk("once upon"), FAILED[0]), seconds=0.3))

    with pytest.raises(ModelCutShort, match="upstream overloaded"):
        await answer(model)


@pytest.mark.parametrize("reason", ["error", "network_error", "insufficient_system_resource", "abort"])
async def test_an_end_that_is_a_failure_is_no_success(model: OpenAICompatible, fake: FakeModel, reason: str) -> None:
    fake.script(Reply(raw=(chunk("once upon"), chunk("", reason), END), seconds=0.3))

    with pytest.raises(ModelCutShort, match=reason):
        await answer(model)


async def test_a_full_context_inside_an_answer_is_one(model: OpenAICompatible, fake: FakeModel) -> None:
    error = {"code": 400, "type": "exceed_context_size_error", "message": "too long", "n_ctx": 4096}
    fake.script(Reply(raw=(data({"error": error}),)))

    with pytest.raises(ContextFull) as caught:
        await answer(model)

    assert caught.value.window_tokens == 4096
