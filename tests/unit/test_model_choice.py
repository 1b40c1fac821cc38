"""Which model answers, and the sentence that says why."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from agents.models.choice import ModelChoice, choose
from agents.models.context import message
from agents.models.discovery import find_models, listed_window
from agents.models.fallback import Fallback
from agents.models.protocol import Finished, ModelRefused, TextDelta
from agents.models.providers.known import PROVIDERS
from agents.models.providers.provider import is_on_this_machine
from agents.models.providers.settings import ModelSettings
from agents.models.rehearsal.model import Rehearsal
from agents.models.wire.anthropic import Anthropic
from agents.models.wire.gemini import Gemini
from agents.models.wire.litellm import LiteLLM
from agents.models.wire.openai import OpenAICompatible
from tests.platforms.model import FakeModel

ROOT = Path(__file__).parents[2]
HELLO = [message("user", "hello")]


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def fake() -> AsyncIterator[FakeModel]:
    async with FakeModel() as server:
        yield server


async def chosen(http: aiohttp.ClientSession, given: dict[str, Any] | None = None, **environment: str) -> ModelChoice:
    settings = ModelSettings.model_validate({"find_local": False} | (given or {}))
    return await choose(settings, http=http, environment=environment, probe_seconds=2)


def at(base_url: str, found: str = "ollama") -> dict[str, dict[str, str]]:
    """Settings in which every local server is looked for at this address only."""
    nowhere = "http://127.0.0.1:9/v1"
    return {
        name: {"base_url": base_url if name == found else nowhere}
        for name, provider in PROVIDERS.items()
        if provider.is_local
    }


async def test_with_nothing_at_all_the_rehearsal_answers_and_says_how_to_change_that(http) -> None:
    choice = await chosen(http)

    assert choice.labels == ("rehearsal/offline",)
    assert choice.explain() == (
        "rehearsal/offline answers, because no key is set and no model server was found on this machine. It works "
        "offline and only rehearses. Set OPENAI_API_KEY, DASHSCOPE_API_KEY, DEEPSEEK_API_KEY, ANTHROPIC_API_KEY or "
        "GEMINI_API_KEY, or start Ollama, and restart to talk to a real model."
    )
    assert "没有设置任何密钥" in choice.explain("zh")


@pytest.mark.parametrize("provider", [each for each in PROVIDERS.values() if each.keys], ids=lambda each: each.name)
async def test_a_key_in_the_environment_chooses_its_provider(http, provider) -> None:
    nowhere = {f"{provider.name.upper()}_BASE_URL": "http://127.0.0.1:9/v1"}
    choice = await chosen(http, **{provider.keys[0]: "sk-test"}, **nowhere)

    assert choice.labels == (f"{provider.name}/{provider.model}",)
    assert f"because {provider.keys[0]} is set" in choice.explain()
    assert "sk-test" not in choice.explain()


async def test_a_key_in_the_settings_comes_before_one_in_the_environment(http) -> None:
    choice = await chosen(http, {"providers": {"deepseek": {"api_key": "sk-1"}}}, OPENAI_API_KEY="sk-2")

    assert choice.labels[0].startswith("deepseek/")
    assert "models.providers.deepseek.api_key is set" in choice.explain()


async def test_a_second_key_is_no_permission_to_send_the_chat_there(http) -> None:
    choice = await chosen(http, OPENAI_API_KEY="sk-1", DEEPSEEK_API_KEY="sk-2")

    assert len(choice.labels) == 1


async def test_each_provider_is_spoken_to_in_its_own_protocol_and_the_others_through_litellm(http) -> None:
    own = {"gate": {"wire": "anthropic", "base_url": "https://models.example"}, "claude": {"wire": "litellm"}}
    use = ["openai/a", "anthropic/b", "gemini/c", "gate/d", "claude/e", "bedrock/f"]
    choice = await chosen(http, {"use": use, "providers": own})

    models = choice.model().models

    spoken = [type(fitted.model) for fitted in models]
    assert spoken == [OpenAICompatible, Anthropic, Gemini, Anthropic, LiteLLM, LiteLLM]


async def test_the_settings_decide_and_their_later_models_take_over(http) -> None:
    given = {"use": ["deepseek/deepseek-v4-pro", "anthropic/claude-sonnet-5", "rehearsal"]}
    choice = await chosen(http, given, DEEPSEEK_API_KEY="sk-1")

    models = choice.model().models

    assert [type(fitted.model) for fitted in models] == [OpenAICompatible, Anthropic, Rehearsal]
    assert choice.explain() == (
        "deepseek/deepseek-v4-pro answers, because the settings name it. If it cannot, anthropic/claude-sonnet-5, then "
        "rehearsal/offline will. anthropic/claude-sonnet-5 has no key: set ANTHROPIC_API_KEY."
    )
    assert "它不可用时改由 anthropic/claude-sonnet-5、rehearsal/offline 回答" in choice.explain("zh")


async def test_a_model_server_on_this_machine_is_found(http, fake: FakeModel) -> None:
    fake.models = ("nomic-embed-text", "qwen3:8b")

    choice = await chosen(http, {"find_local": True, "providers": at(fake.url)})

    assert choice.labels == ("ollama/qwen3:8b",)
    assert choice.explain() == "ollama/qwen3:8b answers, because Ollama is running on this machine."
    assert choice.is_free("ollama")


@pytest.mark.parametrize(("name", "port"), [("vllm", 8000), ("xinference", 9997)])
async def test_a_server_of_the_company_is_found_like_ollama(http, fake: FakeModel, name: str, port: int) -> None:
    choice = await chosen(http, {"find_local": True, "providers": at(fake.url, name)})

    assert PROVIDERS[name].base_url == f"http://127.0.0.1:{port}/v1"
    assert choice.labels == (f"{name}/fake-1",)
    assert choice.is_free(name)


async def test_ollama_is_found_where_its_own_variable_says(http, fake: FakeModel) -> None:
    given = {name: place for name, place in at("").items() if name != "ollama"}

    choice = await chosen(http, {"find_local": True, "providers": given}, OLLAMA_HOST=f"0.0.0.0:{fake.port}")

    assert choice.labels == ("ollama/fake-1",)


async def test_a_key_comes_before_a_server_on_this_machine(http, fake: FakeModel) -> None:
    choice = await chosen(http, {"find_local": True, "providers": at(fake.url)}, OPENAI_API_KEY="sk-1")

    assert choice.labels[0].startswith("openai/")


async def test_something_else_on_the_usual_port_is_no_model_server(http) -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<html>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/v1/models", page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        assert await find_models(http, {"llamacpp": f"http://127.0.0.1:{port}/v1"}, probe_seconds=2) == {}
    finally:
        await runner.cleanup()


async def test_a_server_of_ones_own_needs_an_address_and_a_model(http, fake: FakeModel) -> None:
    own = {"base_url": fake.url, "api_key": fake.key, "model": "fake-1", "extra": {"max_tokens": 50}}
    choice = await chosen(http, {"providers": {"acme": own}})

    deltas = [delta async for delta in choice.model(extra={"temperature": 0.1}).stream(HELLO, [])]

    assert choice.labels == ("acme/fake-1",)
    assert "".join(delta.text for delta in deltas if isinstance(delta, TextDelta)) == "echo: hello"
    assert isinstance(deltas[-1], Finished)
    assert (fake.requests[0]["max_tokens"], fake.requests[0]["temperature"]) == (50, 0.1)


async def test_an_agents_own_models_replace_the_default_ones(http) -> None:
    choice = await chosen(http, OPENAI_API_KEY="sk-1")

    model = choice.model(("ollama/qwen3:8b",))

    assert isinstance(model, Fallback)
    assert [each.label for each in model.models] == ["ollama/qwen3:8b"]


async def test_agents_that_ask_for_the_same_share_one_model(http) -> None:
    choice = await chosen(http, OPENAI_API_KEY="sk-1")

    assert choice.model() is choice.model(())
    assert choice.model(extra={"temperature": 0.1}) is choice.model(extra={"temperature": 0.1})
    assert choice.model(extra={"temperature": 0.1}) is not choice.model()


async def test_a_dead_model_is_dead_for_every_agent(http, fake: FakeModel, unused_tcp_port: int) -> None:
    dead = {"base_url": f"http://127.0.0.1:{unused_tcp_port}/v1"}
    own = {"base_url": fake.url, "api_key": fake.key}
    given = {"use": ["dead/x", "acme/fake-1"], "attempts": 1, "providers": {"dead": dead, "acme": own}}
    choice = await chosen(http, given)

    assert [delta async for delta in choice.model().stream(HELLO, [])]
    assert choice.model().label == "acme/fake-1"
    assert choice.model(extra={"temperature": 0.1}).label == "acme/fake-1"


async def test_an_address_from_the_environment_is_used(http, fake: FakeModel) -> None:
    choice = await chosen(http, {"use": ["openai/fake-1"]}, OPENAI_API_KEY=fake.key, OPENAI_BASE_URL=fake.url + "/")

    assert [delta async for delta in choice.model().stream(HELLO, [])]
    assert choice.is_free("openai"), "it is this machine"


async def test_a_missing_key_is_the_providers_refusal(http, fake: FakeModel) -> None:
    choice = await chosen(http, {"use": ["openai/fake-1"], "providers": {"openai": {"base_url": fake.url}}})

    with pytest.raises(ModelRefused, match="Incorrect API key"):
        [delta async for delta in choice.model().stream(HELLO, [])]


async def test_a_refused_key_of_a_provider_with_two_sites_is_told_of_the_other(http, fake: FakeModel) -> None:
    choice = await chosen(http, {"use": ["moonshot/fake-1"]}, MOONSHOT_API_KEY="sk-cn", MOONSHOT_BASE_URL=fake.url)

    with pytest.raises(ModelRefused, match=r"MOONSHOT_BASE_URL=https://api\.moonshot\.cn/v1"):
        [delta async for delta in choice.model().stream(HELLO, [])]


def test_every_mistake_in_the_settings_is_reported_at_once() -> None:
    given = {
        "use": ["gpt-5"],
        "attempts": 0,
        "provider": {},
        "providers": {"a": {"base_url": "models.example.com"}, "b": {"wire": "openai"}},
    }

    with pytest.raises(ValidationError) as caught:
        ModelSettings.model_validate(given)

    places = {".".join(map(str, error["loc"])) for error in caught.value.errors()}
    assert places == {"use.0", "attempts", "provider", "providers.a.base_url"}
    assert "write provider/model, such as openai/" in str(caught.value)


def test_a_provider_nobody_knows_needs_an_address_to_speak_to() -> None:
    with pytest.raises(ValidationError, match="acme: give its base_url"):
        ModelSettings.model_validate({"providers": {"acme": {"wire": "openai"}}})


def test_this_machine_is_told_from_others() -> None:
    assert all(map(is_on_this_machine, ["http://127.0.0.1:1/v1", "http://[::1]:1", "http://localhost:9"]))
    assert not any(
        map(is_on_this_machine, ["https://api.openai.com/v1", "http://10.0.0.1", "http://localhost.evil.com"])
    )


def test_importing_all_of_agents_imports_no_heavy_package() -> None:
    program = (
        "import agents, importlib, pkgutil, sys\n"
        "for module in pkgutil.walk_packages(agents.__path__, 'agents.'):\n"
        "    importlib.import_module(module.name)\n"
        "from agents.models.prices import Prices\n"
        "assert Prices().cost_usd('openai', 'gpt-4o', 1000, 0)\n"
        "print(*sorted({'litellm', 'openai', 'tree_sitter', 'slack_sdk', 'telegram', 'alembic'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize(
    ("entry", "window"),
    [
        ({"id": "m-1", "max_model_len": 4096}, 4096),
        ({"id": "m-1", "context_window": 131072}, 131072),
        ({"id": "m-1", "meta": {"n_ctx_train": 131072, "n_ctx": 8192}}, 8192),
        ({"id": "m-1", "meta": {"n_ctx_train": 131072}}, None),
        ({"id": "m-2", "max_model_len": 4096}, None),
        ({"id": "m-1", "max_model_len": "many"}, None),
    ],
)
async def test_a_window_is_read_from_the_list_of_the_server(http, entry: dict[str, Any], window: int | None) -> None:
    async def models(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer sk-1"
        return web.json_response({"data": [{"id": "other", "context_window": 1}, entry]})

    app = web.Application()
    app.router.add_get("/v1/models", models)
    async with TestServer(app) as server:
        address = str(server.make_url("/v1"))
        assert await listed_window(http, address, "sk-1", "m-1") == window

    assert await listed_window(http, address, "sk-1", "m-1") is None


LOADS = """
import asyncio, sys, threading
import aiohttp
from agents.models.choice import choose
from agents.models.providers.settings import ModelSettings

async def main():
    async with aiohttp.ClientSession() as http:
        choice = await choose(ModelSettings(use=sys.argv[1:]), http=http, environment={})
        choice.load_early()
        loading = [thread for thread in threading.enumerate() if thread.name == "load litellm"]
        print(len(loading), all(thread.daemon for thread in loading))

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (["openai/a", "anthropic/b", "gemini/c"], "0 True"),
        (["rehearsal"], "0 True"),
        (["openai/a", "bedrock/b"], "1 True"),
    ],
)
def test_litellm_is_loaded_at_start_where_a_model_needs_it_and_holds_up_no_stop(use: list[str], told: str) -> None:
    ended = subprocess.run([sys.executable, "-c", LOADS, *use], capture_output=True, text=True, check=True, cwd=ROOT)

    assert ended.stdout.strip() == told
