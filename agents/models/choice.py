"""Chooses which model answers, builds it once, and can say why. Nothing here talks to a model.

Data stay where a person sent them: a model of another provider takes over only when the settings list it.
"""

import asyncio
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from agents.models.discovery import PROBE_SECONDS, find_models, listed_window
from agents.models.fallback import Fallback
from agents.models.fitted import Fitted, Window
from agents.models.prices import bundled_window
from agents.models.protocol import Model
from agents.models.providers import (
    PROVIDERS,
    REHEARSAL,
    ModelSettings,
    Provider,
    ProviderSettings,
    WireProtocol,
    is_on_this_machine,
)
from agents.models.rehearsal.model import LABEL as REHEARSAL_LABEL
from agents.models.rehearsal.model import Rehearsal
from agents.models.transcription import Transcriber
from agents.models.wire.anthropic import Anthropic
from agents.models.wire.gemini import Gemini
from agents.models.wire.litellm import LiteLLM, load_quietly
from agents.models.wire.openai import OpenAICompatible
from agents.models.wire.server import AnswerLimits
from channels.base import NexoraError
from channels.locales import say

_LOCAL_IDLE_SECONDS = 300.0
"""A model on this machine may have to be loaded from disk before its first word."""

_MAX_SHARED = 64
_DIRECT: Mapping[WireProtocol, type[Anthropic | Gemini | OpenAICompatible]] = {
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
    ) -> None:
        self.labels = labels
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

    def transcriber(self) -> Transcriber | None:
        """What turns voice messages into words; None when the settings name nothing.

        Raises NexoraError for a provider that has no such endpoint.
        """
        if not self._settings.transcription:
            return None
        name, _, model = self._settings.transcription.partition("/")
        provider = self._provider(name)
        base_url = self._base_url(provider)
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
        name, _, model = label.partition("/")
        if name == REHEARSAL:
            return Rehearsal()
        provider, given = self._provider(name), self._given(name)
        base_url = self._base_url(provider)
        is_local = provider.is_local and "idle_seconds" not in given.model_fields_set
        limits = AnswerLimits(
            idle_seconds=_LOCAL_IDLE_SECONDS if is_local else given.idle_seconds, total_seconds=given.total_seconds
        )
        fields = {**provider.extra, **given.extra, **extra}
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
        return provider_of(self._settings, name)

    def _key(self, provider: Provider) -> str:
        return key_of(self._settings, self._environment, provider)[1]

    def _base_url(self, provider: Provider) -> str:
        return base_url_of(self._settings, self._environment, provider)


async def choose(
    settings: ModelSettings,
    *,
    http: aiohttp.ClientSession,
    environment: Mapping[str, str],
    probe_seconds: float = PROBE_SECONDS,
    ca_file: Path | None = None,
) -> ModelChoice:
    """Decide which model answers: what the settings name, else a set key, else this machine, else the rehearsal.

    `ca_file` holds certificates that litellm, which has connections of its own, trusts beside the usual ones.
    """
    labels, reason = settings.use, Reason(kind="settings")
    if not labels:
        labels, reason = (
            _by_key(settings, environment)
            or (await _by_listening(settings, http, environment, probe_seconds))
            or ((REHEARSAL_LABEL,), Reason(kind="nothing"))
        )
    if REHEARSAL in labels:
        labels = tuple(REHEARSAL_LABEL if label == REHEARSAL else label for label in labels)
    return ModelChoice(settings, http=http, environment=environment, labels=labels, reason=reason, ca_file=ca_file)


def _other_site(provider: Provider) -> str:
    """Several providers have two sites, in China and elsewhere, and a key is good for one of them."""
    if not provider.other_site:
        return ""
    return f"a key of the other site? 另一站点的密钥？ {provider.name.upper()}_BASE_URL={provider.other_site}"


def provider_of(settings: ModelSettings, name: str) -> Provider:
    """What is known of that name, with what the settings say instead. A name nobody knows is litellm's to know."""
    known = PROVIDERS.get(name)
    given = settings.providers.get(name) or ProviderSettings()
    guessed = known.wire if known else WireProtocol.OPENAI if given.base_url else WireProtocol.LITELLM
    return Provider(
        name=name,
        title=known.title if known else name,
        base_url=given.base_url or (known.base_url if known else ""),
        keys=known.keys if known else (),
        model=given.model or (known.model if known else ""),
        wire=given.wire or guessed,
        is_local=known.is_local if known else False,
        extra=known.extra if known else {},
        other_site=known.other_site if known and not given.base_url else "",
    )


def key_of(settings: ModelSettings, environment: Mapping[str, str], provider: Provider) -> tuple[str, str]:
    """Where the key was found, and the key; both empty without one."""
    given = settings.providers.get(provider.name)
    if given and given.api_key:
        return f"models.providers.{provider.name}.api_key", given.api_key.get_secret_value()
    return next(((name, key) for name in provider.keys if (key := environment.get(name, "").strip())), ("", ""))


def base_url_of(settings: ModelSettings, environment: Mapping[str, str], provider: Provider) -> str:
    """The address: from the settings, else OPENAI_BASE_URL and its kin, else OLLAMA_HOST, else the known one."""
    given = settings.providers.get(provider.name)
    if given and given.base_url:
        return given.base_url
    if address := environment.get(f"{provider.name.upper()}_BASE_URL", "").strip():
        return address.rstrip("/")
    if provider.name == "ollama" and (host := environment.get("OLLAMA_HOST", "").strip()):
        return _ollama_address(host)
    return provider.base_url


def _ollama_address(host: str) -> str:
    """OLLAMA_HOST is [scheme://]host[:port]; a server told to listen everywhere is reached on this machine."""
    scheme, _, rest = host.rpartition("://")
    name, _, port = rest.rstrip("/").partition(":")
    reached = "127.0.0.1" if name in ("", "0.0.0.0") else name  # noqa: S104 - compared with, not bound to
    return f"{scheme or 'http'}://{reached}:{port or '11434'}/v1"


Chosen = tuple[tuple[str, ...], Reason]


def _by_key(settings: ModelSettings, environment: Mapping[str, str]) -> Chosen | None:
    """The first provider with a key and a model to ask: those of the settings before those known by name."""
    for name in dict.fromkeys([*settings.providers, *PROVIDERS]):
        provider = provider_of(settings, name)
        source, key = key_of(settings, environment, provider)
        given = settings.providers.get(name)
        is_keyless = bool(given and given.base_url and not provider.is_local)
        if provider.model and (key or is_keyless):
            reason = Reason(kind="key", detail=source) if key else Reason(kind="settings")
            return (f"{name}/{provider.model}",), reason
    return None


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
