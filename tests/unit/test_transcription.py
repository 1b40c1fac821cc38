"""Voice messages as words, on a real server that refuses what the real one refuses."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from agents.models.choice import ModelChoice, choose
from agents.models.protocol import ModelRefused, ModelUnavailable
from agents.models.providers.settings import ModelSettings
from agents.models.transcription import LARGEST_BYTES, Transcriber
from channels.base import NexoraError
from tests.platforms.model import KEY, FakeModel

VOICE = b"OggS the bytes of a recording"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def choice(http: aiohttp.ClientSession, given: dict[str, Any]) -> ModelChoice:
    settings = ModelSettings.model_validate({"find_local": False, **given})
    return await choose(settings, http=http, environment={}, probe_seconds=1)


async def hearing(http: aiohttp.ClientSession, fake: FakeModel, key: str = KEY) -> Transcriber:
    given = {"transcription": "mine/fake-1", "providers": {"mine": {"base_url": fake.url, "api_key": key}}}
    made = (await choice(http, given)).transcriber()
    assert made is not None
    return made


async def test_a_recording_becomes_words_and_its_tokens_are_counted(http) -> None:
    async with FakeModel() as fake:
        fake.said_in[VOICE] = " restart the staging server "
        transcript = await (await hearing(http, fake)).transcribe("voice.ogg", "audio/ogg", VOICE)

    assert transcript.text == "restart the staging server"
    assert (transcript.usage.input_tokens, transcript.usage.output_tokens) == (14, 45)
    assert (transcript.usage.provider, transcript.usage.model) == ("mine", "fake-1")


async def test_what_is_no_recording_is_refused_in_the_providers_words(http) -> None:
    async with FakeModel() as fake:
        with pytest.raises(ModelRefused, match="Invalid file format"):
            await (await hearing(http, fake)).transcribe("voice.silk", "audio/silk", b"silk")


async def test_a_wrong_key_is_refused_and_not_repeated(http) -> None:
    async with FakeModel() as fake:
        wrong = await hearing(http, fake, key="sk-secret-of-somebody")
        with pytest.raises(ModelRefused) as caught:
            await wrong.transcribe("voice.ogg", "audio/ogg", VOICE)

    assert "Incorrect API key" in str(caught.value)
    assert "sk-secret" not in str(caught.value)


async def test_a_server_that_is_away_may_come_back(http) -> None:
    async with FakeModel() as fake:
        gone = await hearing(http, fake)
    with pytest.raises(ModelUnavailable):
        await gone.transcribe("voice.ogg", "audio/ogg", VOICE)


async def test_a_recording_that_no_provider_takes_is_not_sent(http) -> None:
    async with FakeModel() as fake:
        with pytest.raises(ModelRefused, match="too large"):
            await (await hearing(http, fake)).transcribe("voice.ogg", "audio/ogg", bytes(LARGEST_BYTES + 1))

        assert fake.refusals == []


async def test_without_a_setting_nothing_hears(http) -> None:
    assert (await choice(http, {})).transcriber() is None


async def test_a_provider_without_such_an_endpoint_is_named(http) -> None:
    with pytest.raises(NexoraError, match="anthropic does not speak the OpenAI protocol"):
        (await choice(http, {"transcription": "anthropic/claude"})).transcriber()
