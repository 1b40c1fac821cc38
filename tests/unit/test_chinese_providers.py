"""The providers of mainland China as they really answer: their thinking, their counts, their switches."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from pydantic import ValidationError

from agents.models.choice import choose
from agents.models.context import answer_message, message
from agents.models.protocol import Finished, TextDelta, ToolCallRequest
from agents.models.providers.known import PROVIDERS
from agents.models.providers.settings import ModelSettings
from agents.models.providers.switches import SWITCHES
from tests.platforms.model import FakeModel, Reply

HELLO = [message("user", "hello")]
FIELDS = {"enable_thinking", "thinking", "reasoning", "reasoning_effort", "chat_template_kwargs"}
CALLED = [ToolCallRequest(id="a", name="time", arguments="{}")]


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def fake(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeModel]:
    """A server that stands where every provider's own service is."""
    async with FakeModel(models=tuple(each.model for each in PROVIDERS.values() if each.model)) as server:
        for name, provider in list(PROVIDERS.items()):
            server.also_takes |= FIELDS | provider.extra.keys()
            monkeypatch.setitem(PROVIDERS, name, replace(provider, base_url=server.url, other_site=""))
        yield server


async def asked(
    http: aiohttp.ClientSession, fake: FakeModel, name: str, given: dict[str, Any] | None = None, **how: Any
) -> tuple[str, Finished]:
    provider = PROVIDERS[name]
    settings = ModelSettings.model_validate({"use": [f"{name}/{how.get('model') or provider.model}"], **(given or {})})
    choice = await choose(settings, http=http, environment=dict.fromkeys(provider.keys, fake.key))
    deltas = [delta async for delta in choice.model().stream(how.get("messages", HELLO), [])]
    last = deltas[-1]
    assert isinstance(last, Finished)
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)), last


def lines(*chunks: Mapping[str, Any]) -> tuple[bytes, ...]:
    written = [b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n" for chunk in chunks]
    return (*written, b"data: [DONE]\n\n")


def chunk(delta: dict[str, Any], *, choice: dict[str, Any] | None = None, **beside: Any) -> dict[str, Any]:
    head = {"id": "0217", "object": "chat.completion.chunk", "created": 1764500000, "model": "m"}
    return {**head, "choices": [{"index": 0, "delta": delta, **(choice or {})}], **beside}


USED = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
END = {"finish_reason": "stop"}
ANSWERS = {
    "volcengine": (
        chunk({"role": "assistant", "content": "", "reasoning_content": "嗯"}, service_tier="default", usage=None),
        chunk({"role": "assistant", "content": "您好"}, service_tier="default", usage=None),
        chunk({"role": "assistant", "content": ""}, choice=END, service_tier="default", usage=None),
        {"id": "0217", "object": "chat.completion.chunk", "choices": [], "usage": USED},
    ),
    "siliconflow": (
        chunk(
            {"role": "assistant", "content": None, "reasoning_content": "嗯"},
            choice={"finish_reason": None},
            usage=USED,
        ),
        chunk({"content": "您好", "reasoning_content": None}, choice={"finish_reason": None}, usage=USED),
        chunk({"content": "", "reasoning_content": None}, choice=END, system_fingerprint="", usage=USED),
    ),
    "qianfan": (
        chunk({"role": "assistant", "content": "", "reasoning_content": "嗯"}, choice={"flag": 0}),
        chunk({"content": "您好"}, choice={"flag": 0}),
        chunk({"content": ""}, choice={**END, "flag": 0}, usage=USED),
    ),
    "hunyuan": (
        chunk({"role": "assistant", "reasoning_content": "嗯"}, choice={"finish_reason": ""}, note="AI", usage=USED),
        chunk({"role": "assistant", "content": "您好"}, choice={"finish_reason": ""}, note="AI", usage=USED),
        chunk({"role": "assistant", "content": ""}, choice=END, note="AI", usage=USED),
    ),
    "tokenhub": (
        chunk({"role": "assistant", "reasoning_content": "嗯"}),
        chunk({"role": "assistant", "content": "您好"}),
        chunk({}, choice=END, usage=USED),
    ),
    "stepfun": (
        chunk({"role": "assistant", "content": "", "reasoning": "嗯"}, choice={"finish_reason": ""}),
        chunk({"role": "assistant", "content": "您好", "reasoning": ""}, choice={"finish_reason": ""}),
        chunk({"role": "assistant", "content": ""}, choice=END, usage=USED),
    ),
    "modelscope": (
        chunk({"role": "assistant", "content": "", "reasoning_content": "嗯"}, system_fingerprint=None),
        chunk({"content": "您好", "reasoning_content": None}, choice={"logprobs": None}),
        chunk({"content": "", "reasoning_content": None}, choice=END),
        {"id": "0217", "object": "chat.completion.chunk", "choices": [], "usage": USED},
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_is_read_as_the_provider_sends_it(http, fake: FakeModel, name: str) -> None:
    fake.script(Reply(raw=lines(*ANSWERS[name])))

    text, finished = await asked(http, fake, name)

    assert (text, finished.thinking, finished.reason) == ("您好", "嗯", "stop")
    assert (finished.usage.input_tokens, finished.usage.output_tokens, finished.usage.estimated) == (11, 7, False)


ON_AND_OFF = {
    "dashscope": ({"enable_thinking": True}, {"enable_thinking": False}),
    "deepseek": ({"thinking": {"type": "enabled"}}, {"thinking": {"type": "disabled"}}),
    "minimax": ({"thinking": {"type": "adaptive"}}, {"thinking": {"type": "disabled"}}),
    "modelscope": ({"enable_thinking": True}, {"enable_thinking": False}),
    "moonshot": ({"thinking": {"type": "enabled"}}, {"thinking": {"type": "disabled"}}),
    "openrouter": ({"reasoning": {"enabled": True}}, {"reasoning": {"enabled": False}}),
    "qianfan": ({"enable_thinking": True}, {"enable_thinking": False}),
    "siliconflow": ({"enable_thinking": True}, {"enable_thinking": False}),
    "tokenhub": ({"thinking": {"type": "enabled"}}, {"thinking": {"type": "disabled"}}),
    "volcengine": ({"thinking": {"type": "enabled"}}, {"thinking": {"type": "disabled"}}),
    "zai": ({"thinking": {"type": "enabled"}}, {"thinking": {"type": "disabled"}}),
}


@pytest.mark.parametrize("name", ON_AND_OFF)
async def test_thinking_is_switched_by_the_providers_own_field(http, fake: FakeModel, name: str) -> None:
    for thinking in ("on", "off", "auto"):
        await asked(http, fake, name, {"thinking": thinking})

    sent = [{field: value for field, value in request.items() if field in FIELDS} for request in fake.requests]
    assert sent == [*ON_AND_OFF[name], {}]


async def test_a_provider_of_its_own_switch_goes_before_the_general_one(http, fake: FakeModel) -> None:
    own = {"providers": {"deepseek": {"thinking": False}}, "thinking": "on"}

    await asked(http, fake, "deepseek", own)

    assert fake.requests[0]["thinking"] == {"type": "disabled"}


async def test_qianfan_passes_each_makers_field_on(http, fake: FakeModel) -> None:
    fake.models = ("deepseek-v4",)

    await asked(http, fake, "qianfan", {"thinking": "off"}, model="deepseek-v4")

    assert fake.requests[0]["thinking"] == {"type": "disabled"}


async def test_a_switch_that_a_model_refuses_is_left_out(http, fake: FakeModel) -> None:
    fake.refused_fields = {"enable_thinking": "The value of the enable_thinking parameter is restricted to True."}

    text, _ = await asked(http, fake, "dashscope", {"thinking": "off"})

    assert text == "echo: hello"
    assert "enable_thinking" not in fake.requests[0]


def test_a_switch_that_nobody_knows_is_told_with_what_to_write() -> None:
    with pytest.raises(ValidationError, match="acme: its switch for thinking is not known here; write its field under"):
        ModelSettings.model_validate({"providers": {"acme": {"base_url": "http://127.0.0.1/v1", "thinking": "off"}}})


def test_every_switch_belongs_to_a_known_provider() -> None:
    assert set(SWITCHES) <= set(PROVIDERS)


@pytest.mark.parametrize("name", ["deepseek", "moonshot"])
async def test_earlier_thinking_goes_back_from_the_first_request_on(http, fake: FakeModel, name: str) -> None:
    fake.thinking = "required"
    history = [*HELLO, answer_message("", CALLED, ""), message("tool", "noon", tool_call_id="a")]

    await asked(http, fake, name, messages=history)

    assert fake.refusals == [], "known in advance, learnt from no refusal"
    assert fake.requests[0]["messages"][1]["reasoning_content"]


async def test_without_thinking_none_is_sent_back(http, fake: FakeModel) -> None:
    history = [*HELLO, answer_message("", CALLED, ""), message("tool", "noon", tool_call_id="a")]

    await asked(http, fake, "deepseek", {"thinking": "off"}, messages=history)

    assert "reasoning_content" not in fake.requests[0]["messages"][1]
