"""The protocol of a model: deltas of text and tool calls, then usage. Choosing among models lives in `model_choice`."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from channels.base import NexoraError

Message = Mapping[str, Any]
"""One message of a conversation in the OpenAI chat format: role, content, tool_calls, tool_call_id."""


class ModelError(NexoraError):
    """The model could not answer."""


class ModelUnavailable(ModelError):
    """The model cannot be reached or is overloaded; another one, or a later try, may work."""

    def __init__(self, detail: str = "", *, retry_after_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Mends(StrEnum):
    """Who can do something about a refusal. Alphabetical."""

    ACCOUNT = "account"
    """Whoever pays the provider."""
    REQUEST = "request"
    """Whoever asks, in other words."""
    SETTINGS = "settings"
    """An admin: the key, the address, the model's name, or a field of the request is wrong."""


class ModelRefused(ModelError):
    """The model's provider refuses our key, the model's name or the request itself."""

    def __init__(self, detail: str = "", *, mends: Mends = Mends.SETTINGS) -> None:
        super().__init__(detail)
        self.mends = mends


class ContextFull(ModelRefused):
    """The request is longer than the model takes. `window_tokens` is how long it may be, where the refusal says so."""

    def __init__(self, detail: str = "", *, window_tokens: int | None = None) -> None:
        super().__init__(detail, mends=Mends.REQUEST)
        self.window_tokens = window_tokens


class ContentFiltered(ModelRefused):
    """The provider's filter turned down what the request holds; nobody can mend that in the settings."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, mends=Mends.REQUEST)


def is_of_request(error: ModelError | None) -> bool:
    """Whether a provider refused what was said, and not our key, our account or our settings."""
    return isinstance(error, ModelRefused) and error.mends is Mends.REQUEST


class ModelCutShort(ModelError):
    """The model's answer broke off."""


class End(StrEnum):
    """Why an answer ended, in one word for every provider. Alphabetical, named after what happened to the answer."""

    CALLS = "calls"
    """The model waits for the results of its calls."""
    FILTERED = "filtered"
    """The provider's filter cut it off or withheld it."""
    LENGTH = "length"
    """It reached the longest answer allowed, or the end of the window; asked to go on, the model can continue."""
    REFUSED = "refused"
    """The model declined, in the words that were shown, if any."""
    STOP = "stop"
    """It is complete."""
    UNKNOWN = "unknown"
    """For a reason that we do not know: `Finished.reason` is the provider's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallRequest:
    """A complete tool call. `arguments` is the raw text, which may be broken JSON: the turn judges it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens of one answer. `estimated` when the provider reported none."""

    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end of an answer: `end` says why in our words, `reason` in the provider's own.

    `thinking` and `signed` are never shown; they are stored with the message (`context.answer_message`), since some
    providers refuse a conversation that comes back without them. `signed` is thinking that only its own provider can
    read: its form is the client's, and another provider is never sent it. It holds JSON.
    """

    end: End
    reason: str
    usage: TokenUsage
    thinking: str = ""
    signed: Mapping[str, Any] = field(default_factory=dict)


Delta = TextDelta | ToolCallRequest | Finished


class Model(Protocol):
    """Something that answers. It is built once and shared by every turn.

    `stream` yields any number of TextDelta and ToolCallRequest, then exactly one Finished, and raises ModelError
    otherwise. Closing the generator (`aclosing`) must end the request at once. `tools` are schemas in the OpenAI
    format, built once per agent.
    """

    @property
    def label(self) -> str:
        """provider/name, as shown to people."""

    def stream(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> AsyncGenerator[Delta, None]:
        """Answer these messages."""
