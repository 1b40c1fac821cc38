"""The fake model is honest: it refuses what the service refuses, and does what a journey scripts."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agents.models.context import answer_message, message
from agents.models.protocol import ModelRefused, TextDelta, ToolCallRequest
from agents.models.wire.openai import OpenAICompatible
from tests.platforms import anthropic_wire
from tests.platforms.model import FakeModel, Reply, calling

ROOT = Path(__file__).parents[2]
HELLO = [message("user", "hello")]


@pytest.fixture
async def fake() -> AsyncIterator[FakeModel]:
    async with FakeModel() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def model(http: aiohttp.ClientSession, url: str, key: str, **extra: Any) -> OpenAICompatible:
    return OpenAICompatible(http, base_url=url, model="fake-1", provider="acme", api_key=key, extra=extra)


async def said(model: OpenAICompatible, messages: list[Any] = HELLO, tools: Any = ()) -> str:
    deltas = [delta async for delta in model.stream(messages, tools)]
    calls = [f"{delta.name}{delta.arguments}" for delta in deltas if isinstance(delta, ToolCallRequest)]
    return "".join([*(delta.text for delta in deltas if isinstance(delta, TextDelta)), *calls])


async def test_replies_come_in_the_order_of_the_script_then_it_echoes(http, fake: FakeModel) -> None:
    fake.call("shell", command="ls")
    fake.say("done")

    answers = [await said(model(http, fake.url, fake.key)) for _ in range(3)]

    assert answers == ['shell{"command": "ls"}', "done", "echo: hello"]


async def test_a_rule_answers_without_touching_the_script(http, fake: FakeModel) -> None:
    fake.say("first")
    fake.when("title", Reply(text="A title"))
    titled = [message("system", "Give this chat a title."), *HELLO]

    assert await said(model(http, fake.url, fake.key), titled) == "A title"
    assert await said(model(http, fake.url, fake.key)) == "first"


async def test_a_tool_loop_never_ends_by_itself(http, fake: FakeModel) -> None:
    fake.always(calling("shell", command="ls"))

    assert {await said(model(http, fake.url, fake.key)) for _ in range(5)} == {'shell{"command": "ls"}'}


CALL = ToolCallRequest(id="a", name="time", arguments="{}")


def done(**given: str) -> list[Any]:
    call = replace(CALL, **given)
    return [answer_message("", [call]), message("tool", "noon", tool_call_id=call.id)]


DONE = done()
NAMELESS = {"type": "function", "function": {"name": "a b", "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    ("request_parts", "sentence"),
    [
        (([], (), {}), "empty array"),
        (([*HELLO, answer_message("", [CALL]), *HELLO], (), {}), "must be followed by tool"),
        (([message("tool", "x", tool_call_id="a")], (), {}), "must follow a message with 'tool_calls'"),
        (([message("robot", "x")], (), {}), "role"),
        (([*HELLO, answer_message("", [CALL])], (), {}), "must be followed by tool"),
        (([*HELLO, *HELLO], (), {}), "alternate"),
        (([*HELLO, *DONE, *HELLO], (), {}), "unexpected role 'user' after role 'tool'"),
        (([*HELLO, *DONE, *DONE], (), {}), "unique"),
        (([*HELLO, *done(id="a:1")], (), {}), r"tool_calls\[0\].id"),
        (([*HELLO, *done(name="functions.time")], (), {}), r"function.name"),
        (([*HELLO, *done(arguments='{"a":1}{"b":2}')], (), {}), "no JSON object"),
        (([*HELLO, *done(arguments="[]")], (), {}), "no JSON object"),
        (([*HELLO, DONE[0], message("tool", "", tool_call_id="a")], (), {}), "must not be empty"),
        (([message("user", " ")], (), {}), "must not be empty"),
        (([*HELLO, message("assistant", ""), *HELLO], (), {}), "must not be empty"),
        ((HELLO, [NAMELESS], {}), "name"),
        ((HELLO, (), {"temperature": 3}), "between 0 and 2"),
        ((HELLO, (), {"colour": "red"}), "Unrecognized request argument supplied: colour"),
    ],
)
async def test_what_the_service_refuses_is_refused(http, fake: FakeModel, request_parts, sentence) -> None:
    messages, tools, extra = request_parts

    with pytest.raises(ModelRefused, match=sentence):
        await said(model(http, fake.url, fake.key, **extra), messages, tools)
    assert fake.requests == []


async def test_it_runs_alone_for_benchmarks(http) -> None:
    program = [sys.executable, "-m", "tests.platforms.model", "--chunks", "5"]
    process = await asyncio.create_subprocess_exec(*program, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        url, _, key = (await asyncio.wait_for(process.stdout.readline(), 20)).decode().split()

        assert await said(model(http, url, key)) == "word " * 5
    finally:
        process.kill()
        await process.wait()


SPEAKS = {"role": "user", "content": "hello"}
USES = {"type": "tool_use", "id": "a", "name": "time", "input": {}}


def used(**given: Any) -> list[dict[str, Any]]:
    block = USES | given
    outcome = {"type": "tool_result", "tool_use_id": block["id"], "content": "noon"}
    return [{"role": "assistant", "content": [block]}, {"role": "user", "content": [outcome]}]


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([SPEAKS, *used()], ""),
        (used(), "first message"),
        ([SPEAKS, used()[0]], "without `tool_result`"),
        ([SPEAKS, used()[0], SPEAKS], "without `tool_result`"),
        ([SPEAKS, *used()[1:]], "unexpected `tool_use_id`"),
        ([SPEAKS, *used(), *used()], "unique"),
        ([SPEAKS, *used(id="a:1")], "tool_use.id"),
        ([SPEAKS, *used(name="functions.time")], "tool_use.name"),
        ([SPEAKS, *used(input="{}")], "valid dictionary"),
        ([{"role": "user", "content": ""}], "non-empty content"),
        ([{"role": "user", "content": [{"type": "text", "text": " "}]}], "non-whitespace"),
    ],
)
def test_what_anthropic_refuses_is_refused(messages: list[dict[str, Any]], sentence: str) -> None:
    complaint = anthropic_wire.complaint_about({"max_tokens": 100, "messages": messages})

    assert sentence in complaint
    assert bool(sentence) == bool(complaint)
