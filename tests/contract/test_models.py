"""What every model owes the turn, shown on each implementation against a server that speaks its provider's protocol."""

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from typing import Any

import aiohttp
import pytest

from agents.models.context import Prepared, answer_message, message
from agents.models.fallback import Fallback
from agents.models.pictures import Picture, Pictured
from agents.models.protocol import (
    ContextFull,
    Delta,
    End,
    Finished,
    Model,
    ModelCutShort,
    ModelError,
    ModelRefused,
    ModelUnavailable,
    TextDelta,
    ToolCallRequest,
)
from agents.models.rehearsal.model import Rehearsal
from agents.models.wire.anthropic import Anthropic
from agents.models.wire.gemini import Gemini
from agents.models.wire.litellm import LiteLLM
from agents.models.wire.openai import OpenAICompatible
from agents.models.wire.server import AnswerLimits
from tests.platforms.model import FakeModel, Reply

SHELL = Prepared.of(
    {
        "type": "function",
        "function": {
            "name": "shell",
            "description": "Run a command.",
            "parameters": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
        },
    }
)
LIMITS = AnswerLimits(idle_seconds=0.4, total_seconds=20.0, max_bytes=200_000)
HELLO = [message("system", "You help."), message("user", "hello")]


@dataclass(frozen=True)
class Setting:
    """One server, and how to build the model under test on it."""

    fake: FakeModel
    build: Callable[..., Model]


def openai(http: aiohttp.ClientSession, fake: FakeModel, **given: Any) -> Model:
    return OpenAICompatible(
        http,
        **{"base_url": fake.url, "model": "fake-1", "provider": "acme", "api_key": fake.key, "limits": LIMITS} | given,
    )


def litellm_openai(http: aiohttp.ClientSession, fake: FakeModel, **given: Any) -> Model:
    base = {"model": "fake-1", "provider": "openai", "api_key": fake.key, "base_url": fake.url, "limits": LIMITS}
    return LiteLLM(**base | given)


def litellm_anthropic(http: aiohttp.ClientSession, fake: FakeModel, **given: Any) -> Model:
    return litellm_openai(http, fake, **{"provider": "anthropic", "base_url": fake.url.removesuffix("/v1")} | given)


def anthropic(http: aiohttp.ClientSession, fake: FakeModel, **given: Any) -> Model:
    return direct(Anthropic, http, fake, **{"provider": "anthropic"} | given)


def gemini(http: aiohttp.ClientSession, fake: FakeModel, **given: Any) -> Model:
    return direct(Gemini, http, fake, **{"provider": "gemini"} | given)


def direct(client: Callable[..., Model], http: aiohttp.ClientSession, fake: FakeModel, **given: Any) -> Model:
    base = {"base_url": fake.url, "model": "fake-1", "api_key": fake.key, "limits": LIMITS}
    return client(http, **base | given)


def fallback(http: aiohttp.ClientSession, fake: FakeModel, **given: Any) -> Model:
    return Fallback([openai(http, fake, **given)], attempts=1)


WIRES = [openai, anthropic, gemini, litellm_openai, litellm_anthropic, fallback]


@pytest.fixture(scope="session")
async def fake() -> AsyncIterator[FakeModel]:
    async with FakeModel() as server:
        yield server


@pytest.fixture(params=WIRES, ids=lambda wire: wire.__name__)
async def setting(request: pytest.FixtureRequest, fake: FakeModel) -> AsyncIterator[Setting]:
    fake.reset()
    async with aiohttp.ClientSession() as http:
        with warnings.catch_warnings():
            if "litellm" in request.param.__name__:
                warnings.simplefilter("ignore")  # litellm builds its classes, with warnings, while it answers
                if request.param not in warm():
                    for _ in range(2):  # the second one still builds a part of it
                        await answer(request.param(http, fake, limits=AnswerLimits()))
                    warm().add(request.param)
                    fake.reset()
            yield Setting(fake, lambda **given: request.param(http, fake, **given))


@cache
def warm() -> set[Any]:
    """The wires whose first answer, for which litellm is imported in seconds, is behind us."""
    return set()


async def answer(model: Model, messages: Any = HELLO, tools: Any = (SHELL,)) -> list[Delta]:
    async with aclosing(model.stream(messages, tools)) as deltas:
        return [delta async for delta in deltas]


async def read_into(shown: list[Delta], model: Model) -> None:
    async for delta in model.stream(HELLO, []):
        shown.append(delta)  # noqa: PERF401 - what came before the error must be kept


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))


async def test_text_streams_and_ends_with_exactly_one_finish(setting: Setting) -> None:
    setting.fake.say("a quiet morning on the river 早上好", chunks=12, seconds=0.1)

    deltas = await answer(setting.build())

    assert text_of(deltas) == "a quiet morning on the river 早上好"
    assert len(deltas) > 3, "shown while it grows"
    assert [type(delta) for delta in deltas].count(Finished) == 1
    assert deltas[-1].end is End.STOP


async def test_the_label_names_provider_and_model(setting: Setting) -> None:
    provider, _, name = setting.build().label.partition("/")

    assert provider in ("acme", "openai", "anthropic", "gemini")
    assert name == "fake-1"


async def test_usage_is_what_the_provider_counted(setting: Setting) -> None:
    setting.fake.say("hello")

    usage = (await answer(setting.build()))[-1].usage

    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens) == (100, 20, 40)
    assert usage.model == "fake-1"
    assert not usage.estimated


async def test_parallel_calls_arrive_whole_and_apart(setting: Setting) -> None:
    setting.fake.call_many(("shell", {"command": "ls -la /tmp"}), ("shell", {"command": "echo 你好"}))

    deltas = await answer(setting.build())

    calls = [delta for delta in deltas if isinstance(delta, ToolCallRequest)]
    assert [json.loads(call.arguments)["command"] for call in calls] == ["ls -la /tmp", "echo 你好"]
    assert len({call.id for call in calls}) == 2
    assert deltas[-1].end is End.CALLS


async def test_a_call_and_its_result_go_back_in_the_providers_form(setting: Setting) -> None:
    setting.fake.call("shell", command="pwd")
    call = next(delta for delta in await answer(setting.build()) if isinstance(delta, ToolCallRequest))
    history = [*HELLO, answer_message("", [call], "hm"), message("tool", "/srv", tool_call_id=call.id)]

    deltas = await answer(setting.build(), history)

    assert "/srv" in text_of(deltas)


async def test_broken_arguments_are_handed_on_as_they_are_or_fail(setting: Setting) -> None:
    setting.fake.call_raw("shell", '{"command": "ls')
    shown: list[Delta] = []

    if setting.build().label.startswith("gemini/"):
        with pytest.raises(ModelUnavailable, match="MALFORMED_FUNCTION_CALL"):
            await read_into(shown, setting.build())
    else:
        await read_into(shown, setting.build())

    calls = [delta.arguments for delta in shown if isinstance(delta, ToolCallRequest)]
    assert calls == ([] if setting.build().label.startswith("gemini/") else ['{"command": "ls'])


async def test_a_refusal_and_a_filter_are_no_success(setting: Setting) -> None:
    words = {"gemini": "SAFETY", "anthropic": "refusal"}
    provider = setting.build().label.partition("/")[0]
    setting.fake.say("once upon", reason=words.get(provider, "content_filter"))

    assert (await answer(setting.build()))[-1].end in (End.FILTERED, End.REFUSED)


async def test_a_full_context_is_told_from_a_wrong_request(setting: Setting) -> None:
    setting.fake.fail(400, "prompt is too long: 214315 tokens > 200000 maximum")

    with pytest.raises(ContextFull) as caught:
        await answer(setting.build())

    assert caught.value.window_tokens == 200_000


async def test_a_picture_reaches_a_model_that_sees(setting: Setting) -> None:
    pictured = Pictured.showing("what is this?", [Picture(media_type="image/png", content=b"...")])

    assert "what is this?" in text_of(await answer(setting.build(), [HELLO[0], pictured]))
    assert "Li4u" in json.dumps(setting.fake.requests[-1])


async def test_a_tool_that_was_never_offered_is_handed_on_for_the_turn_to_judge(setting: Setting) -> None:
    setting.fake.call("launch_rocket", target="moon")

    deltas = await answer(setting.build())

    assert [delta.name for delta in deltas if isinstance(delta, ToolCallRequest)] == ["launch_rocket"]


async def test_an_answer_cut_at_its_length_says_so(setting: Setting) -> None:
    setting.fake.say("once upon a", reason="length")

    assert (await answer(setting.build()))[-1].end is End.LENGTH


async def test_a_wrong_key_is_refused_in_the_providers_words_without_the_key(setting: Setting) -> None:
    key = "sk-wrong-9876543210"

    with pytest.raises(ModelRefused, match=r"Incorrect API key|invalid x-api-key|API key not valid") as caught:
        await answer(setting.build(api_key=key))

    assert key not in str(caught.value)


async def test_an_unknown_model_is_refused(setting: Setting) -> None:
    with pytest.raises(ModelRefused, match="no-such-model"):
        await answer(setting.build(model="no-such-model"))


async def test_a_request_the_provider_finds_wrong_is_refused(setting: Setting) -> None:
    with pytest.raises(ModelRefused):
        await answer(setting.build(), [message("tool", "out of nowhere", tool_call_id="call_0")])


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
async def test_what_may_pass_by_itself_is_unavailable(setting: Setting, status: int) -> None:
    setting.fake.fail(status, "come back later")

    with pytest.raises(ModelUnavailable, match="come back later"):
        await answer(setting.build())


async def test_too_many_requests_carries_the_wait(setting: Setting) -> None:
    setting.fake.fail(429, retry_after=7)

    with pytest.raises(ModelUnavailable) as caught:
        await answer(setting.build())

    assert caught.value.retry_after_seconds == 7


async def test_nobody_listening_is_unavailable(setting: Setting, unused_tcp_port: int) -> None:
    with pytest.raises(ModelUnavailable):
        await answer(setting.build(base_url=f"http://127.0.0.1:{unused_tcp_port}/v1"))


async def test_a_stream_that_breaks_off_is_cut_short_and_what_came_was_shown(setting: Setting) -> None:
    setting.fake.script(Reply(text="the first half", seconds=0.05, cut=True))
    shown: list[Delta] = []

    with pytest.raises(ModelCutShort):
        await read_into(shown, setting.build())

    assert text_of(shown) == "the first half"


async def test_a_stream_that_ends_without_a_reason_is_cut_short(setting: Setting) -> None:
    setting.fake.script(Reply(text="the first half", seconds=0.05, fades=True))

    with pytest.raises(ModelCutShort):
        await answer(setting.build())


async def test_a_reason_that_nobody_knows_is_no_success(setting: Setting) -> None:
    setting.fake.say("once upon", reason="tired_of_it")

    end = (await answer(setting.build()))[-1]

    assert (end.end, end.reason) == (End.UNKNOWN, "tired_of_it")


async def test_tokens_that_nobody_counted_are_estimated_and_marked(setting: Setting) -> None:
    setting.fake.script(Reply(text="x" * 80, counts_tokens=False))

    usage = (await answer(setting.build()))[-1].usage

    assert usage.estimated
    assert usage.output_tokens == 20


async def test_silence_in_the_middle_ends_the_answer(setting: Setting) -> None:
    setting.fake.hang("well")

    with pytest.raises(ModelCutShort, match=r"in time|[Tt]imeout"):
        await answer(setting.build())


async def test_silence_from_the_start_is_unavailable(setting: Setting) -> None:
    setting.fake.hang()

    with pytest.raises(ModelError):
        await answer(setting.build())


async def test_leaving_the_answer_ends_the_request_at_once(setting: Setting) -> None:
    setting.fake.say("one two three four five six", chunks=6, seconds=60)
    deltas = setting.build().stream(HELLO, [])

    await anext(deltas)
    await deltas.aclose()

    await asyncio.wait_for(setting.fake.dropped.wait(), 5)
    assert len(setting.fake.requests) == 1


async def test_cancelling_the_reader_ends_the_request_at_once(setting: Setting) -> None:
    setting.fake.say("one two three four five six", chunks=6, seconds=60)
    first = asyncio.Event()

    async def read() -> None:
        async for _ in setting.build().stream(HELLO, []):
            first.set()

    task = asyncio.create_task(read())
    await asyncio.wait_for(first.wait(), 5)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(setting.fake.dropped.wait(), 5)


async def test_many_answers_at_once_do_not_mix(setting: Setting) -> None:
    model = setting.build(limits=AnswerLimits())  # twenty at once on a busy machine may pause longer than one
    asked = [[message("user", f"number {n}")] for n in range(20)]

    answers = await asyncio.gather(*[answer(model, messages, ()) for messages in asked])

    assert [text_of(deltas) for deltas in answers] == [f"echo: number {n}" for n in range(20)]


async def test_the_rehearsal_keeps_the_same_contract() -> None:
    deltas = await answer(Rehearsal(pause_seconds=0))

    assert len(deltas) > 3
    assert text_of(deltas)
    assert [type(delta) for delta in deltas].count(Finished) == 1
    assert isinstance(deltas[-1], Finished)
    assert deltas[-1].usage.estimated
