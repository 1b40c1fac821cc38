"""Chooses which model answers, builds it once, and can say why. Nothing here talks to a model.

Data stay where a person sent them: a model of another provider takes over only when the settings list it.
"""

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from agents.models.discovery import PROBE_SECONDS, find_models, listed_window
from agents.models.fallback import Fallback
from agents.models.fitted import Fitted, Window
from agents.models.late import LateModel
from agents.models.prices import bundled_window
from agents.models.protocol import Model
from agents.models.providers.added import AddedProviders
from agents.models.providers.known import PROVIDERS, REHEARSAL
from agents.models.providers.provider import Provider, WireProtocol, is_on_this_machine
from agents.models.providers.settings import ModelSettings, ProviderSettings, Region
from agents.models.providers.sites import base_url_of, is_outside, key_of, provider_of, settled_site, sites_found
from agents.models.providers.switches import switch
from agents.models.rehearsal.model import LABEL as REHEARSAL_LABEL
from agents.models.rehearsal.model import Rehearsal
from agents.models.transcription import Transcriber
from agents.models.wire.anthropic import Anthropic
from agents.models.wire.direct import DirectModel
from agents.models.wire.gemini import Gemini
from agents.models.wire.litellm import LiteLLM, load_quietly
from agents.models.wire.openai import OpenAICompatible
from agents.models.wire.server import AnswerLimits
from channels.base import NexoraError
from channels.locales import say
from channels.sayings import ChannelSaying

_LOCAL_IDLE_SECONDS = 300.0
"""A model on this machine may have to be loaded from disk before its first word."""

_MAX_SHARED = 64
_DIRECT: Mapping[WireProtocol, type[DirectModel]] = {
    WireProtocol.ANTHROPIC: Anthropic,
    WireProtocol.GEMINI: Gemini,
    WireProtocol.OPENAI: OpenAICompatible,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why the first model was chosen: the end of a key under `model.because` and what fills its sentence."""

    kind: str
    detail: str = ""


class ModelChoice:
    """The models of one installation. Build it with `choose`; ask it for the model of each agent."""

    def __init__(
        self,
        settings: ModelSettings,
        *,
        http: aiohttp.ClientSession,
        environment: Mapping[str, str],
        labels: tuple[str, ...],
        reason: Reason,
        ca_file: Path | None = None,
        added: AddedProviders | None = None,
    ) -> None:
        self.labels = labels
        self._has_plugins = added is not None
        self.added = added or AddedProviders()
        """What plugins bring."""
        self._sites: dict[str, str] = {}
        self._settings = settings
        self._http = http
        self._environment = environment
        self._reason = reason
        self._ca_file = ca_file
        self._resting_until: dict[str, float] = {}
        self._built: dict[str, Fallback] = {}
        self._windows: dict[str, Window] = {}

    def model(self, use: tuple[str, ...] = (), *, extra: Mapping[str, Any] | None = None) -> Fallback:
        """The model for these labels, or the default ones; `extra` goes into every request (temperature).

        Agents that ask for the same share it, and what it has learnt of its servers. An agent that names its own
        models never falls back on the default ones, which may belong to another company.
        """
        labels = use or self.labels
        key = json.dumps([labels, extra], sort_keys=True, default=str)
        if key not in self._built:
            if len(self._built) >= _MAX_SHARED:
                self._built.clear()
            models = [self._fitted(label, self._build(label, extra or {})) for label in labels]
            self._built[key] = Fallback(models, attempts=self._settings.attempts, resting_until=self._resting_until)
        return self._built[key]

    async def settle(self, labels: Sequence[str]) -> None:
        """Find out which site takes the key of each of these models, where nothing says so; then it is kept."""
        names = {label.partition("/")[0] for label in labels} - self._sites.keys()
        self._sites |= await sites_found(self._http, self._settings, self._environment, sorted(names))

    def transcriber(self) -> Transcriber | None:
        """What turns voice messages into words; None when the settings name nothing.

        Raises NexoraError for a provider that has no such endpoint, or that is outside of the region.
        """
        if not self._settings.transcription:
            return None
        name, _, model = self._settings.transcription.partition("/")
        provider = self._provider(name)
        base_url = self._base_url(provider)
        _require_inside(self._settings, self._settings.transcription, base_url)
        if provider.wire is not WireProtocol.OPENAI or not base_url:
            raise NexoraError(f"models.transcription: {name} does not speak the OpenAI protocol; name one that does.")
        return Transcriber(self._http, base_url=base_url, model=model, provider=name, api_key=self._key(provider))

    @property
    def is_rehearsal(self) -> bool:
        """Whether no model is connected, so that the rehearsal answers."""
        return self.labels[0] == REHEARSAL_LABEL

    def explain(self, language: str = "en") -> str:
        """One or two sentences for a person: which model answers and why, and what would take over."""
        first, *others = self.labels
        because = say(f"model.because.{self._reason.kind}", language, detail=self._reason.detail)
        text = say("model.answers", language, label=first, because=because)
        if others:
            text += say("model.fallback", language, others=say("model.then", language).join(others))
        if self.is_rehearsal:
            text += say("model.rehearsal", language)
        for label, key in self.without_key():
            text += say("model.missing_key", language, label=label, key=key)
        return text

    def addresses(self, language: str = "en", *, labels: Sequence[str] = ()) -> list[str]:
        """A line for each of these models, or the default ones, that is asked at an address: which, and why there."""
        lines = []
        for label in labels or self.labels:
            provider = self._provider(label.partition("/")[0])
            if not (base_url := self._base_url(provider)):
                continue
            kind = "plain"
            if provider.other_site and not settled_site(self._settings, self._environment, provider):
                kind = "asked" if provider.name in self._sites else "silent"
            lines.append(
                say(f"model.address.{kind}", language, label=label, address=base_url, other=provider.other_site)
            )
        return lines

    def without_key(self) -> list[tuple[str, str]]:
        """Labels whose provider we know to need a key and have none for, each with the variable that would hold it."""
        missing = []
        for label in self.labels:
            provider = self._provider(label.partition("/")[0])
            if provider.keys and not self._key(provider):
                missing.append((label, provider.keys[0]))
        return missing

    def load_early(self) -> None:
        """Begin to load litellm, if a model of the settings needs it, so that no first answer waits for it.

        In a thread that nobody waits for: it takes seconds, and no stop is held up by it.
        """
        names = {label.partition("/")[0] for label in self.labels} - {REHEARSAL}
        if any(self._provider(name).wire is WireProtocol.LITELLM for name in names):
            threading.Thread(target=load_quietly, args=(self._ca_file,), name="load litellm", daemon=True).start()

    def is_free(self, provider: str) -> bool:
        """Whether answers of that provider cost nothing, because it is this machine."""
        known = self._provider(provider)
        base_url = self._base_url(known)
        return provider == REHEARSAL or known.is_local or (bool(base_url) and is_on_this_machine(base_url))

    def _fitted(self, label: str, model: Model) -> Model:
        """The model, sent no more than it takes."""
        provider, _, name = label.partition("/")

        async def listed() -> int | None:
            known = self._provider(provider)
            if known.wire is WireProtocol.OPENAI and (base_url := self._base_url(known)):
                window = await listed_window(self._http, base_url, self._key(known), name)
                if window is not None:
                    return window
            return await asyncio.to_thread(bundled_window, provider, name)

        return Fitted(model, listed=listed, learnt=self._windows)

    def _build(self, label: str, extra: Mapping[str, Any]) -> Model:
        name = label.partition("/")[0]
        if name == REHEARSAL:
            return Rehearsal()
        if not self._may_be_of_a_plugin(name):
            return self._built_by(self._provider(name), label, extra)

        def by(provider: Provider) -> Model:
            return self._built_by(provider_of(self._settings, name, provider), label, extra)

        return LateModel(label, self.added, by, lambda: self._built_by(provider_of(self._settings, name), label, extra))

    def _may_be_of_a_plugin(self, name: str) -> bool:
        """Whether each question has to look who answers under that name; in a region, only where one is installed."""
        given = self._given(name)
        if not self._has_plugins or name in PROVIDERS or given.wire or given.base_url:
            return False
        return self._settings.region is Region.ANY or name in self.added.offered or bool(self.added.lack_of(name))

    def _built_by(self, provider: Provider, label: str, extra: Mapping[str, Any]) -> Model:
        name, _, model = label.partition("/")
        given = self._given(name)
        base_url = self._base_url(provider)
        _require_inside(self._settings, label, base_url)
        is_local = provider.is_local and "idle_seconds" not in given.model_fields_set
        limits = AnswerLimits(
            idle_seconds=_LOCAL_IDLE_SECONDS if is_local else given.idle_seconds, total_seconds=given.total_seconds
        )
        thinks = switch(name, model, given.thinking or self._settings.thinking)
        fields = {**provider.extra, **(thinks if provider.wire is WireProtocol.OPENAI else {}), **given.extra, **extra}
        key = self._key(provider)
        if provider.wire is WireProtocol.LITELLM:
            return LiteLLM(
                model=model,
                provider=name,
                api_key=key,
                base_url=base_url,
                extra=fields,
                limits=limits,
                ca_file=self._ca_file,
            )
        return _DIRECT[provider.wire](
            self._http,
            base_url=base_url,
            model=model,
            provider=name,
            api_key=key,
            extra=fields,
            limits=limits,
            key_hint=_other_site(provider),
        )

    def _given(self, name: str) -> ProviderSettings:
        return self._settings.providers.get(name) or ProviderSettings()

    def _provider(self, name: str) -> Provider:
        return provider_of(self._settings, name, self.added.offered.get(name))

    def _key(self, provider: Provider) -> str:
        return key_of(self._settings, self._environment, provider)[1]

    def _base_url(self, provider: Provider) -> str:
        return base_url_of(self._settings, self._environment, provider, self._sites)


async def choose(
    settings: ModelSettings,
    *,
    http: aiohttp.ClientSession,
    environment: Mapping[str, str],
    probe_seconds: float = PROBE_SECONDS,
    ca_file: Path | None = None,
    added: AddedProviders | None = None,
) -> ModelChoice:
    """Decide which model answers: what the settings name, else a set key, else this machine, else the rehearsal.

    `ca_file` holds certificates that litellm, which has connections of its own, trusts beside the usual ones. `added`
    are the providers of plugins, which only the settings choose. Raises NexoraError for a model outside of the region.
    """
    labels, reason = settings.use, Reason(kind="settings")
    if not labels:
        labels, reason = (
            _by_key(settings, environment)
            or (await _by_listening(settings, http, environment, probe_seconds))
            or ((REHEARSAL_LABEL,), _nothing(settings, environment))
        )
    if REHEARSAL in labels:
        labels = tuple(REHEARSAL_LABEL if label == REHEARSAL else label for label in labels)
    choice = ModelChoice(
        settings, http=http, environment=environment, labels=labels, reason=reason, ca_file=ca_file, added=added
    )
    await choice.settle((*labels, *((settings.transcription,) if settings.transcription else ())))
    choice.model()  # one that the region forbids is told now, not at the first question
    return choice


def _other_site(provider: Provider) -> str:
    """Several providers have two sites, in China and elsewhere, and a key is good for one of them."""
    if not provider.other_site:
        return ""
    return f"a key of the other site? 另一站点的密钥？ {provider.name.upper()}_BASE_URL={provider.other_site}"


def _require_inside(settings: ModelSettings, label: str, base_url: str) -> None:
    """Raise NexoraError for a model whose address the region forbids."""
    if is_outside(settings, base_url):
        raise NexoraError(outside(settings, label, base_url))


def outside(settings: ModelSettings, label: str, base_url: str) -> ChannelSaying:
    """What is said of a model outside of the region."""
    about: dict[str, object] = {"label": label, "address": base_url or "litellm", "region": settings.region.value}
    return ChannelSaying.of("model.outside", about)


Chosen = tuple[tuple[str, ...], Reason]


def _by_key(settings: ModelSettings, environment: Mapping[str, str]) -> Chosen | None:
    """The first provider with a key and a model to ask: those of the settings before those known by name."""
    for name in dict.fromkeys([*settings.providers, *PROVIDERS]):
        provider = provider_of(settings, name)
        source, key = key_of(settings, environment, provider)
        given = settings.providers.get(name)
        is_keyless = bool(given and given.base_url and not provider.is_local)
        if (
            provider.model
            and (key or is_keyless)
            and not is_outside(settings, base_url_of(settings, environment, provider))
        ):
            reason = Reason(kind="key", detail=source) if key else Reason(kind="settings")
            return (f"{name}/{provider.model}",), reason
    return None


def _nothing(settings: ModelSettings, environment: Mapping[str, str]) -> Reason:
    """Why nothing but the rehearsal is left: no key at all, or keys of providers outside of the region."""
    sources = (key_of(settings, environment, provider)[0] for provider in PROVIDERS.values())
    source = next((source for source in sources if source), "")
    return Reason(kind="abroad", detail=source) if source and settings.region is Region.CN else Reason(kind="nothing")


async def _by_listening(
    settings: ModelSettings, http: aiohttp.ClientSession, environment: Mapping[str, str], probe_seconds: float
) -> Chosen | None:
    """The first model of the first server that listens on this machine."""
    if not settings.find_local:
        return None
    local = [provider_of(settings, name) for name, provider in PROVIDERS.items() if provider.is_local]
    addresses = {provider.name: base_url_of(settings, environment, provider) for provider in local}
    found = await find_models(http, addresses, probe_seconds=probe_seconds)
    for provider in local:
        if models := found.get(provider.name):
            model = provider.model if provider.model in models else models[0]
            return (f"{provider.name}/{model}",), Reason(kind="listens", detail=provider.title)
    return None
