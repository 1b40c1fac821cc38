"""Streams as real servers send them, each with its own idea of the OpenAI format."""

import json
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.models.protocol import End, ModelCutShort
from agents.models.wire.answer import AnswerReader
from agents.models.wire.call_pieces import MAX_CALLS
from agents.models.wire.event_stream import EventStream


def new_answer() -> AnswerReader:
    numbers = count(1)
    return AnswerReader(provider="acme", model="m", input_bytes=400, new_id=lambda: f"made_{next(numbers)}")


def fed(*pieces: dict) -> list[tuple[str, str, str]]:
    """The calls that come of these pieces, each in a chunk of its own."""
    answer = new_answer()
    for piece in pieces:
        answer.feed({"choices": [{"delta": {"tool_calls": [piece]}}]})
    return [(call.id, call.name, call.arguments) for call in answer.calls()]


def piece(index: int | None = None, id: str | None = None, name: str | None = None, arguments: object = None) -> dict:  # noqa: A002
    function = {"name": name, "arguments": arguments}
    whole = {"index": index, "id": id, "function": {key: value for key, value in function.items() if value is not None}}
    return {key: value for key, value in whole.items() if value is not None}


def test_openai_numbers_the_calls_and_interleaves_their_pieces() -> None:
    calls = fed(
        piece(0, "a", "shell", ""),
        piece(1, "b", "read", ""),
        piece(0, arguments='{"x"'),
        piece(1, arguments='{"y"'),
        piece(0, arguments=":1}"),
        piece(1, arguments=":2}"),
    )

    assert calls == [("a", "shell", '{"x":1}'), ("b", "read", '{"y":2}')]


def test_ollama_gives_every_call_the_number_zero() -> None:
    calls = fed(piece(0, "a", "shell", '{"x":1}'), piece(0, "b", "shell", '{"x":2}'))

    assert calls == [("a", "shell", '{"x":1}'), ("b", "shell", '{"x":2}')]


def test_with_one_number_for_all_the_rest_belongs_to_the_latest_call() -> None:
    calls = fed(piece(0, "a", "shell", "{}"), piece(0, "b", "shell", '{"x"'), piece(0, arguments=":2}"))

    assert calls == [("a", "shell", "{}"), ("b", "shell", '{"x":2}')]


def test_gemini_omits_the_number() -> None:
    calls = fed(piece(None, "a", "time", "{}"), piece(None, "b", "time", "{}"))

    assert calls == [("a", "time", "{}"), ("b", "time", "{}")]


def test_a_server_may_repeat_id_and_name_with_every_piece() -> None:
    calls = fed(piece(0, "a", "shell", '{"x"'), piece(0, "a", "shell", ":1}"))

    assert calls == [("a", "shell", '{"x":1}')]


def test_a_server_may_send_neither_id_nor_number() -> None:
    calls = fed(piece(name="shell", arguments='{"x"'), piece(arguments=":1}"), piece(name="time", arguments="{}"))

    assert calls == [("made_1", "shell", '{"x":1}'), ("made_2", "time", "{}")]


def test_arguments_may_come_as_an_object() -> None:
    assert fed(piece(0, "a", "shell", {"command": "你好"})) == [("a", "shell", '{"command": "你好"}')]


def test_no_arguments_are_an_empty_object() -> None:
    assert fed(piece(0, "a", "time", "")) == [("a", "time", "{}")]


def test_a_flood_of_calls_ends_the_answer() -> None:
    with pytest.raises(ModelCutShort, match="tool calls"):
        fed(*[piece(None, f"id{n}", "shell", "{}") for n in range(MAX_CALLS + 1)])


def test_thinking_is_never_shown() -> None:
    answer = new_answer()

    shown = answer.feed({"choices": [{"delta": {"content": "", "reasoning_content": "secret", "reasoning": "secret"}}]})

    assert shown == ""


def test_text_may_come_in_parts() -> None:
    chunk = {"choices": [{"delta": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}}]}

    assert new_answer().feed(chunk) == "ab"


def test_calls_make_the_reason_whatever_the_server_says() -> None:
    answer = new_answer()
    answer.feed({"choices": [{"delta": {"tool_calls": [piece(0, "a", "time", "{}")]}, "finish_reason": "stop"}]})

    assert answer.finished().reason == "tool_calls"


def test_without_a_count_the_tokens_are_estimated() -> None:
    answer = new_answer()
    answer.feed({"choices": [{"delta": {"content": "x" * 80}, "finish_reason": "stop"}]})

    usage = answer.finished().usage

    assert (usage.input_tokens, usage.output_tokens, usage.estimated) == (100, 20, True)


@pytest.mark.parametrize(
    "chunk",
    [
        {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3, "prompt_cache_hit_tokens": 4}},
        {
            "choices": [
                {"usage": {"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}}
            ]
        },
    ],
    ids=["deepseek", "moonshot"],
)
def test_counts_are_found_where_each_provider_puts_them(chunk: dict) -> None:
    answer = new_answer()
    answer.feed(chunk)

    usage = answer.finished().usage

    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.estimated) == (9, 3, 4, False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "message",
                    "content",
                    "tool_calls",
                    "function",
                    "name",
                    "arguments",
                    "index",
                    "id",
                    "usage",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@UNHURRIED
@given(st.lists(st.dictionaries(st.sampled_from(["choices", "usage"]), JSON), max_size=5))
def test_no_chunk_whatever_its_shape_breaks_the_assembly(chunks: list) -> None:
    answer = new_answer()

    shown = [answer.feed(chunk) for chunk in chunks]

    assert all(isinstance(text, str) for text in shown)
    assert all(call.id and isinstance(json.dumps(call.arguments), str) for call in answer.calls())
    assert answer.finished().usage.output_tokens >= 0


CHUNKS = [{"n": 1, "text": "早上好"}, {"n": 2, "text": "a\nb"}, {"n": 3}]
BODY = b": keep-alive\r\n\r\n" + b"".join(
    f"event: x\ndata: {json.dumps(each, ensure_ascii=False)}\n\n".encode() for each in CHUNKS
)


@UNHURRIED
@given(st.lists(st.integers(min_value=0, max_value=len(BODY)), max_size=12))
def test_events_survive_any_cutting_into_packets(cuts: list[int]) -> None:
    stream = EventStream()
    bounds = [0, *sorted(cuts), len(BODY)]

    chunks = [chunk for start, end in pairwise(bounds) for chunk in stream.feed(BODY[start:end])]

    assert chunks == CHUNKS
    assert stream.garbage == 0


def test_nothing_counts_after_the_end_marker_and_a_last_line_needs_no_newline() -> None:
    stream = EventStream()

    assert stream.feed(b'data: {"n":1}\n\ndata: [DONE]\n\ndata: {"n":2}\n\n') == [{"n": 1}]
    assert stream.done

    unfinished = EventStream()
    assert unfinished.feed(b'data:{"n":1}') == []
    assert unfinished.end() == [{"n": 1}]


@pytest.mark.parametrize("line", [b"data: {oops", b"data: 7", b"data: " + b"[" * 200_000, b"data: \xff\xfe"])
def test_lines_that_hold_no_object_are_counted_not_raised(line: bytes) -> None:
    stream = EventStream()

    assert stream.feed((line + b"\n") * 4) == []
    assert stream.garbage == 4
    assert stream.is_broken


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        ("stop", End.STOP),
        ("end_turn", End.STOP),
        ("length", End.LENGTH),
        ("MAX_TOKENS", End.LENGTH),
        ("content_filter", End.FILTERED),
        ("SAFETY", End.FILTERED),
        ("refusal", End.REFUSED),
        ("tired_of_it", End.UNKNOWN),
    ],
)
def test_every_word_for_the_end_is_read_and_an_unknown_one_is_no_success(reason: str, end: End) -> None:
    answer = new_answer()
    answer.feed({"choices": [{"delta": {"content": "hi"}, "finish_reason": reason}]})

    assert (answer.finished().end, answer.finished().reason) == (end, reason)
