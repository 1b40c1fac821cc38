"""`nexora check --online`: asks each platform and each model whether it takes what the settings hold.

Nobody is sent a message and none is heard, so that a gateway that runs misses nothing. A model is asked for one word.
"""

import asyncio
import os
from collections.abc import Awaitable
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime

from agents.models.choice import ModelChoice, choose
from agents.models.protocol import ModelError
from agents.specs import SpecFolder, SpecInvalid
from channels.base import NexoraError, Surroundings
from channels.options import ChannelOptions
from gateway.run.check import Row
from gateway.run.connections import lenient_session, session_of
from gateway.settings import sources as settings_sources
from gateway.settings.model import ChannelSettings, Configuration, Settings
from gateway.settings.network import publish, session_for
from gateway.upkeep.channel_adding import try_channel

PATIENCE_SECONDS = 45.0
ONLINE = "online: the platform takes these settings"
QUESTION = ({"role": "user", "content": "Answer with the word ok."},)


def examine() -> list[Row]:
    """One row for each channel and each model; none where the settings cannot be read at all."""
    configuration, _ = settings_sources.examine(os.environ)
    return asyncio.run(ask(configuration)) if configuration is not None else []


async def ask(configuration: Configuration) -> list[Row]:
    """One row for each channel and each model."""
    async with AsyncExitStack() as stack:
        network = configuration.settings.network
        publish(network)
        usual = await stack.enter_async_context(session_for(network, os.environ))
        lenient = lenient_session(configuration, usual, stack)
        public_url = configuration.settings.server.public_url
        trusted = str(network.ca_file) if network.ca_file else None

        def surroundings(given: ChannelSettings) -> Surroundings:
            http = session_of(given, usual, lenient)
            return Surroundings(http=http, now=lambda: datetime.now(UTC), public_url=public_url, ca_file=trusted)

        choice = await choose(configuration.settings.models, http=usual, environment=os.environ)
        questions = [
            _row(f"channel {name}", _channel(name, given.kind, given.options, surroundings(given)))
            for name, given in configuration.channels.items()
            if given.options is not None
        ]
        labels = _labels(choice, configuration.settings)
        await choice.settle(labels)
        questions += [_row(f"model {label}", _model(choice, label)) for label in labels]
        return list(await asyncio.gather(*questions))


async def _row(what: str, question: Awaitable[str]) -> Row:
    """What the question came to; what is wrong is told in the words of whoever was asked."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return Row(what=what, is_well=True, says=await question)
    except TimeoutError:
        return Row(what=what, is_well=False, says=f"no answer within {PATIENCE_SECONDS:g} s")
    except NexoraError as error:
        return Row(what=what, is_well=False, says=str(error) or type(error).__name__)


async def _channel(name: str, kind: str, options: ChannelOptions, surroundings: Surroundings) -> str:
    """Raises ChannelError when the platform does not take the settings."""
    await try_channel(name, kind, options, surroundings)
    return ONLINE


def _labels(choice: ModelChoice, settings: Settings) -> list[str]:
    """Every model that could be asked for an answer, once: the default ones and those of single agents."""
    specs, named = SpecFolder(settings.agents.folder), list(choice.labels)
    for name in specs.names():
        try:
            named += specs.load(name).model
        except SpecInvalid:  # the table says it already
            continue
    return list(dict.fromkeys(named))


async def _model(choice: ModelChoice, label: str) -> str:
    """Raises ModelError when it does not answer."""
    async with aclosing(choice.model((label,)).stream(QUESTION, ())) as answer:
        async for _ in answer:
            return "; ".join(["online: it answers", *choice.addresses(labels=(label,))])
    raise ModelError("it ended without an answer")
