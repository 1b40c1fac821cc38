"""What the clients that speak a provider's protocol themselves have in common: one model behind one address."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import aiohttp

from agents.models.protocol import Delta, Message
from agents.models.wire.refused_fields import RefusedFields
from agents.models.wire.server import DEFAULT_LIMITS, AnswerLimits, ModelServer


class DirectModel(ABC):
    """One model behind one address. `extra` goes into every request as that protocol has it.

    The session is shared and not closed here. `key_hint` is added to what the provider says when it refuses the key.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        base_url: str,
        model: str,
        provider: str,
        api_key: str = "",
        extra: Mapping[str, Any] | None = None,
        limits: AnswerLimits = DEFAULT_LIMITS,
        key_hint: str = "",
    ) -> None:
        self._model = model
        self._provider = provider
        self._key = api_key.strip()
        self._base_url = base_url.rstrip("/")
        self._fields = self._fields_with(extra or {})
        self._refused = RefusedFields(self.label)
        self._server = ModelServer(
            http,
            url=self._url(),
            headers=self._headers(),
            label=self.label,
            key=self._key,
            limits=limits,
            key_hint=key_hint,
        )

    @property
    def label(self) -> str:
        """provider/name."""
        return f"{self._provider}/{self._model}"

    @abstractmethod
    def stream(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> AsyncGenerator[Delta, None]:
        """Answer these messages. Raises ModelUnavailable or ModelRefused before the first delta, ModelCutShort after.

        A connection that breaks before anything was shown counts as ModelUnavailable, so that it is tried again.
        """

    @abstractmethod
    def _fields_with(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        """What every request carries beside messages and tools."""

    @abstractmethod
    def _url(self) -> str:
        """Where an answer is asked for."""

    @abstractmethod
    def _headers(self) -> Mapping[str, str]:
        """What every request is headed by; the key among it, if there is one."""
