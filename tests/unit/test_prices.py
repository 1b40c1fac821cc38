"""What an answer costs."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agents.models.prices import Price, Prices, bundled_list, bundled_window

LIST = {
    "sample_spec": {"litellm_provider": "one of many", "mode": "one of: chat", "input_cost_per_token": 1.0},
    "gpt-x": {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 2e-6,
        "output_cost_per_token": 8e-6,
        "cache_read_input_token_cost": 5e-7,
        "input_cost_per_token_above_200k_tokens": 4e-6,
        "output_cost_per_token_above_200k_tokens": 1.6e-5,
        "cache_read_input_token_cost_above_200k_tokens": 1e-6,
    },
    "dashscope/qwen-y": {
        "litellm_provider": "dashscope",
        "mode": "chat",
        "tiered_pricing": [
            {"range": [0, 256000.0], "input_cost_per_token": 1e-7, "output_cost_per_token": 1e-6},
            {"range": [256000.0, 1e6], "input_cost_per_token": 3e-7, "output_cost_per_token": 3e-6},
        ],
    },
    "draw-z": {"litellm_provider": "openai", "mode": "image_generation", "input_cost_per_token": 1e-6},
    "free-form": {"litellm_provider": "openai", "mode": "chat"},
}


@pytest.fixture
def prices(tmp_path: Path) -> Prices:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(LIST), encoding="utf-8")
    return Prices(path=path, is_free=lambda provider: provider == "ollama")


@pytest.mark.parametrize(
    ("provider", "model", "tokens", "dollars"),
    [
        ("openai", "gpt-x", (1000, 100, 0), "0.0028"),
        ("openai", "gpt-x", (1000, 100, 600), "0.0019"),
        ("openai", "gpt-x", (1000, 0, 5000), "0.0005"),
        ("openai", "gpt-x", (200_000, 0, 0), "0.4"),
        ("openai", "gpt-x", (200_001, 100, 100_000), "0.501604"),
        ("dashscope", "qwen-y", (100_000, 1000, 0), "0.011"),
        ("dashscope", "qwen-y", (300_000, 1000, 0), "0.093"),
        ("openai", "gpt-x", (0, 0, 0), "0"),
        ("ollama", "anything:7b", (1000, 1000, 0), "0"),
    ],
)
def test_tokens_cost_what_the_list_says(prices: Prices, provider, model, tokens, dollars) -> None:
    assert prices.cost_usd(provider, model, *tokens) == Decimal(dollars)


@pytest.mark.parametrize(
    ("provider", "model"), [("acme", "gpt-x"), ("openai", "gpt-q"), ("openai", "draw-z"), ("openai", "free-form")]
)
def test_what_the_list_does_not_price_is_unknown_not_free(prices: Prices, provider, model) -> None:
    assert prices.cost_usd(provider, model, 1000, 1000) is None


def test_the_bundled_list_prices_the_models_that_answer_by_default() -> None:
    prices = Prices()

    assert bundled_list() is not None
    assert all(
        prices.cost_usd(provider, model, 1000, 1000)
        for provider, model in [
            ("openai", "gpt-5.4-mini"),
            ("deepseek", "deepseek-v4-flash"),
            ("dashscope", "qwen-plus"),
        ]
    )


def test_a_broken_list_leaves_every_price_unknown_and_says_so_once(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_text("{oops", encoding="utf-8")
    prices = Prices(path=path)

    with capture_logs() as logged:
        costs = [prices.cost_usd("openai", "gpt-x", 1, 1) for _ in range(3)]

    assert costs == [None] * 3
    assert [each["event"] for each in logged] == ["prices_unreadable"]


def test_the_window_of_a_model_is_in_the_list_too(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    listed = {
        "bare-1": {"litellm_provider": "openai", "max_input_tokens": 8192, "max_tokens": 1000},
        "groq/small": {"litellm_provider": "groq", "max_tokens": 4096},
        "groq/odd": {"litellm_provider": "groq", "max_input_tokens": "many"},
    }
    path.write_text(json.dumps(listed), encoding="utf-8")

    assert bundled_window("openai", "bare-1", path) == 8192
    assert bundled_window("groq", "small", path) == 4096
    assert bundled_window("groq", "odd", path) is None
    assert bundled_window("groq", "bare-1", path) is None
    assert bundled_window("groq", "small", tmp_path / "missing.json") is None
    assert (bundled_window("openai", "gpt-4o") or 0) > 100_000


def test_prices_of_the_settings_go_before_the_list_and_are_in_their_currency(tmp_path):
    own = {"dashscope/qwen-plus": Price(input=0.8, output=2.0, cached=0.16), "local/llama": Price(input=7, output=7)}
    prices = Prices(path=tmp_path / "none.json", is_free=lambda provider: provider == "local", own=own, rate=8)

    assert prices.cost_usd("dashscope", "qwen-plus", 1_000_000, 1_000_000) == Decimal("0.35")
    assert prices.cost_usd("dashscope", "qwen-plus", 1_000_000, 0, 1_000_000) == Decimal("0.02")
    assert prices.cost_usd("local", "llama", 1_000_000, 0) == Decimal("0.875")
    assert prices.cost_usd("local", "mistral", 1_000_000, 0) == 0
    assert prices.cost_usd("dashscope", "qwen-max", 1_000_000, 0) is None
