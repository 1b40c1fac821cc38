"""The settings in which a person says which models answer, and names providers that are not known or differ."""

from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator
from yarl import URL

from agents.models.providers.known import PROVIDERS, REHEARSAL
from agents.models.providers.provider import Provider, WireProtocol
from agents.models.providers.switches import SWITCHES, Thinks
from channels.options import ChannelOptions, Token

LABEL_EXAMPLE = "openai/gpt-5.4-mini"


class Region(StrEnum):
    """Where models may be asked. Alphabetical."""

    ANY = "any"
    CN = "cn"


def _switch(given: Any) -> Any:
    """YAML reads a bare on, off as true, false."""
    return (Thinks.ON if given else Thinks.OFF) if isinstance(given, bool) else given


Switch = Annotated[Thinks, BeforeValidator(_switch)]


def _web_address(given: str) -> str:
    try:
        address = URL(given)
    except ValueError as error:
        raise ValueError(f"{given} is no web address") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise ValueError(f"{given} is no web address; write it like https://models.example.com/v1")
    return given.rstrip("/")


class ProviderSettings(ChannelOptions):
    """One provider: what differs from what is known of its name, or everything about one of your own."""

    wire: WireProtocol | None = None
    """`openai` (the protocol of chat completions), `anthropic` (Messages), `gemini` (generateContent) or `litellm`.
    Default: what the name is known for, else `openai` when there is a base_url, else `litellm`."""
    base_url: Annotated[str, AfterValidator(_web_address)] | None = None
    """Where the API begins, usually ending in /v1."""
    api_key: Token | None = None
    """Default: the provider's own environment variable, such as OPENAI_API_KEY."""
    model: str = ""
    """The model that answers when this provider is chosen because its key is set."""
    idle_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """Silence after which an answer is given up. A large local model may need more to begin."""
    total_seconds: Annotated[float, Field(gt=0, le=86_400)] = 900.0
    """Longest duration of one answer."""
    thinking: Switch | None = None
    """`on`, `off` or `auto`, as models.thinking, which it goes before."""
    extra: dict[str, Any] = Field(default_factory=dict)
    """Fields for every request as they are, such as {max_tokens: 4096, reasoning_effort: low}."""

    def over(self, name: str, added: Provider | None = None) -> Provider:
        """What is known of that name, or what a plugin has `added` under it, with these settings instead."""
        known = PROVIDERS.get(name, added)
        guessed = known.wire if known else WireProtocol.OPENAI if self.base_url else WireProtocol.LITELLM
        return replace(
            known or Provider(name=name, title=name),
            base_url=self.base_url or (known.base_url if known else ""),
            model=self.model or (known.model if known else ""),
            wire=self.wire or guessed,
            other_site=known.other_site if known and not self.base_url else "",
        )


def _label(given: str) -> str:
    provider, slash, name = given.partition("/")
    if given != REHEARSAL and not (slash and provider.strip() and name.strip()):
        raise ValueError(f"write provider/model, such as {LABEL_EXAMPLE}, or {REHEARSAL}")
    return given


Label = Annotated[str, AfterValidator(_label)]
"""provider/model as a person writes it, or `rehearsal`."""


class ModelSettings(ChannelOptions):
    """The section `models` of nexora.yaml."""

    use: tuple[Label, ...] = ()
    """Models as provider/model: the first answers, the others take over when it cannot. Empty: the first provider
    whose key is set, else a model server found on this machine, else the rehearsal model."""
    find_local: bool = True
    """Look for Ollama, LM Studio, llama.cpp, vLLM and Xinference on their usual ports at start."""
    region: Region = Region.ANY
    """`cn`: of providers with two sites the one in mainland China, and no address that is not known to lie there."""
    region_hosts: tuple[str, ...] = ()
    """Further hosts that region lets through: a server of your own with a name under another domain than .cn."""
    thinking: Switch = Thinks.AUTO
    """`on` or `off`: whether models think before they answer, where the provider has a switch that is known here;
    `auto` leaves it to the provider. Thinking costs time and tokens."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """How often one model is asked for one answer when it is overloaded."""
    fold: bool = True
    """Sum up the older turns of a conversation that nears the end of its model's window, by that model and in the
    background. Without it they are left out, and found again with recall alone."""
    transcription: Label | None = None
    """provider/model that turns voice messages into words, by the OpenAI protocol. Without one they are not heard."""
    providers: dict[str, ProviderSettings] = Field(default_factory=dict)
    """By name; a known name needs only what differs."""

    @field_validator("providers")
    @classmethod
    def _can_be_reached(cls, providers: dict[str, ProviderSettings]) -> dict[str, ProviderSettings]:
        for name, given in providers.items():
            if given.thinking not in (None, Thinks.AUTO) and name not in SWITCHES:
                raise ValueError(f"{name}: its switch for thinking is not known here; write its field under extra")
            if (
                given.wire in (WireProtocol.ANTHROPIC, WireProtocol.GEMINI, WireProtocol.OPENAI)
                and not given.base_url
                and not (name in PROVIDERS and PROVIDERS[name].base_url)
            ):
                raise ValueError(f"{name}: give its base_url, since it is not one of {', '.join(PROVIDERS)}")
        return providers
