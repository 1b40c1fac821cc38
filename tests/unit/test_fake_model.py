"""The fake model is honest: it refuses what the service refuses, and does what a journey scripts."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agents.context import answer_message, message
from agents.models import ModelRefused, TextDelta, ToolCallRequest
from agents.openai_compatible import OpenAICompatible
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
NAMELESS = {"type": "function", "function": {"name": "a b", "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    ("request_parts", "sentence"),
    [
        (([], (), {}), "empty array"),
        (([*HELLO, answer_message("", [CALL]), *HELLO], (), {}), "must be followed by tool"),
        (([message("tool", "x", tool_call_id="a")], (), {}), "must follow a message with 'tool_calls'"),
        (([message("robot", "x")], (), {}), "role"),
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
