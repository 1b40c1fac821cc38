"""Asks model servers for their list of models: which listen on this machine, and how long a request one takes."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp

PROBE_SECONDS = 0.3
_NOT_FOR_CHAT = ("embed", "rerank", "whisper", "tts", "bge-", "clip")
_MAX_BYTES = 1_000_000
_LIST_SECONDS = 5.0
_WINDOW = ("max_model_len", "context_window", "context_length", "max_context_length", "max_input_tokens", "n_ctx")
"""How vLLM; Groq; OpenRouter, Together and Moonshot; Mistral; Anthropic; and llama.cpp call it."""


async def find_models(
    http: aiohttp.ClientSession, base_urls: Mapping[str, str], *, probe_seconds: float = PROBE_SECONDS
) -> dict[str, tuple[str, ...]]:
    """The chat models of each server that listens, by the name given to its address. Who does not answer is absent.

    Ollama, LM Studio and llama.cpp all answer GET {base_url}/models in OpenAI's form: {"data": [{"id": ...}]}.
    """
    names = list(base_urls)
    lists = await asyncio.gather(*[_models_at(http, base_urls[name], probe_seconds) for name in names])
    return {name: models for name, models in zip(names, lists, strict=True) if models}


async def listed_window(http: aiohttp.ClientSession, base_url: str, key: str, model: str) -> int | None:
    """The longest request in tokens that the server's own list names for a model; None when it names none."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        async with (
            asyncio.timeout(_LIST_SECONDS),
            http.get(f"{base_url}/models", headers=headers, allow_redirects=False) as response,
        ):
            body = await _json(response) if response.status == 200 else {}  # noqa: PLR2004 - OK
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return None
    listed = body.get("data") if isinstance(body, Mapping) else None
    found = next((each for each in listed or () if isinstance(each, Mapping) and each.get("id") == model), {})
    meta = found.get("meta")
    places = (found, meta) if isinstance(meta, Mapping) else (found,)
    numbers = (place.get(name) for place in places for name in _WINDOW)
    return next((number for number in numbers if isinstance(number, int) and number > 0), None)


async def _models_at(http: aiohttp.ClientSession, base_url: str, probe_seconds: float) -> tuple[str, ...]:
    try:
        async with (
            asyncio.timeout(probe_seconds),
            http.get(f"{base_url}/models", allow_redirects=False) as response,
        ):
            if response.status != 200:  # noqa: PLR2004 - OK
                return ()
            return _names(await _json(response))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return ()  # somebody else listens there, or nobody


async def _json(response: aiohttp.ClientResponse) -> Any:
    if (response.content_length or 0) > _MAX_BYTES:
        return {}
    return await response.json()


def _names(body: Any) -> tuple[str, ...]:
    listed = body.get("data") if isinstance(body, Mapping) else None
    names = [str(each["id"]) for each in listed or () if isinstance(each, Mapping) and each.get("id")]
    return tuple(name for name in names if not any(word in name.lower() for word in _NOT_FOR_CHAT))
