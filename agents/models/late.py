"""A model whose provider may be a plugin's: looked up at each question, since plugins come and go while we run."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from agents.models.protocol import Delta, Message, Model, ModelRefused
from agents.models.providers.added import AddedProviders
from agents.models.providers.provider import Provider
from channels.base import NexoraError


class LateModel:
    """Answers by the plugin's provider while that is there, else by `otherwise`, which knows many names of its own."""

    def __init__(
        self, label: str, added: AddedProviders, build: Callable[[Provider], Model], otherwise: Callable[[], Model]
    ) -> None:
        self._label = label
        self._added = added
        self._build = build
        self._otherwise = otherwise
        self._built: tuple[Provider | None, Model] | None = None

    @property
    def label(self) -> str:
        """provider/name."""
        return self._label

    async def stream(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> AsyncGenerator[Delta, None]:
        """Answer these messages. Raises ModelRefused while the plugin that brings the provider is not there."""
        name = self._label.partition("/")[0]
        provider = await self._added.found(name)
        if provider is None and (lack := self._added.lack_of(name)):
            raise ModelRefused(f"{self._label}: {lack}")
        if self._built is None or self._built[0] is not provider:
            try:
                self._built = (provider, self._build(provider) if provider else self._otherwise())
            except NexoraError as error:  # it lies outside of the region
                raise ModelRefused(str(error)) from error
        async with aclosing(self._built[1].stream(messages, tools)) as answer:
            async for delta in answer:
                yield delta
