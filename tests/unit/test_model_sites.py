"""Which site of a provider is asked, and what the region forbids."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from agents.models.choice import ModelChoice, choose
from agents.models.context import message
from agents.models.lacks import addresses, lacks
from agents.models.protocol import TextDelta
from agents.models.providers.known import PROVIDERS
from agents.models.providers.settings import ModelSettings
from agents.models.providers.sites import base_url_of, is_outside, provider_of
from channels.base import NexoraError
from tests.platforms.model import FakeModel

HELLO = [message("user", "hello")]
MAINLAND = ("dashscope", "deepseek", "hunyuan", "minimax", "modelscope", "moonshot", "qianfan", "siliconflow")


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def abroad() -> AsyncIterator[FakeModel]:
    async with FakeModel(key="sk-abroad", models=("kimi-k2.6",)) as server:
        yield server


@pytest.fixture
async def mainland() -> AsyncIterator[FakeModel]:
    async with FakeModel(key="sk-mainland", models=("kimi-k2.6",)) as server:
        yield server


@pytest.fixture
def two_sites(abroad: FakeModel, mainland: FakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moonshot, with its two sites on this machine."""
    moved = replace(PROVIDERS["moonshot"], base_url=abroad.url, other_site=mainland.url)
    monkeypatch.setitem(PROVIDERS, "moonshot", moved)


async def chosen(http: aiohttp.ClientSession, given: dict[str, Any] | None = None, **environment: str) -> ModelChoice:
    settings = ModelSettings.model_validate({"find_local": False} | (given or {}))
    return await choose(settings, http=http, environment=environment)


@pytest.mark.usefixtures("two_sites")
async def test_the_site_that_takes_the_key_is_found_without_a_prompt_and_kept(http, abroad, mainland) -> None:
    choice = await chosen(http, MOONSHOT_API_KEY="sk-mainland")
    await choice.settle(choice.labels)

    assert choice.addresses() == [f"moonshot/kimi-k2.6 is asked at {mainland.url}, the site that takes this key"]
    assert (len(abroad.listed), len(mainland.listed)) == (1, 1), "asked once, then kept"
    assert abroad.requests == mainland.requests == []
    deltas = [delta async for delta in choice.model().stream(HELLO, [])]
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == "echo: hello"
    assert (len(abroad.requests), len(mainland.requests)) == (0, 1)


@pytest.mark.usefixtures("two_sites")
async def test_a_key_that_neither_site_takes_is_told_with_both(http, abroad, mainland) -> None:
    choice = await chosen(http, MOONSHOT_API_KEY="sk-other")

    told = choice.addresses("zh")
    assert told == [f"moonshot/kimi-k2.6 的地址：{abroad.url}；未能向它和 {mainland.url} 确认此密钥属于哪个站点"]


@pytest.mark.usefixtures("two_sites")
async def test_a_region_settles_the_site_and_nobody_is_asked(http, abroad, mainland) -> None:
    choice = await chosen(http, {"region": "cn"}, MOONSHOT_API_KEY="sk-mainland")

    assert choice.addresses() == [f"moonshot/kimi-k2.6 is asked at {mainland.url}"]
    assert abroad.listed == mainland.listed == []


@pytest.mark.usefixtures("two_sites")
async def test_an_agents_own_model_is_asked_where_its_key_is_taken(http, abroad, mainland) -> None:
    choice = await chosen(http, {"use": ["rehearsal"]}, MOONSHOT_API_KEY="sk-mainland")
    assert abroad.listed == [], "no agent has named it yet"

    await choice.settle(("moonshot/kimi-k2.6",))

    assert [delta async for delta in choice.model(("moonshot/kimi-k2.6",)).stream(HELLO, [])]
    assert len(mainland.requests) == 1


@pytest.mark.parametrize(
    ("variable", "address"),
    [("ZAI_API_KEY", "https://api.z.ai/api/paas/v4"), ("ZHIPUAI_API_KEY", "https://open.bigmodel.cn/api/paas/v4")],
)
async def test_the_variable_of_zhipus_key_tells_its_site(http, variable: str, address: str) -> None:
    choice = await chosen(http, **{variable: "sk-1"})

    assert choice.addresses() == [f"zai/glm-5.3 is asked at {address}"]


@pytest.mark.parametrize("name", MAINLAND)
async def test_in_the_region_every_chinese_provider_is_asked_at_home(http, name: str) -> None:
    provider = PROVIDERS[name]
    choice = await chosen(http, {"region": "cn"}, **{provider.keys[0]: "sk-1"})

    assert choice.labels == (f"{name}/{provider.model}",)
    assert choice.addresses() == [f"{name}/{provider.model} is asked at {provider.mainland_site}"]


async def test_the_region_passes_over_keys_of_providers_abroad(http) -> None:
    choice = await chosen(http, {"region": "cn"}, OPENAI_API_KEY="sk-1")

    assert choice.is_rehearsal
    assert "because models.region is cn, and what OPENAI_API_KEY opens lies outside of it" in choice.explain()


@pytest.mark.parametrize("label", ["openai/gpt-5", "openrouter/auto", "bedrock/nova", "own/m-1"])
async def test_the_region_refuses_foreign_hosts_and_says_what_to_do(http, label: str) -> None:
    own = {"own": {"base_url": "https://models.example.com/v1"}}
    given = {"region": "cn", "providers": own}

    with pytest.raises(NexoraError, match=rf"{label} is asked at .* its host under models\.region_hosts"):
        await chosen(http, {**given, "use": [label]})

    choice = await chosen(http, given | {"use": ["rehearsal"]})
    with pytest.raises(NexoraError, match="Name another model"):
        choice.model((label,))
    told = list(lacks(ModelSettings.model_validate(given), {}, [label]))
    assert "not known to lie in the region" in told[0] or "no provider is named" in told[0]


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("http://10.0.0.5:8000/v1", False),
        ("http://gpu-7:8000/v1", False),
        ("https://models.corp.cn/v1", False),
        ("https://ark.cn-beijing.volces.com/api/v3", False),
        ("https://models.corp.example/v1", False),
        ("https://api.minimax.io/v1", True),
        ("https://8.8.8.8/v1", True),
        ("", True),
    ],
)
def test_what_lies_in_the_region(address: str, outside: bool) -> None:
    settings = ModelSettings.model_validate({"region": "cn", "region_hosts": ["models.corp.example"]})

    assert is_outside(settings, address) is outside
    assert not is_outside(ModelSettings(), address)


def test_the_check_names_the_address_of_every_model() -> None:
    told = dict(addresses(ModelSettings(), {"DEEPSEEK_API_KEY": "k"}, ["deepseek/x", "moonshot/y", "bedrock/z"]))

    assert told == {
        "deepseek/x": "https://api.deepseek.com/v1",
        "moonshot/y": "https://api.moonshot.ai/v1 or https://api.moonshot.cn/v1, whichever takes the key",
    }


def test_an_address_from_the_environment_goes_before_every_site() -> None:
    settings = ModelSettings.model_validate({"region": "cn"})
    provider = provider_of(settings, "moonshot")

    assert (
        base_url_of(settings, {"MOONSHOT_BASE_URL": "https://gate.corp.cn/v1"}, provider) == "https://gate.corp.cn/v1"
    )
