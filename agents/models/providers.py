"""Who offers models: the providers we know by name, and the settings in which a person names others.

Model names here are only what answers when a key is set and nothing else is said; the settings name any other.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator
from yarl import URL

from channels.options import ChannelOptions, Token


class WireProtocol(StrEnum):
    """How a provider is spoken to: its protocol directly, or whatever litellm knows. Alphabetical."""

    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    LITELLM = "litellm"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider. `keys` are the environment variables its own manual names, tried in order.

    is_local: listens on this machine, needs no key, costs nothing, and is looked for at start.
    extra: fields that every request to it should carry. other_site: where keys of its other country are good.
    """

    name: str
    title: str
    base_url: str = ""
    keys: tuple[str, ...] = ()
    model: str = ""
    wire: WireProtocol = WireProtocol.OPENAI
    is_local: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    other_site: str = ""


_ALL = (
    Provider(
        name="openai",
        title="OpenAI",
        base_url="https://api.openai.com/v1",
        keys=("OPENAI_API_KEY",),
        model="gpt-5.4-mini",
    ),
    Provider(
        name="anthropic",
        title="Anthropic",
        base_url="https://api.anthropic.com",
        keys=("ANTHROPIC_API_KEY",),
        model="claude-sonnet-5",
        wire=WireProtocol.ANTHROPIC,
    ),
    Provider(
        name="gemini",
        title="Gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        model="gemini-flash-latest",
        wire=WireProtocol.GEMINI,
    ),
    Provider(
        name="dashscope",
        title="DashScope",
        base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
        keys=("DASHSCOPE_API_KEY",),
        model="qwen-plus",
        other_site="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    ),
    Provider(
        name="deepseek",
        title="DeepSeek",
        base_url="https://api.deepseek.com/v1",
        keys=("DEEPSEEK_API_KEY",),
        model="deepseek-v4-flash",
    ),
    Provider(
        name="minimax",
        title="MiniMax",
        base_url="https://api.minimax.io/v1",
        keys=("MINIMAX_API_KEY",),
        model="MiniMax-M2.5",
        other_site="https://api.minimaxi.com/v1",
        extra={"reasoning_split": True},  # else it writes its thinking into the answer
    ),
    Provider(
        name="moonshot",
        title="Moonshot",
        base_url="https://api.moonshot.ai/v1",
        keys=("MOONSHOT_API_KEY",),
        model="kimi-k2.6",
        other_site="https://api.moonshot.cn/v1",
    ),
    Provider(
        name="zai",
        title="Z.ai (Zhipu)",
        base_url="https://api.z.ai/api/paas/v4",
        keys=("ZAI_API_KEY", "ZHIPUAI_API_KEY"),
        model="glm-4.7",
        other_site="https://open.bigmodel.cn/api/paas/v4",
    ),
    Provider(
        name="openrouter",
        title="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        keys=("OPENROUTER_API_KEY",),
        model="openrouter/auto",
    ),
    Provider(name="ollama", title="Ollama", base_url="http://127.0.0.1:11434/v1", is_local=True),
    Provider(name="lmstudio", title="LM Studio", base_url="http://127.0.0.1:1234/v1", is_local=True),
    Provider(name="llamacpp", title="llama.cpp", base_url="http://127.0.0.1:8080/v1", is_local=True),
)
PROVIDERS = {provider.name: provider for provider in _ALL}
"""By name, in the order in which a set key is looked for."""
REHEARSAL = "rehearsal"
LABEL_EXAMPLE = "openai/gpt-5.4-mini"


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
    extra: dict[str, Any] = Field(default_factory=dict)
    """Fields for every request as they are, such as {max_tokens: 4096, reasoning_effort: low}."""


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
    """Look for Ollama, LM Studio and llama.cpp on their usual ports at start."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """How often one model is asked for one answer when it is overloaded."""
    transcription: Label | None = None
    """provider/model that turns voice messages into words, by the OpenAI protocol. Without one they are not heard."""
    providers: dict[str, ProviderSettings] = Field(default_factory=dict)
    """By name; a known name needs only what differs."""

    @field_validator("providers")
    @classmethod
    def _can_be_reached(cls, providers: dict[str, ProviderSettings]) -> dict[str, ProviderSettings]:
        for name, given in providers.items():
            if (
                given.wire in (WireProtocol.ANTHROPIC, WireProtocol.GEMINI, WireProtocol.OPENAI)
                and not given.base_url
                and not (name in PROVIDERS and PROVIDERS[name].base_url)
            ):
                raise ValueError(f"{name}: give its base_url, since it is not one of {', '.join(PROVIDERS)}")
        return providers


def is_known_address(name: str, base_url: str) -> bool:
    """Whether that is the provider's own service, which tells thinking from the answer, and no server of that name."""
    known = PROVIDERS.get(name)
    return known is not None and not known.is_local and base_url.rstrip("/") in (known.base_url, known.other_site)


def is_on_this_machine(base_url: str) -> bool:
    """Whether that address is this machine, so that its answers cost nothing."""
    host = URL(base_url).host or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
